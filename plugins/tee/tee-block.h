/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tee-block.h - writing pcapng, the file format of Wireshark
 * (draft-ietf-opsawg-pcapng): a section, one interface for raw IP with times in
 * nanoseconds, packets, and at the end how many there were.  In the byte order
 * of this machine, which the section tells.  Pure functions: each writes a
 * whole block and returns its size.
 */
#ifndef TEE_BLOCK_H
#define TEE_BLOCK_H

#include <stddef.h>
#include <stdint.h>

enum {
	TEE_NAME_MOST = 200,  /* of an interface, longer ones are cut */
	TEE_START_MOST = 512, /* a section and its interface */
	TEE_STATS_SIZE = 52
};

struct tee_record {
	uint64_t time_ns; /* since 1970 */
	unsigned from;    /* side; the request is inbound, the reply outbound */
	const char *head, *data;
	size_t head_size, size; /* data that there is */
	size_t kept;            /* and that is stored, of both */
	const char *comment;    /* NULL: none */
};

size_t
tee_block_start(char to[TEE_START_MOST], const char *name, uint32_t snaplen);

size_t tee_block_packet_size(const struct tee_record *r);
size_t tee_block_packet(char *to, const struct tee_record *r);

size_t tee_block_stats(char to[TEE_STATS_SIZE], uint64_t time_ns,
    uint64_t received, uint64_t dropped);

/* How many of the first n bytes of some blocks are whole ones. */
size_t tee_block_whole(const char *p, size_t n);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * proxy-write.h - writes a header of the PROXY protocol, version 2, piece by
 * piece into memory of the caller's.  What does not fit is counted and not
 * written, so that the same calls first tell how much memory it takes.
 */
#ifndef PROXY_WRITE_H
#define PROXY_WRITE_H

#include "proxy-protocol.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { PROXY_WRITE_MAX = PROXY_V2_SIZE + 65535 };

struct proxy_writer {
	uint8_t *to;
	size_t room;
	size_t size; /* of all so far; sound only up to room */
};

/* The first bytes and the addresses: those of the socket families AF_INET (also
 * as IPv4-mapped ones), AF_INET6 and AF_UNIX, if both are of one; otherwise,
 * and without them (NULL), the header says that there are none.  Each is as
 * long as its size says: of a unix socket it may be the family alone. */
void proxy_write_begin(struct proxy_writer *w, const struct sockaddr *source,
    size_t source_size, const struct sockaddr *destination,
    size_t destination_size);

/* n may be more than a TLV can hold: then the header is over PROXY_WRITE_MAX,
 * too. */
void proxy_write_tlv(
    struct proxy_writer *w, unsigned type, const void *value, size_t n);

/* A TLV around others: what was written between the two calls. */
size_t proxy_write_open(
    struct proxy_writer *w, unsigned type, const void *value, size_t n);
void proxy_write_close(struct proxy_writer *w, size_t opened);

/* The checksum, and the size in the first bytes.  Nothing may follow.  What is
 * longer than PROXY_WRITE_MAX then is of no use. */
void proxy_write_end(struct proxy_writer *w);

#endif

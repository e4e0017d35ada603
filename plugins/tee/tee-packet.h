/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tee-packet.h - what a connection would look like on a wire: IP and TCP
 * headers with its addresses and ports, with sequence numbers that go on from
 * packet to packet, and with checksums, so that every tool that reads packets
 * can follow it.  Pure functions of bytes.
 */
#ifndef TEE_PACKET_H
#define TEE_PACKET_H

#include <stddef.h>
#include <stdint.h>

struct sockaddr;

enum { TEE_HEAD_MOST = 64 }; /* IPv6, and TCP with an option */
enum {
	TEE_FIN = 0x01,
	TEE_SYN = 0x02,
	TEE_RST = 0x04,
	TEE_PSH = 0x08,
	TEE_ACK = 0x10
};

/* One end of a connection. */
struct tee_end {
	uint8_t address[16]; /* the first 4 of them for IPv4 */
	uint16_t port;
	uint32_t seq; /* of its next byte */
};

struct tee_talk {
	int is_v6;
	struct tee_end ends[2]; /* by side: who opened it, who was asked */
};

/* A talk from `peer` to `local`.  Without addresses (NULL, unix sockets) it is
 * from 192.0.2.1, a port made from the id, to 192.0.2.2, which are there for
 * examples.  port: that of the one who was asked; 0: the true one. */
void tee_talk_init(struct tee_talk *t, const struct sockaddr *peer,
    const struct sockaddr *local, uint64_t id, uint16_t port);

/* The headers of a packet from that end with n bytes behind them: how long they
 * are.  The sequence number goes on. */
size_t tee_packet_head(char head[TEE_HEAD_MOST], struct tee_talk *t,
    unsigned from, unsigned flags, const char *data, size_t n);

#endif

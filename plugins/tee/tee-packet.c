/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tee-packet.h"

#include <netinet/in.h>
#include <string.h>

enum { V4_SIZE = 20, V6_SIZE = 40, TCP_SIZE = 20, TTL = 64, WINDOW = 65535 };

/* ---------------------------------------------------------------- addresses */

/* IPv4, also where it came through a socket of IPv6. */
static int
talk_set_v4(struct tee_end *e, const struct sockaddr *a)
{
	const struct sockaddr_in *in = (const void *)a;
	const struct sockaddr_in6 *in6 = (const void *)a;

	if (a && a->sa_family == AF_INET) {
		memcpy(e->address, &in->sin_addr, 4);
		e->port = ntohs(in->sin_port);
	} else if (a && a->sa_family == AF_INET6 &&
		   IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		memcpy(e->address, &in6->sin6_addr.s6_addr[12], 4);
		e->port = ntohs(in6->sin6_port);
	} else {
		return 0;
	}
	return 1;
}

static int
talk_set_v6(struct tee_end *e, const struct sockaddr *a)
{
	const struct sockaddr_in6 *in6 = (const void *)a;

	if (!a || a->sa_family != AF_INET6)
		return 0;
	memcpy(e->address, &in6->sin6_addr, 16);
	e->port = ntohs(in6->sin6_port);
	return 1;
}

void
tee_talk_init(struct tee_talk *t, const struct sockaddr *peer,
    const struct sockaddr *local, uint64_t id, uint16_t port)
{
	static const struct tee_talk unknown = { 0,
		{ { { 192, 0, 2, 1 }, 0, 0 }, { { 192, 0, 2, 2 }, 1, 0 } } };
	struct tee_end *e = t->ends;

	memset(t, 0, sizeof(*t));
	if (!talk_set_v4(&e[0], peer) || !talk_set_v4(&e[1], local)) {
		t->is_v6 =
		    talk_set_v6(&e[0], peer) && talk_set_v6(&e[1], local);
		if (!t->is_v6) {
			*t = unknown;
			e[0].port = (uint16_t)(1024 + id % 64512);
		}
	}
	if (port)
		e[1].port = port;
}

/* ------------------------------------------------------------------ headers */

static void
put_16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put_32(uint8_t *p, uint32_t v)
{
	put_16(p, v >> 16);
	put_16(p + 2, v & 0xffff);
}

/* RFC 1071, for up to 64 KiB. */
static uint32_t
sum_add(uint32_t sum, const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	if (i < n)
		sum += (uint32_t)p[i] << 8;
	return (sum & 0xffff) + (sum >> 16);
}

static unsigned
sum_end(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static void
packet_v4(
    uint8_t *p, const struct tee_end *a, const struct tee_end *b, size_t size)
{
	memset(p, 0, V4_SIZE);
	p[0] = 0x45;
	put_16(p + 2, (unsigned)(V4_SIZE + size));
	p[6] = 0x40; /* do not fragment */
	p[8] = TTL;
	p[9] = IPPROTO_TCP;
	memcpy(p + 12, a->address, 4);
	memcpy(p + 16, b->address, 4);
	put_16(p + 10, sum_end(sum_add(0, p, V4_SIZE)));
}

static void
packet_v6(
    uint8_t *p, const struct tee_end *a, const struct tee_end *b, size_t size)
{
	memset(p, 0, 8);
	p[0] = 0x60;
	put_16(p + 4, (unsigned)size);
	p[6] = IPPROTO_TCP;
	p[7] = TTL;
	memcpy(p + 8, a->address, 16);
	memcpy(p + 24, b->address, 16);
}

/* In a SYN the factor of windows: larger ones than ours are never full. */
static size_t
packet_tcp(uint8_t *p, const struct tee_end *a, const struct tee_end *b,
    unsigned flags)
{
	static const uint8_t scale[4] = { 1, 3, 3, 7 };
	size_t size = flags & TEE_SYN ? TCP_SIZE + sizeof(scale) : TCP_SIZE;

	memset(p, 0, TCP_SIZE);
	put_16(p, a->port);
	put_16(p + 2, b->port);
	put_32(p + 4, a->seq);
	if (flags & TEE_ACK)
		put_32(p + 8, b->seq);
	p[12] = (uint8_t)(size / 4 << 4);
	p[13] = (uint8_t)flags;
	put_16(p + 14, WINDOW);
	memcpy(p + TCP_SIZE, scale, size - TCP_SIZE);
	return size;
}

size_t
tee_packet_head(char head[TEE_HEAD_MOST], struct tee_talk *t, unsigned from,
    unsigned flags, const char *data, size_t n)
{
	struct tee_end *a = &t->ends[from], *b = &t->ends[!from];
	size_t ip_size = t->is_v6 ? V6_SIZE : V4_SIZE;
	size_t addresses_size = t->is_v6 ? 32 : 8;
	uint8_t *ip = (uint8_t *)head, *tcp = ip + ip_size;
	size_t tcp_size = packet_tcp(tcp, a, b, flags);
	uint32_t sum;

	if (t->is_v6)
		packet_v6(ip, a, b, tcp_size + n);
	else
		packet_v4(ip, a, b, tcp_size + n);
	/* The two addresses end where TCP begins. */
	sum = sum_add(IPPROTO_TCP + (uint32_t)(tcp_size + n),
	    tcp - addresses_size, addresses_size + tcp_size);
	sum = sum_add(sum, (const uint8_t *)data, n);
	put_16(tcp + 16, sum_end(sum));
	a->seq += (uint32_t)n + ((flags & (TEE_SYN | TEE_FIN)) != 0);
	return ip_size + tcp_size;
}

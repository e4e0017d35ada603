/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "proxy-write.h"

#include "crc32c.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

static void
proxy_write(struct proxy_writer *w, const void *data, size_t n)
{
	if (n && w->size <= w->room && n <= w->room - w->size)
		memcpy(w->to + w->size, data, n);
	w->size += n;
}

/* Two bytes at a place that was written before. */
static void
proxy_write_size(struct proxy_writer *w, size_t at, size_t value)
{
	if (at + 2 > w->room)
		return;
	w->to[at] = (uint8_t)(value >> 8);
	w->to[at + 1] = (uint8_t)value;
}

/* ---- addresses */

struct inet_end { /* of a connection; host NULL: it is none of IP */
	const uint8_t *host;
	size_t size; /* 4, 16 */
	const uint16_t *port;
};

static struct inet_end
inet_end(const struct sockaddr *a, size_t n)
{
	const struct sockaddr_in *in = (const void *)a;
	const struct sockaddr_in6 *in6 = (const void *)a;

	if (a && a->sa_family == AF_INET && n >= sizeof(*in))
		return (struct inet_end){ (const void *)&in->sin_addr, 4,
			&in->sin_port };
	if (!a || a->sa_family != AF_INET6 || n < sizeof(*in6))
		return (struct inet_end){ 0 };
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return (struct inet_end){ &in6->sin6_addr.s6_addr[12], 4,
			&in6->sin6_port };
	return (struct inet_end){ in6->sin6_addr.s6_addr, 16, &in6->sin6_port };
}

static void
proxy_write_first(struct proxy_writer *w, unsigned family)
{
	const uint8_t more[] = { PROXY_PROXY, (uint8_t)family, 0, 0 };

	proxy_write(w, PROXY_SIGNATURE, PROXY_SIGNATURE_SIZE);
	proxy_write(w, more, sizeof(more));
}

/* An abstract name begins with a zero: it is as long as the address says. */
static void
proxy_write_path(struct proxy_writer *w, const struct sockaddr *a, size_t n)
{
	const size_t before = offsetof(struct sockaddr_un, sun_path);
	char path[PROXY_UNIX_PATH] = { 0 };

	n = n > before ? n - before : 0;
	memcpy(path, ((const struct sockaddr_un *)(const void *)a)->sun_path,
	    n < sizeof(path) ? n : sizeof(path));
	proxy_write(w, path, sizeof(path));
}

void
proxy_write_begin(struct proxy_writer *w, const struct sockaddr *source,
    size_t source_size, const struct sockaddr *destination,
    size_t destination_size)
{
	struct inet_end from = inet_end(source, source_size);
	struct inet_end to = inet_end(destination, destination_size);

	if (from.host && from.size == to.size) {
		proxy_write_first(w, from.size == 4 ? PROXY_TCP4 : PROXY_TCP6);
		proxy_write(w, from.host, from.size);
		proxy_write(w, to.host, to.size);
		proxy_write(w, from.port, sizeof(*from.port));
		proxy_write(w, to.port, sizeof(*to.port));
	} else if (source && source->sa_family == AF_UNIX && destination &&
		   destination->sa_family == AF_UNIX) {
		proxy_write_first(w, PROXY_UNIX_STREAM);
		proxy_write_path(w, source, source_size);
		proxy_write_path(w, destination, destination_size);
	} else {
		proxy_write_first(w, PROXY_UNSPEC);
	}
}

/* ---- TLVs */

void
proxy_write_tlv(
    struct proxy_writer *w, unsigned type, const void *value, size_t n)
{
	proxy_write_close(w, proxy_write_open(w, type, value, n));
}

size_t
proxy_write_open(
    struct proxy_writer *w, unsigned type, const void *value, size_t n)
{
	const uint8_t head[PROXY_TLV_SIZE] = { (uint8_t)type };
	size_t opened = w->size;

	proxy_write(w, head, sizeof(head));
	proxy_write(w, value, n);
	return opened;
}

void
proxy_write_close(struct proxy_writer *w, size_t opened)
{
	proxy_write_size(w, opened + 1, w->size - opened - PROXY_TLV_SIZE);
}

void
proxy_write_end(struct proxy_writer *w)
{
	const uint8_t zeros[4] = { 0 };
	uint32_t crc;

	proxy_write_tlv(w, PROXY_T_CRC32C, zeros, sizeof(zeros));
	if (w->size > w->room || w->size > PROXY_WRITE_MAX)
		return;
	proxy_write_size(w, 14, w->size - PROXY_V2_SIZE);
	crc = htonl(crc32c(0, w->to, w->size));
	memcpy(w->to + w->size - sizeof(crc), &crc, sizeof(crc));
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tee-block.h"

#include <string.h>

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_STATS = 5,
	BLOCK_PACKET = 6,
	BYTE_ORDER_MAGIC = 0x1a2b3c4d,
	LINKTYPE_RAW = 101, /* IPv4 or IPv6, as its first four bits say */
	FRAME_SIZE = 12     /* type, length, and the length again */
};

enum { /* options */
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SECTION_APPLICATION = 4,
	INTERFACE_NAME = 2,
	INTERFACE_RESOLUTION = 9, /* of times: 10 to the power of minus this */
	PACKET_FLAGS = 2,
	STATS_RECEIVED = 4,
	STATS_DROPPED = 5
};

static size_t
padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static size_t
option_size(size_t n)
{
	return 4 + padded(n);
}

static char *
put(char *p, const void *data, size_t n)
{
	memcpy(p, data, n);
	memset(p + n, 0, padded(n) - n);
	return p + padded(n);
}

static char *
put_16s(char *p, uint16_t a, uint16_t b)
{
	memcpy(p, &a, 2);
	memcpy(p + 2, &b, 2);
	return p + 4;
}

static char *
put_32(char *p, uint32_t v)
{
	return put(p, &v, 4);
}

static char *
put_time(char *p, uint64_t ns)
{
	p = put_32(p, (uint32_t)(ns >> 32));
	return put_32(p, (uint32_t)ns);
}

static char *
put_option(char *p, uint16_t code, const void *data, size_t n)
{
	return put(put_16s(p, code, (uint16_t)n), data, n);
}

/* The type, and room for the length. */
static char *
block_begin(char *to, uint32_t type)
{
	return put_32(to, type) + 4;
}

static size_t
block_end(char *to, char *p)
{
	uint32_t size = (uint32_t)(p - to) + 4;

	put_32(to + 4, size);
	put_32(p, size);
	return size;
}

static size_t
block_section(char *to)
{
	static const char application[] = "Bindery, binding tee";
	const uint64_t unknown = UINT64_MAX; /* length */
	char *p = block_begin(to, BLOCK_SECTION);

	p = put_32(p, BYTE_ORDER_MAGIC);
	p = put_16s(p, 1, 0); /* version */
	p = put(p, &unknown, sizeof(unknown));
	p = put_option(
	    p, SECTION_APPLICATION, application, strlen(application));
	p = put_option(p, OPTION_END, "", 0);
	return block_end(to, p);
}

static size_t
block_interface(char *to, const char *name, uint32_t snaplen)
{
	char *p = block_begin(to, BLOCK_INTERFACE);

	p = put_16s(p, LINKTYPE_RAW, 0);
	p = put_32(p, snaplen);
	p = put_option(p, INTERFACE_NAME, name, strnlen(name, TEE_NAME_MOST));
	p = put_option(p, INTERFACE_RESOLUTION, "\x09", 1);
	p = put_option(p, OPTION_END, "", 0);
	return block_end(to, p);
}

size_t
tee_block_start(char to[TEE_START_MOST], const char *name, uint32_t snaplen)
{
	size_t n = block_section(to);

	return n + block_interface(to + n, name, snaplen);
}

size_t
tee_block_packet_size(const struct tee_record *r)
{
	return FRAME_SIZE + 20 + padded(r->kept) + option_size(4) +
	       (r->comment ? option_size(strlen(r->comment)) : 0) +
	       option_size(0);
}

size_t
tee_block_packet(char *to, const struct tee_record *r)
{
	size_t heads = r->kept < r->head_size ? r->kept : r->head_size;
	uint32_t direction = r->from ? 2 : 1;
	char *p = block_begin(to, BLOCK_PACKET);

	p = put_32(p, 0); /* interface */
	p = put_time(p, r->time_ns);
	p = put_32(p, (uint32_t)r->kept);
	p = put_32(p, (uint32_t)(r->head_size + r->size));
	memcpy(p, r->head, heads);
	memcpy(p + heads, r->data, r->kept - heads);
	memset(p + r->kept, 0, padded(r->kept) - r->kept);
	p += padded(r->kept);
	p = put_option(p, PACKET_FLAGS, &direction, sizeof(direction));
	if (r->comment)
		p = put_option(
		    p, OPTION_COMMENT, r->comment, strlen(r->comment));
	p = put_option(p, OPTION_END, "", 0);
	return block_end(to, p);
}

size_t
tee_block_stats(char to[TEE_STATS_SIZE], uint64_t time_ns, uint64_t received,
    uint64_t dropped)
{
	char *p = block_begin(to, BLOCK_STATS);

	p = put_32(p, 0); /* interface */
	p = put_time(p, time_ns);
	p = put_option(p, STATS_RECEIVED, &received, sizeof(received));
	p = put_option(p, STATS_DROPPED, &dropped, sizeof(dropped));
	p = put_option(p, OPTION_END, "", 0);
	return block_end(to, p);
}

size_t
tee_block_whole(const char *p, size_t n)
{
	size_t whole = 0;
	uint32_t size;

	while (n - whole >= FRAME_SIZE) {
		memcpy(&size, p + whole + 4, sizeof(size));
		if (size > n - whole)
			break;
		whole += size;
	}
	return whole;
}

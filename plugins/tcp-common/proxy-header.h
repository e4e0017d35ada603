/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * proxy-header.h - reads what a proxy puts in front of a connection: a header
 * of the PROXY protocol, version 1 (a line) or 2 (binary).  Whether there is
 * one is never guessed.  Pure functions: bytes in, verdict out; what was read
 * points into those bytes.
 */
#ifndef PROXY_HEADER_H
#define PROXY_HEADER_H

#include "proxy-protocol.h"
#include "tcp-address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PROXY_V1_MAX = 107, /* the end of the line included */
	/* Of a version 2 that says more nothing is read: it is what the host
	 * shows in one piece at least. */
	PROXY_HEADER_MAX = 32768,
};

struct proxy_header {
	unsigned version;          /* 1 or 2 */
	bool has_addresses;        /* no: those of the socket count */
	struct tcp_address source; /* size 0 without */
	struct tcp_address destination;
	const uint8_t *tlvs; /* sound, with all that they hold */
	size_t tlvs_size;
	size_t wanted;   /* bytes that must be there before it can go on */
	const char *why; /* a sentence */
};

struct proxy_tlv {
	unsigned type;
	const uint8_t *value;
	size_t size;
};

/* Of PROXY_T_SSL: what a client has shown to a proxy that ended its TLS. */
struct proxy_ssl {
	bool has_tls;
	bool is_verified; /* by a certificate that the proxy found good */
	const uint8_t *tlvs;
	size_t tlvs_size;
};

/* Read the header that n bytes begin with.  Its length, with all but the last
 * two fields of *r set; 0: it is not whole, wanted is set; -EBADMSG: it is not
 * one, why is set. */
int proxy_header_read(struct proxy_header *r, const void *data, size_t n);

/* The first TLV of *size bytes at *at, which are moved behind it.  1; 0: there
 * is none; -EBADMSG: it does not fit.  What stands in a header that was read
 * fits. */
int proxy_tlv_next(struct proxy_tlv *r, const uint8_t **at, size_t *size);

/* Take a PROXY_T_SSL apart.  0, or -EBADMSG, which one in a header that was
 * read never gives. */
int proxy_ssl_read(struct proxy_ssl *r, const struct proxy_tlv *t);

/* Is it UTF-8 without control characters, and not empty? */
bool proxy_text_is_clean(const void *text, size_t n);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-hello.h - reads a ClientHello without a TLS library: the message may lie
 * in any number of records, and the records may arrive in any pieces.  Nothing
 * is kept but what the caller holds.
 */
#ifndef TLS_HELLO_H
#define TLS_HELLO_H

#include <stddef.h>
#include <stdint.h>

enum {
	HELLO_MAX = 32 * 1024, /* bytes of the records of a ClientHello */
	HELLO_NAME_MAX = 255
};

/* How far the records have been looked at; all zero at first. */
struct hello_scan {
	uint32_t at;     /* where the next record begins */
	uint32_t body;   /* bytes of the message in the records before it */
	uint32_t size;   /* of the message with its head; 0: not known */
	uint8_t head[4]; /* its first bytes */
};

struct hello {
	const char *server_name; /* of server_name_size bytes; NULL: none */
	size_t server_name_size;
	const uint8_t *alpn; /* the list as it was sent; NULL: none */
	size_t alpn_size;
};

/* Look at the first n bytes of a connection, of which there were fewer the last
 * time.  1: a whole ClientHello, 0: more bytes are needed, -EPROTO: it is
 * something else, -EMSGSIZE: it is too long. */
int hello_scan(struct hello_scan *s, const uint8_t *p, size_t n);

/* Then copy the message without the records' heads to `to`, which has room for
 * s->size bytes. */
void hello_gather(const struct hello_scan *s, const uint8_t *p, uint8_t *to);

/* Read the message of n bytes; *h points into it.  0 or -EPROTO. */
int hello_parse(struct hello *h, const uint8_t *p, size_t n);

/* Walk along h->alpn: the next name, or NULL.  *at is 0 at first. */
const char *hello_alpn_next(const struct hello *h, size_t *at, size_t *n_r);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-hear.h - how a client presents its token: in the first line (or as RESP,
 * as redis-cli does), with HTTP CONNECT, or in SOCKS5.  The first bytes tell
 * which.  Nothing here keeps bytes, verifies anything or knows the SDK: it
 * reads what has come so far and says what that is, and it writes the answers
 * that the client's own protocol has.
 */
#ifndef JWT_HEAR_H
#define JWT_HEAR_H

#include "jwt-verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum jwt_way { /* bits of the option `present`, in the order of its choices */
	WAY_LINE = 1,
	WAY_CONNECT = 2,
	WAY_SOCKS5 = 4,
	WAY_PROXY_TLV = 8
};
#define JWT_WAY_CHOICES "line|connect|socks5|proxy-tlv"

enum jwt_dialect { /* how the client is answered */
	DIALECT_UNKNOWN,
	DIALECT_SILENT, /* never: it has no words for it, such as TLS */
	DIALECT_LINE,
	DIALECT_RESP,
	DIALECT_CONNECT,
	DIALECT_SOCKS4, /* only ever refused */
	DIALECT_SOCKS5
};

enum {
	JWT_ANSWER = 2048,              /* bytes that hold any answer */
	JWT_DESTINATION_ROOM = 256 + 8, /* "host:port" and its 0 */
	JWT_HEARD_MAX = 32768, /* a request longer than this is never needed */
	JWT_TRIES = 3          /* requests of one connection, 407 between */
};

/* Of a connection, zeroed at first. */
struct jwt_hear {
	uint32_t scanned; /* bytes of the text that need no second look */
	uint8_t dialect;  /* enum jwt_dialect */
	uint8_t step;     /* of SOCKS5 and RESP */
	uint8_t tries;    /* requests that were answered with 407 */
	uint8_t reply;    /* SOCKS5: says more than the verdict's; 0: none */
	bool is_http_1_0;
	bool wants_close; /* HTTP: the client has announced it */
	bool was_cut;     /* the password had all 255 bytes that SOCKS5 gives */
};

enum jwt_heard_kind {
	HEARD_MORE,  /* nothing whole yet; eat nothing */
	HEARD_REPLY, /* send `reply`, eat `used`, and read on */
	HEARD_TOKEN, /* a token, and a destination if there is one already */
	HEARD_DESTINATION, /* SOCKS5: now it says where it wants to go */
	HEARD_WRONG        /* refuse with `verdict` */
};

struct jwt_heard {
	enum jwt_heard_kind kind;
	size_t used;       /* bytes from the first that belong to it */
	const char *token; /* in what was read, or in `room` */
	size_t token_size;
	const char *reply;
	size_t reply_size;
	char destination[JWT_DESTINATION_ROOM]; /* "": none */
	struct jwt_verdict verdict;
	size_t room_size;         /* bytes in `room`, which the caller wipes */
	char room[JWT_HEARD_MAX]; /* decoded credentials */
};

struct jwt_hear_rules {
	unsigned ways;    /* bits of enum jwt_way */
	size_t max_token; /* bytes */
};

/* What do n bytes, all that wait, say?  ended: no more will come.  The result's
 * kind is also returned.  With HEARD_MORE nothing is to be eaten, and with
 * HEARD_TOKEN nothing before the token was judged: asked again with the same
 * bytes or more, it says the same.  `used` of HEARD_WRONG is 0 where the end of
 * the request is not known.  Nothing is to be asked after HEARD_WRONG, but the
 * next request where jwt_answer_refuse() was told that there may be one; a
 * client that leaves instead is JWT_MISSING with h->tries > 0. */
enum jwt_heard_kind
jwt_hear(struct jwt_hear *h, const struct jwt_hear_rules *rules, const char *p,
    size_t n, bool ended, struct jwt_heard *r);

/* SOCKS5: the token was good, and the destination has not come yet.  How many
 * bytes of `out` (JWT_ANSWER) are to be sent; 0 for the others. */
size_t jwt_answer_token(struct jwt_hear *h, char *out);

/* The way is open.  ack: option of that name, for DIALECT_LINE. */
size_t jwt_answer_open(const struct jwt_hear *h, bool ack, char *out);

/* No, in the client's words.  realm: for 407, of which the first 128 bytes are
 * told.  may_retry: what jwt_hear_may_retry() has said; *h then waits for the
 * next request. */
size_t jwt_answer_refuse(struct jwt_hear *h, const struct jwt_verdict *v,
    const char *realm, bool may_retry, char *out);

/* May a client that was refused so try again on this connection (only ever 407
 * over HTTP/1.1)?  surplus: bytes behind the request that have come already,
 * which must never be read as another one. */
bool jwt_hear_may_retry(
    const struct jwt_hear *h, const struct jwt_verdict *v, size_t surplus);

#endif

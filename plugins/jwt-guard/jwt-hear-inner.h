/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-hear-inner.h - what the readers of the ways to present a token share.
 * Each gets all bytes that wait, from the first of its request on, as often as
 * there are more of them, and comes to the same end in whatever pieces they
 * have come: a flaw is reported where it stands, never because more was there
 * to be seen.
 */
#ifndef JWT_HEAR_INNER_H
#define JWT_HEAR_INNER_H

#include "jwt-hear.h"

#include <string.h>
#include <strings.h>

enum jwt_step {
	STEP_FIRST,  /* SOCKS5: the offer of methods */
	STEP_AUTH,   /* SOCKS5: name and password; RESP: after a HELLO */
	STEP_REQUEST /* SOCKS5: where to */
};

/* A piece of what was read. */
struct span {
	const char *p;
	size_t n;
};

struct hearing {
	struct jwt_hear *h;
	const struct jwt_hear_rules *rules;
	const char *p; /* never empty */
	size_t n;
	struct jwt_heard *r;
};

#define HEARD_WRONG_AS(g, ...) \
	(jwt_verdict_set(&(g)->r->verdict, __VA_ARGS__), HEARD_WRONG)

/* One for each dialect. */
enum jwt_heard_kind hear_line(const struct hearing *g);
enum jwt_heard_kind hear_resp(const struct hearing *g);
enum jwt_heard_kind hear_connect(const struct hearing *g);
enum jwt_heard_kind hear_socks5(const struct hearing *g);

/* Look for the first LF of text in `limit` bytes at most.  1: h->scanned says
 * where it is, 0: it has not come (g->n >= limit: it is too far), -EACCES and
 * the verdict: a byte before it has no place in a line. */
int hear_scan_line(const struct hearing *g, size_t limit);

/* The last step of all: is there one, and is it short enough? */
enum jwt_heard_kind heard_token(const struct hearing *g, struct span token);

/* Set the destination in the form that routes compare: lower case, brackets
 * around IPv6.  0, or -EACCES and the verdict. */
int heard_name(const struct hearing *g, struct span name, unsigned port);
int heard_ipv4(const struct hearing *g, const char ip[4], unsigned port);
int heard_ipv6(const struct hearing *g, const char ip[16], unsigned port);

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Not a character for humans; a tab is one, too. */
static inline bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* text is in lower case. */
static inline bool
span_is(struct span s, const char *text)
{
	return s.n == strlen(text) && strncasecmp(s.p, text, s.n) == 0;
}

#endif

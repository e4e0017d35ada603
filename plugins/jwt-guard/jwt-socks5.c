/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* SOCKS5 (RFC 1928) with the token as the password of RFC 1929. */

#include "jwt-hear-inner.h"

enum {
	SOCKS_VERSION = 5,
	AUTH_VERSION = 1,
	METHOD_PASSWORD = 2,
	COMMAND_CONNECT = 1,
	ADDRESS_IPV4 = 1,
	ADDRESS_NAME = 3,
	ADDRESS_IPV6 = 4,
	REPLY_NO_SUCH_ADDRESS = 8,
	REQUEST_HEAD = 4,
	PASSWORD_MAX = 255
};

static size_t
byte_at(const struct hearing *g, size_t at)
{
	return (unsigned char)g->p[at];
}

/* ---- which methods the client knows */

static enum jwt_heard_kind
socks_offer(const struct hearing *g)
{
	static const char reply[] = { SOCKS_VERSION, METHOD_PASSWORD };
	size_t count;

	if (g->n < 2)
		return HEARD_MORE;
	count = byte_at(g, 1);
	if (g->n < 2 + count)
		return HEARD_MORE;
	g->r->used = 2 + count;
	if (!memchr(g->p + 2, METHOD_PASSWORD, count))
		return HEARD_WRONG_AS(g, JWT_MISSING,
		    "the client offers SOCKS5 without user name and password, "
		    "so that there is no place for a token");
	g->h->step = STEP_AUTH;
	g->r->reply = reply;
	g->r->reply_size = sizeof(reply);
	return HEARD_REPLY;
}

/* ---- the token */

static enum jwt_heard_kind
socks_auth(const struct hearing *g)
{
	size_t at, size;

	if (g->p[0] != AUTH_VERSION)
		return HEARD_WRONG_AS(g, JWT_PROTOCOL,
		    "what follows the choice of the method is not RFC 1929");
	at = g->n < 2 ? 2 : 2 + byte_at(g, 1);
	if (g->n <= at)
		return HEARD_MORE;
	size = byte_at(g, at++);
	if (g->n - at < size)
		return HEARD_MORE;
	g->r->used = at + size;
	g->h->was_cut = size == PASSWORD_MAX;
	return heard_token(g, (struct span){ g->p + at, size });
}

/* ---- where to */

/* 0, or -EACCES: a flaw in what has come of the head. */
static int
socks_check_head(const struct hearing *g)
{
	if (g->p[0] != SOCKS_VERSION)
		return jwt_verdict_set(&g->r->verdict, JWT_PROTOCOL,
		    "what follows the password is no request of SOCKS5");
	if (g->n > 1 && g->p[1] != COMMAND_CONNECT)
		return jwt_verdict_set(&g->r->verdict, JWT_METHOD,
		    "command %zu of SOCKS5 is not CONNECT", byte_at(g, 1));
	if (g->n < REQUEST_HEAD || g->p[3] == ADDRESS_IPV4 ||
	    g->p[3] == ADDRESS_NAME || g->p[3] == ADDRESS_IPV6)
		return 0;
	g->h->reply = REPLY_NO_SUCH_ADDRESS;
	return jwt_verdict_set(&g->r->verdict, JWT_PROTOCOL,
	    "SOCKS5 has no addresses of type %zu", byte_at(g, 3));
}

static int
socks_set_destination(const struct hearing *g, struct span host, unsigned port)
{
	switch (g->p[3]) {
	case ADDRESS_IPV4:
		return heard_ipv4(g, host.p, port);
	case ADDRESS_IPV6:
		return heard_ipv6(g, host.p, port);
	default:
		return heard_name(g, host, port);
	}
}

static enum jwt_heard_kind
socks_request(const struct hearing *g)
{
	struct span host = { g->p + REQUEST_HEAD, 4 };
	size_t end;

	if (socks_check_head(g) < 0)
		return HEARD_WRONG;
	if (g->n <= REQUEST_HEAD)
		return HEARD_MORE;
	if (g->p[3] == ADDRESS_IPV6)
		host.n = 16;
	else if (g->p[3] == ADDRESS_NAME)
		host = (struct span){ host.p + 1, byte_at(g, REQUEST_HEAD) };
	end = (size_t)(host.p - g->p) + host.n;
	if (g->n < end + 2)
		return HEARD_MORE;
	g->r->used = end + 2;
	if (socks_set_destination(g, host,
		(unsigned)(byte_at(g, end) << 8 | byte_at(g, end + 1))) < 0)
		return HEARD_WRONG;
	return HEARD_DESTINATION;
}

enum jwt_heard_kind
hear_socks5(const struct hearing *g)
{
	switch (g->h->step) {
	case STEP_FIRST:
		return socks_offer(g);
	case STEP_AUTH:
		return socks_auth(g);
	default:
		return socks_request(g);
	}
}

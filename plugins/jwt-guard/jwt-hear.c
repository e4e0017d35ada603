/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-hear.h"

#include "jwt-hear-inner.h"

enum {
	WORD_MAX = 32,   /* letters of a first word */
	OTHER_MAX = 8192 /* bytes of a first line that is not AUTH or CONNECT */
};

/* ---- what all readers need */

int
hear_scan_line(const struct hearing *g, size_t limit)
{
	size_t end = g->n < limit ? g->n : limit;

	for (; g->h->scanned < end; g->h->scanned++) {
		const char *at = g->p + g->h->scanned;

		if (*at != '\n' && at > g->p && at[-1] == '\r')
			return jwt_verdict_set(&g->r->verdict, JWT_PROTOCOL,
			    "the first line has a CR that does not end it");
		if (*at == '\n')
			return 1;
		if (*at != '\r' && is_control(*at))
			return jwt_verdict_set(&g->r->verdict, JWT_PROTOCOL,
			    "the first line has a control character");
	}
	return 0;
}

enum jwt_heard_kind
heard_token(const struct hearing *g, struct span token)
{
	if (token.n == 0)
		return HEARD_WRONG_AS(g, JWT_MISSING, "the token is empty");
	if (token.n > g->rules->max_token)
		return HEARD_WRONG_AS(g, JWT_TOO_LONG,
		    "the token has %zu bytes, more than 'max_token', %zu",
		    token.n, g->rules->max_token);
	g->r->token = token.p;
	g->r->token_size = token.n;
	return HEARD_TOKEN;
}

/* ---- the first bytes */

static enum jwt_heard_kind
hear_nothing_known(const struct hearing *g)
{
	static const char *const expected[] = { "nothing", "'AUTH <token>'",
		"HTTP CONNECT", "'AUTH <token>' or HTTP CONNECT", "SOCKS5",
		"'AUTH <token>' or SOCKS5", "HTTP CONNECT or SOCKS5",
		"'AUTH <token>', HTTP CONNECT or SOCKS5" };

	g->h->dialect = DIALECT_LINE;
	return HEARD_WRONG_AS(g, JWT_PROTOCOL,
	    "the first bytes are no way to present a token (expected %s)",
	    expected[g->rules->ways & 7]);
}

static enum jwt_heard_kind
hear_dialect(const struct hearing *g)
{
	switch (g->h->dialect) {
	case DIALECT_LINE:
		return hear_line(g);
	case DIALECT_RESP:
		return hear_resp(g);
	case DIALECT_CONNECT:
		return hear_connect(g);
	case DIALECT_SOCKS5:
		return hear_socks5(g);
	default:
		return hear_nothing_known(g);
	}
}

/* A client is answered in its own words even if they are not taken here. */
static enum jwt_heard_kind
hear_as(const struct hearing *g, enum jwt_dialect dialect)
{
	static const struct {
		enum jwt_way way;
		const char *option, *name;
	} ways[] = {
		[DIALECT_LINE] = { WAY_LINE, "line", "with AUTH" },
		[DIALECT_RESP] = { WAY_LINE, "line", "with AUTH" },
		[DIALECT_CONNECT] = { WAY_CONNECT, "connect", "over HTTP" },
		[DIALECT_SOCKS5] = { WAY_SOCKS5, "socks5", "over SOCKS5" },
	};

	g->h->dialect = (uint8_t)dialect;
	if (!(g->rules->ways & ways[dialect].way))
		return HEARD_WRONG_AS(g, JWT_PROTOCOL,
		    "no token is taken %s here: 'present' does not name '%s'",
		    ways[dialect].name, ways[dialect].option);
	return hear_dialect(g);
}

static enum jwt_heard_kind
hear_proxy_header(const struct hearing *g)
{
	g->h->dialect = DIALECT_SILENT;
	return HEARD_WRONG_AS(g, JWT_PROTOCOL,
	    "a PROXY header came, but no tcp-server with accept_proxy = true "
	    "has read it");
}

static enum jwt_heard_kind
hear_proxy_v2(const struct hearing *g)
{
	static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
	size_t all = sizeof(signature) - 1, n = g->n < all ? g->n : all;

	if (memcmp(g->p, signature, n) != 0)
		return hear_nothing_known(g);
	return n < all ? HEARD_MORE : hear_proxy_header(g);
}

static bool
line_is_http(struct span line)
{
	const char *end;

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	end = line.p + line.n;
	return line.n > 9 && memcmp(end - 9, " HTTP/", 6) == 0 &&
	       is_digit(end[-3]) && end[-2] == '.' && is_digit(end[-1]);
}

/* Text, but with another word first: perhaps another method of HTTP, which
 * only the end of the line tells. */
static enum jwt_heard_kind
hear_other_line(const struct hearing *g)
{
	int rc = hear_scan_line(g, OTHER_MAX);

	if (rc == 0 && g->n < OTHER_MAX)
		return HEARD_MORE;
	if (rc > 0 && line_is_http((struct span){ g->p, g->h->scanned }))
		return hear_as(g, DIALECT_CONNECT);
	return hear_nothing_known(g);
}

static enum jwt_heard_kind
hear_text(const struct hearing *g)
{
	struct span word = { g->p, 0 };
	char end;

	while (word.n < g->n && word.n < WORD_MAX &&
	       (is_letter(g->p[word.n]) || (word.n && g->p[word.n] == '-')))
		word.n++;
	if (word.n == WORD_MAX)
		return hear_nothing_known(g);
	if (word.n == g->n)
		return HEARD_MORE;
	end = g->p[word.n];
	if (word.n == 0 || (end != ' ' && end != '\r' && end != '\n'))
		return hear_nothing_known(g);
	if (span_is(word, "auth"))
		return hear_as(g, DIALECT_LINE);
	if (word.n == 7 && end == ' ' && memcmp(word.p, "CONNECT", 7) == 0)
		return hear_as(g, DIALECT_CONNECT);
	if (word.n == 5 && end == ' ' && memcmp(word.p, "PROXY", 5) == 0)
		return hear_proxy_header(g);
	return hear_other_line(g);
}

static enum jwt_heard_kind
hear_first(const struct hearing *g)
{
	switch (g->p[0]) {
	case '*':
		return hear_as(g, DIALECT_RESP);
	case 0x05:
		return hear_as(g, DIALECT_SOCKS5);
	case 0x04:
		g->h->dialect = DIALECT_SOCKS4;
		return HEARD_WRONG_AS(g, JWT_PROTOCOL,
		    "the client speaks SOCKS4, which has no place for a token: "
		    "use HTTP CONNECT or SOCKS5");
	case 0x16:
		g->h->dialect = DIALECT_SILENT;
		return HEARD_WRONG_AS(g, JWT_PROTOCOL,
		    "the client speaks TLS, but no 'tls' stands before the "
		    "guard");
	case '\r':
		return hear_proxy_v2(g);
	default:
		return hear_text(g);
	}
}

/* ---- the whole */

/* No more will come, and what has come is not enough. */
static enum jwt_heard_kind
hear_end(const struct hearing *g)
{
	g->h->wants_close = true;
	if (g->h->step == STEP_REQUEST)
		return HEARD_WRONG_AS(g, JWT_PROTOCOL,
		    "the client ended before it said where it wants to go");
	if (g->n == 0 && g->h->tries > 0) /* it has its answer */
		g->h->dialect = DIALECT_SILENT;
	if (g->n == 0)
		return HEARD_WRONG_AS(g, JWT_MISSING,
		    "the client ended without presenting a token");
	return HEARD_WRONG_AS(g, JWT_PROTOCOL,
	    "the client ended in the middle of presenting its token");
}

enum jwt_heard_kind
jwt_hear(struct jwt_hear *h, const struct jwt_hear_rules *rules, const char *p,
    size_t n, bool ended, struct jwt_heard *r)
{
	struct hearing g = { h, rules, p, n, r };

	r->kind = HEARD_MORE;
	r->used = r->token_size = r->reply_size = r->room_size = 0;
	r->token = r->reply = NULL;
	r->destination[0] = 0;
	r->verdict.code = JWT_OK;
	r->verdict.sentence[0] = 0;
	if (n > 0)
		r->kind = h->dialect ? hear_dialect(&g) : hear_first(&g);
	if (r->kind == HEARD_MORE && ended)
		r->kind = hear_end(&g);
	return r->kind;
}

bool
jwt_hear_may_retry(
    const struct jwt_hear *h, const struct jwt_verdict *v, size_t surplus)
{
	return h->dialect == DIALECT_CONNECT && !h->is_http_1_0 &&
	       !h->wants_close && surplus == 0 && h->tries + 1 < JWT_TRIES &&
	       jwt_code_words(v->code)->status == 407;
}

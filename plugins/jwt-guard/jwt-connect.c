/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* HTTP CONNECT (RFC 9110 section 9.3.6, RFC 9112) with the token in
 * Proxy-Authorization (RFC 6750, RFC 7617).  Stock clients leave out Host, put
 * the proxy's name into it, spell names in any case and speak HTTP/1.0; what
 * none of them does, and what two readers could understand in two ways, is
 * refused. */

#include "jwt-base64.h"
#include "jwt-hear-inner.h"

#include <arpa/inet.h>
#include <assert.h>

enum {
	HEAD_MAX = 16384,    /* bytes, or what the longest token needs */
	HEAD_BESIDE = 2048,  /* bytes of such a head beside the token */
	FIELDS_MAX = 100,    /* lines */
	AUTHORITY_MAX = 255, /* bytes */
	PORT_DIGITS = 5,
	IPV6_DIGITS = 45
};

static_assert(JWT_BASE64_ROOM(JWT_HEARD_MAX) < JWT_HEARD_MAX,
    "decoded credentials of any head have room");

/* What the fields have said so far. */
struct connect_fields {
	struct span credentials; /* p NULL: no such field */
	unsigned count, hosts;
};

static int
connect_wrong(const struct hearing *g, const char *what)
{
	return jwt_verdict_set(&g->r->verdict, JWT_PROTOCOL, "%s", what);
}

/* ---- the end of the head */

static size_t
connect_head_max(size_t max_token)
{
	size_t need = max_token / 3 * 4 + HEAD_BESIDE;

	if (need < HEAD_MAX)
		return HEAD_MAX;
	return need < JWT_HEARD_MAX ? need : JWT_HEARD_MAX;
}

/* 1: h->scanned says where its last LF is, 0: it has not come, -EACCES. */
static int
connect_scan(const struct hearing *g, size_t limit)
{
	size_t end = g->n < limit ? g->n : limit;

	for (; g->h->scanned < end; g->h->scanned++) {
		const char *at = g->p + g->h->scanned;
		size_t before = g->h->scanned;

		if ((before > 0 && at[-1] == '\r') != (*at == '\n'))
			return connect_wrong(
			    g, "a line of the request does not end with CR LF");
		if (*at == '\n' && before >= 3 &&
		    memcmp(at - 3, "\r\n\r", 3) == 0)
			return 1;
		if (is_control(*at) && !strchr("\r\n\t", *at ? *at : 1))
			return connect_wrong(
			    g, "the request has a control character");
	}
	return 0;
}

/* ---- pieces of lines */

/* Up to c, which must be there, and is dropped. */
static bool
span_cut(struct span *s, char c, struct span *r)
{
	const char *at = s->n ? memchr(s->p, c, s->n) : NULL;

	if (!at)
		return false;
	*r = (struct span){ s->p, (size_t)(at - s->p) };
	s->n -= r->n + 1;
	s->p = at + 1;
	return true;
}

static struct span
span_trim(struct span s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Only letters, digits and these, and not empty? */
static bool
span_is_of(struct span s, const char *others)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_letter(s.p[i]) && !is_digit(s.p[i]) &&
		    (s.p[i] == 0 || !strchr(others, s.p[i])))
			return false;
	return s.n > 0;
}

static bool
span_is_token(struct span s)
{
	return span_is_of(s, "!#$%&'*+-.^_`|~");
}

/* The next line of a head that was scanned. */
static struct span
next_line(struct span *head)
{
	struct span line = { head->p, 0 };

	span_cut(head, '\n', &line);
	line.n--; /* its CR */
	return line;
}

/* ---- where to */

static int
target_port(struct span s)
{
	int port = 0;

	if (s.n == 0 || s.n > PORT_DIGITS)
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_digit(s.p[i]))
			return 0;
		port = port * 10 + (s.p[i] - '0');
	}
	return port;
}

/* "[v6]:port", of which the first bracket was cut. */
static int
target_ipv6(const struct hearing *g, struct span s)
{
	char text[IPV6_DIGITS + 1], ip[16];
	struct span digits;

	if (!span_cut(&s, ']', &digits) || digits.n > IPV6_DIGITS || s.n == 0 ||
	    s.p[0] != ':')
		return connect_wrong(
		    g, "CONNECT takes host:port or [IPv6]:port");
	memcpy(text, digits.p, digits.n);
	text[digits.n] = 0;
	if (inet_pton(AF_INET6, text, ip) != 1)
		return connect_wrong(g, "the destination is no IPv6 address");
	s.p++;
	s.n--;
	return heard_ipv6(g, ip, (unsigned)target_port(s));
}

static int
connect_target(const struct hearing *g, struct span s)
{
	struct span host;

	if (s.n > AUTHORITY_MAX)
		return connect_wrong(g, "the destination is too long");
	if (s.n > 0 && s.p[0] == '[')
		return target_ipv6(g, (struct span){ s.p + 1, s.n - 1 });
	if (!span_cut(&s, ':', &host))
		return connect_wrong(
		    g, "CONNECT takes host:port or [IPv6]:port");
	return heard_name(g, host, (unsigned)target_port(s));
}

/* ---- the first line */

static int
connect_version(const struct hearing *g, struct span s)
{
	if (s.n != 8 || memcmp(s.p, "HTTP/", 5) != 0 || !is_digit(s.p[5]) ||
	    s.p[6] != '.' || !is_digit(s.p[7]))
		return connect_wrong(g, "the first line is none of HTTP");
	if (s.p[5] != '1')
		return connect_wrong(
		    g, "this version of HTTP is not spoken here: use HTTP/1.1");
	g->h->is_http_1_0 = s.p[7] == '0';
	return 0;
}

static int
connect_request_line(const struct hearing *g, struct span line)
{
	struct span method, target;
	int rc;

	if (!span_cut(&line, ' ', &method) || !span_is_token(method) ||
	    !span_cut(&line, ' ', &target) || target.n == 0)
		return connect_wrong(g, "the first line is none of HTTP");
	rc = connect_version(g, line);
	if (rc < 0)
		return rc;
	if (method.n != 7 || memcmp(method.p, "CONNECT", 7) != 0)
		return jwt_verdict_set(&g->r->verdict, JWT_METHOD,
		    "this is no web server: only the method CONNECT is known");
	return connect_target(g, target);
}

/* ---- the fields */

static void
field_connection(const struct hearing *g, struct span value)
{
	struct span item;

	while (span_cut(&value, ',', &item))
		g->h->wants_close |= span_is(span_trim(item), "close");
	g->h->wants_close |= span_is(span_trim(value), "close");
}

static int
connect_field(
    const struct hearing *g, struct span line, struct connect_fields *f)
{
	struct span name, value;

	if (!span_cut(&line, ':', &name) || !span_is_token(name))
		return connect_wrong(g, /* a folded line is none, either */
		    "a line of the request is no field 'name: value'");
	if (++f->count > FIELDS_MAX)
		return jwt_verdict_set(&g->r->verdict, JWT_TOO_LONG,
		    "the request has more than %d fields", FIELDS_MAX);
	value = span_trim(line);
	if (span_is(name, "transfer-encoding") ||
	    (span_is(name, "content-length") && !span_is(value, "0")))
		return connect_wrong(g, "CONNECT has no body");
	if (span_is(name, "host") && ++f->hosts > 1)
		return connect_wrong(g, "the request has more than one Host");
	if (span_is(name, "connection") || span_is(name, "proxy-connection"))
		field_connection(g, value);
	if (!span_is(name, "proxy-authorization"))
		return 0;
	if (f->credentials.p)
		return connect_wrong(
		    g, "the request has more than one Proxy-Authorization");
	f->credentials = value;
	return 0;
}

/* ---- the credentials */

static enum jwt_heard_kind
connect_malformed(const struct hearing *g, const char *what)
{
	return HEARD_WRONG_AS(g, JWT_MALFORMED, "%s", what);
}

/* RFC 6750 section 2.1: b64token. */
static enum jwt_heard_kind
connect_bearer(const struct hearing *g, struct span s)
{
	struct span token = s;

	while (s.n > 0 && s.p[s.n - 1] == '=')
		s.n--;
	if (token.n > 0 && !span_is_of(s, "-._~+/"))
		return connect_malformed(g, "what follows Bearer is no token");
	return heard_token(g, token);
}

static enum jwt_heard_kind
connect_basic(const struct hearing *g, struct span s)
{
	struct span user, token = { g->r->room, 0 };
	long n = jwt_base64_decode(s.p, s.n, (unsigned char *)g->r->room);

	g->r->room_size = JWT_BASE64_ROOM(s.n); /* it may have failed late */
	if (n < 0)
		return connect_malformed(g, "what follows Basic is no base64");
	token.n = (size_t)n;
	if (!span_cut(&token, ':', &user))
		return connect_malformed(
		    g, "the credentials of Basic have no ':'");
	for (size_t i = 0; i < user.n; i++)
		if (is_control(user.p[i]))
			return connect_malformed(g,
			    "the user's name of Basic has a control character");
	return heard_token(g, token);
}

static enum jwt_heard_kind
connect_credentials(const struct hearing *g, struct span s)
{
	struct span scheme;

	if (!s.p)
		return HEARD_WRONG_AS(g, JWT_MISSING,
		    "no token was presented: send it in Proxy-Authorization, "
		    "as Bearer or as the password of Basic");
	if (!span_cut(&s, ' ', &scheme)) {
		scheme = s;
		s.n = 0;
	}
	if (span_is(scheme, "bearer"))
		return connect_bearer(g, span_trim(s));
	if (span_is(scheme, "basic"))
		return connect_basic(g, span_trim(s));
	/* Its name is not told: it could be the token itself. */
	return HEARD_WRONG_AS(
	    g, JWT_MISSING, "Proxy-Authorization is neither Bearer nor Basic");
}

/* ---- the whole */

static enum jwt_heard_kind
connect_read(const struct hearing *g, struct span head)
{
	struct connect_fields f = { 0 };
	struct span line = next_line(&head);
	int rc = connect_request_line(g, line);

	for (line = next_line(&head); rc == 0 && line.n > 0;
	     line = next_line(&head))
		rc = connect_field(g, line, &f);
	return rc < 0 ? HEARD_WRONG : connect_credentials(g, f.credentials);
}

enum jwt_heard_kind
hear_connect(const struct hearing *g)
{
	size_t limit = connect_head_max(g->rules->max_token);
	int rc = connect_scan(g, limit);

	if (rc < 0)
		return HEARD_WRONG;
	if (rc == 0 && g->n < limit)
		return HEARD_MORE;
	if (rc == 0)
		return HEARD_WRONG_AS(g, JWT_TOO_LONG,
		    "the head of the request is longer than %zu bytes", limit);
	g->r->used = g->h->scanned + 1;
	return connect_read(g, (struct span){ g->p, g->r->used });
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* AUTH [user] <token>: as a line for humans and scripts, and as the array of
 * RESP that clients of Redis send. */

#include "jwt-hear-inner.h"

enum {
	USER_MAX = 256,              /* bytes */
	LINE_EXTRA = USER_MAX + 44,  /* keyword, blanks, the end */
	RESP_EXTRA = USER_MAX + 768, /* the same, and what HELLO may hold */
	RESP_ITEMS = 7               /* HELLO 3 AUTH user token SETNAME name */
};

/* ---- a line */

/* Split at runs of blanks; how many words there are, up to 4. */
static unsigned
line_split(struct span line, struct span word[4])
{
	unsigned count = 0;
	size_t at = 0;

	while (count < 4) {
		size_t from;

		while (at < line.n && line.p[at] == ' ')
			at++;
		for (from = at; at < line.n && line.p[at] != ' '; at++)
			continue;
		if (at == from)
			break;
		word[count++] = (struct span){ line.p + from, at - from };
	}
	return count;
}

static enum jwt_heard_kind
line_read(const struct hearing *g, struct span line)
{
	struct span word[4];
	unsigned count = line_split(line, word);

	if (count == 0 || !span_is(word[0], "auth"))
		return HEARD_WRONG_AS(
		    g, JWT_PROTOCOL, "the first line does not begin with AUTH");
	if (count == 1)
		return HEARD_WRONG_AS(
		    g, JWT_MISSING, "no token stands behind AUTH");
	if (count > 3)
		return HEARD_WRONG_AS(g, JWT_PROTOCOL,
		    "more than a user and a token stand behind AUTH");
	if (count == 3 && word[1].n > USER_MAX)
		return HEARD_WRONG_AS(g, JWT_PROTOCOL,
		    "the user's name is longer than %d bytes", USER_MAX);
	return heard_token(g, word[count - 1]);
}

enum jwt_heard_kind
hear_line(const struct hearing *g)
{
	size_t limit = g->rules->max_token + LINE_EXTRA;
	struct span line = { g->p, 0 };
	int rc = hear_scan_line(g, limit);

	if (rc < 0)
		return HEARD_WRONG;
	if (rc == 0 && g->n < limit)
		return HEARD_MORE;
	if (rc == 0)
		return HEARD_WRONG_AS(g, JWT_TOO_LONG,
		    "the line is longer than a token of 'max_token', %zu bytes",
		    g->rules->max_token);
	line.n = g->h->scanned;
	g->r->used = line.n + 1;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line_read(g, line);
}

/* ---- RESP: all of these say 1: read, 0: more has to come, -EACCES */

struct resp {
	const struct hearing *g;
	size_t at;
};

static int
resp_wrong(const struct hearing *g)
{
	return jwt_verdict_set(
	    &g->r->verdict, JWT_PROTOCOL, "this is no array of RESP");
}

static int
resp_crlf(struct resp *s)
{
	const char *p = s->g->p + s->at;
	size_t n = s->g->n - s->at;

	if ((n > 0 && p[0] != '\r') || (n > 1 && p[1] != '\n'))
		return resp_wrong(s->g);
	if (n < 2)
		return 0;
	s->at += 2;
	return 1;
}

/* "*3\r\n" */
static int
resp_number(struct resp *s, char mark, size_t *r)
{
	const struct hearing *g = s->g;
	unsigned digits = 0;

	*r = 0;
	if (s->at == g->n)
		return 0;
	if (g->p[s->at++] != mark)
		return resp_wrong(g);
	while (s->at < g->n && is_digit(g->p[s->at])) {
		if (++digits > 5 || (digits > 1 && *r == 0))
			return resp_wrong(g);
		*r = *r * 10 + (size_t)(g->p[s->at++] - '0');
	}
	if (s->at < g->n && digits == 0)
		return resp_wrong(g);
	return resp_crlf(s);
}

/* "$4\r\nAUTH\r\n" */
static int
resp_item(struct resp *s, struct span *r)
{
	const struct hearing *g = s->g;
	int rc = resp_number(s, '$', &r->n);

	if (rc <= 0)
		return rc;
	if (s->at + r->n > g->rules->max_token + RESP_EXTRA)
		return jwt_verdict_set(&g->r->verdict, JWT_TOO_LONG,
		    "the command is longer than a token of 'max_token', %zu "
		    "bytes",
		    g->rules->max_token);
	r->p = g->p + s->at;
	if (g->n - s->at < r->n)
		return 0;
	s->at += r->n;
	return resp_crlf(s);
}

static int
resp_command(const struct hearing *g, struct span name, size_t count)
{
	if (span_is(name, "hello") && count <= RESP_ITEMS)
		return 1;
	if (!span_is(name, "auth"))
		return jwt_verdict_set(&g->r->verdict, JWT_MISSING,
		    "authentication required: the first command has to be "
		    "AUTH with a token");
	if (count != 2 && count != 3)
		return jwt_verdict_set(&g->r->verdict, JWT_PROTOCOL,
		    "AUTH takes a token, or a user and a token");
	return 1;
}

/* What HELLO asks for only the server behind the guard can say.  Clients that
 * begin with it try AUTH if it is refused in exactly these words. */
static enum jwt_heard_kind
resp_hello(const struct hearing *g)
{
	static const char reply[] = "-ERR unknown command 'HELLO' before "
				    "authentication: send AUTH with a token"
				    "\r\n";

	if (g->h->step != STEP_FIRST)
		return HEARD_WRONG_AS(g, JWT_MISSING,
		    "authentication required: HELLO came again, not AUTH");
	g->h->step = STEP_AUTH;
	g->r->reply = reply;
	g->r->reply_size = sizeof(reply) - 1;
	return HEARD_REPLY;
}

enum jwt_heard_kind
hear_resp(const struct hearing *g)
{
	struct resp s = { g, 0 };
	struct span item[RESP_ITEMS];
	size_t count;
	int rc = resp_number(&s, '*', &count);

	if (rc > 0 && count == 0)
		rc = resp_wrong(g);
	for (size_t i = 0; rc > 0 && i < count; i++) {
		rc = resp_item(&s, &item[i]);
		if (rc > 0 && i == 0) /* which bounds the count, too */
			rc = resp_command(g, item[0], count);
	}
	if (rc <= 0)
		return rc < 0 ? HEARD_WRONG : HEARD_MORE;
	g->r->used = s.at;
	if (span_is(item[0], "hello"))
		return resp_hello(g);
	return heard_token(g, item[count - 1]);
}

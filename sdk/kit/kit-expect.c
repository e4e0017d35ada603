/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-expect.c - one-line expectations. */

#include "kit-inner.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUOTE_BYTES = 60 };

static void
conn_here(struct bndk_conn *c, const char *file, int line)
{
	c->k->file = file;
	c->k->line = line;
}

static const char *
side_name(unsigned side)
{
	return side == BND_FRONT ? "front" : "back";
}

/* Bytes fit for a sentence. */
static struct kit_text
quote(const char *data, size_t n)
{
	struct kit_text t = { 0 };
	size_t shown = n < QUOTE_BYTES ? n : QUOTE_BYTES;

	text_add(&t, "\"", 1);
	for (size_t i = 0; i < shown; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c == '\n')
			text_print(&t, "\\n");
		else if (isprint(c))
			text_add(&t, &data[i], 1);
		else
			text_print(&t, "\\x%02x", c);
	}
	text_print(&t, "\"%s", shown < n ? "..." : "");
	return t;
}

/* Why the stage says no more, for messages. */
static const char *
conn_state(struct bndk_conn *c)
{
	static char text[300];

	if (!c->is_ended)
		return "";
	snprintf(text, sizeof(text), "; the connection has ended%s%s",
	    *c->why ? ": " : "", c->why);
	return text;
}

const char *
bndk_received(struct bndk_conn *c, unsigned side, size_t *n)
{
	struct kit_side *x = &c->side[side];

	*n = x->got.size - x->got_read;
	return text_of(&x->got) + (x->got.size ? x->got_read : 0);
}

size_t
bndk_drop(struct bndk_conn *c, unsigned side)
{
	size_t n;

	bndk_received(c, side, &n);
	c->side[side].got_read += n;
	return n;
}

void
bndk_expect_bytes_(const char *file, int line, struct bndk_conn *c,
    unsigned side, const void *data, size_t n)
{
	CLEANUP(text_finish) struct kit_text wanted = quote(data, n);
	CLEANUP(text_finish) struct kit_text found = { 0 };
	const char *got;
	size_t size;

	conn_here(c, file, line);
	got = bndk_received(c, side, &size);
	if (size >= n && (n == 0 || memcmp(got, data, n) == 0)) {
		c->side[side].got_read += n;
		return;
	}
	found = quote(got, size);
	kit_wrong(c->k, "expect",
	    "at the %s %s (%zu bytes) was expected, and %s (%zu bytes) came%s",
	    side_name(side), wanted.data, n, found.data, size, conn_state(c));
}

void
bndk_expect_(const char *file, int line, struct bndk_conn *c, unsigned side,
    const char *text)
{
	bndk_expect_bytes_(file, line, c, side, text, strlen(text));
}

void
bndk_expect_nothing_(
    const char *file, int line, struct bndk_conn *c, unsigned side)
{
	CLEANUP(text_finish) struct kit_text found = { 0 };
	const char *got;
	size_t size;

	conn_here(c, file, line);
	got = bndk_received(c, side, &size);
	if (size == 0)
		return;
	found = quote(got, size);
	kit_wrong(c->k, "expect", "at the %s %s (%zu bytes) came unexpectedly",
	    side_name(side), found.data, size);
}

void
bndk_expect_end_(const char *file, int line, struct bndk_conn *c, unsigned side)
{
	bndk_expect_nothing_(file, line, c, side);
	if (!c->side[side].has_got_end)
		kit_wrong(c->k, "expect", "the %s has heard no end%s",
		    side_name(side), conn_state(c));
}

void
bndk_expect_no_end_(
    const char *file, int line, struct bndk_conn *c, unsigned side)
{
	conn_here(c, file, line);
	if (c->side[side].has_got_end)
		kit_wrong(
		    c->k, "expect", "the %s has heard an end", side_name(side));
}

void
bndk_expect_alive_(const char *file, int line, struct bndk_conn *c)
{
	conn_here(c, file, line);
	if (c->stage.state != STAGE_OPEN)
		kit_wrong(
		    c->k, "expect", "the stage is not there%s", conn_state(c));
}

void
bndk_expect_closed_(const char *file, int line, struct bndk_conn *c, int err)
{
	conn_here(c, file, line);
	if (c->stage.state != STAGE_DEAD)
		kit_wrong(c->k, "expect", "the stage has not closed");
	else if (c->stage.close_err != err)
		kit_wrong(c->k, "expect",
		    "the stage has closed with %d (%s) and not %d%s",
		    c->stage.close_err, strerror(-c->stage.close_err), err,
		    conn_state(c));
}

static void
expect_error(
    struct bndk_conn *c, const char *what, bool is_there, int found, int wanted)
{
	if (!is_there)
		kit_wrong(c->k, "expect", "the connection was not %s%s", what,
		    conn_state(c));
	else if (found != wanted)
		kit_wrong(c->k, "expect", "it was %s with %d (%s) and not %d%s",
		    what, found, strerror(-found), wanted, conn_state(c));
}

void
bndk_expect_abort_(const char *file, int line, struct bndk_conn *c, int err)
{
	conn_here(c, file, line);
	expect_error(c, "aborted", c->abort_err, c->abort_err, err);
}

void
bndk_expect_refusal_(const char *file, int line, struct bndk_conn *c, int err)
{
	conn_here(c, file, line);
	expect_error(c, "refused", c->is_refused, c->refuse_err, err);
}

void
bndk_expect_bypassed_(
    const char *file, int line, struct bndk_conn *c, unsigned from)
{
	conn_here(c, file, line);
	if (c->side[from].bypass_to < 0)
		kit_wrong(c->k, "expect",
		    "what comes from the %s is not "
		    "bypassed",
		    side_name(from));
}

void
bndk_expect_open_(const char *file, int line, struct bndk_conn *c)
{
	conn_here(c, file, line);
	if (!c->stage.is_way_open || c->abort_err)
		kit_wrong(
		    c->k, "expect", "the way is not open%s", conn_state(c));
}

void
bndk_expect_log_(const char *file, int line, struct bndk *k, const char *part)
{
	k->file = file;
	k->line = line;
	if (!strstr(text_of(&k->log), part))
		kit_wrong(k, "expect", "'%s' is not in the log:\n%s", part,
		    text_of(&k->log));
}

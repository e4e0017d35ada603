/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * kit-pump.c - bytes between the stage and its neighbours: what is bypassed
 * moves, what was put out is taken, and the stage hears of it when the header
 * says so.
 */

#include "kit-inner.h"

#include <errno.h>
#include <string.h>

void
side_forget_seen(struct kit_side *x)
{
	if (!x->seen.base)
		return;
	if (x->seen.is_writable && x->in.bytes >= x->seen.n)
		queue_overwrite(&x->in, x->seen.data, x->seen.n);
	lens_hide(&x->seen);
}

void
side_forget_reserved(struct kit_side *x)
{
	if (x->reserved.base)
		lens_hide(&x->reserved);
}

/* Bytes or an end came in at that side. */
void
inlet_gained(struct bndk_conn *c, unsigned side)
{
	struct kit_side *x = &c->side[side];

	if (x->in.bytes > c->stage.pub.limit / 2)
		x->in.was_tight = true;
	if (x->bypass_to < 0)
		stage_due(&c->stage, DUE_FLOW);
}

/* Its outlet has become emptier. */
void
outlet_taken(struct bndk_conn *c, unsigned side)
{
	struct kit_side *x = &c->side[side];

	if (!x->out.was_tight || x->out.bytes > c->stage.pub.limit / 2)
		return;
	x->out.was_tight = false;
	if (!x->is_given)
		stage_due(&c->stage, DUE_FLOW);
}

/* Some of what was bypassed; did anything move? */
static bool
side_bypass(struct bndk_conn *c, struct kit_side *from)
{
	struct kit_side *to = &c->side[from->bypass_to];
	size_t limit = c->stage.pub.limit, n = from->in.bytes, room;
	bool is_news = false;

	room = to->out.bytes < limit ? limit - to->out.bytes : 0;
	n = n < room ? n : room;
	queue_add(&to->out, queue_data(&from->in), n);
	queue_drop(&from->in, n);
	is_news = n > 0;
	if (from->in.has_ended && !from->in.bytes && !to->out.has_ended)
		is_news = to->out.has_ended = true;
	return is_news;
}

static bool
side_take(struct bndk_conn *c, unsigned side)
{
	struct kit_side *x = &c->side[side];
	bool is_news = false;

	if (!x->is_there)
		return false;
	if (!x->is_held && x->out.bytes)
		is_news = bndk_take(c, side, x->out.bytes) > 0;
	if (x->out.has_ended && !x->out.bytes && !x->has_got_end)
		is_news = x->has_got_end = true;
	return is_news;
}

bool
conn_pump(struct bndk_conn *c)
{
	bool is_news = false;

	if (c->is_ended)
		return false;
	for (unsigned side = 0; side < 2; side++)
		if (c->side[side].bypass_to >= 0)
			is_news |= side_bypass(c, &c->side[side]);
	for (unsigned side = 0; side < 2; side++)
		is_news |= side_take(c, side);
	conn_end_if_done(c);
	return is_news;
}

size_t
bndk_take(struct bndk_conn *c, unsigned side, size_t n)
{
	struct kit_side *x = &c->side[side];

	if (!x->is_there || c->is_ended)
		return 0;
	n = n < x->out.bytes ? n : x->out.bytes;
	c->active_ms = c->k->now_ms;
	text_add(&x->got, queue_data(&x->out), n);
	queue_drop(&x->out, n);
	outlet_taken(c, side);
	return n;
}

void
bndk_hold(struct bndk_conn *c, unsigned side, int yes)
{
	c->side[side].is_held = yes != 0;
}

size_t
bndk_room(struct bndk_conn *c, unsigned side)
{
	const struct kit_side *x = &c->side[side];
	size_t limit = c->stage.pub.limit;

	if (c->is_ended || !x->is_there || x->has_sent_end)
		return 0;
	return x->in.bytes < limit ? limit - x->in.bytes : 0;
}

static bool
side_may_send(struct bndk_conn *c, unsigned side, const char *what)
{
	struct kit_side *x = &c->side[side];

	if (!x->is_there)
		kit_wrong(c->k, "test", "nobody is at the %s to %s",
		    side == BND_FRONT ? "front" : "back", what);
	else if (x->has_sent_end)
		kit_wrong(c->k, "test", "the %s has ended already",
		    side == BND_FRONT ? "front" : "back");
	else
		return true;
	return false;
}

void
bndk_send_bytes_(const char *file, int line, struct bndk_conn *c, unsigned side,
    const void *data, size_t n)
{
	struct kit_side *x = &c->side[side];

	c->k->file = file;
	c->k->line = line;
	if (c->is_ended || !side_may_send(c, side, "send"))
		return;
	if (x->in.is_discarding)
		return;
	queue_add(&x->in, data, n);
	c->active_ms = c->k->now_ms;
	if (n)
		inlet_gained(c, side);
}

void
bndk_end_(const char *file, int line, struct bndk_conn *c, unsigned side)
{
	struct kit_side *x = &c->side[side];

	c->k->file = file;
	c->k->line = line;
	if (c->is_ended || !side_may_send(c, side, "end"))
		return;
	x->has_sent_end = true;
	c->active_ms = c->k->now_ms;
	x->in.has_ended = true;
	inlet_gained(c, side);
	conn_end_if_done(c);
}

void
bndk_reset(struct bndk_conn *c, unsigned side, int err)
{
	conn_end(c, err < 0 ? err : -ECONNRESET, "reset at the %s",
	    side == BND_FRONT ? "front" : "back");
}

void
bndk_limit_(const char *file, int line, struct bndk_conn *c, size_t bytes)
{
	c->k->file = file;
	c->k->line = line;
	if (bytes < 65536)
		kit_wrong(c->k, "test",
		    "a limit of %zu bytes: a host has at least 65536", bytes);
	else
		c->stage.pub.limit = bytes;
}

void
bndk_wake(struct bndk_conn *c)
{
	stage_due(&c->stage, DUE_FLOW);
}

void
bndk_send_(const char *file, int line, struct bndk_conn *c, unsigned side,
    const char *text)
{
	bndk_send_bytes_(file, line, c, side, text, strlen(text));
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * kit-bytes.c - the calls that look at inlets, take from them, and give to
 * outlets.  What cannot be had for want of memory aborts the connection, as it
 * does in the host.
 */

#include "kit-calls.h"
#include "kit-inner.h"

#include <errno.h>
#include <string.h>

/* The side when its inlet can be read, else NULL. */
static struct kit_side *
inlet(struct bnd_stage *st, unsigned side, const char *name)
{
	struct kit_stage *s;
	int fail;

	if (!kit_stage_call(st, name, &s, &fail))
		return NULL;
	if (fail)
		conn_end(s->conn, -ENOMEM, "out of memory");
	if (side > BND_BACK || fail || s->conn->side[side].bypass_to >= 0)
		return NULL;
	return &s->conn->side[side];
}

/* The side when something may be put into its outlet, else NULL. */
static struct kit_side *
outlet(struct bnd_stage *st, unsigned side, const char *name)
{
	struct kit_stage *s;
	int fail;

	if (!kit_stage_call(st, name, &s, &fail))
		return NULL;
	if (fail)
		conn_end(s->conn, -ENOMEM, "out of memory");
	if (side > BND_BACK || fail || s->conn->side[side].is_given ||
	    s->conn->side[side].out.has_ended)
		return NULL;
	return &s->conn->side[side];
}

/* A number up to max, by dice; 0 without. */
static size_t
dice_upto(struct bnd_stage *st, size_t max)
{
	uint64_t n = kit_dice(stage_of(st)->conn->k);

	/* Now and then nothing more than must be. */
	return n % 16 ? (size_t)(n / 16 % (max + 1)) : 0;
}

static void
side_gained(
    struct bnd_stage *st, struct kit_side *x, const void *data, size_t n)
{
	queue_add(&x->out, data, n);
	if (x->out.bytes > st->limit / 2)
		x->out.was_tight = true;
}

static void
side_eat(struct kit_side *x, size_t n)
{
	side_forget_seen(x);
	queue_drop(&x->in, n);
}

size_t
call_avail(struct bnd_stage *st, unsigned side)
{
	struct kit_side *x = inlet(st, side, "avail");

	return x && !x->in.is_discarding ? x->in.bytes : 0;
}

static size_t
side_show(struct bnd_stage *st, struct kit_side *x, size_t n, bool is_writable,
    char **p)
{
	side_forget_seen(x);
	if (n == 0)
		return 0;
	lens_show(&x->seen, queue_data(&x->in), n, 1, is_writable);
	*p = x->seen.data;
	(void)st;
	return n;
}

static size_t
side_clamp(const struct bnd_stage *st, const struct kit_side *x, size_t n)
{
	if (n > x->in.bytes)
		n = x->in.bytes;
	return n > st->limit / 2 ? st->limit / 2 : n;
}

size_t
call_peek(struct bnd_stage *st, unsigned side, size_t want, const char **p)
{
	struct kit_side *x = inlet(st, side, "peek");
	char *shown = NULL;
	size_t n;

	*p = "";
	if (!x || !x->in.bytes)
		return 0;
	/* Never nothing while something waits. */
	n = side_clamp(st, x, want ? want : 1);
	n += dice_upto(st, x->in.bytes - n);
	n = side_show(st, x, n, false, &shown);
	if (n)
		*p = shown;
	return n;
}

size_t
call_edit(struct bnd_stage *st, unsigned side, size_t max, char **p)
{
	static char nothing[1];
	struct kit_side *x = inlet(st, side, "edit");

	*p = nothing;
	return x ? side_show(st, x, side_clamp(st, x, max), true, p) : 0;
}

size_t
call_eat(struct bnd_stage *st, unsigned side, size_t n)
{
	struct kit_side *x = inlet(st, side, "eat");

	if (!x)
		return 0;
	n = n < x->in.bytes ? n : x->in.bytes;
	side_eat(x, n);
	return n;
}

int
call_ended(struct bnd_stage *st, unsigned side)
{
	struct kit_side *x = inlet(st, side, "ended");

	return x && x->in.has_ended && !x->in.is_discarding;
}

static size_t
side_room(const struct bnd_stage *st, const struct kit_side *x)
{
	return x->out.bytes < st->limit ? st->limit - x->out.bytes : 0;
}

size_t
call_room(struct bnd_stage *st, unsigned side)
{
	struct kit_side *x = outlet(st, side, "room");

	return x ? side_room(st, x) : 0;
}

size_t
call_out(struct bnd_stage *st, unsigned side, const void *data, size_t n)
{
	struct kit_side *x = outlet(st, side, "out");
	size_t room = x ? side_room(st, x) : 0;

	if (!x)
		return 0;
	side_forget_reserved(x);
	if (n > room) {
		n = room;
		x->out.was_tight = true;
	}
	if (n)
		side_gained(st, x, data, n);
	return n;
}

size_t
call_reserve(struct bnd_stage *st, unsigned side, size_t min, char **p)
{
	static char nothing[1];
	struct kit_side *x = outlet(st, side, "reserve");
	size_t room = x ? side_room(st, x) : 0, n;

	*p = nothing;
	if (!x)
		return 0;
	side_forget_reserved(x);
	if (room == 0 || min > room) {
		x->out.was_tight = true;
		return 0;
	}
	n = (min ? min : 1);
	n += dice_upto(st, room - n);
	lens_show(&x->reserved, NULL, n, 1, true);
	*p = x->reserved.data;
	return n;
}

void
call_commit(struct bnd_stage *st, unsigned side, size_t n)
{
	struct kit_side *x = outlet(st, side, "commit");

	if (!x)
		return;
	if (!x->reserved.base)
		kit_wrong(stage_of(st)->conn->k, "commit",
		    "bnd_commit() without a reservation that still holds");
	else if (n > x->reserved.n)
		kit_wrong(stage_of(st)->conn->k, "commit",
		    "bnd_commit() of %zu bytes, and %zu were reserved", n,
		    x->reserved.n);
	else if (n)
		side_gained(st, x, x->reserved.data, n);
	side_forget_reserved(x);
}

size_t
call_move(struct bnd_stage *st, unsigned from, unsigned to, size_t n)
{
	struct kit_side *a = inlet(st, from, "move");
	struct kit_side *b = a ? outlet(st, to, "move to") : NULL;
	size_t room, moved;

	if (!a || !b)
		return 0;
	side_forget_seen(a);
	side_forget_reserved(b);
	room = side_room(st, b);
	moved = n < a->in.bytes ? n : a->in.bytes;
	if (moved > room) {
		moved = room;
		b->out.was_tight = true;
	}
	side_gained(st, b, queue_data(&a->in), moved);
	side_eat(a, moved);
	if (n == BND_ALL && a->in.has_ended && !a->in.bytes)
		b->out.has_ended = true;
	return moved;
}

struct bnd_buf *
call_take(struct bnd_stage *st, unsigned side, size_t max)
{
	struct kit_side *x = inlet(st, side, "take");
	struct bnd_buf *b;
	size_t n;

	if (!x || !x->in.bytes || !max)
		return NULL;
	/* What was shown in one piece comes in one. */
	n = x->seen.base ? x->seen.n : x->in.bytes;
	n = n < max ? n : max;
	if (!x->seen.base && n > 1)
		n -= dice_upto(st, n - 1);
	side_forget_seen(x);
	b = buf_make(stage_of(st)->conn->k, queue_data(&x->in), n);
	queue_drop(&x->in, n);
	return b;
}

int
call_put(struct bnd_stage *st, unsigned side, struct bnd_buf *b)
{
	struct kit_stage *s = stage_of(st);
	struct kit_side *x;
	const char *data;
	size_t n;

	data = buf_bytes(s->conn->k, b, &n);
	x = outlet(st, side, "put");
	if (side > BND_BACK)
		return -EINVAL;
	if (!x)
		return s->state >= STAGE_CLOSING ? -ECANCELED : -EPIPE;
	side_forget_reserved(x);
	if (x->out.bytes > st->limit / 2 && n > side_room(st, x)) {
		x->out.was_tight = true;
		return -EAGAIN;
	}
	side_gained(st, x, data, n);
	return 0;
}

void
call_end(struct bnd_stage *st, unsigned side)
{
	struct kit_side *x = outlet(st, side, "end");

	if (x)
		x->out.has_ended = true;
}

void
call_discard(struct bnd_stage *st, unsigned side)
{
	struct kit_side *x = inlet(st, side, "discard");

	if (!x)
		return;
	side_forget_seen(x);
	queue_clear(&x->in);
	x->in.is_discarding = true;
}

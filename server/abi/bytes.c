/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * bytes.c - looking at inlets, taking from them, giving to outlets.  On a stage
 * that is closing, a side that does not exist, an inlet that was bypassed:
 * nothing there; an outlet that has ended: no room.
 */

#include "abi/calls.h"

#include "stream/stage.h"

#include <errno.h>

static struct queue *
inlet(struct bnd_stage *st, unsigned side)
{
	struct stage *s = stage_of(st);

	if (UNLIKELY(
		side > BND_BACK || stage_is_closing(s) || s->is_bypassed[side]))
		return NULL;
	return s->in[side];
}

/* The outlet, when something may be put into it. */
static struct queue *
outlet(struct bnd_stage *st, unsigned side)
{
	struct stage *s = stage_of(st);
	struct queue *q;

	if (UNLIKELY(
		side > BND_BACK || stage_is_closing(s) || s->is_given[side]))
		return NULL;
	q = stage_outlet(s, side);
	return q && !q->has_ended ? q : NULL;
}

static void
out_of_memory(struct bnd_stage *st)
{
	conn_end(stage_of(st)->hop.conn, REASON_RESOURCES, PARTY_HOST, -ENOMEM,
	    "out of memory");
}

size_t
abi_avail(struct bnd_stage *st, unsigned side)
{
	const struct queue *q = inlet(st, side);

	return q && !q->is_discarding ? q->bytes : 0;
}

size_t
abi_peek(struct bnd_stage *st, unsigned side, size_t want, const char **p)
{
	struct queue *q = inlet(st, side);
	size_t n;

	*p = "";
	if (!q)
		return 0;
	n = queue_peek(q, want, p);
	if (n == 0 && q->bytes > 0)
		out_of_memory(st);
	return n;
}

size_t
abi_edit(struct bnd_stage *st, unsigned side, size_t max, char **p)
{
	static char nothing[1];
	struct queue *q = inlet(st, side);
	size_t n;

	*p = nothing;
	if (!q)
		return 0;
	n = queue_edit(q, max, p);
	if (n == 0 && q->bytes > 0 && max > 0)
		out_of_memory(st);
	return n;
}

size_t
abi_eat(struct bnd_stage *st, unsigned side, size_t n)
{
	struct queue *q = inlet(st, side);

	return q ? queue_eat(q, n) : 0;
}

int
abi_ended(struct bnd_stage *st, unsigned side)
{
	const struct queue *q = inlet(st, side);

	return q && q->has_ended && !q->is_discarding;
}

size_t
abi_room(struct bnd_stage *st, unsigned side)
{
	const struct queue *q = outlet(st, side);

	return q ? queue_room(q) : 0;
}

size_t
abi_out(struct bnd_stage *st, unsigned side, const void *data, size_t n)
{
	struct queue *q = outlet(st, side);
	size_t room = q ? queue_room(q) : 0;

	if (n > room) {
		n = room;
		if (q)
			q->was_tight = true; /* tell when there is room */
	}
	if (n == 0)
		return 0;
	if (queue_write(q, data, n) < 0) {
		out_of_memory(st);
		return 0;
	}
	return n;
}

size_t
abi_reserve(struct bnd_stage *st, unsigned side, size_t min, char **p)
{
	static char nothing[1];
	struct queue *q = outlet(st, side);
	size_t room = q ? queue_room(q) : 0, n;
	char *to;

	*p = nothing;
	if (room == 0 || min > room) {
		if (q)
			q->was_tight = true;
		return 0;
	}
	to = queue_reserve(q, min, &n);
	if (!to) {
		out_of_memory(st);
		return 0;
	}
	stage_of(st)->has_reserved = true;
	*p = to;
	return n < room ? n : room;
}

void
abi_commit(struct bnd_stage *st, unsigned side, size_t n)
{
	struct queue *q = outlet(st, side);

	if (q)
		queue_commit(q, n);
}

size_t
abi_move(struct bnd_stage *st, unsigned from, unsigned to, size_t n)
{
	struct queue *a = inlet(st, from), *b = outlet(st, to);
	size_t room, may, moved = 0;

	if (!a || !b || a == b)
		return 0;
	room = queue_room(b);
	if (a->bytes > room && n > room)
		b->was_tight = true;
	may = n < room ? n : room;
	if (may > a->bytes)
		may = a->bytes;
	if (may)
		moved = queue_move(a, b, may);
	if (moved < may) {
		out_of_memory(st);
		return moved;
	}
	if (n == BND_ALL && a->has_ended && a->bytes == 0)
		queue_end(b);
	return moved;
}

struct bnd_buf *
abi_take(struct bnd_stage *st, unsigned side, size_t max)
{
	struct queue *q = inlet(st, side);
	struct bnd_buf *b = q ? queue_take(q, max) : NULL;

	if (q && !b && q->bytes && max)
		out_of_memory(st);
	return b;
}

int
abi_put(struct bnd_stage *st, unsigned side, struct bnd_buf *b)
{
	struct queue *q = outlet(st, side);

	if (side > BND_BACK)
		return -EINVAL;
	if (!q)
		return stage_is_closing(stage_of(st)) ? -ECANCELED : -EPIPE;
	if (q->bytes > QUEUE_LIMIT / 2 && b->used > queue_room(q)) {
		q->was_tight = true;
		return -EAGAIN;
	}
	if (queue_push(q, buf_ref(b), 0, b->used) == 0)
		return 0;
	out_of_memory(st);
	return -ENOMEM;
}

void
abi_end(struct bnd_stage *st, unsigned side)
{
	struct queue *q = outlet(st, side);

	if (q)
		queue_end(q);
}

void
abi_discard(struct bnd_stage *st, unsigned side)
{
	struct stage *s = stage_of(st);
	struct queue *q;

	if (side > BND_BACK || stage_is_closing(s) || s->is_bypassed[side])
		return;
	q = stage_inlet(s, side);
	if (q)
		queue_discard(q);
}

struct bnd_buf *
abi_buf_new(const void *data, size_t n)
{
	return buf_copy(data, n);
}

struct bnd_buf *
abi_buf_alloc(size_t n, char **p)
{
	struct bnd_buf *b = buf_alloc(n);

	*p = b ? b->data : NULL;
	return b;
}

const char *
abi_buf_data(const struct bnd_buf *b, size_t *n)
{
	*n = b->used;
	return b->data;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/stage.h"

#include "base/compiler.h"
#include "pipeline/waits.h"
#include "stream/conn-trace.h"
#include "stream/work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static task_fn stage_turn;

void
stage_due(struct stage *s, unsigned due)
{
	if (stage_is_closing(s))
		return;
	s->due |= (uint8_t)due;
	loop_queue(conn_loop(s->hop.conn), &s->hop.task);
}

struct stage *
stage_alloc(struct conn *c, struct desk *d)
{
	const struct bnd_type *type = d->binding->type;
	struct stage *s = calloc(1, sizeof(*s) + type->stage_size);

	if (!s)
		return NULL;
	s->pub.self = s->self;
	s->pub.worker = &d->pub;
	s->pub.binding = &d->binding->pub;
	s->pub.id = c->id;
	s->pub.limit = QUEUE_LIMIT;
	s->hop.conn = c;
	s->hop.task.fn = stage_turn;
	s->binding = d->binding;
	return s;
}

struct stage *
stage_create(struct conn *c, struct desk *d, void *open_arg)
{
	struct stage *s = stage_alloc(c, d);

	if (!s)
		return NULL;
	s->open_arg = open_arg;
	s->prev = c->last;
	if (c->last)
		c->last->next = s;
	else
		c->first = s;
	c->last = s;
	STAGE_TRACE(s, "begins to open");
	stage_due(s, DUE_OPEN);
	return s;
}

static struct queue *
stage_queue(struct stage *s, struct queue **at)
{
	if (!*at && !stage_is_closing(s)) {
		*at = queue_create();
		if (!*at)
			conn_end(s->hop.conn, REASON_RESOURCES, PARTY_HOST,
			    -ENOMEM, "out of memory");
	}
	return *at;
}

struct queue *
stage_inlet(struct stage *s, unsigned side)
{
	struct queue *q;

	if (s->in[side])
		return s->in[side];
	q = stage_queue(s, &s->in[side]);
	if (q)
		q->sink = &s->hop;
	return q;
}

struct queue *
stage_outlet(struct stage *s, unsigned side)
{
	struct queue *q;

	if (s->out[side])
		return s->out[side];
	q = stage_queue(s, &s->out[side]);
	if (q)
		q->source = &s->hop;
	return q;
}

/* ------------------------------------------------------------------ its task
 */

static bool
stage_take_due(struct stage *s, unsigned due)
{
	if (stage_is_closing(s) || !(s->due & due))
		return false;
	s->due &= (uint8_t)~due;
	return true;
}

static void
stage_open(struct stage *s)
{
	const struct bnd_type *type = s->binding->type;
	int rc = 0;

	if (type->role == BND_SINK)
		conn_opens_back(s->hop.conn);
	if (type->open) {
		s->state = STAGE_OPENING;
		rc = plugin_result(PLUGIN_CALL(s->hop.conn->worker, s->binding,
		    open, &s->pub, s->open_arg));
	}
	if (stage_is_closing(s))
		return;
	s->state = STAGE_OPEN;
	if (s->hop.conn->is_refused) /* by s: what open() says is no news */
		return;
	if (rc < 0)
		chain_failed_text(
		    s, rc, "%s: %s", s->binding->pub.name, strerror(-rc));
	else
		chain_opened_stage(s);
}

/* A filter or source without flow() lets all bytes by once the way is open. */
static void
stage_opened(struct stage *s)
{
	const struct bnd_type *type = s->binding->type;
	int err = s->opened_err;

	if (type->opened)
		PLUGIN_CALL(
		    s->hop.conn->worker, s->binding, opened, &s->pub, err);
	if (err == 0 && !type->flow) {
		stage_bypass(s, BND_FRONT, BND_BACK);
		stage_bypass(s, BND_BACK, BND_FRONT);
	} else if (err == 0) {
		stage_due(s, DUE_FLOW);
	}
}

/* A callback may have reserved room and not used it. */
void
stage_after_call(struct stage *s)
{
	if (LIKELY(!s->has_reserved))
		return;
	s->has_reserved = false;
	for (unsigned side = 0; side < 2; side++)
		if (s->out[side])
			queue_trim(s->out[side]);
}

static void
stage_flow(struct stage *s)
{
	const struct bnd_type *type = s->binding->type;

	if (s->state != STAGE_OPEN || !type->flow)
		return;
	PLUGIN_CALL(s->hop.conn->worker, s->binding, flow, &s->pub);
	stage_after_call(s);
}

static void
stage_turn(struct task *t)
{
	struct stage *s = CONTAINER_OF(t, struct stage, hop.task);

	if (s->hop.is_woken) {
		s->hop.is_woken = false;
		s->due |= DUE_FLOW;
	}
	if (stage_take_due(s, DUE_OPEN))
		stage_open(s);
	if (stage_take_due(s, DUE_BACK))
		chain_extend(s);
	if (stage_take_due(s, DUE_OPENED))
		stage_opened(s);
	if (stage_take_due(s, DUE_FLOW))
		stage_flow(s);
	if (stage_take_due(s, DUE_LEAVE))
		chain_leave(s);
	stage_after_call(s);
	/* Without a socket this is where the connection ends. */
	if (s->state == STAGE_OPEN &&
	    ((s->binding->type->role == BND_SINK &&
		 !sock_is_open(&s->hop.conn->sock[BND_BACK])) ||
		(s->binding->type->role == BND_SOURCE &&
		    !sock_is_open(&s->hop.conn->sock[BND_FRONT]))))
		conn_end_if_done(s->hop.conn);
}

/* --------------------------------------------------------------- stepping
 * aside */

static void
stages_repoint(struct stage *s, const struct queue *a, struct queue *b)
{
	for (; s; s = s->next) {
		for (unsigned side = 0; side < 2; side++) {
			if (s->in[side] == a)
				s->in[side] = b;
			if (s->out[side] == a)
				s->out[side] = b;
		}
	}
}

/* Every pointer of the connection to queue a becomes one to b. */
static void
conn_repoint(struct conn *c, const struct queue *a, struct queue *b)
{
	stages_repoint(c->first, a, b);
	stages_repoint(c->closing, a, b);
	for (unsigned side = 0; side < 2; side++) {
		if (c->sock[side].in == a)
			c->sock[side].in = b;
		if (c->sock[side].out == a)
			c->sock[side].out = b;
	}
}

void
stage_bypass(struct stage *s, unsigned from, unsigned to)
{
	struct queue *a, *b;

	if (stage_is_closing(s) || s->is_bypassed[from] || s->is_given[to])
		return;
	a = stage_inlet(s, from);
	b = stage_outlet(s, to);
	if (!a || !b)
		return;
	/* Where nothing can pass any more it stays the end of both. */
	if (a->is_discarding || b->has_ended) {
		queue_end(b);
		queue_discard(a);
		return;
	}
	s->is_bypassed[from] = s->is_given[to] = true;
	STAGE_TRACE(s, "steps aside from %s to %s, %u bytes go first",
	    from == BND_FRONT ? "front" : "back",
	    to == BND_FRONT ? "front" : "back", a->bytes + b->bytes);
	if (a == b) /* a ring: nothing can enter it any more */
		return;
	conn_repoint(s->hop.conn, a, b);
	queue_join(a, b);
	/* What leads nowhere yet is kept for who will stand there. */
	s->in[from] = b->source ? NULL : b;
	s->out[to] = b->sink ? NULL : b;
}

/* -----------------------------------------------------------------------
 * closing */

static bool
stages_hold(const struct stage *s, const struct queue *q)
{
	for (; s; s = s->next)
		for (unsigned side = 0; side < 2; side++)
			if (s->in[side] == q || s->out[side] == q)
				return true;
	return false;
}

void
stage_leave_queue(struct conn *c, struct queue **at, const struct hop *h)
{
	struct queue *q = *at;

	*at = NULL;
	if (!q)
		return;
	/* A stage may keep a lane without being one of its ends. */
	if (stages_hold(c->first, q) || stages_hold(c->closing, q)) {
		q->source = q->source == h ? NULL : q->source;
		q->sink = q->sink == h ? NULL : q->sink;
	} else {
		queue_leave(&q, h);
	}
}

static void
stage_free_queues(struct stage *s)
{
	for (unsigned side = 0; side < 2; side++) {
		stage_leave_queue(s->hop.conn, &s->in[side], &s->hop);
		stage_leave_queue(s->hop.conn, &s->out[side], &s->hop);
	}
}

/* Who spawned a connection was promised that open() takes what it gave, even if
 * the end came first. */
static void
stage_open_late(struct stage *s)
{
	const struct bnd_type *type = s->binding->type;

	if (s->was_opened || type->role != BND_SOURCE || !type->open)
		return;
	PLUGIN_CALL(
	    s->hop.conn->worker, s->binding, open, &s->pub, s->open_arg);
	s->was_opened = true;
}

static void
stage_close(struct stage *s)
{
	const struct bnd_type *type = s->binding->type;
	struct conn *c = s->hop.conn;

	loop_unqueue(conn_loop(c), &s->hop.task);
	stage_open_late(s);
	if (type->close && s->was_opened)
		PLUGIN_CALL(
		    c->worker, s->binding, close, &s->pub, s->close_err);
	waits_destroy(&s->waits);
	works_disown(s);
	stage_free_queues(s);
	c->closing = s->next;
	free(s);
}

void
stage_close_all(struct conn *c)
{
	while (c->closing)
		stage_close(c->closing);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * chain.c - how the chain of a connection is built from the front, how the news
 * that the way is open travels to the front, and what happens when it cannot
 * be.  The rules stand under OPENING in bindery/plugin.h.
 */

#include "stream/conn-trace.h"
#include "stream/lane.h"
#include "stream/stage.h"

#include <errno.h>

static void chain_failed_behind(struct stage *s, int err, const char *fmt, ...)
    PRINTF(3, 4);

static bool
stage_has_flag(const struct stage *s, uint32_t flag)
{
	return (s->binding->type->flags & flag) != 0;
}

void
chain_open(struct stage *s)
{
	while (s && !stage_is_closing(s) && !s->is_way_open) {
		struct stage *front = s->prev;

		s->is_way_open = true;
		STAGE_TRACE(s, "is open: the way behind it stands");
		if (!front)
			break;
		front->is_back_open = true;
		if (!front->has_heard_open) {
			front->has_heard_open = true;
			front->opened_err = 0;
			conn_forgive(s->hop.conn);
			stage_due(front, DUE_OPENED);
		}
		if (stage_has_flag(front, BND_HOLD_FRONT))
			break;
		s = front;
	}
}

void
chain_opened_stage(struct stage *s)
{
	bool is_held = stage_has_flag(s, BND_HOLD_FRONT);

	if (s->binding->type->role == BND_SINK) {
		if (!is_held)
			chain_open(s);
	} else if (!stage_has_flag(s, BND_HOLD_BACK)) {
		if (!s->has_back) {
			s->has_back = true;
			stage_due(s, DUE_BACK);
		}
	} else if (!s->has_back && !is_held) {
		chain_open(s);
	}
}

/* The queues between s and what is built behind it. */
static bool
chain_connect(struct stage *s, struct stage *n)
{
	struct queue *forth = stage_outlet(s, BND_BACK);
	struct queue *back = forth ? stage_inlet(s, BND_BACK) : NULL;

	if (!forth || !back)
		return false;
	n->in[BND_FRONT] = forth;
	n->out[BND_FRONT] = back;
	forth->sink = &n->hop;
	back->source = &n->hop;
	if (s->is_given[BND_BACK])
		s->out[BND_BACK] = NULL;
	if (s->is_bypassed[BND_BACK])
		s->in[BND_BACK] = NULL;
	/* What waited for somebody to stand there woke nobody. */
	if (forth->bytes || forth->has_ended)
		hop_wake(&n->hop);
	return true;
}

void
chain_extend(struct stage *s)
{
	struct conn *c = s->hop.conn;
	struct binding *b =
	    s->back_exit ? s->back_exit->pipeline->bindings : s->binding->next;
	struct stage *n;

	if (!b) {
		chain_failed_behind(s, -ENOENT, "%s: there is no next binding",
		    s->binding->pub.name);
		return;
	}
	n = stage_create(c, b->desks[c->worker->index], NULL);
	if (!n || !chain_connect(s, n))
		conn_end(
		    c, REASON_RESOURCES, PARTY_HOST, -ENOMEM, "out of memory");
}

void
chain_remove(struct stage *s, int err)
{
	struct conn *c = s->hop.conn;
	struct stage **last = &c->closing;

	if (s->prev)
		s->prev->next = s->next;
	else
		c->first = s->next;
	if (s->next)
		s->next->prev = s->prev;
	else
		c->last = s->prev;
	STAGE_TRACE(s, "is taken out, close(%d)", err);
	s->was_opened = s->state != STAGE_NEW;
	s->state = STAGE_CLOSING;
	s->close_err = err;
	s->prev = s->next = NULL;
	while (*last)
		last = &(*last)->next;
	*last = s;
	loop_queue(conn_loop(c), &c->task);
}

/* Has it given away an outer side on which there is no socket? */
static bool
stage_leads_nowhere(const struct stage *s)
{
	uint32_t role = s->binding->type->role;
	unsigned side = role == BND_SINK ? BND_BACK : BND_FRONT;

	return role != BND_FILTER && s->is_given[side] && s->out[side] &&
	       !s->hop.conn->is_refused;
}

void
chain_leave(struct stage *s)
{
	if (stage_leads_nowhere(s)) {
		chain_failed_text(s, -EINVAL, "%s: has left without a socket",
		    s->binding->pub.name);
		return;
	}
	/* Its place is needed until the way behind it stands, if it may. */
	if (s->binding->type->role != BND_SINK && !s->next &&
	    !s->hop.conn->is_refused) {
		s->has_left = true;
		if (!s->has_back) {
			s->has_back = true;
			stage_due(s, DUE_BACK | DUE_LEAVE);
		} else if (s->due & DUE_BACK) {
			stage_due(s, DUE_LEAVE);
		}
		return;
	}
	/* Who is gone holds nobody up. */
	if (s->is_back_open || s->binding->type->role == BND_SINK)
		chain_open(s);
	/* What it asked of the host stays in force. */
	for (unsigned i = BND_LIMIT_IDLE; i <= BND_LIMIT_LIFETIME; i++)
		if (s->limit_ms[i - 1])
			conn_limit(s->hop.conn, i, s->limit_ms[i - 1]);
	chain_remove(s, 0);
}

/* Is the hop at one end of a queue among what is about to be cut off? */
static bool
hop_is_behind(const struct hop *h, const struct stage *s)
{
	struct conn *c = s->hop.conn;

	if (h == &c->sock[BND_BACK].hop)
		return true;
	for (const struct stage *n = s->next; n; n = n->next)
		if (h == &n->hop)
			return true;
	return false;
}

/* Stages in front may have stepped aside, and then their lanes lead from far in
 * front to far behind s: it takes those ends, so that another way can be built
 * on them. */
static bool
chain_take_lead(struct stage *s, struct queue *q)
{
	if (!q)
		return false;
	if (q->source && !hop_is_behind(q->source, s) &&
	    (!q->sink || hop_is_behind(q->sink, s))) {
		s->out[BND_BACK] = q;
		queue_drop(q);
		q->sink = NULL;
		if (q->was_tight) {
			q->was_tight = false;
			hop_wake(q->source);
		}
		return true;
	}
	if (q->sink && !hop_is_behind(q->sink, s) &&
	    (!q->source || hop_is_behind(q->source, s))) {
		s->in[BND_BACK] = q;
		if (q->sink == &s->hop)
			queue_drop(q);
		q->source = NULL;
		q->has_ended = false;
		return true;
	}
	return false;
}

static void
chain_close_back_sock(struct stage *s)
{
	struct sock *back = &s->hop.conn->sock[BND_BACK];
	struct queue *in = back->in, *out = back->out;

	sock_close(back, true);
	back->in = back->out = NULL;
	back->may_read = back->is_full = back->has_tail = false;
	back->has_ended = back->is_shut = false;
	if (in) {
		if (in->pipe)
			lane_close(in, s->hop.conn);
		chain_take_lead(s, in);
		stage_leave_queue(s->hop.conn, &in, &back->hop);
	}
	if (out) {
		if (out->pipe)
			lane_close(out, s->hop.conn);
		chain_take_lead(s, out);
		stage_leave_queue(s->hop.conn, &out, &back->hop);
	}
}

void
chain_cut(struct stage *s, int err)
{
	for (struct stage *n = s->next; n; n = n->next) {
		for (unsigned side = 0; side < 2; side++) {
			if (chain_take_lead(s, n->in[side]))
				n->in[side] = NULL;
			if (chain_take_lead(s, n->out[side]))
				n->out[side] = NULL;
		}
	}
	chain_close_back_sock(s);
	while (s->next)
		chain_remove(s->next, err);
	s->has_back = s->is_back_open = s->has_heard_open = false;
	s->back_exit = NULL;
	s->due &= (uint8_t) ~(DUE_BACK | DUE_OPENED);
}

/* The nearest stage, from `front` on, that asked to know hears that there is no
 * way behind it; where there is none the connection ends. */
PRINTF(4, 0)
static void
chain_tell(
    struct stage *s, struct stage *front, int err, const char *fmt, va_list ap)
{
	struct conn *c = s->hop.conn;
	enum reason reason = reason_of_error(err, s->is_way_open);
	enum conn_party by =
	    reason >= REASON_BACKEND_RESET && reason <= REASON_BACKEND_UNKNOWN
		? PARTY_BACKEND
		: PARTY_HOST;

	while (
	    front && (!front->binding->type->opened || front->has_heard_open))
		front = front->prev;
	if (!front) {
		conn_vend(c, reason, by, err, fmt, ap);
		return;
	}
	conn_blame(c, reason, by, fmt, ap);
	STAGE_TRACE(
	    front, "hears that there is no way behind it, opened(%d)", err);
	chain_cut(front, err);
	front->opened_err = err;
	stage_due(front, DUE_OPENED);
}

void
chain_failed(struct stage *s, int err, const char *fmt, va_list ap)
{
	bool is_too_late = s->is_way_open || stage_is_closing(s);

	chain_tell(s, is_too_late ? NULL : s->prev, err, fmt, ap);
}

/* s stands, but nothing can stand behind it: s is the first to hear of it,
 * unless it has left. */
static void
chain_failed_behind(struct stage *s, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	chain_tell(s, s->has_left ? s->prev : s, err, fmt, ap);
	va_end(ap);
}

void
chain_failed_text(struct stage *s, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	chain_failed(s, err, fmt, ap);
	va_end(ap);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* stage.c - the life of a stage and of its connection, as plugins steer it. */

#include "abi/calls.h"

#include "base/address.h"
#include "pipeline/waits.h"
#include "stream/fact.h"
#include "stream/pledge.h"
#include "stream/stage.h"

#include <errno.h>
#include <string.h>

void
abi_bypass(struct bnd_stage *st, unsigned from, unsigned to)
{
	if (from <= BND_BACK && to <= BND_BACK)
		stage_bypass(stage_of(st), from, to);
}

void
abi_leave(struct bnd_stage *st)
{
	struct stage *s = stage_of(st);

	stage_bypass(s, BND_FRONT, BND_BACK);
	stage_bypass(s, BND_BACK, BND_FRONT);
	stage_due(s, DUE_LEAVE);
}

void
abi_refusev(struct bnd_stage *st, int err, const char *fmt, va_list ap)
{
	struct stage *s = stage_of(st);
	struct conn *c = s->hop.conn;
	enum reason reason = reason_of_error(err, true);

	if (reason == REASON_ERROR)
		reason = REASON_DENIED;
	if (stage_is_closing(s)) {
		if (s->state == STAGE_DRY)
			conn_blame(c, reason, PARTY_HOST, fmt, ap);
		return;
	}
	conn_blame(c, reason, PARTY_HOST, fmt, ap);
	abi_end(st, BND_FRONT);
	abi_discard(st, BND_FRONT);
	if (stage_is_closing(s))
		return;
	chain_cut(s, err <= 0 ? err : -EACCES);
	/* Lanes that it had given away are its own again by the cut. */
	if (s->is_given[BND_FRONT] && s->in[BND_BACK])
		queue_end(s->in[BND_BACK]);
	if (s->is_bypassed[BND_FRONT] && s->out[BND_BACK])
		queue_discard(s->out[BND_BACK]);
	conn_linger(c);
	chain_open(s);
}

void
abi_abortv(struct bnd_stage *st, int err, const char *fmt, va_list ap)
{
	struct stage *s = stage_of(st);

	if (!stage_is_closing(s))
		chain_failed(s, err < 0 ? err : -ECANCELED, fmt, ap);
	else if (s->state == STAGE_DRY)
		conn_blame(s->hop.conn, reason_of_error(err, false), PARTY_HOST,
		    fmt, ap);
}

void
abi_wake(struct bnd_stage *st)
{
	stage_due(stage_of(st), DUE_FLOW);
}

int
abi_open_back(struct bnd_stage *st, const struct bnd_exit *to)
{
	struct stage *s = stage_of(st);

	if (s->state == STAGE_CLOSING)
		return -ECANCELED;
	if (s->binding->type->role == BND_SINK || s->has_back ||
	    s->hop.conn->is_refused)
		return -EINVAL;
	s->has_back = true;
	s->back_exit = to;
	stage_due(s, DUE_BACK); /* of no effect on a dry one */
	return 0;
}

void
abi_open_front(struct bnd_stage *st)
{
	struct stage *s = stage_of(st);

	if (!stage_is_closing(s))
		chain_open(s);
}

/* May this stage be an outer end of the connection on that side? */
static bool
may_attach(const struct stage *s, unsigned side)
{
	if (sock_is_open(&s->hop.conn->sock[side]))
		return false;
	if (side == BND_FRONT)
		return !s->prev && s->binding->type->role == BND_SOURCE;
	return !s->next && s->binding->type->role == BND_SINK;
}

/* Who is on the other end, unless accept() or a stage said so. */
static void
learn_peer(struct conn *c)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);

	if (c->peer.sin6_family ||
	    getpeername(c->sock[BND_FRONT].watch.fd, (void *)&a, &n) < 0)
		return;
	conn_set_peer(c, (const void *)&a, n);
}

/* 0: the stage's queues at that side are there, and lead nowhere yet. */
static int
attach_check(struct stage *s, unsigned side)
{
	struct queue *in = stage_inlet(s, side), *out;

	out = in ? stage_outlet(s, side) : NULL;
	if (!out)
		return -ENOMEM;
	return in->source || out->sink ? -EINVAL : 0;
}

static void
attach_queues(struct stage *s, unsigned side, struct sock *k)
{
	struct queue *in = s->in[side], *out = s->out[side];

	k->in = in;
	k->out = out;
	in->source = out->sink = &k->hop;
	/* What a bypass kept for who stands here now has its end. */
	if (s->is_bypassed[side])
		s->in[side] = NULL;
	if (s->is_given[side])
		s->out[side] = NULL;
}

int
abi_attach(struct bnd_stage *st, unsigned side, int fd)
{
	struct stage *s = stage_of(st);
	struct sock *k;
	int rc;

	if (stage_is_closing(s))
		return -ECANCELED;
	if (side > BND_BACK || !may_attach(s, side))
		return -EINVAL;
	k = &s->hop.conn->sock[side];
	rc = attach_check(s, side);
	if (rc == 0)
		rc = sock_attach(k, fd, waits_has(s->waits, fd));
	if (rc < 0)
		return rc;
	attach_queues(s, side, k);
	waits_forget(s->waits, fd);
	if (side == BND_FRONT)
		learn_peer(s->hop.conn);
	if (!queue_is_empty(k->out) || k->out->has_ended)
		hop_wake(&k->hop);
	if (side == BND_BACK) {
		conn_has_back(s->hop.conn);
		chain_open(s);
	}
	return 0;
}

int
abi_fact_set(struct bnd_stage *st, const char *key, unsigned kind,
    const void *v, size_t n)
{
	if (stage_of(st)->state == STAGE_CLOSING)
		return -ECANCELED;
	return fact_set(stage_of(st)->hop.conn, key, kind, v, n);
}

const void *
abi_fact(struct bnd_stage *st, const char *key, unsigned kind, size_t *n)
{
	return fact_get(stage_of(st)->hop.conn, key, kind, n);
}

void
abi_limit(struct bnd_stage *st, unsigned which, int64_t ms)
{
	struct stage *s = stage_of(st);

	if (stage_is_closing(s) || which < BND_LIMIT_IDLE ||
	    which > BND_LIMIT_LIFETIME)
		return;
	if (ms == 0 || ms >= UINT32_MAX)
		ms = UINT32_MAX; /* none */
	s->limit_ms[which - 1] = ms < 0 ? 0 : (uint32_t)ms;
	conn_arm(s->hop.conn);
}

int
abi_claim(struct bnd_stage *st, const char *table, const void *key, size_t n,
    uint32_t max)
{
	struct stage *s = stage_of(st);

	if (stage_is_closing(s))
		return -ECANCELED;
	return pledge_take(
	    s->hop.conn, s->binding->claim_id, table, key, n, max);
}

void
abi_unclaim(struct bnd_stage *st, const char *table)
{
	struct stage *s = stage_of(st);

	if (!stage_is_closing(s))
		pledge_give(s->hop.conn, s->binding->claim_id, table);
}

/* ---------------------------------------------------------- timers,
 * descriptors */

static void
stage_timer_due(void *owner, unsigned slot)
{
	struct stage *s = owner;

	if (stage_is_closing(s) || !s->binding->type->timer)
		return;
	PLUGIN_CALL(s->hop.conn->worker, s->binding, timer, &s->pub, slot);
	stage_after_call(s);
}

static void
stage_fd_ready(void *owner, int fd, unsigned events)
{
	struct stage *s = owner;

	if (stage_is_closing(s) || !s->binding->type->ready)
		return;
	PLUGIN_CALL(
	    s->hop.conn->worker, s->binding, ready, &s->pub, fd, events);
	stage_after_call(s);
}

static const struct waits_calls stage_calls = { stage_timer_due,
	stage_fd_ready };

void
abi_timer(struct bnd_stage *st, unsigned slot, int64_t ms)
{
	struct stage *s = stage_of(st);
	struct conn *c = s->hop.conn;

	if (stage_is_closing(s))
		return;
	if (waits_timer(&s->waits, &c->worker->loop, s, &stage_calls, slot,
		ms) == -ENOMEM)
		conn_end(
		    c, REASON_RESOURCES, PARTY_HOST, -ENOMEM, "out of memory");
}

int
abi_watch(struct bnd_stage *st, int fd, unsigned events)
{
	struct stage *s = stage_of(st);

	if (stage_is_closing(s) && events)
		return -ECANCELED;
	return waits_watch(
	    &s->waits, &s->hop.conn->worker->loop, s, &stage_calls, fd, events);
}

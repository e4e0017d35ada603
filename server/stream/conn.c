/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/conn.h"

#include "base/compiler.h"
#include "stream/conn-log.h"
#include "stream/conn-trace.h"
#include "stream/fact.h"
#include "stream/lane.h"
#include "stream/pledge.h"
#include "stream/stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What holds where no stage asked for anything: never "for ever". */
static const uint32_t default_limit_ms[3] = {
	[BND_LIMIT_IDLE - 1] = 3600u * 1000,
	[BND_LIMIT_HALF_CLOSED - 1] = 60u * 1000,
	[BND_LIMIT_LIFETIME - 1] = 86400u * 1000,
};

enum { LINGER_MS = 5000, WORKER_BITS = 10 };

static task_fn conn_reap;
static timer_fn conn_limit_due;

static void
conn_init_sock(struct conn *c, unsigned side)
{
	struct sock *s = &c->sock[side];

	s->side = (uint8_t)side;
	s->watch.fd = -1;
	s->hop.conn = c;
	s->hop.task.fn = sock_turn;
}

void
conn_set_peer(struct conn *c, const struct sockaddr *a, size_t n)
{
	/* Of a unix socket only the family is kept: its path is ours. */
	if (n > sizeof(c->peer))
		n = sizeof(a->sa_family);
	memcpy(&c->peer, a, n);
}

static struct conn *
conn_create(struct desk *d)
{
	struct worker *w = d->worker;
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->task.fn = conn_reap;
	c->timer.fn = conn_limit_due;
	c->worker = w;
	c->pipeline = d->binding->pipeline;
	c->account = account_of(c->pipeline->ledger, w->index);
	c->opened_ms = c->active_ms = w->loop.now_ms;
	c->id = (++w->next_conn << WORKER_BITS) | w->index;
	conn_init_sock(c, BND_FRONT);
	conn_init_sock(c, BND_BACK);
	if (w->accepting)
		conn_set_peer(c, w->accepting->peer, w->accepting->peer_size);
	LIST_INSERT_HEAD(&w->conns, c, link);
	w->conn_count++;
	pipeline_pin(c->pipeline, w->index);
	conn_arm(c);
	return c;
}

static void
conn_free(struct conn *c)
{
	struct worker *w = c->worker;

	timer_cancel(w->loop.timers, &c->timer);
	loop_unqueue(&w->loop, &c->task);
	LIST_REMOVE(c, link);
	w->conn_count--;
	facts_free(c);
	pledges_free(c);
	free(c->why);
	pipeline_unpin(c->pipeline, w->index);
	loop_bury(&w->loop, c);
	worker_conn_gone(w);
}

int
conn_spawn(struct desk *d, void *arg)
{
	struct conn *c = conn_create(d);

	if (!c)
		return -ENOMEM;
	if (!stage_create(c, d, arg)) {
		conn_free(c);
		return -ENOMEM;
	}
	cell_add(&c->account->connections, 1);
	cell_add(&c->account->accepted, 1);
	conn_log_opened(c);
	USDT(connection_open, c->id, c->pipeline->name);
	return 0;
}

static int64_t
conn_age_ms(const struct conn *c)
{
	return c->worker->loop.now_ms - c->opened_ms;
}

void
conn_opens_back(struct conn *c)
{
	c->back_ms = (uint32_t)conn_age_ms(c);
}

void
conn_has_back(struct conn *c)
{
	uint32_t ms = (uint32_t)conn_age_ms(c) - c->back_ms;

	histogram_observe(c->account->connect, ms);
}

/* ------------------------------------------------------------- how it ends */

void
conn_blame(struct conn *c, enum reason reason, enum conn_party by,
    const char *fmt, va_list ap)
{
	if (c->is_blamed)
		return;
	c->is_blamed = true;
	c->reason = (uint8_t)reason;
	if (by != PARTY_NOBODY)
		c->closed_by = (uint8_t)by;
	if (fmt && vasprintf(&c->why, fmt, ap) < 0)
		c->why = NULL;
}

void
conn_forgive(struct conn *c)
{
	if (!c->is_blamed || c->is_refused || c->state != CONN_LIVE)
		return;
	c->is_blamed = false;
	c->closed_by = PARTY_NOBODY;
	free(c->why);
	c->why = NULL;
}

static void
conn_close_sock(struct sock *s, bool is_reset)
{
	sock_close(s, is_reset);
	if (s->in && s->in->pipe)
		lane_close(s->in, s->hop.conn);
	if (s->out && s->out->pipe)
		lane_close(s->out, s->hop.conn);
}

void
conn_vend(struct conn *c, enum reason reason, enum conn_party by, int err,
    const char *fmt, va_list ap)
{
	if (c->state != CONN_LIVE)
		return;
	conn_blame(c, reason, by, fmt, ap);
	CONN_TRACE(c, "ends: %s%s", reason_text(c->reason)->name,
	    err ? ", both peers are reset" : "");
	c->state = CONN_ENDING;
	conn_close_sock(&c->sock[BND_FRONT], err != 0);
	conn_close_sock(&c->sock[BND_BACK], err != 0);
	while (c->first)
		chain_remove(c->first, err);
	timer_cancel(c->worker->loop.timers, &c->timer);
	loop_queue(&c->worker->loop, &c->task);
}

void
conn_end(struct conn *c, enum reason reason, enum conn_party by, int err,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	conn_vend(c, reason, by, err, fmt, ap);
	va_end(ap);
}

/* An end without a socket is a stage: it has had everything once flow() was
 * called behind the last byte, and nothing was left. */
static bool
stage_is_done(const struct conn *c, unsigned side)
{
	const struct stage *s = side == BND_FRONT ? c->first : c->last;
	const struct queue *in, *out;

	if (!s || s->binding->type->role == BND_FILTER || c->is_refused)
		return true;
	in = s->in[!side];
	out = s->out[!side];
	return (!in || (in->has_ended && in->bytes == 0 && !s->hop.is_woken)) &&
	       (!out || out->has_ended);
}

static bool
conn_side_is_done(const struct conn *c, unsigned side)
{
	const struct sock *s = &c->sock[side];

	return sock_is_open(s) ? s->has_ended && s->is_shut
			       : stage_is_done(c, side);
}

bool
conn_end_if_done(struct conn *c)
{
	if (c->state != CONN_LIVE)
		return true;
	if (!conn_side_is_done(c, BND_FRONT) || !conn_side_is_done(c, BND_BACK))
		return false;
	conn_end(c, REASON_DONE, PARTY_NOBODY, 0, NULL);
	return true;
}

static void
sock_free_queues(struct sock *s)
{
	/* An echo: what it reads is what it writes. */
	if (s->out == s->in)
		s->out = NULL;
	if (s->in)
		queue_leave(&s->in, &s->hop);
	if (s->out)
		queue_leave(&s->out, &s->hop);
}

/* ------------------------------------------------------------------ limits */

static bool
conn_is_half_closed(const struct conn *c)
{
	for (unsigned side = 0; side < 2; side++)
		if (c->sock[side].has_ended || c->sock[side].is_shut)
			return true;
	return false;
}

/* The shortest that any stage, gone or not, asked for; 0: none did. */
static uint32_t
conn_shortest(const struct conn *c, unsigned which)
{
	uint32_t ms = c->limit_ms[which - 1];

	for (const struct stage *s = c->first; s; s = s->next) {
		uint32_t own = s->limit_ms[which - 1];

		if (own && (ms == 0 || own < ms))
			ms = own;
	}
	return ms;
}

/* When the limit is over for sure: one more, for a part of the millisecond in
 * which it began was over by then. */
static int64_t
conn_due_ms(const struct conn *c, unsigned which)
{
	uint32_t ms = conn_shortest(c, which);

	if (ms == UINT32_MAX)
		return INT64_MAX;
	if (ms == 0)
		ms = default_limit_ms[which - 1];
	if (which == BND_LIMIT_LIFETIME)
		return c->opened_ms + ms + 1;
	if (which == BND_LIMIT_HALF_CLOSED && !conn_is_half_closed(c))
		return INT64_MAX;
	return c->active_ms + ms + 1;
}

/* The limit that ends first, and when. */
static unsigned
conn_next_limit(const struct conn *c, int64_t *due_r)
{
	unsigned next = BND_LIMIT_IDLE;

	*due_r = INT64_MAX;
	for (unsigned i = BND_LIMIT_IDLE; i <= BND_LIMIT_LIFETIME; i++) {
		int64_t due = conn_due_ms(c, i);

		if (due >= *due_r)
			continue;
		*due_r = due;
		next = i;
	}
	return next;
}

void
conn_arm(struct conn *c)
{
	int64_t due;

	if (c->state != CONN_LIVE)
		return;
	conn_next_limit(c, &due);
	/* One that is armed for earlier looks again when it fires: bytes that
	 * pass must not cost a timer each. */
	if (due == INT64_MAX ||
	    (timer_is_armed(&c->timer) && c->timer.due_ms <= due))
		return;
	timer_arm(c->worker->loop.timers, &c->timer, due);
}

static void
conn_limit_due(struct timer *t)
{
	static const enum reason reasons[] = {
		[BND_LIMIT_IDLE] = REASON_IDLE,
		[BND_LIMIT_HALF_CLOSED] = REASON_HALF_CLOSED,
		[BND_LIMIT_LIFETIME] = REASON_LIFETIME,
	};
	struct conn *c = CONTAINER_OF(t, struct conn, timer);
	int64_t due;
	unsigned which = conn_next_limit(c, &due);

	if (due > c->worker->loop.now_ms) {
		conn_arm(c);
		return;
	}
	conn_end(c, c->is_refused ? REASON_LINGER : reasons[which], PARTY_HOST,
	    -ETIMEDOUT, NULL);
}

void
conn_limit(struct conn *c, unsigned which, uint32_t ms)
{
	uint32_t *limit = &c->limit_ms[which - 1];

	if (*limit == 0 || ms < *limit)
		*limit = ms;
	conn_arm(c);
}

void
conn_linger(struct conn *c)
{
	int64_t age = c->worker->loop.now_ms - c->opened_ms;

	c->is_refused = true;
	conn_limit(c, BND_LIMIT_LIFETIME, (uint32_t)(age + LINGER_MS));
}

/* Whoever reads the line that follows may at once look at the figures, or come
 * back. */
static void
conn_settle(struct conn *c)
{
	c->worker->reasons[c->reason]++;
	cell_add(&c->account->reasons[c->reason], 1);
	histogram_observe(c->account->lifetime, conn_age_ms(c));
	cell_add(&c->account->connections, -1);
	pledges_free(c);
}

static void
conn_reap(struct task *t)
{
	struct conn *c = CONTAINER_OF(t, struct conn, task);

	stage_close_all(c);
	if (c->state != CONN_ENDING)
		return;
	conn_settle(c);
	conn_log_closed(c);
	USDT(connection_close, c->id, c->reason, c->sock[BND_FRONT].received,
	    c->sock[BND_FRONT].sent);
	sock_free_queues(&c->sock[BND_FRONT]);
	sock_free_queues(&c->sock[BND_BACK]);
	conn_free(c);
}

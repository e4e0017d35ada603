/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tls-turn.h"

#include "tls-session.h"

#include <time.h>

enum { TURN_NS = 1000000 };

static int64_t
turn_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void
turn_begin(struct desk *d)
{
	TAILQ_INIT(&d->waiting);
}

/* A timer of 0 ms fires once all that is ready in this turn of the loop was
 * served. */
static void
turn_arm(struct bnd_worker *w)
{
	struct desk *d = w->self;

	if (d->is_turn_over_due)
		return;
	d->is_turn_over_due = true;
	bnd_worker_timer(w, TIMER_TURN, 0);
}

static void
turn_run(struct session *s)
{
	struct bnd_worker *w = s->st->worker;
	struct desk *d = w->self;
	int64_t began = turn_clock();

	turn_arm(w);
	session_shake(s);
	d->spent_ns += turn_clock() - began;
}

void
turn_shake(struct session *s)
{
	struct desk *d = s->st->worker->self;

	if (s->is_waiting)
		return;
	if (d->spent_ns < TURN_NS && TAILQ_EMPTY(&d->waiting)) {
		turn_run(s);
		return;
	}
	s->is_waiting = true;
	TAILQ_INSERT_TAIL(&d->waiting, s, waiting);
	turn_arm(s->st->worker);
}

void
turn_leave(struct session *s)
{
	struct desk *d = s->st->worker->self;

	if (!s->is_waiting)
		return;
	s->is_waiting = false;
	TAILQ_REMOVE(&d->waiting, s, waiting);
}

void
turn_next(struct bnd_worker *w)
{
	struct desk *d = w->self;
	struct session *s;

	d->is_turn_over_due = false;
	d->spent_ns = 0;
	while (d->spent_ns < TURN_NS && (s = TAILQ_FIRST(&d->waiting))) {
		turn_leave(s);
		if (s->state == SESSION_SHAKING)
			turn_run(s);
	}
	if (!TAILQ_EMPTY(&d->waiting))
		turn_arm(w);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * timer.h - one worker's timers: a hierarchical wheel with a tick of one
 * millisecond.  Arming and cancelling take constant time, whatever the number
 * of timers.  Nothing here reads a clock: the loop says what time it is.
 * [the worker's thread only]
 */
#ifndef WORKER_TIMER_H
#define WORKER_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer;
typedef void timer_fn(struct timer *t);

/* Embedded in what it serves.  Zeroes and fn make a valid, unarmed timer. */
struct timer {
	struct timer *next, **link; /* link is NULL when it is not armed */
	int64_t due_ms;             /* monotonic */
	timer_fn *fn;
};

struct timer_wheel;

/* now_ms: monotonic, not negative.  NULL: no memory. */
struct timer_wheel *timer_wheel_create(int64_t now_ms);

/* Timers that are still armed are forgotten, not touched. */
void timer_wheel_destroy(struct timer_wheel **wheel);

/* Arm, or arm anew.  A time that has passed fires at the next run. */
void timer_arm(struct timer_wheel *w, struct timer *t, int64_t due_ms);

/* Idempotent.  It will not fire. */
void timer_cancel(struct timer_wheel *w, struct timer *t);

static inline bool
timer_is_armed(const struct timer *t)
{
	return t->link != NULL;
}

/* Fire every timer due at or before now_ms, in the order of their due times (to
 * the tick); one that was armed for a time that had passed then counts as due
 * when it was armed.  A callback may arm and cancel any timer, its own too, and
 * free its timer's memory; what it arms fires at the next run at the earliest.
 * Not to be called by a callback. */
void timer_run(struct timer_wheel *w, int64_t now_ms);

/* When timer_run() should be called next, at the latest: monotonic ms, never
 * later than the first due timer (it may be earlier, when timers move to a
 * finer level of the wheel: at most ten times before one fires); INT64_MAX: no
 * timer. */
int64_t timer_next(const struct timer_wheel *w);

#endif

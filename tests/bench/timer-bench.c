/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * timer-bench.c - what a timer costs when a million are armed: nanoseconds for
 * arming, putting off, cancelling (each in random order, for random times up to
 * 24 hours, so that hardly anything is found in a cache) and firing.
 */
#include "base/compiler.h"
#include "worker/timer.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BENCH_TIMERS = 1000000, BENCH_DAY_MS = 24 * 60 * 60 * 1000 };

/* Stands in for a connection. */
struct bench_owner {
	struct timer timer;
	char other[96];
};

static struct bench_owner owners[BENCH_TIMERS];
static unsigned order[BENCH_TIMERS];
static uint64_t seed = 88172645463325252u;
static unsigned fired;

static unsigned
bench_random(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 11) % below;
}

static void
bench_shuffle(void)
{
	for (unsigned i = 0; i < BENCH_TIMERS; i++) {
		unsigned j = bench_random(i + 1);

		order[i] = order[j];
		order[j] = i;
	}
}

static double
bench_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
bench_say(const char *what, double from_ns)
{
	printf("%-28s %6.1f ns\n", what,
	    (bench_now_ns() - from_ns) / BENCH_TIMERS);
}

static void
bench_fired(struct timer *t UNUSED)
{
	fired++;
}

static void
bench_arm_all(struct timer_wheel *w, const char *what, unsigned spread_ms)
{
	double from_ns = bench_now_ns();

	for (unsigned i = 0; i < BENCH_TIMERS; i++)
		timer_arm(
		    w, &owners[order[i]].timer, 1 + bench_random(spread_ms));
	bench_say(what, from_ns);
}

static void
bench_cancel_all(struct timer_wheel *w, const char *what)
{
	double from_ns = bench_now_ns();

	for (unsigned i = 0; i < BENCH_TIMERS; i++)
		timer_cancel(w, &owners[order[i]].timer);
	bench_say(what, from_ns);
}

static void
bench_fire_all(struct timer_wheel *w)
{
	double from_ns = bench_now_ns();
	int64_t next_ms;

	while ((next_ms = timer_next(w)) != INT64_MAX)
		timer_run(w, next_ms);
	bench_say("fire all, tick by tick", from_ns);
	if (fired != BENCH_TIMERS)
		abort();
}

int
main(void)
{
	struct timer_wheel *w = timer_wheel_create(0);

	if (!w)
		return EXIT_FAILURE;
	for (unsigned i = 0; i < BENCH_TIMERS; i++)
		owners[i].timer.fn = bench_fired;
	bench_shuffle();
	bench_arm_all(w, "arm, up to 24 h", BENCH_DAY_MS);
	bench_shuffle();
	bench_arm_all(w, "arm anew, up to 24 h", BENCH_DAY_MS);
	bench_shuffle();
	bench_cancel_all(w, "cancel");
	bench_shuffle();
	bench_arm_all(w, "arm, up to 60 s", 60000);
	bench_shuffle();
	bench_arm_all(w, "arm anew, up to 60 s", 60000);
	bench_shuffle();
	bench_cancel_all(w, "cancel");
	bench_shuffle();
	bench_arm_all(w, "arm, up to 24 h", BENCH_DAY_MS);
	bench_fire_all(w);
	timer_wheel_destroy(&w);
	return EXIT_SUCCESS;
}

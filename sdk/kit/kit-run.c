/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-run.c - what is due is called, and time passes. */

#include "kit-inner.h"

#include <time.h>

enum {
	TURNS_MAX = 1000000, /* callbacks of one bndk_run(): more only turn */
	REAL_MS = 100        /* that the world gets before time passes */
};

static bool
stages_step(struct bndk *k)
{
	struct bndk_conn *c;

	TAILQ_FOREACH(c, &k->conns, link)
	if (stage_step(&c->stage))
		return true;
	return false;
}

static bool
conns_pump(struct bndk *k)
{
	bool is_news = false;
	struct bndk_conn *c;

	TAILQ_FOREACH(c, &k->conns, link)
	is_news |= conn_pump(c);
	return is_news;
}

uint64_t
kit_dice(struct bndk *k)
{
	if (!k->dice)
		return 0;
	k->dice ^= k->dice << 13;
	k->dice ^= k->dice >> 7;
	k->dice ^= k->dice << 17;
	return k->dice >> 11;
}

int
bndk_step(struct bndk *k)
{
	static bool (*const steps[])(struct bndk * k) = { stages_step,
		post_deliver_one, work_finish_one, waits_poll };
	size_t first = kit_dice(k) % ARRAY_COUNT(steps);

	while (conns_pump(k))
		;
	for (size_t i = 0; i < ARRAY_COUNT(steps); i++)
		if (steps[(first + i) % ARRAY_COUNT(steps)](k))
			return true;
	return generations_reap(k);
}

void
bndk_run(struct bndk *k)
{
	k->turns = 0;
	while (bndk_step(k)) {
		if (k->turns <= TURNS_MAX)
			continue;
		kit_wrong(k, "busy",
		    "there were %d callbacks in a row, and no end: does "
		    "flow() wake itself?",
		    TURNS_MAX);
		return;
	}
}

/* What happens next, and not later than that. */
static int64_t
clock_next(struct bndk *k, int64_t until)
{
	int64_t timer = waits_next(k), limit = limits_next(k);

	if (timer >= 0 && timer < until)
		until = timer;
	if (limit >= 0 && limit < until)
		until = limit;
	return until > k->now_ms ? until : k->now_ms;
}

static int64_t
real_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What is watched lives in real time: no time of ours passes while it may be
 * about to become ready, for a while after there was news of it. */
static void
world_wait(struct bndk *k)
{
	int64_t until = 0;

	while (k->has_watch_news || real_ms() < until) {
		if (k->has_watch_news)
			until = real_ms() + REAL_MS;
		k->has_watch_news = false;
		if (!waits_sleep(k, (int)(until - real_ms())))
			return;
		bndk_run(k);
	}
}

void
clock_pass(struct bndk *k, int64_t ms, bool waits)
{
	int64_t until = k->now_ms + ms;

	bndk_run(k);
	for (unsigned i = 0; i < TURNS_MAX; i++) {
		if (waits)
			world_wait(k);
		k->now_ms = clock_next(k, until);
		limits_enforce(k);
		bndk_run(k);
		if (!waits_fire(k) && k->now_ms >= until)
			break;
		bndk_run(k);
	}
}

void
bndk_clock(struct bndk *k, int64_t ms)
{
	k->has_watch_news = ms > 0;
	clock_pass(k, ms, true);
}

void
bndk_dice(struct bndk *k, uint64_t seed)
{
	k->dice = seed;
}

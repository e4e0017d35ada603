/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/timer.h"

#include "base/compiler.h"
#include "unit.h"

#include <string.h>

/*
 * The model: a table of timers, with what the contract says of each.  Time is
 * virtual.  A timer's memory is its own allocation, so that a sanitizer sees
 * any use after it was freed.
 */
enum { MODEL_TIMERS = 48, MODEL_SEEDS = 4000, MODEL_STEPS = 60 };

/* libcheck notes every assertion it passes in a file: far too slow for these.
 */
#define model_assert(x)                                          \
	do {                                                     \
		if (!(x))                                        \
			ck_abort_msg("seed %u: %s", m.seed, #x); \
	} while (0)

struct entry {
	struct timer timer;
	int index;
};

struct expected {
	struct entry *entry;
	bool is_armed;
	int64_t key_ms;  /* when it counts as due */
	unsigned in_run; /* it was armed in this run's callbacks */
};

static struct {
	struct timer_wheel *wheel;
	struct expected all[MODEL_TIMERS];
	int64_t now_ms, last_ms;
	unsigned run;
	bool is_running;
	uint64_t random;
	unsigned fired, seed;
} m;

static uint64_t
model_random(void)
{
	m.random ^= m.random << 13;
	m.random ^= m.random >> 7;
	m.random ^= m.random << 17;
	return m.random * UINT64_C(0x2545F4914F6CDD1D);
}

/* Of all magnitudes, edges of the levels more often than others. */
static int64_t
model_span(void)
{
	int64_t unit = INT64_C(1) << model_random() % 42;

	switch (model_random() % 8) {
	case 0:
		return 0;
	case 1:
		return -(int64_t)(model_random() % 100);
	case 2:
		return unit;
	case 3:
		return unit - 1;
	case 4:
		return unit - m.now_ms % unit; /* just as a digit turns */
	default:
		return (int64_t)(model_random() % (uint64_t)unit);
	}
}

static timer_fn model_fired;

static void
model_arm(struct expected *x)
{
	int64_t due_ms = m.now_ms + model_span();

	if (model_random() % 200 == 0)
		due_ms = INT64_MAX;
	timer_arm(m.wheel, &x->entry->timer, due_ms);
	x->is_armed = true;
	x->key_ms = due_ms > m.now_ms ? due_ms : m.now_ms;
	x->in_run = m.is_running ? m.run : 0;
}

static void
model_cancel(struct expected *x)
{
	timer_cancel(m.wheel, &x->entry->timer);
	model_assert(!timer_is_armed(&x->entry->timer));
	x->is_armed = false;
}

static void
model_renew(struct expected *x, int index)
{
	if (x->entry)
		model_cancel(x);
	free(x->entry);
	x->entry = calloc(1, sizeof(*x->entry));
	model_assert(x->entry);
	x->entry->index = index;
	x->entry->timer.fn = model_fired;
}

static void
model_act(void)
{
	int index = (int)(model_random() % MODEL_TIMERS);
	struct expected *x = &m.all[index];

	switch (model_random() % 8) {
	case 0:
		model_renew(x, index);
		break;
	case 1:
	case 2:
		model_cancel(x);
		break;
	default:
		model_arm(x);
	}
}

static void
model_fired(struct timer *t)
{
	struct entry *e = CONTAINER_OF(t, struct entry, timer);
	struct expected *x = &m.all[e->index];

	model_assert(!timer_is_armed(t));
	model_assert(x->is_armed);
	model_assert(x->key_ms <= m.now_ms);
	model_assert(x->key_ms >= m.last_ms);
	model_assert(x->in_run != m.run);
	m.last_ms = x->key_ms;
	x->is_armed = false;
	m.fired++;
	if (model_random() % 4 == 0)
		model_renew(x, e->index); /* its own memory is gone now */
	for (uint64_t n = model_random() % 3; n; n--)
		model_act();
}

static int64_t
model_first(void)
{
	int64_t first_ms = INT64_MAX;

	for (int i = 0; i < MODEL_TIMERS; i++)
		if (m.all[i].is_armed && m.all[i].key_ms < first_ms)
			first_ms = m.all[i].key_ms;
	return first_ms;
}

static void
model_run(int64_t now_ms)
{
	m.run++;
	m.now_ms = now_ms;
	m.last_ms = INT64_MIN;
	m.is_running = true;
	timer_run(m.wheel, now_ms);
	m.is_running = false;
	for (int i = 0; i < MODEL_TIMERS; i++) {
		const struct expected *x = &m.all[i];

		model_assert(timer_is_armed(&x->entry->timer) == x->is_armed);
		model_assert(
		    !x->is_armed || x->key_ms > now_ms || x->in_run == m.run);
	}
}

static void
model_step(void)
{
	int64_t next_ms;

	for (uint64_t n = model_random() % 6; n; n--)
		model_act();
	next_ms = timer_next(m.wheel);
	model_assert(next_ms <= model_first());
	model_assert(next_ms < INT64_MAX || model_first() == INT64_MAX);
	if (model_random() % 3 == 0 && next_ms < INT64_C(1) << 50)
		model_run(next_ms > m.now_ms ? next_ms : m.now_ms);
	else
		model_run(m.now_ms + (model_span() & INT64_MAX) % (1 << 30));
}

static void
model_play(unsigned seed)
{
	memset(&m, 0, sizeof(m));
	m.seed = seed;
	m.random = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
	m.now_ms = (int64_t)(model_random() % (UINT64_C(1) << 40));
	m.wheel = timer_wheel_create(m.now_ms);
	model_assert(m.wheel);
	for (int i = 0; i < MODEL_TIMERS; i++)
		model_renew(&m.all[i], i);
	for (int i = 0; i < MODEL_STEPS; i++)
		model_step();
	model_assert(m.fired > 0);
	for (int i = 0; i < MODEL_TIMERS; i++) {
		model_cancel(&m.all[i]);
		free(m.all[i].entry);
	}
	model_assert(timer_next(m.wheel) == INT64_MAX);
	timer_wheel_destroy(&m.wheel);
	model_assert(!m.wheel);
}

START_TEST(random_operations_match_the_model)
{
	for (unsigned seed = 1; seed <= MODEL_SEEDS; seed++)
		model_play(seed);
}
END_TEST

/* Single cases. */

struct probe {
	struct timer timer;
	struct timer_wheel *wheel;
	unsigned fired;
	int64_t again_ms;     /* arm anew for then, when not 0 */
	struct timer *victim; /* cancel it */
};

static void
probe_fired(struct timer *t)
{
	struct probe *p = CONTAINER_OF(t, struct probe, timer);

	p->fired++;
	if (p->again_ms)
		timer_arm(p->wheel, t, p->again_ms);
	if (p->victim)
		timer_cancel(p->wheel, p->victim);
}

/* Follow timer_next() until it fires: never late, not woken too often. */
static void
probe_follow(int64_t start_ms, int64_t due_ms)
{
	struct timer_wheel *w = timer_wheel_create(start_ms);
	struct probe p = { .timer.fn = probe_fired, .wheel = w };
	unsigned wakes = 0;

	timer_arm(w, &p.timer, due_ms);
	while (!p.fired) {
		int64_t next_ms = timer_next(w);

		ck_assert(next_ms <= due_ms);
		timer_run(w, next_ms);
		ck_assert(p.fired == (next_ms == due_ms));
		ck_assert_uint_le(++wakes, 11);
	}
	ck_assert(timer_next(w) == INT64_MAX);
	timer_wheel_destroy(&w);
}

START_TEST(it_fires_at_its_time_at_every_distance)
{
	for (int bit = 0; bit < 62; bit++) {
		int64_t far_ms = INT64_C(1) << bit;

		probe_follow(0, far_ms);
		probe_follow(0, far_ms - 1 ? far_ms - 1 : 1);
		probe_follow(12345, 12345 + far_ms);
		probe_follow(far_ms - 1, far_ms);
		probe_follow(far_ms, far_ms * 2 - 1 + 1);
	}
	probe_follow(0, INT64_MAX - 1);
}
END_TEST

START_TEST(a_passed_time_fires_at_the_next_run)
{
	struct timer_wheel *w = timer_wheel_create(1000);
	struct probe p = { .timer.fn = probe_fired, .wheel = w };

	timer_arm(w, &p.timer, -5);
	ck_assert_int_eq(timer_next(w), 1000);
	p.again_ms = 1; /* for ever late, yet once in each run */
	timer_run(w, 1000);
	ck_assert_uint_eq(p.fired, 1);
	timer_run(w, 900);
	ck_assert_uint_eq(p.fired, 2);
	timer_cancel(w, &p.timer);
	timer_cancel(w, &p.timer);
	ck_assert(timer_next(w) == INT64_MAX);
	timer_wheel_destroy(&w);
}
END_TEST

START_TEST(a_callback_cancels_what_is_due_with_it)
{
	struct timer_wheel *w = timer_wheel_create(0);
	struct probe a = { .timer.fn = probe_fired, .wheel = w };
	struct probe b = { .timer.fn = probe_fired, .wheel = w };

	a.victim = &b.timer;
	b.victim = &a.timer;
	timer_arm(w, &a.timer, 7);
	timer_arm(w, &b.timer, 7);
	timer_run(w, 6);
	ck_assert_uint_eq(a.fired + b.fired, 0);
	timer_run(w, 7);
	ck_assert_uint_eq(a.fired, 1);
	ck_assert_uint_eq(b.fired, 0);
	timer_wheel_destroy(&w);
}
END_TEST

START_TEST(timers_of_one_tick_fire_as_they_were_armed)
{
	struct timer_wheel *w = timer_wheel_create(0);
	struct probe p[3] = { 0 };

	for (int i = 0; i < 3; i++) {
		p[i].timer.fn = probe_fired;
		p[i].wheel = w;
		timer_arm(w, &p[i].timer, 50);
	}
	p[0].victim = &p[2].timer;
	p[1].victim = &p[0].timer;
	timer_run(w, 100);
	ck_assert_uint_eq(p[0].fired, 1);
	ck_assert_uint_eq(p[1].fired, 1);
	ck_assert_uint_eq(p[2].fired, 0);
	timer_wheel_destroy(&w);
}
END_TEST

/* 1000 years at once, with timers at every distance: no step per tick. */
START_TEST(a_jump_of_the_clock_costs_little)
{
	struct timer_wheel *w = timer_wheel_create(0);
	struct probe p[45] = { 0 };
	int64_t far_ms = INT64_C(1000) * 366 * 86400 * 1000;

	for (int i = 0; i < 45; i++) {
		p[i].timer.fn = probe_fired;
		p[i].wheel = w;
		timer_arm(w, &p[i].timer, INT64_C(1) << i);
	}
	timer_run(w, far_ms);
	for (int i = 0; i < 45; i++)
		ck_assert_uint_eq(p[i].fired, 1);
	timer_wheel_destroy(&w);
}
END_TEST

UNIT_TESTS("timer", random_operations_match_the_model,
    it_fires_at_its_time_at_every_distance, a_passed_time_fires_at_the_next_run,
    a_callback_cancels_what_is_due_with_it,
    timers_of_one_tick_fire_as_they_were_armed,
    a_jump_of_the_clock_costs_little)

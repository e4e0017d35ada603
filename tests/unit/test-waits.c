/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "pipeline/waits.h"

#include "unit.h"

#include <errno.h>
#include <time.h>

static int64_t fired_us;

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
fire(void *owner, unsigned slot)
{
	(void)owner;
	(void)slot;
	fired_us = now_us();
}

static const struct waits_calls calls = { .timer = fire };

/* Until so many us of the clock's millisecond are over. */
static void
spin_to(int64_t us)
{
	while (now_us() % 1000 / 100 != us / 100)
		;
}

/* Set late in one millisecond, looked at early in others. */
START_TEST(a_timer_never_fires_early)
{
	struct loop l;
	struct waits *w = NULL;

	ck_assert_int_eq(loop_init(&l), 0);
	for (int i = 0; i < 20; i++) {
		int64_t began_us;

		fired_us = 0;
		spin_to(900);
		loop_turn(&l, 0);
		began_us = now_us();
		ck_assert_int_eq(waits_timer(&w, &l, NULL, &calls, 0, 3), 0);
		while (!fired_us) {
			spin_to(0);
			loop_turn(&l, 0);
		}
		ck_assert_int_ge(fired_us - began_us, 3000);
	}
	waits_destroy(&w);
	loop_finish(&l);
}
END_TEST

START_TEST(nor_when_the_turn_was_long)
{
	struct loop l;
	struct waits *w = NULL;
	int64_t began_us;

	ck_assert_int_eq(loop_init(&l), 0);
	fired_us = 0;
	for (began_us = now_us(); now_us() - began_us < 10000;)
		;
	began_us = now_us();
	ck_assert_int_eq(waits_timer(&w, &l, NULL, &calls, 0, 3), 0);
	while (!fired_us)
		loop_turn(&l, 0);
	ck_assert_int_ge(fired_us - began_us, 3000);
	waits_destroy(&w);
	loop_finish(&l);
}
END_TEST

START_TEST(a_timer_of_0_fires_in_the_next_turn)
{
	struct loop l;
	struct waits *w = NULL;

	fired_us = 0;
	ck_assert_int_eq(loop_init(&l), 0);
	ck_assert_int_eq(waits_timer(&w, &l, NULL, &calls, 3, 0), 0);
	loop_turn(&l, 0);
	ck_assert_int_ne(fired_us, 0);
	waits_destroy(&w);
	loop_finish(&l);
}
END_TEST

START_TEST(wrong_slots_and_what_was_never_set)
{
	struct loop l;
	struct waits *w = NULL;

	ck_assert_int_eq(loop_init(&l), 0);
	ck_assert_int_eq(waits_timer(&w, &l, NULL, &calls, 4, 1), -EINVAL);
	ck_assert_int_eq(waits_timer(&w, &l, NULL, &calls, 0, -1), 0);
	ck_assert_ptr_null(w);
	ck_assert_int_eq(waits_timer(&w, &l, NULL, &calls, 0, INT64_MAX), 0);
	loop_turn(&l, 0);
	ck_assert_int_eq(fired_us, 0);
	waits_destroy(&w);
	loop_finish(&l);
}
END_TEST

UNIT_TESTS("waits", a_timer_never_fires_early, nor_when_the_turn_was_long,
    a_timer_of_0_fires_in_the_next_turn, wrong_slots_and_what_was_never_set)

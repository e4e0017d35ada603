/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "pipeline/waits.h"

#include "unit.h"

#include <errno.h>
#include <time.h>

static struct loop l;
static struct waits *w;
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

static void
begin(void)
{
	w = NULL;
	fired_us = 0;
	ck_assert_int_eq(loop_init(&l), 0);
}

static void
end(void)
{
	waits_destroy(&w);
	loop_finish(&l);
}

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
	begin();
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
	end();
}
END_TEST

START_TEST(nor_when_the_turn_was_long)
{
	int64_t began_us;

	begin();
	for (began_us = now_us(); now_us() - began_us < 10000;)
		;
	began_us = now_us();
	ck_assert_int_eq(waits_timer(&w, &l, NULL, &calls, 0, 3), 0);
	while (!fired_us)
		loop_turn(&l, 0);
	ck_assert_int_ge(fired_us - began_us, 3000);
	end();
}
END_TEST

START_TEST(a_timer_of_0_fires_in_the_next_turn)
{
	begin();
	ck_assert_int_eq(waits_timer(&w, &l, NULL, &calls, 3, 0), 0);
	loop_turn(&l, 0);
	ck_assert_int_ne(fired_us, 0);
	end();
}
END_TEST

START_TEST(wrong_slots_and_what_was_never_set)
{
	begin();
	ck_assert_int_eq(waits_timer(&w, &l, NULL, &calls, 4, 1), -EINVAL);
	ck_assert_int_eq(waits_timer(&w, &l, NULL, &calls, 0, -1), 0);
	ck_assert_ptr_null(w);
	ck_assert_int_eq(waits_timer(&w, &l, NULL, &calls, 0, INT64_MAX), 0);
	loop_turn(&l, 0);
	ck_assert_int_eq(fired_us, 0);
	end();
}
END_TEST

UNIT_TESTS("waits", a_timer_never_fires_early, nor_when_the_turn_was_long,
    a_timer_of_0_fires_in_the_next_turn, wrong_slots_and_what_was_never_set)

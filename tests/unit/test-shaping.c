/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* What the bindings for tests decide by: the bucket of limit, the line of
 * delay, the plan of fault, and the dice below them. */

#include "unit.h"

#include "../../plugins/delay/delay-line.h"
#include "../../plugins/fault/fault-plan.h"
#include "../../plugins/limit/limit-bucket.h"
#include "../../plugins/test-common/dice.h"

/* ------------------------------------------------------------------- bucket */

START_TEST(a_bucket_begins_full_and_gets_no_fuller)
{
	struct bucket b;

	bucket_init(&b, 1000, 50, 7);
	ck_assert_int_eq(bucket_bytes(&b), 50);
	bucket_fill(&b, 1000000);
	ck_assert_int_eq(bucket_bytes(&b), 50);
	bucket_take(&b, 50);
	ck_assert_int_eq(bucket_bytes(&b), 0);
	bucket_fill(&b, 1000000 + 20);
	ck_assert_int_eq(bucket_bytes(&b), 20);
	bucket_fill(&b, 1000000 + 19); /* a clock that stands still */
	ck_assert_int_eq(bucket_bytes(&b), 20);
}
END_TEST

/* Over 1,000 s, looked at every ms, not a byte is lost or won. */
START_TEST(a_bucket_is_exact)
{
	static const int64_t rates[] = { 1, 3, 7, 999, 1001, 123457 };

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct bucket b;
		int64_t got = 0, n;

		bucket_init(&b, rates[i], rates[i], 0);
		bucket_take(&b, rates[i]);
		for (int64_t now = 1; now <= 1000000; now++) {
			bucket_fill(&b, now);
			n = bucket_bytes(&b);
			bucket_take(&b, n);
			got += n;
		}
		ck_assert_int_eq(got, 1000 * rates[i]);
	}
}
END_TEST

START_TEST(the_wait_is_the_shortest_that_is_long_enough)
{
	struct bucket b;

	for (int64_t rate = 1; rate < 5000; rate += 13) {
		int64_t wait;

		bucket_init(&b, rate, 100, 0);
		ck_assert_int_eq(bucket_wait(&b, 100), 0);
		ck_assert_int_eq(bucket_wait(&b, 1000), 0);
		bucket_take(&b, 100);
		wait = bucket_wait(&b, 40);
		ck_assert_int_gt(wait, 0);
		bucket_fill(&b, wait - 1);
		ck_assert_int_lt(bucket_bytes(&b), 40);
		bucket_fill(&b, wait);
		ck_assert_int_ge(bucket_bytes(&b), 40);
	}
}
END_TEST

START_TEST(a_bucket_of_the_largest_size_does_not_overflow)
{
	struct bucket b;

	bucket_init(&b, BUCKET_MOST, BUCKET_MOST, 0);
	bucket_take(&b, BUCKET_MOST);
	ck_assert_int_eq(bucket_wait(&b, BUCKET_MOST), 1000);
	bucket_fill(&b, INT64_MAX);
	ck_assert_int_eq(bucket_bytes(&b), BUCKET_MOST);
	bucket_init(&b, 1, BUCKET_MOST, 0);
	bucket_take(&b, BUCKET_MOST);
	bucket_fill(&b, 5000);
	ck_assert_int_eq(bucket_bytes(&b), 5);
}
END_TEST

/* --------------------------------------------------------------------- line */

static struct line line;

static void
note(uint64_t waiting, int64_t due)
{
	line_note(&line, waiting, line_due(&line, due, 1));
}

START_TEST(bytes_go_when_they_are_due)
{
	line = (struct line){ 0 };
	ck_assert_int_eq(line_next(&line), INT64_MAX);
	note(10, 100);
	note(10, 105); /* nothing new */
	note(15, 110);
	ck_assert_int_eq(line_next(&line), 100);
	ck_assert_uint_eq(line_ripe(&line, 99), 0);
	ck_assert_uint_eq(line_ripe(&line, 100), 10);
	line.gone += 4; /* there was no room for more */
	ck_assert_uint_eq(line_ripe(&line, 101), 6);
	note(11, 120); /* still nothing new */
	ck_assert_int_eq(line_next(&line), 110);
	note(12, 120);
	ck_assert_uint_eq(line_ripe(&line, 119), 11);
	line.gone += 11;
	ck_assert_uint_eq(line_ripe(&line, 120), 1);
	line.gone++;
	ck_assert_int_eq(line_next(&line), INT64_MAX);
	ck_assert_uint_eq(line_ripe(&line, 1000), 0);
}
END_TEST

START_TEST(nothing_overtakes)
{
	line = (struct line){ 0 };
	note(1, 100);
	note(2, 50); /* a shorter jitter */
	ck_assert_uint_eq(line_ripe(&line, 99), 0);
	ck_assert_uint_eq(line_ripe(&line, 100), 2);
}
END_TEST

START_TEST(steps_are_late_a_little_and_never_early)
{
	int64_t step = line_step(10000);

	line = (struct line){ 0 };
	ck_assert_int_eq(line_step(0), 1);
	ck_assert_int_le(step, 10000 / LINE_STEPS + 1);
	for (int64_t t = 0; t < 100000; t += 7) {
		int64_t due = line_due(&line, t, step);

		ck_assert_int_ge(due, t);
		ck_assert_int_lt(due, t + step);
	}
}
END_TEST

/* A byte a millisecond, for delays of every length: marks never run out, so
 * each goes within a step. */
START_TEST(there_are_marks_enough)
{
	for (int64_t delay = 0; delay < 3000; delay += 97) {
		int64_t step = line_step(delay);
		int64_t now = 0;

		line = (struct line){ 0 };
		for (; now < 8000; now++) {
			uint64_t want, n;

			line_note(&line, (uint64_t)now + 1 - line.gone,
			    line_due(&line, now + delay, step));
			ck_assert_uint_le(line.count, LINE_MARKS - 1);
			n = line_ripe(&line, now);
			line.gone += n;
			want = now >= delay ? (uint64_t)(now - delay) + 1 : 0;
			ck_assert_uint_le(line.gone, want);
			ck_assert_uint_ge(line.gone + (uint64_t)step, want);
		}
	}
}
END_TEST

START_TEST(without_marks_bytes_are_late_but_not_lost)
{
	line = (struct line){ 0 };
	for (uint64_t i = 1; i <= LINE_MARKS + 50; i++)
		note(i, (int64_t)i);
	ck_assert_uint_eq(line.count, LINE_MARKS);
	ck_assert_uint_eq(line_ripe(&line, LINE_MARKS - 1), LINE_MARKS - 1);
	ck_assert_uint_eq(line_ripe(&line, LINE_MARKS), LINE_MARKS - 1);
	ck_assert_uint_eq(line_ripe(&line, LINE_MARKS + 50), LINE_MARKS + 50);
}
END_TEST

/* --------------------------------------------------------------------- plan */

START_TEST(without_every_there_is_one_place)
{
	struct plan p;

	plan_init(&p, 1, 500, 0);
	ck_assert_uint_eq(p.next, 500);
	plan_go_on(&p);
	ck_assert_uint_eq(p.next, UINT64_MAX);
	plan_go_on(&p);
	ck_assert_uint_eq(p.next, UINT64_MAX);
}
END_TEST

START_TEST(places_are_so_far_apart_on_average)
{
	static const uint64_t every[] = { 1, 2, 10, 5000 };

	for (size_t i = 0; i < sizeof(every) / sizeof(every[0]); i++) {
		struct plan p;
		uint64_t last;
		double mean;

		plan_init(&p, 3, 100, every[i]);
		ck_assert_uint_ge(p.next, 100);
		ck_assert_uint_lt(p.next, 100 + 2 * every[i]);
		for (unsigned n = 0; n < 20000; n++) {
			last = p.next;
			plan_go_on(&p);
			ck_assert_uint_gt(p.next, last);
		}
		mean = (double)p.next / 20000;
		ck_assert(mean > (double)every[i] * 0.97);
		ck_assert(mean < (double)every[i] * 1.03);
	}
}
END_TEST

START_TEST(a_seed_makes_the_same_plan_again)
{
	struct plan a, b, c;
	unsigned same = 0;

	plan_init(&a, 42, 0, 1000);
	plan_init(&b, 42, 0, 1000);
	plan_init(&c, 43, 0, 1000);
	for (unsigned n = 0; n < 100; n++) {
		ck_assert_uint_eq(a.next, b.next);
		same += a.next == c.next;
		plan_go_on(&a);
		plan_go_on(&b);
		plan_go_on(&c);
	}
	ck_assert_uint_lt(same, 5);
}
END_TEST

/* --------------------------------------------------------------------- dice */

/* A log of today must be of use with the program of tomorrow: these never
 * change.  They are those of SplitMix64 that others publish. */
START_TEST(the_numbers_of_a_seed_never_change)
{
	struct dice d = { 1234567 };

	ck_assert_uint_eq(dice_roll(&d), UINT64_C(6457827717110365317));
	ck_assert_uint_eq(dice_roll(&d), UINT64_C(3203168211198807973));
	ck_assert_uint_eq(dice_roll(&d), UINT64_C(9817491932198370423));
	ck_assert_uint_eq(dice_below(&d, 1), 0);
	ck_assert_uint_eq(dice_below(&d, 0), 0);
}
END_TEST

START_TEST(each_connection_of_each_worker_has_another_seed)
{
	struct bnd_binding b = { .workers = 3 };
	unsigned char seen[30] = { 0 };

	for (uint32_t i = 0; i < 3; i++) {
		struct bnd_worker w = { .binding = &b, .index = i };
		uint64_t count = 0;

		for (unsigned n = 0; n < 10; n++) {
			uint64_t seed = dice_seed(&w, &count, 7) - 7;

			ck_assert_uint_lt(seed, 30);
			ck_assert_uint_eq(seen[seed]++, 0);
		}
	}
}
END_TEST

UNIT_TESTS("shaping", a_bucket_begins_full_and_gets_no_fuller,
    a_bucket_is_exact, the_wait_is_the_shortest_that_is_long_enough,
    a_bucket_of_the_largest_size_does_not_overflow, bytes_go_when_they_are_due,
    nothing_overtakes, steps_are_late_a_little_and_never_early,
    there_are_marks_enough, without_marks_bytes_are_late_but_not_lost,
    without_every_there_is_one_place, places_are_so_far_apart_on_average,
    a_seed_makes_the_same_plan_again, the_numbers_of_a_seed_never_change,
    each_connection_of_each_worker_has_another_seed)

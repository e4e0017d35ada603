/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Who gives out what was said, when the one who was to do so goes. */

#include "../../plugins/reflect/box.c"
#include "../../plugins/reflect/wing.c"

#include "unit.h"

static const struct bnd_stage *woken;

static void
fake_wake(struct bnd_stage *st)
{
	woken = st;
}

static const struct bnd_host fake = { .wake = fake_wake };
const struct bnd_host *bnd_host = &fake;

/* What a wing calls of a corner is not needed here. */
void
corner_feed(struct corner *c, struct bnd_worker *w)
{
	(void)c, (void)w;
}

void
corner_settle(struct corner *c)
{
	(void)c;
}

void
corner_wake_waiting(struct corner *c)
{
	(void)c;
}

void
member_judge_patience(struct member *m, int64_t now_ms)
{
	(void)m, (void)now_ms;
}

uint64_t
member_lag(const struct member *m, int64_t now_ms, int64_t *ms_r)
{
	(void)m;
	*ms_r = now_ms;
	return 0;
}

START_TEST(who_feeds_is_replaced_by_one_of_another_corner)
{
	struct bnd_stage stages[2] = { 0 };
	struct member gone = { .st = &stages[0] }, other = { .st = &stages[1] };
	struct wing wing = { 0 };
	struct corner left = { .wing = &wing }, full = { .wing = &wing };

	wing_init(&wing, NULL, 0);
	LIST_INSERT_HEAD(&left.members, &gone, link);
	LIST_INSERT_HEAD(&full.members, &other, link);
	corner_is_due(&left, &gone);
	corner_is_due(&full, &other);
	ck_assert_ptr_eq(woken, gone.st);
	LIST_REMOVE(&gone, link); /* and nobody is left in its corner */
	wing_replace_feeder(&wing, &gone);
	ck_assert_ptr_eq(wing.feeder, &other);
	ck_assert_ptr_eq(woken, other.st);
	LIST_REMOVE(&other, link);
	wing_replace_feeder(&wing, &other);
	ck_assert_ptr_null(wing.feeder);
}
END_TEST

UNIT_TESTS("reflect-wing", who_feeds_is_replaced_by_one_of_another_corner)

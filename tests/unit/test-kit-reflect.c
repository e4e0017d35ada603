/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Speakers in a room for which there is no memory: they wait, and their worker
 * does other things meanwhile. */

#include "unit.h"

#include <bindery/kit.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REFLECT OUR_PLUGIN_DIR "/reflect.so"

enum { MEMBERS = 6, STEPS_MOST = 200, LINE_MOST = 31000, TICK_MS = 250 };

static struct bndk *kit;
static struct bndk_conn *members[MEMBERS];

static void
enter_all(const char *options)
{
	kit = bndk_load_workers(REFLECT, options, 1);
	for (unsigned i = 0; i < MEMBERS; i++) {
		members[i] = bndk_open(kit);
		bndk_fact_set(members[i], "identity", "a");
	}
	bndk_run(kit);
}

/* One line of n bytes from each. */
static void
all_say(size_t n)
{
	char line[LINE_MOST];

	memset(line, 'x', n);
	line[n - 1] = '\n';
	for (unsigned i = 0; i < MEMBERS; i++) {
		line[0] = (char)('0' + i);
		bndk_send_bytes(members[i], BND_FRONT, line, n);
	}
}

/* All that is due is done, and no buffer can be had: is there an end? */
static void
run_without_memory(void)
{
	unsigned steps = 0;

	do
		bndk_fault(kit, "buf_new", 1, -ENOMEM);
	while (bndk_step(kit) && ++steps < STEPS_MOST);
	ck_assert_uint_lt(steps, STEPS_MOST);
}

/* There is memory again: each hears what all have said, each line once. */
static void
all_hear(size_t n)
{
	bndk_fault(kit, "buf_new", 0, 0);
	for (unsigned i = 0; i < 2 * MEMBERS; i++)
		bndk_clock(kit, TICK_MS);
	for (unsigned i = 0; i < MEMBERS; i++) {
		unsigned seen = 0;
		const char *p;
		size_t size;

		p = bndk_received(members[i], BND_FRONT, &size);
		ck_assert_uint_eq(size, MEMBERS * n);
		for (size_t at = 0; at < size; at += n)
			seen |= 1U << (strpbrk(p + at, "012345")[0] - '0');
		ck_assert_uint_eq(seen, (1U << MEMBERS) - 1);
	}
}

/* Each of those who waited handed its turn to the next, without end. */
START_TEST(who_waits_for_memory_does_not_turn)
{
	enter_all("framing = line; max_message = 32k; slow = wait");
	all_say(12000);
	run_without_memory();
	for (unsigned i = 0; i < MEMBERS; i++)
		bndk_wake(members[i]);
	run_without_memory();
	all_hear(12000);
	bndk_unload(kit);
}
END_TEST

/* Nor does the clock, when what was said so far is enough for one turn. */
START_TEST(who_has_said_enough_does_not_turn)
{
	unsigned timers;

	enter_all("framing = line; max_message = 32k; prefix = true; "
		  "slow = wait");
	all_say(LINE_MOST);
	run_without_memory();
	timers = bndk_calls(kit, "worker_timer");
	bndk_clock(kit, 0);
	ck_assert_uint_lt(bndk_calls(kit, "worker_timer") - timers, STEPS_MOST);
	all_hear(LINE_MOST + strlen("[a] "));
	bndk_unload(kit);
}
END_TEST

UNIT_TESTS("kit-reflect", who_waits_for_memory_does_not_turn,
    who_has_said_enough_does_not_turn)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* rules-life.c - lives that are cut short, and several at once. */

#include "check.h"

#include <errno.h>

static struct play
play_of(unsigned mode, uint64_t seed)
{
	return (struct play){ .inputs = inputs_short(),
		.mode = mode,
		.seed = seed,
		.end_side = -1,
		.reset_side = -1 };
}

/* Let somebody reset a connection at each of its steps. */
static void
reset_everywhere(unsigned mode)
{
	struct bndk *k = play_start_well();
	uint64_t seed = 0;

	play_needs_connections(k);
	while (seed_next(&seed, check.runs)) {
		struct play p = play_of(mode, seed / 8);
		struct outcome o;

		play(k, &p, &o);
		outcome_finish(&o);
		p.reset_side = (int)(seed % 2);
		dice_begin(seed);
		p.reset_at = dice(p.steps + 1);
		play(k, &p, &o);
		outcome_finish(&o);
		text_finish(&k->log);
	}
	bndk_unload(k);
}

void
rule_aborts(void)
{
	reset_everywhere(PLAY_CUTS);
}

void
rule_ways(void)
{
	struct bndk *k = play_start_well();
	uint64_t seed = 0;

	play_needs_connections(k);
	if (bndk_type(k)->role == BND_SINK)
		skipped("nothing is behind a sink");
	while (seed_next(&seed, check.runs / 4)) {
		struct play p = play_of(PLAY_CUTS | PLAY_NO_WAY, seed);
		struct outcome o;

		play(k, &p, &o);
		outcome_must_end(&o, "the way behind");
		outcome_finish(&o);
		text_finish(&k->log);
	}
	bndk_unload(k);
}

void
rule_late(void)
{
	struct bndk *k = play_start_well();
	struct play p = play_of(PLAY_CUTS, 0);
	struct outcome o;
	bool has_jobs;

	play_needs_connections(k);
	play(k, &p, &o);
	outcome_finish(&o);
	has_jobs = bndk_calls(k, "work") > 0;
	bndk_unload(k);
	if (!has_jobs)
		noted("it has no jobs on the pool");
	else
		reset_everywhere(PLAY_CUTS | PLAY_LATE);
}

void
rule_crowd(void)
{
	struct bndk *k = play_start_well();
	uint64_t seed = 0;

	play_needs_connections(k);
	while (seed_next(&seed, check.runs / 8)) {
		play_crowd(k, seed);
		text_finish(&k->log);
	}
	bndk_unload(k);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * rules-bytes.c - the same bytes and the same end, whatever happens on the way:
 * a connection that is played in one piece says what should come out.
 */

#include "check.h"

#include <stdlib.h>
#include <string.h>

enum steadiness { STEADY, STEADY_LENGTHS, UNSTEADY };

static struct play
play_of(const struct kit_text *inputs, unsigned mode, uint64_t seed)
{
	return (struct play){ .inputs = inputs,
		.mode = mode,
		.seed = seed,
		.end_side = -1,
		.reset_side = -1 };
}

/* A plugin may have dice of its own: what comes out the same each time, in one
 * piece, must do so in many. */
static enum steadiness
steadiness(struct bndk *k, const struct kit_text *inputs, struct outcome *plain)
{
	struct play p = play_of(inputs, 0, 0);
	enum steadiness r = STEADY;
	struct outcome again;

	play(k, &p, plain);
	play(k, &p, &again);
	if (outcome_compare(plain, &again, true))
		r = UNSTEADY;
	else if (outcome_compare(plain, &again, false))
		r = STEADY_LENGTHS;
	outcome_finish(&again);
	if (r == UNSTEADY)
		noted("what comes out differs from one time to the next, and "
		      "is not compared");
	else if (r == STEADY_LENGTHS)
		noted("the bytes differ from one time to the next, so only "
		      "their number is compared");
	return r;
}

static void
must_end(const struct outcome *o)
{
	if (o->is_alive)
		broken("hang",
		    "both neighbours have ended and taken everything, and the "
		    "connection does not end: %s",
		    !o->has_ended[BND_FRONT] && !o->has_ended[BND_BACK]
			? "neither of them heard an end"
		    : o->has_ended[BND_FRONT]
			? "the back heard no end, is there a bnd_end()?"
			: "the front heard no end, is there a bnd_end()?");
}

void
rule_plain(void)
{
	struct bndk *k = play_start_well();
	uint64_t seed = 0;

	play_needs_connections(k);
	while (seed_next(&seed, 2)) {
		struct outcome o;

		steadiness(k, seed ? inputs_long() : inputs_short(), &o);
		must_end(&o);
		if (!*shared->text)
			noted("it %s; %zu bytes came out at the front and %zu "
			      "bytes came out at the back",
			    outcome_words(&o), o.bytes[BND_FRONT].size,
			    o.bytes[BND_BACK].size);
		outcome_finish(&o);
	}
	bndk_unload(k);
}

/* Plays that must come to what the plain one does. */
static void
compare_plays(const char *rule, unsigned mode, uint64_t count)
{
	struct bndk *k = play_start_well();
	struct outcome plain[2];
	enum steadiness steady[2];
	uint64_t seed = 0;

	play_needs_connections(k);
	steady[0] = steadiness(k, inputs_short(), &plain[0]);
	steady[1] = steadiness(k, inputs_long(), &plain[1]);
	while (seed_next(&seed, count)) {
		bool is_long = seed % 8 == 7;
		struct play p = play_of(
		    is_long ? inputs_long() : inputs_short(), mode, seed);
		const char *wrong = NULL;
		struct outcome o;

		play(k, &p, &o);
		must_end(&o);
		/* A deadline may have passed. */
		if (!(mode & PLAY_TIMERS && (o.abort_err || o.refuse_err)) &&
		    steady[is_long] != UNSTEADY)
			wrong = outcome_compare(&plain[is_long], &o,
			    steady[is_long] == STEADY_LENGTHS);
		if (wrong)
			broken(rule, "%s", wrong);
		outcome_finish(&o);
		if (mode & PLAY_RELOAD && bndk_generations(k) != 1)
			broken("reload", "the old generation does not stop "
					 "when its last connection is gone");
		text_finish(&k->log);
	}
	outcome_finish(&plain[0]);
	outcome_finish(&plain[1]);
	bndk_unload(k);
}

void
rule_cuts(void)
{
	compare_plays("cuts", PLAY_CUTS | PLAY_LIMIT, check.runs);
}

void
rule_spurious(void)
{
	compare_plays("spurious", PLAY_CUTS | PLAY_SPURIOUS, check.runs / 4);
}

void
rule_timers(void)
{
	compare_plays("timers", PLAY_CUTS | PLAY_TIMERS, check.runs / 4);
}

void
rule_reload(void)
{
	compare_plays("reload", PLAY_CUTS | PLAY_RELOAD, check.runs / 8);
}

void
rule_questions(void)
{
	static const char *const words[] = { "help", "help me", "", "no-such",
		"list", "show x y z", "\xff\xfe", "a b c d e f g h i j k l" };
	struct bndk *k = play_start_well();

	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		bndk_tell(k, words[i], NULL);
	bndk_show(k, NULL);
	bndk_unload(k);
	compare_plays("questions", PLAY_CUTS | PLAY_ASK, check.runs / 8);
}

/* An end after each byte, in one piece and in many. */
static void
compare_end(struct bndk *k, uint64_t seed, bool lengths_only)
{
	struct play whole = play_of(inputs_short(), 0, seed), cut;
	struct outcome a, b;
	const char *wrong;

	whole.end_side = (int)(seed % 2);
	whole.end_at = (size_t)(seed / 2);
	cut = whole;
	cut.mode = PLAY_CUTS;
	play(k, &whole, &a);
	play(k, &cut, &b);
	must_end(&a);
	must_end(&b);
	wrong = outcome_compare(&a, &b, lengths_only);
	if (wrong)
		broken("ends", "with an end after byte %zu of the %s, %s",
		    whole.end_at,
		    whole.end_side == BND_FRONT ? "front" : "back", wrong);
	outcome_finish(&a);
	outcome_finish(&b);
	text_finish(&k->log);
}

void
rule_ends(void)
{
	struct bndk *k = play_start_well();
	const struct kit_text *inputs = inputs_short();
	size_t most =
	    inputs[0].size > inputs[1].size ? inputs[0].size : inputs[1].size;
	enum steadiness steady;
	struct outcome plain;
	uint64_t seed = 0;

	play_needs_connections(k);
	steady = steadiness(k, inputs, &plain);
	outcome_finish(&plain);
	while (steady != UNSTEADY && seed_next(&seed, 2 * (most + 1)))
		compare_end(k, seed, steady == STEADY_LENGTHS);
	bndk_unload(k);
}

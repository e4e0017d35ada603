/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * rules-bytes.c - the same bytes and the same end, whatever happens on the way:
 * a connection that is played in one piece says what should come out.
 */

#include "check.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* Plays that say how unsteady it is. */
enum { DOUBTS = 12 };

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
	for (unsigned i = 0; i < (r == STEADY ? 1 : DOUBTS); i++) {
		play(k, &p, &again);
		if (outcome_compare(plain, &again, true))
			r = UNSTEADY;
		else if (r == STEADY && outcome_compare(plain, &again, false))
			r = STEADY_LENGTHS;
		outcome_finish(&again);
	}
	if (r == UNSTEADY)
		noted("what comes out differs from one time to the next, and "
		      "is not compared");
	else if (r == STEADY_LENGTHS)
		noted("the bytes differ from one time to the next, so only "
		      "their number is compared");
	return r;
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
		outcome_must_end(&o, NULL);
		if (!*shared->text)
			noted("it %s; %zu bytes came out at the front and %zu "
			      "bytes came out at the back",
			    outcome_words(&o), o.bytes[BND_FRONT].size,
			    o.bytes[BND_BACK].size);
		outcome_finish(&o);
	}
	bndk_unload(k);
}

/* As outcome_compare(), where the play that came to a may have dice in it that
 * others have not: then it is played again, some times, for of what was aborted
 * now more and now less is seen. */
static const char *
compare_with(struct bndk *k, struct play *p, const struct outcome *a,
    const struct outcome *b)
{
	enum steadiness r = STEADY;
	struct outcome again;

	if (!outcome_compare(a, b, false))
		return NULL;
	for (unsigned i = 0; i < DOUBTS && r != UNSTEADY; i++) {
		play(k, p, &again);
		if (outcome_compare(a, &again, true))
			r = UNSTEADY;
		else if (outcome_compare(a, &again, false))
			r = STEADY_LENGTHS;
		outcome_finish(&again);
	}
	return r == UNSTEADY ? NULL
			     : outcome_compare(a, b, r == STEADY_LENGTHS);
}

/* What plays with the same inputs are held against. */
struct measure {
	struct play whole; /* in one piece */
	struct outcome plain;
	enum steadiness steady;
};

static void
measure_take(struct measure *m, struct bndk *k, const struct kit_text *inputs)
{
	m->whole = play_of(inputs, 0, 0);
	m->steady = steadiness(k, inputs, &m->plain);
}

static const char *
measure_compare(struct measure *m, struct bndk *k, const struct outcome *o)
{
	if (m->steady == STEADY)
		return compare_with(k, &m->whole, &m->plain, o);
	return m->steady == UNSTEADY ? NULL
				     : outcome_compare(&m->plain, o, true);
}

static void
compare_play(
    struct bndk *k, struct measure *m, const char *rule, const struct play *how)
{
	struct play p = *how;
	const char *wrong = NULL;
	struct outcome o;

	play(k, &p, &o);
	outcome_must_end(&o, NULL);
	/* A deadline may have passed. */
	if (!(p.mode & PLAY_TIMERS && (o.abort_err || o.is_refused)))
		wrong = measure_compare(m, k, &o);
	if (wrong)
		broken(rule, "%s", wrong);
	outcome_finish(&o);
	if (p.mode & PLAY_RELOAD && bndk_generations(k) != 1)
		broken("reload", "the old generation does not stop when its "
				 "last connection is gone");
	text_finish(&k->log);
}

/* Plays that must come to what the plain one does. */
static void
compare_plays(const char *rule, unsigned mode, uint64_t count)
{
	struct bndk *k = play_start_well();
	struct measure measures[2];
	uint64_t seed = 0;

	play_needs_connections(k);
	measure_take(&measures[0], k, inputs_short());
	measure_take(&measures[1], k, inputs_long());
	while (seed_next(&seed, count)) {
		struct measure *m = &measures[seed % 8 == 7];
		struct play p = play_of(m->whole.inputs, mode, seed);

		compare_play(k, m, rule, &p);
	}
	outcome_finish(&measures[0].plain);
	outcome_finish(&measures[1].plain);
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

/* Of a connection that nobody knows much about. */
static void
explain_with_few_facts(struct bndk *k)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct bndk_conn *c = conn_create(k->generations->desks[0], NULL, true);

	bndk_explain(k, c, NULL);
	bndk_peer_set(c, (struct sockaddr *)&a, sizeof(a));
	bndk_explain(k, c, NULL);
	facts_tell(c);
	bndk_explain(k, c, NULL);
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
	explain_with_few_facts(k);
	bndk_unload(k);
	compare_plays("questions", PLAY_CUTS | PLAY_ASK, check.runs / 8);
}

/* An end after each byte, in one piece and in many. */
static void
compare_end(struct bndk *k, uint64_t seed)
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
	outcome_must_end(&a, NULL);
	outcome_must_end(&b, NULL);
	wrong = compare_with(k, &whole, &a, &b);
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
	uint64_t seed = 0;

	play_needs_connections(k);
	while (seed_next(&seed, 2 * (most + 1)))
		compare_end(k, seed);
	bndk_unload(k);
}

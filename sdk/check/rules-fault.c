/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* rules-fault.c - what may fail fails, once: calls of the host, allocations of
 * the plugin. */

#include "check.h"

#include <errno.h>
#include <string.h>

/* How often one call fails, at the first, second, ... time. */
enum { TIMES = 16, ALLOCATIONS = 2000 };

struct fault {
	const char *call;
	int err;
	bool may_change; /* what comes out, rightly */
};

static const struct fault life_faults[] = {
	{ "peek", -ENOMEM, false },
	{ "edit", -ENOMEM, false },
	{ "out", -ENOMEM, false },
	{ "reserve", -ENOMEM, false },
	{ "move", -ENOMEM, false },
	{ "take", -ENOMEM, false },
	{ "put", -ENOMEM, false },
	{ "timer", -ENOMEM, false },
	{ "attach", -ENOMEM, false },
	{ "spawn", -ENOMEM, false },
	{ "fact_set", -ENOMEM, true },
	{ "fact", -ENOMEM, true },
	{ "claim", -EDQUOT, true },
	{ "claim", -ENOMEM, true },
	{ "watch", -ENOMEM, false },
	{ "work", -ENOMEM, false },
	{ "post", -EAGAIN, true },
	{ "post", -ENOMEM, true },
	{ "buf_new", -ENOMEM, false },
	{ "buf_alloc", -ENOMEM, false },
};

static const struct fault start_faults[] = {
	{ "listen", -EADDRINUSE, false },
	{ "keep", -ENOMEM, false },
	{ "worker_keep", -ENOMEM, false },
	{ "work", -ENOMEM, false },
	{ "post", -EAGAIN, false },
	{ "buf_new", -ENOMEM, false },
	{ "buf_alloc", -ENOMEM, false },
	{ "ext", -ENOMEM, false },
};

static struct play
play_short(void)
{
	return (struct play){
		.inputs = inputs_short(), .end_side = -1, .reset_side = -1
	};
}

/* Ended as if all were well, and something is missing? */
static void
must_not_lose(const struct outcome *plain, const struct outcome *o,
    const char *rule, const char *what)
{
	outcome_must_end(o, what);
	if (o->is_alive || o->abort_err || o->refuse_err || plain->abort_err)
		return;
	for (unsigned side = 0; side < 2; side++) {
		size_t n = o->bytes[side].size;

		if (n < plain->bytes[side].size &&
		    (n == 0 || memcmp(o->bytes[side].data,
				   plain->bytes[side].data, n) == 0))
			broken(rule,
			    "after %s had failed the connection ended as if "
			    "all were well, and %zu of %zu bytes were lost",
			    what, plain->bytes[side].size - n,
			    plain->bytes[side].size);
	}
}

/* -------------------------------------------------------- calls of the host */

static void
fault_start(const struct fault *f, unsigned nth)
{
	struct kit_text why = { 0 };
	struct bndk *k;

	kit_start_fault = (struct kit_fault){ f->call, nth, f->err };
	k = play_start(&why);
	kit_start_fault = (struct kit_fault){ 0 };
	if (k) {
		struct play p = play_short();
		struct outcome o;

		if (bndk_type(k)->role != BND_SOURCE ||
		    bndk_type(k)->accepted) {
			play(k, &p, &o);
			outcome_finish(&o);
		}
		bndk_unload(k);
	}
	text_finish(&why);
}

void
rule_start_faults(void)
{
	uint64_t seed = 0;

	while (seed_next(&seed, ARRAY_COUNT(start_faults) * 4))
		fault_start(&start_faults[seed / 4], (unsigned)(seed % 4) + 1);
}

static void
fault_live(struct bndk *k, const struct outcome *plain, const struct fault *f,
    unsigned nth)
{
	struct play p = play_short();
	CLEANUP(text_finish) struct kit_text what = { 0 };
	struct outcome o;

	if (nth > bndk_calls(k, f->call))
		return;
	text_print(&what, "bnd_%s()", f->call);
	bndk_fault(k, f->call, nth, f->err);
	play(k, &p, &o);
	bndk_fault(k, f->call, 0, 0);
	if (!f->may_change)
		must_not_lose(plain, &o, "faults", what.data);
	else
		outcome_must_end(&o, what.data);
	outcome_finish(&o);
	text_finish(&k->log);
}

void
rule_faults(void)
{
	struct bndk *k;
	struct play p = play_short();
	struct outcome plain;
	uint64_t seed = 0;

	k = play_start_well();
	play_needs_connections(k);
	play(k, &p, &plain);
	while (seed_next(&seed, ARRAY_COUNT(life_faults) * TIMES))
		fault_live(k, &plain, &life_faults[seed / TIMES],
		    (unsigned)(seed % TIMES) + 1);
	outcome_finish(&plain);
	bndk_unload(k);
}

/* --------------------------------------------------------------- its memory */

/* true: the nth allocation was reached, and failed. */
static bool
memory_start(uint64_t nth)
{
	struct kit_text why = { 0 };
	struct bndk *k;

	alloc_fail(nth);
	k = play_start(&why);
	if (alloc_count() < nth)
		nth = 0;
	alloc_fail(0);
	bndk_unload(k);
	text_finish(&why);
	return nth > 0;
}

static void
needs_allocations(void)
{
	if (!alloc_works())
		skipped("allocations cannot fail: this program runs under a "
			"sanitizer");
	/* Whose code is whose is known once it has started. */
	bndk_unload(play_start_well());
}

/* Three times, so that what is lost each time shows. */
void
rule_start_memory(void)
{
	uint64_t seed = 0;

	needs_allocations();
	while (seed_next(&seed, ALLOCATIONS)) {
		int64_t before, between;

		if (!memory_start(seed + 1))
			return;
		before = alloc_live();
		memory_start(seed + 1);
		between = alloc_live();
		memory_start(seed + 1);
		if (between > before && alloc_live() > between)
			broken("leak", "when an allocation of its start fails, "
				       "it leaves memory behind");
	}
}

static bool
memory_live(struct bndk *k, const struct outcome *plain, uint64_t nth)
{
	struct play p = play_short();
	struct outcome o;

	alloc_fail(nth);
	play(k, &p, &o);
	if (alloc_count() < nth)
		nth = 0;
	alloc_fail(0);
	must_not_lose(plain, &o, "memory", "an allocation of its own");
	outcome_finish(&o);
	text_finish(&k->log);
	return nth > 0;
}

void
rule_memory(void)
{
	struct play p = play_short();
	struct outcome plain;
	uint64_t seed = 0;
	struct bndk *k;

	needs_allocations();
	k = play_start_well();
	play_needs_connections(k);
	play(k, &p, &plain);
	while (seed_next(&seed, ALLOCATIONS))
		if (!memory_live(k, &plain, seed + 1))
			break;
	outcome_finish(&plain);
	bndk_unload(k);
}

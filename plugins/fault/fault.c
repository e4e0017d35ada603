/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * fault - does to connections what networks and peers do to them: resets,
 * stalls, ends too early, bytes that are wrong, backends that cannot be
 * reached.  All of it comes from a seed, and the log says which one does it
 * again.  See bindery-fault(7).
 */

#include "fault-plan.h"

#include "../test-common/ways.h"

#include <bindery/plugin.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum kind { KIND_RESET, KIND_STALL, KIND_TRUNCATE, KIND_CORRUPT, KIND_REFUSE };

struct fault {
	int fault;     /* enum kind; also the index of its metric */
	int direction; /* enum ways */
	int64_t after; /* bytes, as the next */
	int64_t every;
	int64_t time; /* ms; 0: for ever */
	int64_t one_in, seed;
};

struct fault_worker {
	uint64_t connections;
};

struct fault_way {
	struct plan plan;
	uint64_t passed;          /* bytes */
	bool is_stalled, is_over; /* for a while; for ever */
};

struct fault_stage {
	struct fault_way ways[2];
	uint64_t seed; /* does it all again */
	uint64_t faults;
	unsigned reset; /* the way that was reset */
};

enum { SLOT_RESET = 2 }; /* below it: stalls of the ways */

/* clang-format off */
static const struct bnd_option fault_options[] = {
	BND_OPTION(struct fault, fault, BND_T_ENUM, "fault",
	    .flags = BND_O_REQUIRED,
	    .choices = "reset|stall|truncate|corrupt|refuse",
	    .doc = "What happens to connections."),
	WAYS_OPTION(struct fault, "Where it happens."),
	BND_OPTION(struct fault, after, BND_T_SIZE, "after", .def = "0",
	    .min = 0, .max = (int64_t)1 << 50,
	    .doc = "So many bytes of the direction are let by first."),
	BND_OPTION(struct fault, every, BND_T_SIZE, "every", .def = "0",
	    .min = 0, .max = (int64_t)1 << 50,
	    .doc = "It happens at places drawn so many bytes apart on average; 0: once, at after."),
	BND_OPTION(struct fault, one_in, BND_T_INT, "one_in", .def = "1",
	    .min = 1, .max = 1000000000,
	    .doc = "Of so many connections one is hit on average; the others are left alone."),
	BND_OPTION(struct fault, time, BND_T_TIME, "time", .def = "0s",
	    .min = 0, .max = 86400000,
	    .doc = "How long a stall lasts; 0: for ever."),
	BND_OPTION(struct fault, seed, BND_T_INT, "seed", .def = "1",
	    .doc = "What all of it is drawn from."),
	{ 0 },
};

#define FAULTS(i, text) \
	[i] = { .name = "faults_total", .kind = BND_COUNTER, \
	    .doc = "Faults, by kind.", .label = "fault=\"" text "\"" }
static const struct bnd_metric fault_metrics[] = {
	FAULTS(KIND_RESET, "reset"), FAULTS(KIND_STALL, "stall"),
	FAULTS(KIND_TRUNCATE, "truncate"), FAULTS(KIND_CORRUPT, "corrupt"),
	FAULTS(KIND_REFUSE, "refuse"),
	{ 0 },
};
/* clang-format on */

static int
fault_check(struct bnd_binding *b)
{
	const struct fault *c = b->self;

	if (c->time && c->fault != KIND_STALL)
		return bnd_option_error(
		    b, "time", NULL, "it is for fault = \"stall\" only");
	if (c->fault == KIND_REFUSE &&
	    (c->after || c->every || c->direction != WAYS_BOTH))
		return bnd_option_error(b, "fault", NULL,
		    "\"refuse\" happens before there are bytes: leave out "
		    "after, every and direction");
	return 0;
}

/* Whole in its own words, so that the log does not fold it: each has a seed. */
static void
fault_tell(struct bnd_stage *st, const char *what, unsigned from)
{
	const struct fault *c = st->binding->self;
	struct fault_stage *s = st->self;
	char text[160];

	s->faults++;
	bnd_metric(st->worker, (unsigned)c->fault, 1);
	snprintf(text, sizeof(text),
	    "%s after %" PRIu64 " bytes of the %s; seed = %" PRId64
	    " does it again",
	    what, s->ways[from].passed, way_name(from), (int64_t)s->seed);
	bnd_log(st->binding, st, BND_INFO, "%s", text);
}

/* ------------------------------------------------------------------ opening */

static int
fault_refuse(struct bnd_stage *st)
{
	fault_tell(st, "refused", BND_FRONT);
	bnd_abort(st, -ECONNREFUSED, "refused on purpose");
	return -ECONNREFUSED;
}

static int
fault_open(struct bnd_stage *st, void *arg)
{
	const struct fault *c = st->binding->self;
	struct fault_worker *w = st->worker->self;
	struct fault_stage *s = st->self;
	struct dice dice;

	(void)arg;
	s->seed = dice_seed(st->worker, &w->connections, c->seed);
	dice.state = s->seed;
	if (dice_below(&dice, (uint64_t)c->one_in) > 0) {
		bnd_leave(st);
		return 0;
	}
	if (c->fault == KIND_REFUSE)
		return fault_refuse(st);
	for (unsigned from = BND_FRONT; from <= BND_BACK; from++)
		plan_init(&s->ways[from].plan, dice_roll(&dice),
		    (uint64_t)c->after, (uint64_t)c->every);
	ways_bypass_others(st, c->direction);
	bnd_wake(st); /* a fault after 0 bytes waits for none */
	return 0;
}

/* ------------------------------------------------------------------- faults */

static void
fault_reset(struct bnd_stage *st, unsigned from)
{
	struct fault_stage *s = st->self;

	s->reset = from;
	s->ways[BND_FRONT].is_over = s->ways[BND_BACK].is_over = true;
	fault_tell(st, "reset", from);
	/* In the next turn: what came before it is sent first. */
	bnd_timer(st, SLOT_RESET, 0);
}

static void
fault_truncate(struct bnd_stage *st, unsigned from)
{
	struct fault_stage *s = st->self;

	s->ways[from].is_over = true;
	fault_tell(st, "truncated", from);
	bnd_end(st, way_to(from));
	bnd_discard(st, from);
}

static void
fault_stall(struct bnd_stage *st, unsigned from)
{
	const struct fault *c = st->binding->self;
	struct fault_stage *s = st->self;

	s->ways[from].is_stalled = true;
	plan_go_on(&s->ways[from].plan);
	fault_tell(st, "stalled", from);
	if (c->time)
		bnd_timer(st, from, c->time);
}

/* One bit of the next byte, if it is there. */
static void
fault_corrupt(struct bnd_stage *st, unsigned from)
{
	struct fault_stage *s = st->self;
	struct fault_way *way = &s->ways[from];
	char *p;

	if (bnd_room(st, way_to(from)) == 0 || bnd_edit(st, from, 1, &p) == 0)
		return;
	*p = (char)(*p ^ 1 << dice_below(&way->plan.dice, 8));
	fault_tell(st, "corrupted a byte", from);
	plan_go_on(&way->plan);
	way->passed += bnd_move(st, from, way_to(from), 1);
}

/* False: that is all for now. */
static bool
fault_pass(struct bnd_stage *st, unsigned from)
{
	static void (*const strike[])(struct bnd_stage *, unsigned) = {
		[KIND_RESET] = fault_reset,
		[KIND_STALL] = fault_stall,
		[KIND_TRUNCATE] = fault_truncate,
		[KIND_CORRUPT] = fault_corrupt,
	};
	const struct fault *c = st->binding->self;
	struct fault_stage *s = st->self;
	struct fault_way *way = &s->ways[from];
	uint64_t before = way->passed, left = way->plan.next - before;

	if (way->is_stalled || way->is_over)
		return false;
	if (left > 0)
		way->passed += bnd_move(st, from, way_to(from),
		    left < bnd_avail(st, from) ? left : bnd_avail(st, from));
	if (way->passed == way->plan.next)
		strike[c->fault](st, from);
	if (!way->is_stalled && !way->is_over)
		way_end(st, from);
	return way->passed > before;
}

static void
fault_flow(struct bnd_stage *st)
{
	const struct fault *c = st->binding->self;

	for (unsigned from = BND_FRONT; from <= BND_BACK; from++)
		while (ways_has(c->direction, from) && fault_pass(st, from))
			;
}

static void
fault_timer(struct bnd_stage *st, unsigned slot)
{
	struct fault_stage *s = st->self;

	if (slot == SLOT_RESET) {
		bnd_abort(st, -ECONNRESET, "the %s was reset on purpose",
		    way_name(s->reset));
		return;
	}
	s->ways[slot].is_stalled = false;
	fault_flow(st);
}

static void
fault_show(
    struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *answer)
{
	const struct fault_stage *s = st ? st->self : NULL;

	(void)w;
	if (!s)
		return;
	bnd_answer(answer, "seed", "%" PRId64, (int64_t)s->seed);
	bnd_answer(answer, "faults", "%" PRIu64, s->faults);
	for (unsigned from = BND_FRONT; from <= BND_BACK; from++)
		if (s->ways[from].is_stalled)
			bnd_answer(answer, way_name(from), "stalled");
}

static const struct bnd_type fault = {
	BND_HEAD("fault", "1.0", BND_FILTER),
	.summary =
	    "Resets, stalls, truncates, corrupts or refuses connections.",
	.options = fault_options,
	.metrics = fault_metrics,
	.binding_size = sizeof(struct fault),
	.worker_size = sizeof(struct fault_worker),
	.stage_size = sizeof(struct fault_stage),
	.check = fault_check,
	.open = fault_open,
	.flow = fault_flow,
	.timer = fault_timer,
	.show = fault_show,
};

BND_PLUGIN(fault);

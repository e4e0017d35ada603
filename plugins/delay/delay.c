/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * delay - passes bytes, and the end behind them, on a while after they came, in
 * order; and opens the way behind it late.  What is held back stays in the
 * inlet, so a sender that is faster than the delay allows is held back too.
 * See bindery-delay(7).
 */

#include "delay-line.h"

#include "../test-common/dice.h"
#include "../test-common/ways.h"

#include <bindery/plugin.h>
#include <inttypes.h>

struct delay {
	int direction; /* enum ways */
	int64_t time;  /* ms, as the next two */
	int64_t jitter;
	int64_t open;
	int64_t seed;
};

struct delay_worker {
	uint64_t connections;
};

struct delay_way {
	struct line line;
	struct dice dice;
	bool has_end;   /* the end was seen */
	int64_t end_ms; /* and is due then */
};

struct delay_stage {
	struct delay_way ways[2];
};

enum { SLOT_OPEN = 2 }; /* below it: of the ways */
enum { DELAY_BYTES };

/* clang-format off */
static const struct bnd_option delay_options[] = {
	WAYS_OPTION(struct delay, "What is delayed."),
	BND_OPTION(struct delay, time, BND_T_TIME, "time", .def = "0s",
	    .min = 0, .max = 3600000, .doc = "How long bytes are held back."),
	BND_OPTION(struct delay, jitter, BND_T_TIME, "jitter", .def = "0s",
	    .min = 0, .max = 3600000, .doc = "Up to so much longer, drawn anew whenever bytes arrive."),
	BND_OPTION(struct delay, open, BND_T_TIME, "open", .def = "0s",
	    .min = 0, .max = 3600000, .doc = "How long what lies behind is opened later."),
	BND_OPTION(struct delay, seed, BND_T_INT, "seed", .def = "1",
	    .doc = "What the jitter is drawn from."),
	{ 0 },
};

static const struct bnd_metric delay_metrics[] = {
	[DELAY_BYTES] = { .name = "bytes_total", .kind = BND_COUNTER,
	    .unit = "bytes", .doc = "Bytes held back for a while." },
	{ 0 },
};
/* clang-format on */

/* ------------------------------------------------------------------ opening */

static int
delay_open(struct bnd_stage *st, void *arg)
{
	const struct delay *c = st->binding->self;
	struct delay_worker *w = st->worker->self;
	struct delay_stage *s = st->self;
	uint64_t seed = dice_seed(st->worker, &w->connections, c->seed);

	(void)arg;
	s->ways[BND_FRONT].dice.state = seed;
	s->ways[BND_BACK].dice.state = ~seed;
	ways_bypass_others(st, c->direction);
	if (c->open == 0)
		return bnd_open_back(st, NULL);
	bnd_timer(st, SLOT_OPEN, c->open);
	return 0;
}

static void
delay_open_back(struct bnd_stage *st)
{
	int rc = bnd_open_back(st, NULL);

	if (rc < 0)
		bnd_abort(st, rc, "what lies behind cannot be opened");
}

static void
delay_opened(struct bnd_stage *st, int err)
{
	if (err)
		bnd_abort(st, err, "what lies behind could not be opened");
	else
		bnd_open_front(st);
}

/* -------------------------------------------------------------------- bytes */

static void
delay_note(struct bnd_stage *st, unsigned from)
{
	const struct delay *c = st->binding->self;
	struct delay_stage *s = st->self;
	struct delay_way *way = &s->ways[from];
	size_t waiting = bnd_avail(st, from);
	bool is_end = bnd_ended(st, from) && !way->has_end;
	int64_t wait_ms, due_ms;

	if (!is_end && way->line.gone + waiting <= way->line.seen)
		return;
	wait_ms =
	    c->time + (int64_t)dice_below(&way->dice, (uint64_t)c->jitter + 1);
	/* One more: of the clock's present millisecond a part is over. */
	due_ms = line_due(&way->line, bnd_now() + wait_ms + (wait_ms > 0),
	    line_step(c->time + c->jitter));
	line_note(&way->line, waiting, due_ms);
	if (is_end) {
		way->has_end = true;
		way->end_ms = due_ms;
	}
}

static void
delay_pass(struct bnd_stage *st, unsigned from)
{
	struct delay_stage *s = st->self;
	struct delay_way *way = &s->ways[from];
	int64_t now_ms = bnd_now(), next_ms;
	size_t n;

	delay_note(st, from);
	n = bnd_move(st, from, way_to(from), line_ripe(&way->line, now_ms));
	way->line.gone += n;
	bnd_metric(st->worker, DELAY_BYTES, (int64_t)n);
	next_ms = line_next(&way->line);
	if (way->has_end && way->end_ms <= now_ms)
		way_end(st, from);
	else if (way->has_end && way->end_ms < next_ms)
		next_ms = way->end_ms;
	if (next_ms < INT64_MAX)
		bnd_timer(st, from, next_ms - now_ms);
}

static void
delay_flow(struct bnd_stage *st)
{
	const struct delay *c = st->binding->self;

	for (unsigned from = BND_FRONT; from <= BND_BACK; from++)
		if (ways_has(c->direction, from))
			delay_pass(st, from);
}

static void
delay_timer(struct bnd_stage *st, unsigned slot)
{
	if (slot == SLOT_OPEN)
		delay_open_back(st);
	else
		delay_pass(st, slot);
}

static void
delay_show(
    struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *answer)
{
	const struct delay *c = w->binding->self;
	const struct delay_stage *s = st ? st->self : NULL;

	for (unsigned from = BND_FRONT; s && from <= BND_BACK; from++) {
		const struct line *l = &s->ways[from].line;

		if (ways_has(c->direction, from))
			bnd_answer(answer, way_name(from),
			    "%" PRIu64 " bytes passed on, %" PRIu64 " held",
			    l->gone, l->seen - l->gone);
	}
}

static const struct bnd_type delay = {
	BND_HEAD("delay", "1.0", BND_FILTER),
	.flags = BND_HOLD_BACK | BND_HOLD_FRONT,
	.summary = "Passes bytes on a while after they came.",
	.options = delay_options,
	.metrics = delay_metrics,
	.binding_size = sizeof(struct delay),
	.worker_size = sizeof(struct delay_worker),
	.stage_size = sizeof(struct delay_stage),
	.open = delay_open,
	.opened = delay_opened,
	.flow = delay_flow,
	.timer = delay_timer,
	.show = delay_show,
};

BND_PLUGIN(delay);

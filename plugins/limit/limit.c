/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * limit - lets so many bytes a second by: a token bucket for each direction of
 * each connection.  What does not pass stays in the inlet, so the sender is
 * held back and nothing piles up.  See bindery-limit(7).
 */

#include "limit-bucket.h"

#include "../test-common/ways.h"

#include <bindery/plugin.h>
#include <inttypes.h>

struct limit {
	int direction; /* enum ways */
	int64_t rate;  /* bytes a second */
	int64_t burst; /* bytes */
};

struct limit_way {
	struct bucket bucket;
	bool is_waiting; /* for its timer */
	uint64_t bytes, waits;
};

struct limit_stage {
	struct limit_way ways[2];
};

enum { LIMIT_WAITS };

/* Bytes are let by some 50 times a second, not one by one. */
enum { STEPS = 50, BURST_LEAST = 1500, BURST_PART = 10 };

/* clang-format off */
static const struct bnd_option limit_options[] = {
	WAYS_OPTION(struct limit, "What is limited; each direction has the whole rate."),
	BND_OPTION(struct limit, rate, BND_T_SIZE, "rate",
	    .flags = BND_O_REQUIRED, .min = 1, .max = BUCKET_MOST,
	    .doc = "Bytes a second, of each connection."),
	BND_OPTION(struct limit, burst, BND_T_SIZE, "burst", .def = "0",
	    .min = 0, .max = BUCKET_MOST,
	    .doc = "Bytes that may pass at once after a pause, at least those of 20 ms; 0: those of 100 ms, at least 1500."),
	{ 0 },
};

static const struct bnd_metric limit_metrics[] = {
	[LIMIT_WAITS] = { .name = "waits_total", .kind = BND_COUNTER,
	    .doc = "How often bytes had to wait." },
	{ 0 },
};
/* clang-format on */

static int64_t
limit_most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* With less than a step's, timers would not come often enough for the rate. */
static int64_t
limit_burst(const struct limit *c)
{
	return c->burst ? limit_most(c->burst, c->rate / STEPS)
			: limit_most(BURST_LEAST, c->rate / BURST_PART);
}

static int
limit_open(struct bnd_stage *st, void *arg)
{
	const struct limit *c = st->binding->self;
	struct limit_stage *s = st->self;

	(void)arg;
	for (unsigned from = BND_FRONT; from <= BND_BACK; from++)
		bucket_init(
		    &s->ways[from].bucket, c->rate, limit_burst(c), bnd_now());
	ways_bypass_others(st, c->direction);
	return 0;
}

/* Bytes are there, and room for them, but the bucket is empty. */
static void
limit_wait(struct bnd_stage *st, unsigned from, size_t waiting)
{
	struct limit_stage *s = st->self;
	struct limit_way *way = &s->ways[from];
	int64_t n = limit_most(1, way->bucket.rate / STEPS);

	if ((uint64_t)n > waiting)
		n = (int64_t)waiting;
	way->is_waiting = true;
	way->waits++;
	bnd_metric(st->worker, LIMIT_WAITS, 1);
	bnd_timer(st, from, bucket_wait(&way->bucket, n));
}

static void
limit_pass(struct bnd_stage *st, unsigned from)
{
	struct limit_stage *s = st->self;
	struct limit_way *way = &s->ways[from];
	unsigned to = way_to(from);
	size_t n;

	bucket_fill(&way->bucket, bnd_now());
	n = bnd_move(st, from, to, (size_t)bucket_bytes(&way->bucket));
	bucket_take(&way->bucket, (int64_t)n);
	way->bytes += n;
	n = bnd_avail(st, from);
	if (n > 0 && bnd_room(st, to) > 0)
		limit_wait(st, from, n);
	way_end(st, from);
}

static void
limit_flow(struct bnd_stage *st)
{
	const struct limit *c = st->binding->self;
	const struct limit_stage *s = st->self;

	for (unsigned from = BND_FRONT; from <= BND_BACK; from++)
		if (ways_has(c->direction, from) && !s->ways[from].is_waiting)
			limit_pass(st, from);
}

static void
limit_timer(struct bnd_stage *st, unsigned slot)
{
	struct limit_stage *s = st->self;

	s->ways[slot].is_waiting = false;
	limit_pass(st, slot);
}

static void
limit_show(
    struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *answer)
{
	const struct limit *c = w->binding->self;
	const struct limit_stage *s = st ? st->self : NULL;

	if (!s)
		bnd_answer(answer, "burst", "%" PRId64, limit_burst(c));
	for (unsigned from = BND_FRONT; s && from <= BND_BACK; from++)
		if (ways_has(c->direction, from))
			bnd_answer(answer, way_name(from),
			    "%" PRIu64 " bytes, has waited %" PRIu64 " times%s",
			    s->ways[from].bytes, s->ways[from].waits,
			    s->ways[from].is_waiting ? ", waits" : "");
}

static const struct bnd_type limit = {
	BND_HEAD("limit", "1.0", BND_FILTER),
	.summary = "Lets so many bytes a second by.",
	.options = limit_options,
	.metrics = limit_metrics,
	.binding_size = sizeof(struct limit),
	.stage_size = sizeof(struct limit_stage),
	.open = limit_open,
	.flow = limit_flow,
	.timer = limit_timer,
	.show = limit_show,
};

BND_PLUGIN(limit);

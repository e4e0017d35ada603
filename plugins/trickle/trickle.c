/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * trickle - passes bytes on in small pieces, one by default, so that whoever
 * comes next sees its input cut everywhere.  Each piece waits for a turn of the
 * worker's loop of its own, in which the one before it is used or written.  See
 * bindery-trickle(7).
 */

#include "../test-common/dice.h"
#include "../test-common/ways.h"

#include <bindery/plugin.h>
#include <inttypes.h>

struct trickle {
	int direction;    /* enum ways */
	int64_t size;     /* bytes, as the next */
	int64_t max_size; /* 0: always size */
	int64_t interval; /* ms */
	int64_t seed;
};

struct trickle_worker {
	uint64_t connections;
};

struct trickle_way {
	struct dice dice;
	bool is_waiting; /* for its timer */
	uint64_t pieces, bytes;
};

struct trickle_stage {
	struct trickle_way ways[2];
};

enum { TRICKLE_PIECES };

/* clang-format off */
static const struct bnd_option trickle_options[] = {
	WAYS_OPTION(struct trickle, "What is cut."),
	BND_OPTION(struct trickle, size, BND_T_SIZE, "size", .def = "1",
	    .min = 1, .max = 65536, .doc = "Bytes of a piece."),
	BND_OPTION(struct trickle, max_size, BND_T_SIZE, "max_size", .def = "0",
	    .min = 0, .max = 65536,
	    .doc = "Each piece is of a size drawn between size and this; 0: all are of that size."),
	BND_OPTION(struct trickle, interval, BND_T_TIME, "interval", .def = "0s",
	    .min = 0, .max = 3600000, .doc = "Time between two pieces."),
	BND_OPTION(struct trickle, seed, BND_T_INT, "seed", .def = "1",
	    .doc = "What the sizes are drawn from."),
	{ 0 },
};

static const struct bnd_metric trickle_metrics[] = {
	[TRICKLE_PIECES] = { .name = "pieces_total", .kind = BND_COUNTER,
	    .doc = "Pieces passed on." },
	{ 0 },
};
/* clang-format on */

static int
trickle_check(struct bnd_binding *b)
{
	const struct trickle *c = b->self;

	if (c->max_size && c->max_size < c->size)
		return bnd_option_error(b, "max_size", NULL,
		    "it is less than size: make it 0 or at least as much");
	return 0;
}

static int
trickle_open(struct bnd_stage *st, void *arg)
{
	const struct trickle *c = st->binding->self;
	struct trickle_worker *w = st->worker->self;
	struct trickle_stage *s = st->self;
	uint64_t seed = dice_seed(st->worker, &w->connections, c->seed);

	(void)arg;
	s->ways[BND_FRONT].dice.state = seed;
	s->ways[BND_BACK].dice.state = ~seed;
	ways_bypass_others(st, c->direction);
	return 0;
}

static void
trickle_piece(struct bnd_stage *st, unsigned from)
{
	const struct trickle *c = st->binding->self;
	struct trickle_stage *s = st->self;
	struct trickle_way *way = &s->ways[from];
	size_t n = (size_t)c->size;

	/* Not drawn when nothing can move: how often we are called is chance.
	 */
	if (bnd_avail(st, from) > 0 && bnd_room(st, way_to(from)) > 0 &&
	    c->max_size > c->size)
		n += dice_below(
		    &way->dice, (uint64_t)(c->max_size - c->size) + 1);
	n = bnd_move(st, from, way_to(from), n);
	if (n > 0) {
		way->pieces++;
		way->bytes += n;
		way->is_waiting = true;
		bnd_metric(st->worker, TRICKLE_PIECES, 1);
		bnd_timer(st, from, c->interval);
	}
	way_end(st, from);
}

static void
trickle_flow(struct bnd_stage *st)
{
	const struct trickle *c = st->binding->self;
	const struct trickle_stage *s = st->self;

	for (unsigned from = BND_FRONT; from <= BND_BACK; from++)
		if (ways_has(c->direction, from) && !s->ways[from].is_waiting)
			trickle_piece(st, from);
}

static void
trickle_timer(struct bnd_stage *st, unsigned slot)
{
	struct trickle_stage *s = st->self;

	s->ways[slot].is_waiting = false;
	trickle_piece(st, slot);
}

static void
trickle_show(
    struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *answer)
{
	const struct trickle *c = w->binding->self;
	const struct trickle_stage *s = st ? st->self : NULL;

	for (unsigned from = BND_FRONT; s && from <= BND_BACK; from++)
		if (ways_has(c->direction, from))
			bnd_answer(answer, way_name(from),
			    "%" PRIu64 " bytes in %" PRIu64 " pieces",
			    s->ways[from].bytes, s->ways[from].pieces);
}

static const struct bnd_type trickle = {
	BND_HEAD("trickle", "1.0", BND_FILTER),
	.summary = "Passes bytes on in small pieces.",
	.options = trickle_options,
	.metrics = trickle_metrics,
	.binding_size = sizeof(struct trickle),
	.worker_size = sizeof(struct trickle_worker),
	.stage_size = sizeof(struct trickle_stage),
	.check = trickle_check,
	.open = trickle_open,
	.flow = trickle_flow,
	.timer = trickle_timer,
	.show = trickle_show,
};

BND_PLUGIN(trickle);

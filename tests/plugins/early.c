/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* early: a sink that ends its reply before the client has said anything, and
 * counts what the client says then. */
#include <bindery/plugin.h>

enum { EARLY_BYTES, EARLY_ENDS };

static const struct bnd_metric early_metrics[] = {
	[EARLY_BYTES] = { .name = "bytes_total",
	    .kind = BND_COUNTER,
	    .unit = "bytes",
	    .doc = "What clients said." },
	[EARLY_ENDS] = { .name = "ends_total",
	    .kind = BND_COUNTER,
	    .doc = "Clients that were heard to their end." },
	{ 0 },
};

static int
early_open(struct bnd_stage *st, void *arg)
{
	(void)arg;
	bnd_end(st, BND_FRONT);
	return 0;
}

static void
early_flow(struct bnd_stage *st)
{
	bnd_metric(
	    st->worker, EARLY_BYTES, (int64_t)bnd_eat(st, BND_FRONT, BND_ALL));
	bnd_metric(st->worker, EARLY_ENDS, bnd_ended(st, BND_FRONT));
}

static const struct bnd_type type = {
	BND_HEAD("early", "1.0", BND_SINK),
	.summary = "Ends first, and listens then.",
	.metrics = early_metrics,
	.open = early_open,
	.flow = early_flow,
};

BND_PLUGIN(type);

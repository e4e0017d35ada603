/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "pipeline/metric.h"

#include "base/arena.h"
#include "plugins/negotiate.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t
metric_count(const struct binding *b)
{
	struct bnd_metric m;
	uint32_t n = 0;

	while (metric_at(b->type->metrics, b->type->metric_size, n, &m))
		n++;
	return n;
}

size_t
metric_cells(const struct bnd_metric *m)
{
	return m->kind == BND_HISTOGRAM ? HISTOGRAM_CELLS : 1;
}

static int
metrics_open(struct binding *b)
{
	const struct ledger_key key = {
		.pipeline = b->pub.pipeline,
		.binding = b->pub.name,
		.type = b->type->name,
		.metrics = b->type->metrics,
		.metric_size = b->type->metric_size,
		.cells = metrics_cell_count(b),
		.count = b->pub.workers,
	};

	if (b->metric_count == 0)
		return 0;
	b->ledger = ledger_open(&key);
	return b->ledger ? 0 : -ENOMEM;
}

int
metrics_lay_out(struct binding *b, struct arena *arena)
{
	struct bnd_metric m;
	uint32_t at = 0;

	b->metric_count = metric_count(b);
	b->metric_places =
	    arena_array(arena, b->metric_count + 1, sizeof(*b->metric_places));
	if (!b->metric_places)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->metric_count; i++) {
		metric_at(b->type->metrics, b->type->metric_size, i, &m);
		b->metric_places[i] = (struct metric_place){ at, m.kind };
		at += (uint32_t)metric_cells(&m);
	}
	b->metric_places[b->metric_count].at = at;
	return metrics_open(b);
}

size_t
metrics_cell_count(const struct binding *b)
{
	return b->metric_places[b->metric_count].at;
}

int
metrics_give(struct desk *d)
{
	const struct binding *b = d->binding;

	if (!b->ledger)
		return 0;
	d->unshown = calloc(b->metric_count, sizeof(*d->unshown));
	if (!d->unshown)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->metric_count; i++)
		d->unshown[i] = LEDGER_UNSET;
	d->sheet = ledger_sheet(b->ledger, d->pub.index);
	return 0;
}

void
metrics_take_back(struct desk *d)
{
	free(d->unshown);
	d->unshown = NULL;
	d->sheet = NULL;
}

void
metrics_serve(struct desk *d)
{
	const struct binding *b = d->binding;

	if (!d->sheet || !d->unshown)
		return;
	for (uint32_t i = 0; i < b->metric_count; i++)
		if (b->metric_places[i].kind == BND_VALUE)
			cell_set(&d->sheet->cells[b->metric_places[i].at],
			    d->unshown[i]);
	free(d->unshown);
	d->unshown = NULL;
	d->sheet->owner = d;
	atomic_store_explicit(
	    &d->sheet->generation, b->pub.generation, memory_order_release);
}

void
metrics_leave(struct desk *d)
{
	if (d->sheet && d->sheet->owner == d)
		d->sheet->owner = NULL;
}

/* What a desk sets before its generation serves waits for that, as the reload
 * may still be refused; what one sets that has been superseded is no news. */
static void
value_set(struct desk *d, unsigned id, struct cell *c, int64_t value)
{
	if (d->unshown)
		d->unshown[id] = value;
	else if (d->sheet->owner == d)
		cell_set(c, value);
}

void
metric_add(struct desk *d, unsigned id, int64_t value)
{
	const struct binding *b = d->binding;
	struct cell *c;

	if (id >= b->metric_count || !d->sheet)
		return;
	c = &d->sheet->cells[b->metric_places[id].at];
	switch (b->metric_places[id].kind) {
	case BND_HISTOGRAM:
		histogram_observe(c, value);
		break;
	case BND_VALUE:
		value_set(d, id, c, value);
		break;
	case BND_COUNTER: /* knows one direction only */
		if (value > 0)
			cell_add(c, value);
		break;
	default:
		cell_add(c, value);
	}
}

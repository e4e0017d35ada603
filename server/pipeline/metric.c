/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "pipeline/metric.h"

#include "base/arena.h"
#include "plugins/negotiate.h"

#include <errno.h>

static uint32_t
metric_count(const struct binding *b)
{
	struct bnd_metric m;
	uint32_t n = 0;

	while (metric_at(b->type->metrics, b->type->metric_size, n, &m))
		n++;
	return n;
}

int
metrics_lay_out(struct binding *b, struct arena *arena)
{
	struct bnd_metric m;
	uint32_t at = 0;

	b->metric_count = metric_count(b);
	b->metric_at =
	    arena_array(arena, b->metric_count + 1, sizeof(*b->metric_at));
	if (!b->metric_at)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->metric_count; i++) {
		metric_at(b->type->metrics, b->type->metric_size, i, &m);
		b->metric_at[i] = at;
		at += m.kind == BND_HISTOGRAM ? METRIC_CELLS : 1;
	}
	b->metric_at[b->metric_count] = at;
	return 0;
}

size_t
metrics_cell_count(const struct binding *b)
{
	return b->metric_at[b->metric_count];
}

/* Only this worker writes, so a load and a store do. */
static void
cell_add(_Atomic int64_t *cell, int64_t value)
{
	int64_t old = atomic_load_explicit(cell, memory_order_relaxed);

	atomic_store_explicit(cell, (int64_t)((uint64_t)old + (uint64_t)value),
	    memory_order_relaxed);
}

static unsigned
bucket_of(int64_t value)
{
	unsigned bits =
	    value <= 0 ? 0 : 64 - (unsigned)__builtin_clzll((uint64_t)value);

	return bits < METRIC_BUCKETS ? bits : METRIC_BUCKETS - 1;
}

void
metric_add(struct desk *d, unsigned id, int64_t value)
{
	struct binding *b = d->binding;
	_Atomic int64_t *cell;
	struct bnd_metric m;

	if (id >= b->metric_count || !d->values)
		return;
	cell = &d->values[b->metric_at[id]];
	if (b->metric_at[id + 1] - b->metric_at[id] == METRIC_CELLS) {
		cell_add(&cell[METRIC_SUM], value);
		cell_add(&cell[METRIC_N], 1);
		cell_add(&cell[METRIC_BUCKET + bucket_of(value)], 1);
		return;
	}
	metric_at(b->type->metrics, b->type->metric_size, id, &m);
	if (m.kind == BND_VALUE)
		atomic_store_explicit(cell, value, memory_order_relaxed);
	else
		cell_add(cell, value);
}

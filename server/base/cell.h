/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * cell.h - figures that one thread writes and any thread may read, which costs
 * what plain memory costs; and histograms of such cells, whose buckets are
 * powers of two.  Who shows them adds the cells of all threads up.
 */
#ifndef BASE_CELL_H
#define BASE_CELL_H

#include <stdatomic.h>
#include <stdint.h>

struct cell {
	_Atomic int64_t n;
};

/* A histogram's cells: sum, count, and how many values were below 1, below 2,
 * below 4, ...; the last bucket has all the others. */
enum { HISTOGRAM_BUCKETS = 40 };
enum {
	HISTOGRAM_SUM,
	HISTOGRAM_N,
	HISTOGRAM_BUCKET,
	HISTOGRAM_CELLS = HISTOGRAM_BUCKET + HISTOGRAM_BUCKETS
};

/* [any] */
static inline int64_t
cell_read(const struct cell *c)
{
	return atomic_load_explicit(&c->n, memory_order_relaxed);
}

/* [the one that writes it]  Only it writes, so a load and a store do. */
static inline void
cell_set(struct cell *c, int64_t value)
{
	atomic_store_explicit(&c->n, value, memory_order_relaxed);
}

static inline void
cell_add(struct cell *c, int64_t value)
{
	cell_set(c, (int64_t)((uint64_t)cell_read(c) + (uint64_t)value));
}

static inline unsigned
histogram_bucket(int64_t value)
{
	unsigned bits =
	    value <= 0 ? 0 : 64 - (unsigned)__builtin_clzll((uint64_t)value);

	return bits < HISTOGRAM_BUCKETS ? bits : HISTOGRAM_BUCKETS - 1;
}

static inline void
histogram_observe(struct cell *h, int64_t value)
{
	cell_add(&h[HISTOGRAM_SUM], value);
	cell_add(&h[HISTOGRAM_N], 1);
	cell_add(&h[HISTOGRAM_BUCKET + histogram_bucket(value)], 1);
}

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * metric.h - the figures of a binding: each worker keeps its own share, which
 * only it writes; who shows them adds the shares up.
 */
#ifndef PIPELINE_METRIC_H
#define PIPELINE_METRIC_H

#include "base/arena.h"
#include "pipeline/pipeline.h"

/* A histogram's cells: sum, count, and how many values were below 1, 2, 4, ...
 */
enum { METRIC_BUCKETS = 40 };
enum { METRIC_SUM, METRIC_N, METRIC_BUCKET, METRIC_CELLS = 2 + METRIC_BUCKETS };

/* [main] Lay out the cells of a binding; 0 or -ENOMEM. */
int metrics_lay_out(struct binding *b, struct arena *arena);

/* How many cells a desk of it needs. */
size_t metrics_cell_count(const struct binding *b);

/* [worker] As bnd_metric(). */
void metric_add(struct desk *d, unsigned id, int64_t value);

#endif

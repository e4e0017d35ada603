/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * metric.h - the figures of a binding, as its plugin declares them: each worker
 * keeps its own share, in the ledger that all generations of the binding have
 * in common.
 */
#ifndef PIPELINE_METRIC_H
#define PIPELINE_METRIC_H

#include "base/arena.h"
#include "pipeline/ledger.h"
#include "pipeline/pipeline.h"
#include "plugins/metric-name.h"

/* Where a metric's cells begin in a sheet. */
struct metric_place {
	uint32_t at;
	uint32_t kind; /* enum bnd_metric_kind */
};

/* [main] Lay out the cells of a binding and open its ledger; 0 or -ENOMEM. */
int metrics_lay_out(struct binding *b, struct arena *arena);

/* How many cells a metric has. */
size_t metric_cells(const struct bnd_metric *m);

/* How many cells a desk of it needs. */
size_t metrics_cell_count(const struct binding *b);

/* [main] Give the desk its sheet.  0 or -ENOMEM. */
int metrics_give(struct desk *d);
void metrics_take_back(struct desk *d);

/* [worker] The desk's generation takes over: what it has set, and sets from now
 * on, is shown; what others of the binding set is not. */
void metrics_serve(struct desk *d);

/* [worker] The desk is stopped. */
void metrics_leave(struct desk *d);

/* [worker] As bnd_metric(). */
void metric_add(struct desk *d, unsigned id, int64_t value);

#endif

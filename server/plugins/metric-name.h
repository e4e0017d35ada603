/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * metric-name.h - what the metrics of a plugin's table are called outside, and
 * whether they can be called so.
 */
#ifndef PLUGINS_METRIC_NAME_H
#define PLUGINS_METRIC_NAME_H

#include "base/arena.h"

#include <bindery/plugin.h>

/* Can Prometheus be told what a plugin's table (which passed type_negotiate())
 * says: are units and labels well formed, is nothing there twice?  NULL, or
 * what is wrong, in the arena or constant.  [main] */
const char *metrics_check(
    const struct bnd_metric *table, size_t element_size, struct arena *arena);

/* The name of the metric's family, to be freed: what is put before it, the
 * plugin's name, the unit, "_total" of a counter.  NULL: no memory.  [any] */
char *metric_family(const char *prefix, const struct bnd_metric *m);

/* "counter", "histogram", "gauge": what Prometheus calls an enum
 * bnd_metric_kind. */
const char *metric_kind_name(uint32_t kind);

/* How many decimals a value has once it is in the family's unit: 3 for
 * milliseconds that are shown as seconds. */
unsigned metric_decimals(const struct bnd_metric *m);

#endif

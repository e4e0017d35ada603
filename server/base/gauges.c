/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "base/gauges.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t gauges[GAUGE_COUNT];

void
gauge_set(enum gauge g, int64_t value)
{
	atomic_store_explicit(&gauges[g], value, memory_order_relaxed);
}

void
gauge_add(enum gauge g, int64_t value)
{
	atomic_fetch_add_explicit(&gauges[g], value, memory_order_relaxed);
}

int64_t
gauge_read(enum gauge g)
{
	return atomic_load_explicit(&gauges[g], memory_order_relaxed);
}

void
gauge_reloaded(_Bool is_good, int64_t took_ms)
{
	gauge_add(is_good ? GAUGE_RELOADS_GOOD : GAUGE_RELOADS_REFUSED, 1);
	gauge_set(GAUGE_RELOAD_AT, time(NULL));
	gauge_set(GAUGE_RELOAD_OK, is_good);
	gauge_set(GAUGE_RELOAD_MS, took_ms);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * gauges.h - the figures that the process has once: who knows one of them sets
 * it here, and metrics and control tool read it, so that neither has to know
 * the other.  [any thread]
 */
#ifndef BASE_GAUGES_H
#define BASE_GAUGES_H

#include <stdint.h>

enum gauge {
	GAUGE_STARTED_AT,      /* seconds since 1970 */
	GAUGE_GENERATION,      /* the number of the one that serves */
	GAUGE_GENERATIONS,     /* how many live, it and those that leave */
	GAUGE_RELOADS_GOOD,    /* so many */
	GAUGE_RELOADS_REFUSED, /* so many */
	GAUGE_RELOAD_AT,       /* the last one: seconds since 1970; 0: none */
	GAUGE_RELOAD_OK,       /* 1: good, 0: refused */
	GAUGE_RELOAD_MS,       /* how long it took */
	GAUGE_IMAGES,          /* plugin files that are mapped */
	GAUGE_IMAGES_RETIRED,  /* those of them that nothing uses */
	GAUGE_LOG_LOST,        /* lines */
	GAUGE_COUNT
};

void gauge_set(enum gauge g, int64_t value);
void gauge_add(enum gauge g, int64_t value);
int64_t gauge_read(enum gauge g);

/* A reload has ended, well or not. */
void gauge_reloaded(_Bool is_good, int64_t took_ms);

#endif

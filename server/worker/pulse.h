/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * pulse.h - how long the turns of a loop take, without the waiting: whoever is
 * behind something slow has to wait that long.  Written by the loop's thread,
 * read by any.
 */
#ifndef WORKER_PULSE_H
#define WORKER_PULSE_H

#include "base/cell.h"

enum { PULSE_SLOTS = 6, PULSE_SLOT_MS = 10000 };

struct pulse {
	struct cell turns[HISTOGRAM_CELLS]; /* microseconds */
	struct cell peaks[PULSE_SLOTS];     /* of ten seconds each: pulse.c */
};

/* [the loop's thread] A turn has taken so long; now_ms is monotonic. */
void pulse_turn(struct pulse *p, int64_t now_ms, int64_t us);

/* [any] The greatest of the last minute, to ten seconds. */
int64_t pulse_peak_us(const struct pulse *p, int64_t now_ms);

#endif

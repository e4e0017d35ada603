/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/pulse.h"

/* A peak's cell: the number of its ten seconds above, microseconds below, so
 * that both are read at once. */
enum { PEAK_BITS = 32 };
#define PEAK_MOST ((INT64_C(1) << PEAK_BITS) - 1)

void
pulse_turn(struct pulse *p, int64_t now_ms, int64_t us)
{
	int64_t slot = now_ms / PULSE_SLOT_MS;
	struct cell *peak = &p->peaks[slot % PULSE_SLOTS];

	histogram_observe(p->turns, us);
	us = slot << PEAK_BITS | (us < 0 ? 0 : us < PEAK_MOST ? us : PEAK_MOST);
	/* An older slot is less, too. */
	if (us > cell_read(peak))
		cell_set(peak, us);
}

int64_t
pulse_peak_us(const struct pulse *p, int64_t now_ms)
{
	int64_t slot = now_ms / PULSE_SLOT_MS, greatest = 0;

	for (unsigned i = 0; i < PULSE_SLOTS; i++) {
		int64_t peak = cell_read(&p->peaks[i]);

		if (peak >> PEAK_BITS > slot - PULSE_SLOTS &&
		    (peak & PEAK_MOST) > greatest)
			greatest = peak & PEAK_MOST;
	}
	return greatest;
}

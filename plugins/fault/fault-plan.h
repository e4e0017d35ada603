/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * fault-plan.h - at which bytes of a stream faults are, decided from the seed
 * and the options alone: however the bytes are cut on their way, the same seed
 * hits the same ones.
 */
#ifndef FAULT_PLAN_H
#define FAULT_PLAN_H

#include "../test-common/dice.h"

#include <stdint.h>

struct plan {
	struct dice dice;
	uint64_t every; /* mean distance of two; 0: there is only one */
	uint64_t next; /* so many bytes come before it; UINT64_MAX: none does */
};

static inline void
plan_init(struct plan *p, uint64_t seed, uint64_t after, uint64_t every)
{
	*p = (struct plan){ { seed }, every, after };
	if (every)
		p->next += dice_below(&p->dice, 2 * every);
}

/* That one has been; the next is at least one byte further. */
static inline void
plan_go_on(struct plan *p)
{
	if (p->every)
		p->next += 1 + dice_below(&p->dice, 2 * p->every - 1);
	else
		p->next = UINT64_MAX;
}

#endif

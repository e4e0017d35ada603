/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * ways.h - the two ways through a stage, and the option "direction" which says
 * on which of them a binding works.  A way is known by the side it comes from:
 * the request from BND_FRONT, the reply from BND_BACK; so a side is also the
 * index of a way, and of its timer.
 */
#ifndef TEST_COMMON_WAYS_H
#define TEST_COMMON_WAYS_H

#include <bindery/plugin.h>
#include <stdbool.h>

enum ways { WAYS_BOTH, WAYS_REQUEST, WAYS_REPLY };

/* The option; the field is the int `direction`. */
#define WAYS_OPTION(STRUCT, DOC)                                              \
	BND_OPTION(STRUCT, direction, BND_T_ENUM, "direction", .def = "both", \
	    .choices = "both|request|reply", .doc = (DOC))

static inline bool
ways_has(int direction, unsigned from)
{
	return direction == WAYS_BOTH ||
	       direction == (from == BND_FRONT ? WAYS_REQUEST : WAYS_REPLY);
}

static inline unsigned
way_to(unsigned from)
{
	return from == BND_FRONT ? BND_BACK : BND_FRONT;
}

static inline const char *
way_name(unsigned from)
{
	return from == BND_FRONT ? "request" : "reply";
}

/* In open(): what is not chosen goes by without us. */
static inline void
ways_bypass_others(struct bnd_stage *st, int direction)
{
	for (unsigned from = BND_FRONT; from <= BND_BACK; from++)
		if (!ways_has(direction, from))
			bnd_bypass(st, from, way_to(from));
}

/* Whatever there is was moved: now the end, if it has come. */
static inline void
way_end(struct bnd_stage *st, unsigned from)
{
	if (bnd_avail(st, from) == 0 && bnd_ended(st, from))
		bnd_end(st, way_to(from));
}

#endif

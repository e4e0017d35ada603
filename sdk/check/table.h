/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* table.h - inside of play.c and act.c: the table at which a connection is
 * played, with a neighbour on each side of the stage. */
#ifndef CHECK_TABLE_H
#define CHECK_TABLE_H

#include "check.h"

struct table {
	struct bndk *k;
	struct bndk_conn *c;
	struct play *p;
	size_t sent[2], most[2]; /* bytes, said and to be said */
	size_t cut;              /* the longest piece */
	unsigned idle_calls, wakes, ways;
	bool has_reloaded;
};

static inline bool
table_is_cut(const struct table *t)
{
	return t->p->mode & PLAY_CUTS;
}

/* One thing that somebody does; false: there is nothing left to do. */
bool table_step(struct table *t);

#endif

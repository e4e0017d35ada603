/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * roster.h - the ledgers to show at one moment, in the order of their names:
 * those that a live generation uses, and of several for the same binding the
 * one of the newest generation.  [any thread]
 */
#ifndef METRICS_ROSTER_H
#define METRICS_ROSTER_H

#include "pipeline/ledger.h"

struct roster {
	const struct ledger **ledgers; /* pipelines' own before bindings' */
	size_t count;
	size_t pipelines; /* how many are pipelines' own */
};

/* 0 or -ENOMEM. */
int roster_init(struct roster *r);
void roster_finish(struct roster *r);

#endif

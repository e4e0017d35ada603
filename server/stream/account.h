/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * account.h - what the connections of one pipeline on one worker come to: the
 * cells of the pipeline's ledger.  Bytes are counted while they flow, spliced
 * ones too.  A connection counts in the pipeline where it began.
 */
#ifndef STREAM_ACCOUNT_H
#define STREAM_ACCOUNT_H

#include "pipeline/ledger.h"
#include "pipeline/pipeline.h"
#include "stream/reason.h"

enum account_way { ACCOUNT_RECEIVED, ACCOUNT_SENT };

/* What every read and write touches lies in the first line. */
struct account {
	struct cell bytes[2][2]; /* by side and way */
	struct cell stalls[2];   /* by side: a socket that took no more */
	struct cell connections; /* now */
	struct cell accepted;    /* in all */
	struct cell reasons[REASON_COUNT];
	/* milliseconds: from opening the back until it was connected; from the
	 * beginning to the end */
	struct cell connect[HISTOGRAM_CELLS];
	struct cell lifetime[HISTOGRAM_CELLS];
};

/* The index of a member in a sheet's cells. */
#define ACCOUNT_CELL(member) \
	(offsetof(struct account, member) / sizeof(struct cell))

/* [main] The ledger of a pipeline; NULL: no memory. */
struct ledger *account_open(const char *pipeline, unsigned workers);

/* [any] A worker's part of it. */
static inline struct account *
account_of(const struct ledger *l, unsigned worker)
{
	return (void *)ledger_sheet(l, worker)->cells;
}

#endif

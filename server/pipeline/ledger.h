/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * ledger.h - figures that outlive generations.  A ledger is found by pipeline,
 * binding, type and what it counts, and lives as long as the process; it has a
 * sheet for each worker, on cache lines of its own, which only that worker
 * writes, for all generations.  The list of ledgers only grows, so that any
 * thread may walk it at any time: there are as many as the operator ever named
 * pipelines and bindings.
 *
 *     ledger 1--n sheet (one a worker) 1--n cell
 */
#ifndef PIPELINE_LEDGER_H
#define PIPELINE_LEDGER_H

#include "base/cell.h"

#include <bindery/plugin.h>

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>

struct desk;

struct sheet {
	alignas(64) const struct desk *owner; /* whose BND_VALUEs are shown;
						 the worker's */
	_Atomic uint32_t generation;          /* of the owner */
	alignas(64) struct cell cells[];
};

/* What a ledger is found by. */
struct ledger_key {
	const char *pipeline;
	const char *binding, *type; /* NULL: the host's own of the pipeline */
	const struct bnd_metric *metrics; /* a plugin's, in its image; or NULL
					   */
	uint32_t metric_size;
	size_t cells;   /* of a sheet */
	unsigned count; /* of sheets: the workers */
};

struct ledger {
	const struct ledger *next;
	struct ledger_key key;       /* its own copies of the names */
	atomic_uint users;           /* live generations */
	_Atomic uint32_t generation; /* the newest that used it */
	size_t sheet_size;           /* bytes */
	char *sheets;
};

/* [main] Find it, or make it with all cells 0.  NULL: no memory. */
struct ledger *ledger_open(const struct ledger_key *k);

/* [main] One more, one less generation counts in it. */
void ledger_use(struct ledger *l, uint32_t generation);
void ledger_unuse(struct ledger *l);

/* [any] The newest of all ledgers; follow next. */
const struct ledger *ledger_first(void);

/* [any] Does a live generation count in it? */
static inline bool
ledger_is_live(const struct ledger *l)
{
	return atomic_load_explicit(&l->users, memory_order_acquire) > 0;
}

static inline struct sheet *
ledger_sheet(const struct ledger *l, unsigned worker)
{
	return (void *)(l->sheets + worker * l->sheet_size);
}

/* [any] What all workers counted in that cell. */
int64_t ledger_sum(const struct ledger *l, size_t cell);

/* [any] The greatest that a worker of the newest generation has set in that
 * cell; LEDGER_UNSET: none has. */
#define LEDGER_UNSET INT64_MIN
int64_t ledger_greatest(const struct ledger *l, size_t cell);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * pipeline.h - what one generation made of the configuration: pipelines, their
 * bindings, and each binding's desk on each worker.
 *
 *     generation 1--n pipeline 1--n binding 1--n desk (one a worker)
 *
 * The main thread makes and unmakes them while no connection of theirs lives; a
 * connection pins its generation.  Workers read all of it and write only their
 * own desks.
 */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "plugins/image.h"
#include "worker/loop.h"

#include <bindery/plugin.h>

#include <stdalign.h>
#include <stdatomic.h>
#include <sys/queue.h>

struct generation;
struct ledger;
struct metric_place;
struct sheet;
struct worker;

enum { TIMER_SLOTS = 4 };

/* A plugin's timers and descriptors, of a stage or of a desk
 * (pipeline/waits.h). */
struct waits;

/* How many connections and jobs of one worker need a generation; a line of its
 * own each, so that workers do not share it. */
struct pins {
	alignas(64) atomic_ulong count;
};

/* struct bnd_exit of the SDK is a pipeline of ours. */
struct bnd_exit {
	struct pipeline *pipeline;
};

struct pipeline {
	const char *name;
	struct generation *generation;
	struct pins *pins;        /* the generation's, one a worker */
	struct binding *bindings; /* in order */
	size_t count;
	struct bnd_exit exit; /* what a route that names it points to */
	int log_level;        /* of its own; the daemon's holds too */
	bool log_connections; /* a line for each that ended badly, and */
	unsigned log_sample;  /* for one in so many of the others */
	int64_t drain_timeout_ms;
	const char *file;
	unsigned line;
	bool has_entry;        /* an exit leads here; structure.c's */
	bool is_drained;       /* the operator closed its listeners */
	struct ledger *ledger; /* of struct account */
};

struct binding {
	struct bnd_binding pub;
	const struct bnd_type *type;
	struct image *image;
	struct pipeline *pipeline;
	struct binding *next;   /* of the pipeline; NULL: the last */
	struct desk **desks;    /* one a worker */
	const struct node *map; /* as configured, for messages */
	uint32_t claim_id;      /* the same in all generations */
	uint32_t metric_count;
	struct metric_place *metric_places;
	struct ledger *ledger; /* of its metrics; NULL: it has none */
	bool is_parsed;        /* its options are good */
	bool is_started;       /* start() was called */
	size_t listener_count;
};

struct desk {
	struct bnd_worker pub;
	struct binding *binding;
	struct worker *worker;
	struct waits *waits;
	LIST_ENTRY(desk) link; /* of the worker's desks */
	struct sheet *sheet;   /* of binding->ledger; NULL: no metrics */
	int64_t *unshown;      /* BND_VALUEs set before it serves, by id */
	uint32_t wants_room;   /* bnd_post() said -EAGAIN */
	struct letter *early;  /* posts that came before it started, the
				  newest first */
	uint32_t works;        /* bnd_worker_work() still out */
	uint32_t unlogged;     /* of a source: connections since one was
				  logged */
	bool is_started;       /* worker_start() was called */
	bool is_stopping;
	bool has_failed; /* a timer could not be had */
};

/* [any] A connection, job or message of this pipeline's generation begins or
 * ends on that worker. */
static inline void
pipeline_pin(struct pipeline *p, unsigned worker)
{
	atomic_fetch_add_explicit(
	    &p->pins[worker].count, 1, memory_order_relaxed);
}

static inline void
pipeline_unpin(struct pipeline *p, unsigned worker)
{
	atomic_fetch_sub_explicit(
	    &p->pins[worker].count, 1, memory_order_release);
}

static inline struct binding *
binding_of(const struct bnd_binding *b)
{
	return CONTAINER_OF((uintptr_t)b, struct binding, pub);
}

static inline struct desk *
desk_of(const struct bnd_worker *w)
{
	return CONTAINER_OF((uintptr_t)w, struct desk, pub);
}

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * figures.h - the host's own figures, added up over the workers: of a pipeline,
 * of a worker, of the process.  [any thread, at any time; nothing is locked, so
 * figures that are read together may be of slightly different moments]
 */
#ifndef METRICS_FIGURES_H
#define METRICS_FIGURES_H

#include "base/gauges.h"
#include "stream/reason.h"

#include <stdbool.h>
#include <stdint.h>

struct worker;

/* Since the process started, over all generations; bytes as the connections'
 * log lines have them. */
struct pipeline_figures {
	int64_t connections; /* now */
	int64_t accepted;
	int64_t from_client, to_client, from_backend, to_backend;
	int64_t client_stalls, backend_stalls; /* a socket took no more */
	int64_t reasons[REASON_COUNT];         /* connections that ended */
};

/* False, and all is 0: no live generation has such a pipeline. */
bool pipeline_figures(const char *pipeline, struct pipeline_figures *r);

/* The same added up over all pipelines that there ever were. */
void host_figures(struct pipeline_figures *r);

struct process_figures {
	int64_t descriptors, descriptor_limit;
	int64_t resident; /* bytes */
	int64_t cpu_ms;   /* user and system */
	int64_t threads;
};

/* Reads /proc, which takes a while when many descriptors are open.  What cannot
 * be read is -1. */
void process_figures(struct process_figures *r);

/* [main, before the workers start; count 0: before they are destroyed, once
 * nobody reads any more] Whose loops to look at; borrowed. */
void figures_watch(struct worker *const *workers, unsigned count);

struct worker_figures {
	int64_t connections; /* now, of all pipelines */
	int64_t peak_us;     /* the longest turn of the last minute */
	int64_t pauses, turned_away, held; /* see struct worker */
};

unsigned figures_worker_count(void);
const struct worker *figures_worker(unsigned i);
void worker_figures(unsigned i, struct worker_figures *r);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * generation.h - everything that one reading of the configuration made: the
 * tree, the pipelines, the bindings with their options, the desks, the
 * listeners.  A generation is prepared as a whole, takes over as a whole, and
 * goes as a whole once no connection needs it any more.
 *
 *     create -> start -> commit -> drain -> stop -> destroy      [main thread]
 */
#ifndef RELOAD_GENERATION_H
#define RELOAD_GENERATION_H

#include "base/report.h"
#include "config/settings.h"
#include "pipeline/pipeline.h"

struct generation;
struct worker;

/* The process's workers, all generations' alike. */
struct crew {
	struct worker **workers;
	unsigned count;
};

/* Read the tree (taken over, on failure too): settings, plugins (host: their
 * table), options, structure, check().  plugin_dirs: where to look before and
 * after the configuration's own plugin_path, NULL-ended.  Returns a generation
 * even when the report has errors, as far as it got; NULL: no memory. */
struct generation *generation_create(struct config_tree **tree, uint32_t number,
    const struct crew *crew, const struct bnd_host *host,
    const char *const *plugin_dirs, struct report *report);

/* start() of every binding, then worker_start() on every worker, sinks first.
 * 0, or -errno with the report saying why: then it has to be stopped, once work
 * and messages that it had begun do not pin it any more. */
int generation_start(struct generation *g, struct report *report);

/* From now on its listeners' connections go to it. */
void generation_commit(struct generation *g);

/* Its listeners' connections go to nobody any more; worker_drain() and drain()
 * are called.  Live connections run on. */
void generation_drain(struct generation *g);

/* Connections, jobs and messages that still need it. */
uint64_t generation_pins(const struct generation *g);

/* worker_stop() and stop(); nothing may need it any more. */
void generation_stop(struct generation *g);
void generation_destroy(struct generation **g);

const struct settings *generation_settings(const struct generation *g);
uint32_t generation_number(const struct generation *g);

/* Print the effective configuration. */
void generation_dump(const struct generation *g, FILE *out);

/* ---- for the plugins' table */

int generation_listen(struct binding *b, const struct bnd_endpoint *e,
    unsigned flags, int backlog, unsigned mode);
struct report *generation_report(struct generation *g);
const struct bnd_exit *generation_exit(struct generation *g, const char *name);

/* What show(), explain() and command() write to. */
struct bnd_answer {
	void (*add)(
	    struct bnd_answer *a, const char *key, const char *fmt, va_list ap);
};

#endif

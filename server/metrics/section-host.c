/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "metrics/sections.h"

#include "metrics/families.h"
#include "metrics/figures.h"
#include "metrics/scribe.h"
#include "plugins/abi.h"
#include "stream/account.h"
#include "worker/worker.h"

#include <string.h>

#include "build-info.h"

/* ----------------------------------------------------------------- process */

static void
write_one(FILE *out, enum family f, int64_t value, unsigned decimals)
{
	scribe_sample(out, family_begin(out, f), "", value, decimals);
}

static void
write_gauge(FILE *out, enum family f, enum gauge g)
{
	write_one(out, f, gauge_read(g), 0);
}

static void
write_build(FILE *out)
{
	char labels[256] = "";

	scribe_label(labels, sizeof(labels), "version", BINDERY_VERSION);
	scribe_label(labels, sizeof(labels), "abi", abi_format(abi_host()).s);
	scribe_sample(out, family_begin(out, FAMILY_BUILD_INFO), labels, 1, 0);
}

static void
write_reloads(FILE *out)
{
	const char *name = family_begin(out, FAMILY_RELOADS);
	bool was_any = gauge_read(GAUGE_RELOAD_AT) != 0;

	scribe_sample(
	    out, name, "result=\"good\"", gauge_read(GAUGE_RELOADS_GOOD), 0);
	scribe_sample(out, name, "result=\"refused\"",
	    gauge_read(GAUGE_RELOADS_REFUSED), 0);
	write_one(out, FAMILY_RELOAD_OK,
	    was_any ? gauge_read(GAUGE_RELOAD_OK) : 1, 0);
	write_gauge(out, FAMILY_RELOAD_TIME, GAUGE_RELOAD_AT);
	write_one(out, FAMILY_RELOAD_DURATION, gauge_read(GAUGE_RELOAD_MS), 3);
}

static void
write_if_known(FILE *out, enum family f, int64_t value, unsigned decimals)
{
	if (value >= 0)
		write_one(out, f, value, decimals);
}

void
section_process(FILE *out)
{
	struct process_figures p;

	write_build(out);
	write_gauge(out, FAMILY_START_TIME, GAUGE_STARTED_AT);
	write_gauge(out, FAMILY_GENERATION, GAUGE_GENERATION);
	write_gauge(out, FAMILY_GENERATIONS, GAUGE_GENERATIONS);
	write_reloads(out);
	write_gauge(out, FAMILY_IMAGES, GAUGE_IMAGES);
	write_gauge(out, FAMILY_IMAGES_RETIRED, GAUGE_IMAGES_RETIRED);
	write_gauge(out, FAMILY_LOG_LOST, GAUGE_LOG_LOST);
	process_figures(&p);
	write_if_known(out, FAMILY_CPU, p.cpu_ms, 3);
	write_if_known(out, FAMILY_RESIDENT, p.resident, 0);
	write_if_known(out, FAMILY_FDS, p.descriptors, 0);
	write_if_known(out, FAMILY_FDS_MOST, p.descriptor_limit, 0);
	write_if_known(out, FAMILY_THREADS, p.threads, 0);
}

/* --------------------------------------------------------------- pipelines */

/* A family of pipelines: what is written of each. */
typedef void pipeline_fn(FILE *out, const char *name, const struct ledger *l,
    char labels[LABELS_MOST], size_t cell);

/* With one more label; the one that was there stays. */
static void
write_labelled(FILE *out, const char *name, char labels[LABELS_MOST],
    const char *key, const char *value, int64_t n)
{
	size_t end = strlen(labels);

	if (scribe_label(labels, LABELS_MOST, key, value))
		scribe_sample(out, name, labels, n, 0);
	labels[end] = 0;
}

static void
write_cell(FILE *out, const char *name, const struct ledger *l,
    char labels[LABELS_MOST], size_t cell)
{
	scribe_sample(out, name, labels, ledger_sum(l, cell), 0);
}

/* One cell of each side. */
static void
write_peers(FILE *out, const char *name, const struct ledger *l,
    char labels[LABELS_MOST], size_t client, size_t backend)
{
	write_labelled(
	    out, name, labels, "peer", "client", ledger_sum(l, client));
	write_labelled(
	    out, name, labels, "peer", "backend", ledger_sum(l, backend));
}

static void
write_bytes(FILE *out, const char *name, const struct ledger *l,
    char labels[LABELS_MOST], size_t way)
{
	write_peers(out, name, l, labels, ACCOUNT_CELL(bytes[BND_FRONT]) + way,
	    ACCOUNT_CELL(bytes[BND_BACK]) + way);
}

static void
write_stalls(FILE *out, const char *name, const struct ledger *l,
    char labels[LABELS_MOST], size_t cell)
{
	write_peers(out, name, l, labels, cell + BND_FRONT, cell + BND_BACK);
}

static void
write_reasons(FILE *out, const char *name, const struct ledger *l,
    char labels[LABELS_MOST], size_t cell)
{
	for (unsigned i = 0; i < REASON_COUNT; i++)
		write_labelled(out, name, labels, "reason",
		    reason_text(i)->name, ledger_sum(l, cell + i));
}

static void
write_histogram(FILE *out, const char *name, const struct ledger *l,
    char labels[LABELS_MOST], size_t cell)
{
	int64_t cells[HISTOGRAM_CELLS];

	for (unsigned i = 0; i < HISTOGRAM_CELLS; i++)
		cells[i] = ledger_sum(l, cell + i);
	scribe_histogram(out, name, labels, cells,
	    cell == ACCOUNT_CELL(connect) ? SCALE_MS_SHORT : SCALE_MS);
}

static const struct {
	enum family family;
	pipeline_fn *write;
	size_t cell;
} pipeline_families[] = {
	{ FAMILY_CONNECTIONS, write_cell, ACCOUNT_CELL(connections) },
	{ FAMILY_ACCEPTED, write_cell, ACCOUNT_CELL(accepted) },
	{ FAMILY_ENDED, write_reasons, ACCOUNT_CELL(reasons) },
	{ FAMILY_RECEIVED, write_bytes, ACCOUNT_RECEIVED },
	{ FAMILY_SENT, write_bytes, ACCOUNT_SENT },
	{ FAMILY_STALLS, write_stalls, ACCOUNT_CELL(stalls) },
	{ FAMILY_CONNECT, write_histogram, ACCOUNT_CELL(connect) },
	{ FAMILY_LIFETIME, write_histogram, ACCOUNT_CELL(lifetime) },
};

void
section_pipelines(FILE *out, const struct roster *r)
{
	char labels[LABELS_MOST];

	for (size_t f = 0; f < ARRAY_COUNT(pipeline_families); f++) {
		const char *name =
		    family_begin(out, pipeline_families[f].family);

		for (size_t i = 0; i < r->pipelines; i++) {
			const struct ledger *l = r->ledgers[i];

			labels[0] = 0;
			if (scribe_label(labels, sizeof(labels), "pipeline",
				l->key.pipeline))
				pipeline_families[f].write(out, name, l, labels,
				    pipeline_families[f].cell);
		}
	}
}

/* ----------------------------------------------------------------- workers */

static void
write_worker(FILE *out, enum family f, const char *name, unsigned i)
{
	const struct cell *turns = figures_worker(i)->loop.pulse.turns;
	int64_t cells[HISTOGRAM_CELLS];
	struct worker_figures w;
	char labels[32];

	snprintf(labels, sizeof(labels), "worker=\"%u\"", i);
	if (f == FAMILY_WORKER_TURN) {
		for (unsigned k = 0; k < HISTOGRAM_CELLS; k++)
			cells[k] = cell_read(&turns[k]);
		scribe_histogram(out, name, labels, cells, SCALE_US);
		return;
	}
	worker_figures(i, &w);
	if (f == FAMILY_WORKER_CONNECTIONS)
		scribe_sample(out, name, labels, w.connections, 0);
	else if (f == FAMILY_WORKER_PEAK)
		scribe_sample(out, name, labels, w.peak_us, 6);
	else if (f == FAMILY_WORKER_PAUSES)
		scribe_sample(out, name, labels, w.pauses, 0);
	else if (f == FAMILY_WORKER_HELD)
		scribe_sample(out, name, labels, w.held, 0);
	else
		scribe_sample(out, name, labels, w.turned_away, 0);
}

void
section_workers(FILE *out)
{
	unsigned count = figures_worker_count();

	for (enum family f = FAMILY_WORKER_CONNECTIONS;
	     f <= FAMILY_WORKER_TURNED_AWAY; f++) {
		const char *name = family_begin(out, f);

		for (unsigned i = 0; i < count; i++)
			write_worker(out, f, name, i);
	}
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "metrics/figures.h"

#include "stream/account.h"
#include "worker/worker.h"

#include <string.h>

/* --------------------------------------------------------------- pipelines */

static void
figures_add(struct pipeline_figures *r, const struct account *a)
{
	r->connections += cell_read(&a->connections);
	r->accepted += cell_read(&a->accepted);
	r->from_client += cell_read(&a->bytes[BND_FRONT][ACCOUNT_RECEIVED]);
	r->to_client += cell_read(&a->bytes[BND_FRONT][ACCOUNT_SENT]);
	r->from_backend += cell_read(&a->bytes[BND_BACK][ACCOUNT_RECEIVED]);
	r->to_backend += cell_read(&a->bytes[BND_BACK][ACCOUNT_SENT]);
	r->client_stalls += cell_read(&a->stalls[BND_FRONT]);
	r->backend_stalls += cell_read(&a->stalls[BND_BACK]);
	for (unsigned i = 0; i < REASON_COUNT; i++)
		r->reasons[i] += cell_read(&a->reasons[i]);
}

static void
figures_add_ledger(struct pipeline_figures *r, const struct ledger *l)
{
	for (unsigned i = 0; i < l->key.count; i++)
		figures_add(r, account_of(l, i));
}

bool
pipeline_figures(const char *pipeline, struct pipeline_figures *r)
{
	*r = (struct pipeline_figures){ 0 };
	for (const struct ledger *l = ledger_first(); l; l = l->next) {
		if (l->key.binding || !ledger_is_live(l) ||
		    strcmp(l->key.pipeline, pipeline) != 0)
			continue;
		figures_add_ledger(r, l);
		return true;
	}
	return false;
}

void
host_figures(struct pipeline_figures *r)
{
	*r = (struct pipeline_figures){ 0 };
	for (const struct ledger *l = ledger_first(); l; l = l->next)
		if (!l->key.binding)
			figures_add_ledger(r, l);
}

/* ----------------------------------------------------------------- workers */

static struct worker *const *watched;
static unsigned watched_count;

void
figures_watch(struct worker *const *workers, unsigned count)
{
	watched = workers;
	watched_count = count;
}

unsigned
figures_worker_count(void)
{
	return watched_count;
}

const struct worker *
figures_worker(unsigned i)
{
	return watched[i];
}

static int64_t
worker_connections(unsigned i)
{
	int64_t n = 0;

	for (const struct ledger *l = ledger_first(); l; l = l->next)
		if (!l->key.binding && i < l->key.count)
			n += cell_read(&account_of(l, i)->connections);
	return n;
}

void
worker_figures(unsigned i, struct worker_figures *r)
{
	const struct worker *w = watched[i];

	*r = (struct worker_figures){
		.connections = worker_connections(i),
		.peak_us = pulse_peak_us(&w->loop.pulse, loop_clock()),
		.pauses = cell_read(&w->pauses),
		.turned_away = cell_read(&w->turned_away),
		.held = cell_read(&w->held),
	};
}

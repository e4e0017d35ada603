/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "reload/generation-inner.h"

#include "pipeline/keep.h"
#include "pipeline/metric.h"
#include "pipeline/post.h"
#include "pipeline/waits.h"
#include "stream/stage.h"
#include "worker/worker.h"

#include <errno.h>
#include <string.h>

/* A generation on one worker: the argument of what runs there. */
struct shift {
	struct generation *g;
	struct binding *failed; /* whose worker_start() said no */
};

/* ------------------------------------------------------------------- starting
 */

static int
desk_start(struct desk *d)
{
	const struct bnd_type *type = d->binding->type;
	int rc;

	LIST_INSERT_HEAD(&d->worker->desks, d, link);
	d->is_started = true;
	rc = type->worker_start ? plugin_result(PLUGIN_CALL(d->worker,
				      d->binding, worker_start, &d->pub))
				: 0;
	if (rc == 0 && d->has_failed)
		rc = -ENOMEM;
	if (rc == 0)
		post_hand_early(d);
	return rc;
}

static int
shift_start(struct worker *w, void *arg)
{
	struct shift *s = arg;
	struct binding *b;

	FOR_SINKS_FIRST(s->g, b)
	{
		int rc = desk_start(b->desks[w->index]);

		if (rc < 0) {
			s->failed = b;
			return rc;
		}
	}
	return 0;
}

static void
desk_stop(struct desk *d)
{
	const struct bnd_type *type = d->binding->type;

	if (!d->is_started)
		return;
	d->is_stopping = true;
	if (type->worker_stop)
		PLUGIN_CALL(d->worker, d->binding, worker_stop, &d->pub);
	waits_destroy(&d->waits);
	metrics_leave(d);
	LIST_REMOVE(d, link);
	keep_release(d->binding, (int)d->worker->index);
	d->is_started = false;
}

static int
shift_stop(struct worker *w, void *arg)
{
	struct shift *s = arg;
	struct binding *b;

	FOR_SOURCES_FIRST(s->g, b)
	desk_stop(b->desks[w->index]);
	return 0;
}

/* Why a binding could not listen matters to the caller more than how its
 * plugin put it: a port that is forbidden is another end than one in use. */
static int
binding_start(struct generation *g, struct binding *b)
{
	size_t errors = g->report->errors;
	int rc;

	b->is_started = true;
	g->at = b;
	g->listen_error = 0;
	rc = b->type->start ? plugin_result(b->type->start(&b->pub)) : 0;
	g->at = NULL;
	if (rc < 0 && g->report->errors == errors)
		report_error(g->report, b->map->file, b->map->line,
		    "pipeline '%s', binding '%s': cannot start: %s",
		    b->pub.pipeline, b->pub.name, strerror(-rc));
	return rc < 0 && g->listen_error ? g->listen_error : rc;
}

static int
workers_start(struct generation *g)
{
	for (unsigned i = 0; i < g->crew.count; i++) {
		struct shift s = { g, NULL };
		int rc = worker_call(g->crew.workers[i], shift_start, &s);

		if (rc < 0) {
			report_error(g->report, s.failed->map->file,
			    s.failed->map->line,
			    "pipeline '%s', binding '%s': cannot start on "
			    "worker %u: %s",
			    s.failed->pub.pipeline, s.failed->pub.name, i,
			    strerror(-rc));
			return rc;
		}
	}
	return 0;
}

static int
shift_give_up(struct worker *w, void *arg)
{
	struct shift *s = arg;
	struct binding *b;

	FOR_SOURCES_FIRST(s->g, b)
	{
		struct desk *d = b->desks[w->index];

		d->is_stopping = true;
		post_hand_early(d);
	}
	return 0;
}

/* Nothing new begins, and nobody connects. */
static void
generation_give_up(struct generation *g)
{
	struct shift s = { g, NULL };

	bookings_release(g);
	for (unsigned i = 0; i < g->crew.count; i++)
		worker_call(g->crew.workers[i], shift_give_up, &s);
}

int
generation_start(struct generation *g, struct report *report)
{
	struct binding *b;
	int rc = 0;

	g->report = report;
	FOR_SINKS_FIRST(g, b)
	{
		rc = binding_start(g, b);
		if (rc < 0)
			break;
	}
	if (rc == 0)
		rc = workers_start(g);
	g->report = NULL;
	if (rc < 0)
		generation_give_up(g);
	return rc;
}

/* ---------------------------------------------------------- taking over,
 * leaving */

/* Its figures are shown from now on, and until it is destroyed. */
static void
generation_show(struct generation *g)
{
	struct binding *b;

	for (size_t i = 0; i < g->pipeline_count; i++)
		ledger_use(g->pipelines[i].ledger, g->number);
	FOR_SINKS_FIRST(g, b)
	if (b->ledger)
		ledger_use(b->ledger, g->number);
	g->is_shown = true;
}

static int
shift_open(struct worker *w, void *arg)
{
	struct generation *g = arg;
	struct binding *b;

	FOR_SINKS_FIRST(g, b)
	metrics_serve(b->desks[w->index]);
	bookings_point(g, w);
	return 0;
}

void
generation_commit(struct generation *g)
{
	bookings_settle(g);
	for (unsigned i = 0; i < g->crew.count; i++)
		worker_call(g->crew.workers[i], shift_open, g);
	generation_show(g);
}

static void
stage_drain(struct stage *s)
{
	const struct bnd_type *type = s->binding->type;

	if (s->state == STAGE_OPEN && type->drain) {
		PLUGIN_CALL(s->hop.conn->worker, s->binding, drain, &s->pub);
		stage_after_call(s);
	}
}

static int
shift_drain(struct worker *w, void *arg)
{
	struct shift *s = arg;
	struct binding *b;
	struct conn *c;

	FOR_SOURCES_FIRST(s->g, b)
	if (b->type->worker_drain)
		PLUGIN_CALL(w, b, worker_drain, &b->desks[w->index]->pub);
	LIST_FOREACH(c, &w->conns, link)
	{
		if (c->pipeline->generation != s->g || c->state != CONN_LIVE)
			continue;
		/* Aborts only mark; the chain stays as it is until the task. */
		for (struct stage *st = c->first, *next; st; st = next) {
			next = st->next;
			stage_drain(st);
		}
	}
	return 0;
}

void
generation_drain(struct generation *g)
{
	struct shift s = { g, NULL };

	/* What a newer generation has taken over stays open. */
	bookings_release(g);
	for (unsigned i = 0; i < g->crew.count; i++)
		worker_call(g->crew.workers[i], shift_drain, &s);
}

void
generation_stop(struct generation *g)
{
	struct shift s = { g, NULL };
	struct binding *b;

	for (unsigned i = 0; i < g->crew.count; i++)
		worker_call(g->crew.workers[i], shift_stop, &s);
	bookings_release(g);
	FOR_SOURCES_FIRST(g, b)
	{
		if (b->is_started && b->type->stop)
			b->type->stop(&b->pub);
		b->is_started = false;
	}
}

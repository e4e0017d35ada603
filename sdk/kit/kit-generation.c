/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-generation.c - the binding in one generation: loading, options, starting,
 * and its end. */

#include "kit-calls.h"
#include "kit-inner.h"

#include "config/option.h"
#include "plugins/metric-name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct bnd_exit *
find_exit(void *arg, const char *name)
{
	return exit_find(arg, name);
}

static void
desks_free(struct kit_generation *g)
{
	for (unsigned i = 0; g->desks && i < g->k->workers; i++) {
		if (!g->desks[i])
			continue;
		free(g->desks[i]->pub.self);
		free(g->desks[i]);
	}
	free(g->desks);
	g->desks = NULL;
}

static void
desks_make(struct kit_generation *g)
{
	const struct bnd_type *type = &g->image->type;

	g->desks = kit_alloc(g->k->workers * sizeof(struct kit_desk *));
	for (unsigned i = 0; i < g->k->workers; i++) {
		struct kit_desk *d = kit_alloc(sizeof(*d));

		d->pub.self = kit_alloc(type->worker_size);
		d->pub.binding = &g->pub;
		d->pub.index = i;
		d->generation = g;
		waits_init(&d->waits);
		g->desks[i] = d;
	}
}

static void
generation_free(struct kit_generation *g)
{
	const struct bnd_type *type = g->image ? &g->image->type : NULL;

	if (g->is_parsed)
		option_wipe(type->options, type->option_size, g->pub.self);
	desks_free(g);
	report_finish(&g->report);
	arena_finish(&g->arena);
	free(g->pub.self);
	free(g);
}

/* ---------------------------------------------------------------- the steps */

static bool
generation_load(struct kit_generation *g, const char *path)
{
	static const char *const no_dirs[] = { NULL };
	const struct bnd_type *type;
	const char *wrong;

	kit_current = g->k;
	g->image = image_load(path, no_dirs, &kit_host, NULL, 0, &g->report);
	if (!g->image)
		return false;
	type = &g->image->type;
	wrong = option_table_check(
	    type->options, type->option_size, type->binding_size, &g->arena);
	if (!wrong)
		wrong =
		    metrics_check(type->metrics, type->metric_size, &g->arena);
	if (wrong)
		report_error(&g->report, NULL, 0,
		    "plugin '%s' cannot be used: %s", path, wrong);
	return !wrong;
}

static bool
generation_parse(struct kit_generation *g, const char *options)
{
	static const char *const skip[] = { "type", "name", NULL };
	const struct bnd_type *type = &g->image->type;
	struct option_context ctx = {
		.arena = &g->arena,
		.report = &g->report,
		.pipeline = g->pub.pipeline,
		.binding = g->pub.name,
		.exit_find = find_exit,
		.exit_arg = g->k,
		.skip = skip,
	};
	const char *wrong = options_read(options, &g->arena, &g->map);

	if (wrong) {
		report_error(&g->report, "options", 1, "%s", wrong);
		return false;
	}
	g->pub.self = kit_alloc(type->binding_size);
	desks_make(g);
	g->is_parsed = true;
	return option_parse(type->options, type->option_size, &g->map,
		   g->pub.self, &ctx) == 0;
}

typedef int main_fn(struct bnd_binding *b);

static bool
generation_call(struct kit_generation *g, const char *name, main_fn *fn)
{
	size_t errors = g->report.errors;
	struct kit_context before;
	int rc = 0;

	g->is_reporting = true;
	if (fn) {
		before = kit_enter(g->k, TAG_MAIN, name, NULL, NULL);
		rc = fn(&g->pub);
		kit_leave(g->k, before);
		rc = kit_result(g->k, name, rc);
	}
	g->is_reporting = false;
	if (rc < 0 && g->report.errors == errors)
		report_error(&g->report, NULL, 0, "%s() failed: %s", name,
		    strerror(-rc));
	if (rc == 0 && g->report.errors > errors)
		kit_wrong(g->k, "errno",
		    "%s() said bnd_option_error(), and returned 0", name);
	return rc == 0 && g->report.errors == errors;
}

static bool
desk_start(struct kit_desk *d)
{
	struct kit_generation *g = d->generation;
	const struct bnd_type *type = &g->image->type;
	struct kit_context before;
	int rc = 0;

	d->is_started = true;
	if (type->worker_start) {
		before = kit_enter(g->k, TAG_WORKER, "worker_start", d, NULL);
		rc = type->worker_start(&d->pub);
		kit_leave(g->k, before);
		rc = kit_result(g->k, "worker_start", rc);
	}
	if (rc < 0)
		report_error(&g->report, NULL, 0,
		    "worker_start() failed on worker %u: %s", d->pub.index,
		    strerror(-rc));
	return rc == 0;
}

static bool
generation_run(struct kit_generation *g)
{
	const struct bnd_type *type = &g->image->type;
	bool is_good;

	g->is_started = g->is_starting = true;
	is_good = generation_call(g, "start", type->start);
	g->is_starting = false;
	if (!is_good)
		return false;
	for (unsigned i = 0; i < g->k->workers; i++)
		if (!desk_start(g->desks[i]))
			return false;
	return true;
}

/* ------------------------------------------------------------------ its end */

static void
desk_stop(struct kit_desk *d)
{
	struct kit_generation *g = d->generation;
	const struct bnd_type *type = &g->image->type;
	struct kit_context before;

	if (!d->is_started)
		return;
	d->is_stopping = true;
	if (type->worker_stop) {
		before = kit_enter(g->k, TAG_WORKER, "worker_stop", d, NULL);
		type->worker_stop(&d->pub);
		kit_leave(g->k, before);
	}
	d->is_started = false;
	waits_close(g->k, &d->waits);
	keep_release(g, (int)d->pub.index);
}

/* Nothing of it is left: stop it. */
void
generation_end(struct kit_generation *g)
{
	struct kit_generation **at = &g->k->generations;
	struct kit_context before;

	for (unsigned i = 0; g->desks && i < g->k->workers; i++)
		desk_stop(g->desks[i]);
	if (g->is_started && g->image->type.stop) {
		before = kit_enter(g->k, TAG_MAIN, "stop", NULL, NULL);
		g->image->type.stop(&g->pub);
		kit_leave(g->k, before);
	}
	keep_release(g, -1);
	while (*at && *at != g)
		at = &(*at)->next;
	if (*at)
		*at = g->next;
	generation_free(g);
}

struct kit_generation *
generation_start(
    struct bndk *k, const char *path, const char *options, struct kit_text *why)
{
	struct kit_generation *g = kit_alloc(sizeof(*g));

	g->k = k;
	g->number = g->pub.generation = ++k->last_generation;
	g->pub.name = "under-test";
	g->pub.pipeline = "kit";
	g->pub.workers = k->workers;
	if (generation_load(g, path)) {
		g->pub.is_last = g->image->type.role == BND_SINK;
		if (generation_parse(g, options) &&
		    generation_call(g, "check", g->image->type.check)) {
			g->next = k->generations;
			k->generations = g;
			if (generation_run(g))
				return g;
		}
	}
	for (size_t i = 0; i < g->report.count; i++)
		text_print(
		    why, "%s%s", i ? "\n" : "", g->report.entries[i].text);
	/* What it has posted or begun goes with it. */
	for (unsigned i = 0; g->desks && i < k->workers; i++)
		g->desks[i]->is_stopping = true;
	generation_end(g);
	return NULL;
}

static void
desk_drain(struct kit_desk *d)
{
	struct kit_generation *g = d->generation;
	const struct bnd_type *type = &g->image->type;
	struct kit_context before;
	struct bndk_conn *c;

	if (type->worker_drain) {
		before = kit_enter(g->k, TAG_WORKER, "worker_drain", d, NULL);
		type->worker_drain(&d->pub);
		kit_leave(g->k, before);
	}
	if (!type->drain)
		return;
	TAILQ_FOREACH(c, &g->k->conns, link)
	{
		if (c->stage.desk != d || c->stage.state != STAGE_OPEN)
			continue;
		before = kit_enter(g->k, TAG_WORKER, "drain", d, &c->stage);
		type->drain(&c->stage.pub);
		kit_leave(g->k, before);
	}
}

void
generation_drain(struct kit_generation *g)
{
	g->is_draining = true;
	for (unsigned i = 0; i < g->k->workers; i++)
		desk_drain(g->desks[i]);
}

/* Stop the first that is left and that nothing needs; false: there is none. */
bool
generations_reap(struct bndk *k)
{
	for (struct kit_generation *g = k->generations; g; g = g->next) {
		if (!g->is_draining || g->pins)
			continue;
		generation_end(g);
		return true;
	}
	return false;
}

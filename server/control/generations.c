/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* generations.c - the generations that live, and the plugins that they run. */

#include "control/control-inner.h"

#include "plugins/abi.h"
#include "plugins/image.h"
#include "reload/generation-inner.h"
#include "stream/conn.h"

#include <stdlib.h>

/* The living, the newest first: `at` walks from the current one. */
static const struct generation *
generation_older(const struct succession *s, const struct generation *at)
{
	return at == s->current ? s->leaving : at->next;
}

#define FOR_GENERATIONS(s, g) \
	for ((g) = (s)->current; (g); (g) = generation_older((s), (g)))

/* ------------------------------------------------------------- generations */

/* Connections of a generation, by pipeline. */
struct census {
	const struct generation *generation;
	uint64_t *conns;
};

static int
worker_census(struct worker *w, void *arg)
{
	struct census *k = arg;
	const struct conn *c;

	LIST_FOREACH(c, &w->conns, link)
	if (c->pipeline->generation == k->generation)
		k->conns[c->pipeline - k->generation->pipelines]++;
	return 0;
}

static json_t *
pipeline_row(
    const struct succession *s, const struct pipeline *p, uint64_t conns)
{
	const struct generation *g = p->generation;
	json_t *row = json_pack(
	    "{s:s, s:I}", "name", p->name, "connections", (json_int_t)conns);
	int64_t left = g->drained_ms + p->drain_timeout_ms - loop_clock();

	if (g != s->current)
		json_object_set_new(
		    row, "drain_left_ms", json_integer(left > 0 ? left : 0));
	return row;
}

static json_t *
generation_plugins(const struct generation *g)
{
	json_t *list = json_array(), *known = json_object();

	for (size_t i = 0; i < g->loaded_count; i++) {
		const struct image *m = g->loaded[i]->image;
		char key[32];

		snprintf(key, sizeof(key), "%p", (const void *)m);
		if (json_object_get(known, key))
			continue;
		json_object_set_new(known, key, json_true());
		json_array_append_new(list, json_of_text(m->path));
	}
	json_decref(known);
	return list;
}

static json_t *
generation_row(const struct succession *s, const struct generation *g)
{
	struct census k = { g,
		calloc(g->pipeline_count + 1, sizeof(uint64_t)) };
	json_t *rows = json_array();
	uint64_t all = 0;

	if (!k.conns) {
		json_decref(rows);
		return NULL;
	}
	for (unsigned i = 0; i < g->crew.count; i++)
		worker_call(g->crew.workers[i], worker_census, &k);
	for (size_t i = 0; i < g->pipeline_count; i++) {
		all += k.conns[i];
		json_array_append_new(
		    rows, pipeline_row(s, &g->pipelines[i], k.conns[i]));
	}
	free(k.conns);
	return json_pack("{s:i, s:s, s:I, s:I, s:I, s:o, s:o}", "number",
	    (int)g->number, "state", g == s->current ? "current" : "leaving",
	    "age_ms", (json_int_t)(loop_clock() - g->born_ms), "pins",
	    (json_int_t)generation_pins(g), "connections", (json_int_t)all,
	    "pipelines", rows, "plugins", generation_plugins(g));
}

void
command_generations(struct question *q)
{
	const struct succession *s = q->control->setup.generations;
	const struct generation *g;
	json_t *list = json_array();

	FOR_GENERATIONS(s, g)
	json_array_append_new(list, generation_row(s, g));
	question_answer(q, json_pack("{s:o}", "generations", list));
}

/* ----------------------------------------------------------------- plugins */

static bool
generation_runs(const struct generation *g, const struct image *m)
{
	for (size_t i = 0; i < g->loaded_count; i++)
		if (g->loaded[i]->image == m)
			return true;
	return false;
}

static json_t *
plugin_row(const struct succession *s, const struct image *m)
{
	const struct generation *g;
	json_t *numbers = json_array();
	bool is_retired = !generation_runs(s->current, m);

	FOR_GENERATIONS(s, g)
	if (generation_runs(g, m))
		json_array_append_new(numbers, json_integer(g->number));
	return json_pack("{s:o, s:o, s:s, s:o, s:s, s:o, s:o, s:b}", "name",
	    json_of_text(m->type.name), "version",
	    json_of_text(m->type.version), "abi", abi_format(m->abi).s, "path",
	    json_of_text(m->path), "role", role_name(m->type.role), "summary",
	    json_of_text(m->type.summary), "generations", numbers, "is_retired",
	    is_retired);
}

void
command_plugins(struct question *q)
{
	const struct succession *s = q->control->setup.generations;
	json_t *list = json_array();

	for (const struct image *m = image_first(); m; m = m->next)
		json_array_append_new(list, plugin_row(s, m));
	question_answer(q, json_pack("{s:o}", "plugins", list));
}

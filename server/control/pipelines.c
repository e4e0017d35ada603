/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* pipelines.c - the pipelines of the current generation: their figures, their
 * shape, and no more connections for one of them. */

#include "control/control-inner.h"

#include "base/address.h"
#include "log/log.h"
#include "metrics/figures.h"
#include "reload/generation-inner.h"
#include "stream/conn.h"
#include "worker/listener.h"

#include <string.h>

/* ---------------------------------------------------------------- addresses */

static json_t *
address_json(const struct listen_address *a)
{
	char text[ADDRESS_TEXT];

	if (a->any.sa_family == AF_UNIX)
		return json_sprintf("unix:%s", a->un.sun_path);
	return json_string(address_text(&a->any, text));
}

/* Where a binding, or (NULL) any of a pipeline, listens. */
static json_t *
listen_json(const struct pipeline *p, const struct binding *b)
{
	const struct generation *g = p->generation;
	json_t *list = json_array();

	/* The booked first is the last of the list. */
	for (const struct booking *k = g->bookings; k; k = k->next)
		if (k->binding == b || (!b && k->binding->pipeline == p))
			json_array_insert_new(list, 0,
			    address_json(listener_address(k->listener)));
	return list;
}

static bool
pipeline_is_target(const struct pipeline *p)
{
	return p->count == 0 || p->bindings[0].type->role != BND_SOURCE;
}

/* ----------------------------------------------------------------- figures */

static json_int_t
pipeline_conns(const struct pipeline *p)
{
	struct pipeline_figures f;

	pipeline_figures(p->name, &f);
	return f.connections;
}

static json_t *
reasons_json(const struct pipeline_figures *f)
{
	json_t *map = json_object();

	for (unsigned i = 0; i < REASON_COUNT; i++)
		if (f->reasons[i])
			json_object_set_new(map, reason_text(i)->name,
			    json_integer(f->reasons[i]));
	return map;
}

static json_t *
bindings_json(const struct pipeline *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->count; i++)
		json_array_append_new(
		    list, json_string(p->bindings[i].pub.name));
	return list;
}

static json_t *
pipeline_json(const struct pipeline *p)
{
	struct pipeline_figures f;

	pipeline_figures(p->name, &f);
	return json_pack("{s:s, s:i, s:b, s:b, s:o, s:o, s:I, s:I, s:I, s:I, "
			 "s:I, s:I, s:o}",
	    "name", p->name, "generation", (int)p->generation->number,
	    "is_target", pipeline_is_target(p), "is_drained", p->is_drained,
	    "listen", listen_json(p, NULL), "bindings", bindings_json(p),
	    "connections", (json_int_t)f.connections, "accepted",
	    (json_int_t)f.accepted, "from_client", (json_int_t)f.from_client,
	    "to_client", (json_int_t)f.to_client, "from_backend",
	    (json_int_t)f.from_backend, "to_backend", (json_int_t)f.to_backend,
	    "reasons", reasons_json(&f));
}

void
command_pipelines(struct question *q)
{
	const struct generation *g = q->control->setup.generations->current;
	json_t *list = json_array();

	for (size_t i = 0; i < g->pipeline_count; i++)
		json_array_append_new(list, pipeline_json(&g->pipelines[i]));
	question_answer(q, json_pack("{s:o}", "pipelines", list));
}

/* ------------------------------------------------------------------- graph */

/* The other pipelines that a binding's options name. */
static json_t *
exits_json(const struct generation *g, const struct binding *b)
{
	json_t *list = json_array(), *known = json_object();

	for (const struct route *r = g->routes; r; r = r->next) {
		if (r->binding != b || json_object_get(known, r->to->name))
			continue;
		json_object_set_new(known, r->to->name, json_true());
		json_array_insert_new(list, 0, json_string(r->to->name));
	}
	json_decref(known);
	return list;
}

static json_t *
pipeline_graph(const struct pipeline *p)
{
	json_t *list = json_array();

	for (const struct binding *b = p->bindings; b; b = b->next)
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", b->pub.name,
			"type", b->type->name, "role", role_name(b->type->role),
			"listen", listen_json(p, b), "exits",
			exits_json(p->generation, b)));
	return json_pack("{s:s, s:b, s:o}", "name", p->name, "is_target",
	    pipeline_is_target(p), "bindings", list);
}

void
command_graph(struct question *q)
{
	const struct generation *g = q->control->setup.generations->current;
	json_t *list = json_array();

	for (size_t i = 0; i < g->pipeline_count; i++)
		json_array_append_new(list, pipeline_graph(&g->pipelines[i]));
	question_answer(q, json_pack("{s:o}", "pipelines", list));
}

/* ------------------------------------------------------------------- drain */

void
command_drain(struct question *q)
{
	struct pipeline *p = argument_pipeline(q, "pipeline");
	unsigned closed;

	if (!p)
		return;
	if (pipeline_is_target(p)) {
		question_refuse(q, NULL,
		    "pipeline '%s' accepts no connections of its own: only "
		    "exits lead to it",
		    p->name);
		return;
	}
	if (q->control->setup.calls->is_upgrading(q->control->setup.arg)) {
		question_refuse(q, NULL, "an upgrade is going on: try again");
		return;
	}
	closed = bookings_release_of(p);
	p->is_drained = true;
	log_notice("pipeline %s accepts nothing until the next reload, by the "
		   "control socket",
	    p->name);
	question_answer(
	    q, json_pack("{s:s, s:i, s:I}", "pipeline", p->name, "listeners",
		   (int)closed, "connections", pipeline_conns(p)));
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * places.c - does the configuration listen on one address twice?  Options say
 * by BND_O_LISTEN that they are addresses to listen on, so that this is found
 * without opening a socket.
 */

#include "reload/generation-inner.h"

#include <stdlib.h>
#include <string.h>

/* A host's ports, or a path. */
struct place {
	const struct binding *binding;
	const struct bnd_endpoint *endpoint;
	const char *where; /* the host, the path, or all of the text */
	size_t order;      /* in which the configuration names it */
};

struct places {
	struct arena arena;
	struct place *all;
	size_t count;
};

static unsigned
place_last(const struct place *p)
{
	const struct bnd_endpoint *e = p->endpoint;

	return e->last > e->port ? e->last : e->port;
}

static int
place_compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int rc = strcmp(x->where, y->where);

	if (rc == 0)
		rc = (int)x->endpoint->port - (int)y->endpoint->port;
	if (rc == 0)
		rc = x->order < y->order ? -1 : 1;
	return rc;
}

/* The endpoints of a binding's i-th option; how many. */
static size_t
listen_endpoints(const struct binding *b, size_t i,
    const struct bnd_endpoint *const **r, bool *is_end)
{
	struct bnd_option o;
	const char *field;

	*is_end = !option_at(b->type->options, b->type->option_size, i, &o);
	if (*is_end || !(o.flags & BND_O_LISTEN))
		return 0;
	field = (const char *)b->pub.self + o.offset;
	if (o.kind == BND_T_ENDPOINTS) {
		const struct bnd_endpoints *e = (const void *)field;

		*r = e->v;
		return e->n;
	}
	if (o.kind != BND_T_ENDPOINT)
		return 0;
	*r = (const void *)field;
	return **r ? 1 : 0;
}

static const char *
place_where(const struct bnd_endpoint *e)
{
	if (e->inherited)
		return e->text;
	return e->path ? e->path : e->host;
}

/* Count them, or note them when there is room for them. */
static void
places_collect(struct places *p, const struct binding *b)
{
	const struct bnd_endpoint *const *e = NULL;
	bool is_end = !b->is_parsed;

	for (size_t i = 0; !is_end; i++) {
		size_t n = listen_endpoints(b, i, &e, &is_end);

		for (size_t k = 0; k < n; k++, p->count++)
			if (p->all)
				p->all[p->count] = (struct place){ b, e[k],
					place_where(e[k]), p->count };
	}
}

static void
places_visit(struct places *p, const struct generation *g)
{
	p->count = 0;
	for (size_t i = 0; i < g->pipeline_count; i++)
		for (const struct binding *b = g->pipelines[i].bindings; b;
		     b = b->next)
			if (b->type)
				places_collect(p, b);
}

static void
place_refuse(struct generation *g, const struct place *a, const struct place *b)
{
	const struct place *first = a->order < b->order ? a : b;
	const struct place *second = first == a ? b : a;
	const struct node *at = second->binding->map;

	report_error(g->report, at->file, at->line,
	    "pipeline '%s', binding '%s': %s is listened on twice, also by "
	    "pipeline '%s', binding '%s' as %s",
	    second->binding->pipeline->name, second->binding->pub.name,
	    second->endpoint->text, first->binding->pipeline->name,
	    first->binding->pub.name, first->endpoint->text);
}

void
structure_check_places(struct generation *g)
{
	struct places p = { .all = NULL };
	const struct place *reach = NULL;

	places_visit(&p, g);
	p.all = arena_array(&p.arena, p.count + 1, sizeof(*p.all));
	if (!p.all) {
		g->report->out_of_memory = true;
		return;
	}
	places_visit(&p, g);
	qsort(p.all, p.count, sizeof(*p.all), place_compare);
	/* In order, one that overlaps any before it overlaps the one that
	 * reaches furthest. */
	for (size_t i = 0; i < p.count; i++) {
		const struct place *at = &p.all[i];
		bool is_same = reach && strcmp(reach->where, at->where) == 0;

		if (is_same && at->endpoint->port <= place_last(reach))
			place_refuse(g, reach, at);
		if (!is_same || place_last(at) > place_last(reach))
			reach = at;
	}
	arena_finish(&p.arena);
}

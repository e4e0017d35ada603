/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "reload/generation-inner.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

PRINTF(4, 5)
static void
binding_error(struct generation *g, const struct binding *b, bool is_warning,
    const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (is_warning)
		report_warn(g->report, b->map->file, b->map->line,
		    "pipeline '%s', binding '%s': %s", b->pipeline->name,
		    b->pub.name, text);
	else
		report_error(g->report, b->map->file, b->map->line,
		    "pipeline '%s', binding '%s': %s", b->pipeline->name,
		    b->pub.name, text);
}

static void
check_role(struct generation *g, const struct binding *b)
{
	bool is_first = b == b->pipeline->bindings;

	switch (b->type->role) {
	case BND_SOURCE:
		if (!is_first)
			binding_error(g, b, false,
			    "'%s' opens connections, so it can only stand "
			    "first",
			    b->type->name);
		break;
	case BND_SINK:
		if (b->next)
			binding_error(g, b, false,
			    "'%s' ends a pipeline, so '%s' behind it would "
			    "never be reached",
			    b->type->name, b->next->pub.name);
		break;
	default:
		break;
	}
	if (!b->next && b->type->role != BND_SINK &&
	    !(b->type->flags & BND_HOLD_BACK))
		binding_error(g, b, false,
		    "'%s' needs a binding behind it, end the pipeline with "
		    "one such as 'tcp-client' or 'echo'",
		    b->type->name);
}

void
structure_check_roles(struct generation *g)
{
	for (size_t i = 0; i < g->pipeline_count; i++)
		for (const struct binding *b = g->pipelines[i].bindings; b;
		     b = b->next)
			if (b->type)
				check_role(g, b);
}

static bool
pipeline_is_open(const struct pipeline *p)
{
	return p->count && p->bindings[0].type &&
	       p->bindings[0].type->role == BND_SOURCE;
}

void
structure_check_routes(struct generation *g)
{
	if (circles_find(g) < 0)
		g->report->out_of_memory = true;
	for (const struct route *r = g->routes; r; r = r->next) {
		r->to->has_entry = true;
		if (pipeline_is_open(r->to))
			binding_error(g, r->binding, false,
			    "an exit leads to pipeline '%s', which begins "
			    "with '%s' and so opens connections of its own",
			    r->to->name, r->to->bindings[0].type->name);
		else if (r->is_circle)
			binding_error(g, r->binding, false,
			    "the exit to pipeline '%s' leads back to "
			    "pipeline '%s'",
			    r->to->name, r->from->name);
	}
	for (size_t i = 0; i < g->pipeline_count; i++) {
		const struct pipeline *p = &g->pipelines[i];

		if (p->count && p->bindings[0].type && !pipeline_is_open(p) &&
		    !p->has_entry)
			binding_error(g, &p->bindings[0], true,
			    "no exit leads to this pipeline and it does not "
			    "begin with a source, so nothing reaches it");
	}
}

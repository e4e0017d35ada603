/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "reload/generation-inner.h"

#include "config/dump.h"
#include "pipeline/keep.h"
#include "pipeline/metric.h"
#include "stream/account.h"
#include "trace/trace.h"
#include "worker/watchdog.h"
#include "worker/worker.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ exits */

static struct pipeline *
pipeline_find(const struct generation *g, const char *name)
{
	for (size_t i = 0; i < g->pipeline_count; i++)
		if (strcmp(g->pipelines[i].name, name) == 0)
			return &g->pipelines[i];
	return NULL;
}

static bool
route_add(struct generation *g, struct pipeline *to)
{
	struct route *r;

	if (!g->at)
		return true;
	r = arena_alloc(&g->arena, sizeof(*r));
	if (!r)
		return false;
	*r = (struct route){ .next = g->routes,
		.from = g->at->pipeline,
		.to = to,
		.binding = g->at };
	g->routes = r;
	return true;
}

const struct bnd_exit *
generation_exit(struct generation *g, const char *name)
{
	struct pipeline *p = pipeline_find(g, name);

	return p && route_add(g, p) ? &p->exit : NULL;
}

static const struct bnd_exit *
exit_find(void *arg, const char *name)
{
	return generation_exit(arg, name);
}

static const char **
exit_names(struct generation *g)
{
	const char **names =
	    arena_array(&g->arena, g->pipeline_count + 1, sizeof(char *));

	for (size_t i = 0; names && i < g->pipeline_count; i++)
		names[i] = g->pipelines[i].name;
	return names;
}

/* --------------------------------------------------------------- claim tables
 */

/* Claims are counted over generations, so a binding's number lives as long as
 * the process: there are as many as the operator ever named bindings. */
struct claim_name {
	uint32_t id;
	char name[];
};

static void *claim_names; /* a tree, as of <search.h> */
static uint32_t claim_count;

static int
claim_compare(const void *a, const void *b)
{
	const struct claim_name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static uint32_t
claim_id(const char *pipeline, const char *binding)
{
	size_t n = strlen(pipeline) + strlen(binding) + 2;
	struct claim_name *c = malloc(sizeof(*c) + n), **at;

	if (!c)
		return 0;
	snprintf(c->name, n, "%s/%s", pipeline, binding);
	at = tsearch(c, &claim_names, claim_compare);
	if (at && *at == c)
		return c->id = ++claim_count;
	free(c);
	return at ? (*at)->id : 0;
}

/* --------------------------------------------------------------------- desks
 */

static struct desk *
desk_create(struct binding *b, struct worker *w)
{
	size_t self = (b->type->worker_size + 15u) & ~(size_t)15;
	size_t head = (sizeof(struct desk) + 15u) & ~(size_t)15;
	struct desk *d = calloc(1, head + self);

	if (!d)
		return NULL;
	d->pub.self = (char *)d + head;
	d->pub.binding = &b->pub;
	d->pub.index = w->index;
	d->binding = b;
	d->worker = w;
	if (metrics_give(d) < 0) {
		free(d);
		return NULL;
	}
	return d;
}

static void
desk_destroy(struct desk *d)
{
	if (!d)
		return;
	metrics_take_back(d);
	free(d);
}

static int
desks_create(struct generation *g, struct binding *b)
{
	b->desks =
	    arena_array(&g->arena, g->crew.count + 1, sizeof(struct desk *));
	if (!b->desks || metrics_lay_out(b, &g->arena) < 0)
		return -ENOMEM;
	for (unsigned i = 0; i < g->crew.count; i++) {
		b->desks[i] = desk_create(b, g->crew.workers[i]);
		if (!b->desks[i])
			return -ENOMEM;
	}
	return 0;
}

/* ------------------------------------------------------------------ bindings
 */

static void
binding_load(struct generation *g, struct binding *b,
    const struct binding_spec *spec, const char *const *dirs)
{
	const struct node *where = node_find(spec->map, "type");
	const char *wrong;

	if (!where)
		where = spec->map;
	b->image = image_load(
	    spec->type, dirs, g->host, where->file, where->line, g->report);
	if (!b->image)
		return;
	wrong = option_table_check(b->image->type.options,
	    b->image->type.option_size, b->image->type.binding_size, &g->arena);
	if (!wrong)
		wrong = metrics_check(b->image->type.metrics,
		    b->image->type.metric_size, &g->arena);
	if (wrong) {
		report_error(g->report, where->file, where->line,
		    "plugin '%s' cannot be used: %s", b->image->path, wrong);
		return;
	}
	b->type = trace_type(b->image);
}

static int
binding_parse(struct generation *g, struct binding *b)
{
	static const char *const skip[] = { "type", "name", NULL };
	struct option_context ctx = {
		.arena = &g->arena,
		.report = g->report,
		.pipeline = b->pub.pipeline,
		.binding = b->pub.name,
		.exit_find = exit_find,
		.exit_names = g->exit_names,
		.exit_arg = g,
		.skip = skip,
	};

	b->pub.self = arena_alloc(&g->arena, b->type->binding_size + 1);
	if (!b->pub.self || desks_create(g, b) < 0)
		return -ENOMEM;
	g->at = b;
	if (option_parse(b->type->options, b->type->option_size, b->map,
		b->pub.self, &ctx) == 0)
		b->is_parsed = true;
	g->at = NULL;
	return 0;
}

/* check() says no without a word?  Then the host has to. */
static void
binding_check(struct generation *g, struct binding *b)
{
	size_t errors = g->report->errors;
	int rc;

	if (!b->type->check || !b->is_parsed)
		return;
	g->at = b;
	rc = plugin_result(b->type->check(&b->pub));
	g->at = NULL;
	if (rc < 0 && g->report->errors == errors)
		report_error(g->report, b->map->file, b->map->line,
		    "pipeline '%s', binding '%s': its options cannot be used: "
		    "%s",
		    b->pub.pipeline, b->pub.name, strerror(-rc));
}

/* One that is not was reported; the rest is still looked at, so that one run
 * tells as much as it can. */
static bool
spec_is_whole(const struct pipeline_spec *spec)
{
	for (size_t i = 0; i < spec->count; i++)
		if (!spec->bindings[i].type || !spec->bindings[i].name)
			return false;
	return spec->count > 0;
}

static int
pipeline_build(
    struct generation *g, struct pipeline *p, const struct pipeline_spec *spec)
{
	p->name = spec->name;
	p->generation = g;
	p->pins = g->pins;
	p->exit.pipeline = p;
	p->log_level = settings_pipeline_log_level(spec);
	p->log_connections = spec->log_connections;
	p->log_sample = (unsigned)spec->log_sample;
	p->drain_timeout_ms = spec->drain_timeout;
	p->ledger = account_open(spec->name, g->crew.count);
	if (!p->ledger)
		return -ENOMEM;
	if (!spec_is_whole(spec))
		return 0;
	p->count = spec->count;
	p->bindings = arena_array(&g->arena, spec->count, sizeof(*p->bindings));
	if (!p->bindings)
		return -ENOMEM;
	for (size_t i = 0; i < spec->count; i++) {
		struct binding *b = &p->bindings[i];

		b->pub.name = spec->bindings[i].name;
		b->pub.pipeline = spec->name;
		b->pub.generation = g->number;
		b->pub.workers = g->crew.count;
		b->pub.is_last = i + 1 == spec->count;
		b->map = spec->bindings[i].map;
		b->pipeline = p;
		b->next = i + 1 < spec->count ? b + 1 : NULL;
		b->claim_id = claim_id(spec->name, b->pub.name);
		if (!b->claim_id)
			return -ENOMEM;
	}
	return 0;
}

/* Sinks, filters, sources: the order in which they start. */
static int
bindings_sort(struct generation *g)
{
	static const uint32_t roles[] = { BND_SINK, BND_FILTER, BND_SOURCE };
	size_t total = 0;

	for (size_t i = 0; i < g->pipeline_count; i++)
		total += g->pipelines[i].count;
	g->loaded = arena_array(&g->arena, total, sizeof(struct binding *));
	if (!g->loaded)
		return -ENOMEM;
	for (size_t r = 0; r < ARRAY_COUNT(roles); r++)
		for (size_t i = 0; i < g->pipeline_count; i++)
			for (struct binding *b = g->pipelines[i].bindings; b;
			     b = b->next)
				if (b->type && b->type->role == roles[r])
					g->loaded[g->loaded_count++] = b;
	return 0;
}

/* ---------------------------------------------------------------- generations
 */

/* The directories: of the command line, of the configuration, the built-in one.
 */
static const char *const *
plugin_dirs(struct generation *g, const char *const *given)
{
	const struct bnd_list *own = &g->settings.plugin_path;
	const char **dirs;
	size_t n = 0, k = 0;

	while (given[n])
		n++;
	dirs = arena_array(&g->arena, n + own->n + 1, sizeof(char *));
	if (!dirs)
		return NULL;
	/* The last of the given is the built-in one. */
	for (size_t i = 0; i + 1 < n; i++)
		dirs[k++] = given[i];
	for (size_t i = 0; i < own->n; i++)
		dirs[k++] = own->v[i];
	if (n > 0)
		dirs[k++] = given[n - 1];
	return dirs;
}

static int
generation_build(struct generation *g, const char *const *given_dirs)
{
	const struct settings *s = &g->settings;
	const char *const *dirs = plugin_dirs(g, given_dirs);
	struct binding *b;

	g->pins =
	    arena_alloc(&g->arena, (g->crew.count + 1) * sizeof(struct pins));
	g->pipelines =
	    arena_array(&g->arena, s->pipeline_count, sizeof(*g->pipelines));
	if (!dirs || !g->pins || !g->pipelines)
		return -ENOMEM;
	/* The arena aligns for any C object, a cache line is more. */
	g->pins = (void *)(((uintptr_t)g->pins + 63) & ~(uintptr_t)63);
	g->pipeline_count = s->pipeline_count;
	for (size_t i = 0; i < s->pipeline_count; i++)
		if (pipeline_build(g, &g->pipelines[i], &s->pipelines[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < g->pipeline_count; i++)
		for (size_t k = 0; k < g->pipelines[i].count; k++)
			binding_load(g, &g->pipelines[i].bindings[k],
			    &s->pipelines[i].bindings[k], dirs);
	if (bindings_sort(g) < 0)
		return -ENOMEM;
	structure_check_roles(g);
	g->exit_names = exit_names(g);
	if (!g->exit_names)
		return -ENOMEM;
	FOR_SINKS_FIRST(g, b)
	{
		if (binding_parse(g, b) < 0)
			return -ENOMEM;
	}
	FOR_SINKS_FIRST(g, b)
	binding_check(g, b);
	structure_check_routes(g);
	if (!report_has_errors(g->report)) /* else it would repeat them */
		structure_check_places(g);
	return 0;
}

struct generation *
generation_create(struct config_tree **tree, uint32_t number,
    const struct crew *crew, const struct bnd_host *host,
    const char *const *dirs, struct report *report)
{
	struct generation *g = calloc(1, sizeof(*g));

	if (!g) {
		config_tree_destroy(tree);
		report->out_of_memory = true;
		return NULL;
	}
	g->number = number;
	g->born_ms = loop_clock();
	g->crew = *crew;
	g->tree = *tree;
	*tree = NULL;
	g->host = host;
	g->report = report;
	settings_parse(g->tree, &g->arena, report, &g->settings);
	if (generation_build(g, dirs) < 0)
		report->out_of_memory = true;
	g->report = NULL;
	return g;
}

static void
binding_destroy(const struct generation *g, struct binding *b)
{
	if (b->pub.self)
		option_wipe(
		    b->type->options, b->type->option_size, b->pub.self);
	for (unsigned i = 0; b->desks && i < g->crew.count; i++)
		desk_destroy(b->desks[i]);
	keep_release(b, KEEP_ALL_WORKERS);
}

/* The end of generation_show(). */
static void
generation_hide(struct generation *g)
{
	struct binding *b;

	if (!g->is_shown)
		return;
	for (size_t i = 0; i < g->pipeline_count; i++)
		ledger_unuse(g->pipelines[i].ledger);
	FOR_SINKS_FIRST(g, b)
	if (b->ledger)
		ledger_unuse(b->ledger);
}

void
generation_destroy(struct generation **at)
{
	struct generation *g = *at;
	struct binding *b;

	*at = NULL;
	if (!g)
		return;
	generation_hide(g);
	FOR_SINKS_FIRST(g, b)
	binding_destroy(g, b);
	watchdog_lock(); /* it may be reading names of bindings */
	arena_finish(&g->arena);
	config_tree_destroy(&g->tree);
	watchdog_unlock();
	free(g);
}

const struct settings *
generation_settings(const struct generation *g)
{
	return &g->settings;
}

uint32_t
generation_number(const struct generation *g)
{
	return g->number;
}

struct report *
generation_report(struct generation *g)
{
	return g->report;
}

uint64_t
generation_pins(const struct generation *g)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < g->crew.count; i++)
		n += atomic_load_explicit(
		    &g->pins[i].count, memory_order_acquire);
	return n;
}

static void
dump_find(void *arg, const struct pipeline_spec *pipeline,
    const struct binding_spec *spec, struct dump_options *r)
{
	const struct generation *g = arg;
	const struct pipeline *p = pipeline_find(g, pipeline->name);
	const struct binding *b =
	    p ? &p->bindings[spec - pipeline->bindings] : NULL;

	if (!b || !b->type || !b->pub.self) {
		r->is_unknown = true;
		return;
	}
	r->table = b->type->options;
	r->element_size = b->type->option_size;
	r->self = b->pub.self;
}

void
generation_dump(const struct generation *g, FILE *out)
{
	dump_config(out, &g->settings, dump_find, (void *)(uintptr_t)g);
}

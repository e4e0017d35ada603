/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* settings-pipeline.c - the shape of the pipelines: names, order, bindings. */
#include "config/option-kind.h"
#include "config/settings.h"
#include "log/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct bnd_option settings_pipeline_table[] = {
	BND_OPTION(struct pipeline_spec, drain_timeout, BND_T_TIME,
	    "drain_timeout", .max = INT64_C(7) * 24 * 60 * 60 * 1000,
	    .doc = "Time that old connections have after a reload."),
	BND_OPTION(struct pipeline_spec, log_node, OPTION_T_NODE, "log",
	    .doc = "What is logged."),
	BND_OPTION(struct pipeline_spec, bindings_node, OPTION_T_NODE, "bindings",
	    .flags = BND_O_REQUIRED, .doc = "The bindings, in order."),
	{ 0 }
};

const struct bnd_option settings_pipeline_log_table[] = {
	BND_OPTION(struct pipeline_spec, log_level, BND_T_ENUM, "level",
	    .choices = "error|warning|notice|info|debug",
	    .doc = "The least important that is logged."),
	BND_OPTION(struct pipeline_spec, log_connections, BND_T_BOOL,
	    "connections", .doc = "A line for each connection at its end."),
	BND_OPTION(struct pipeline_spec, log_sample, BND_T_INT, "sample",
	    .min = 1, .max = SETTINGS_SAMPLE_MAX,
	    .doc = "Of the connections that ended well, log one in so many."),
	{ 0 }
};
/* clang-format on */

/* A name and where it stands, to find those that are there twice. */
struct settings_name {
	const char *name;
	const struct node *node;
	size_t index;
};

static int
settings_name_compare(const void *a, const void *b)
{
	const struct settings_name *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* Report each name that has been there before. */
static int
settings_check_twice(struct settings_name *names, size_t count,
    const char *what, const struct option_place *p)
{
	int rc = 0;

	if (count)
		qsort(names, count, sizeof(*names), settings_name_compare);
	for (size_t i = 1; i < count; i++) {
		const struct node *first = names[i - 1].node;

		if (strcmp(names[i].name, names[i - 1].name) == 0)
			rc = option_error(p, names[i].node,
			    "%s '%s' is there twice, first at %s:%u", what,
			    names[i].name, first->file, first->line);
	}
	return rc;
}

/* "/usr/lib/x/upper.so" is of the name "upper"; NULL: no memory. */
static const char *
settings_base_name(const char *path, struct arena *arena)
{
	const char *base = strrchr(path, '/') + 1;
	size_t n = strlen(base);

	if (n > 3 && strcmp(base + n - 3, ".so") == 0)
		n -= 3;
	return arena_copy(arena, base, n);
}

/* A text of the binding's map; NULL and reported when it is none. */
static int
settings_text(const struct option_place *p, const struct node *map,
    const char *key, const char **r)
{
	const struct node *node = node_find(map, key);

	*r = node ? node->text : NULL;
	if (!node || (node->kind == NODE_TEXT && *node->text))
		return 0;
	if (node->kind == NODE_TEXT)
		return option_error(p, node, "'%s' must not be empty", key);
	return option_error(p, node, "'%s' must be a string, not %s", key,
	    node_kind_name(node->kind));
}

static int
settings_binding_type(const struct option_place *p, struct binding_spec *r)
{
	const struct node *at = node_find(r->map, "type");
	char quote[OPTION_QUOTE];
	const char *text;

	if (settings_text(p, r->map, "type", &text) < 0)
		return -EINVAL;
	if (!text)
		return option_error(p, r->map,
		    "has no type: write type = \"...\", the name of a plugin");
	if (!strchr(text, '/') && !value_is_name(text))
		return option_error(p, at,
		    "type '%s' is neither the name of a plugin nor a path with "
		    "'/'",
		    option_quote(text, quote));
	r->type = text;
	r->name = text;
	if (!strchr(text, '/'))
		return 0;
	r->type = option_path(p->ctx->arena, at->file, text);
	r->name = settings_base_name(text, p->ctx->arena);
	return r->type && r->name ? 0 : option_no_memory(p);
}

static int
settings_binding_name(const struct option_place *p, struct binding_spec *r)
{
	const struct node *at = node_find(r->map, "name");
	char quote[OPTION_QUOTE];
	const char *text;

	if (settings_text(p, r->map, "name", &text) < 0)
		return -EINVAL;
	if (text)
		r->name = text;
	if (value_is_name(r->name))
		return 0;
	return option_error(p, at ? at : r->map,
	    "'%s' is not a name: write 1 to %d letters, digits, '-' and '_', "
	    "a letter first",
	    option_quote(r->name, quote), VALUE_NAME_MAX);
}

static int
settings_parse_binding(const struct option_place *pipeline, size_t number,
    const struct node *map, struct binding_spec *r)
{
	struct option_context ctx = *pipeline->ctx;
	struct option_place p = { .ctx = &ctx };
	char position[VALUE_TEXT_SIZE];

	r->map = map;
	value_int_text((int64_t)number, position);
	ctx.binding = position;
	if (map->kind != NODE_MAP)
		return option_kind_error(&p, map, "a group");
	if (settings_binding_type(&p, r) < 0)
		return -EINVAL;
	ctx.binding = r->name;
	return settings_binding_name(&p, r);
}

static int
settings_parse_bindings(const struct option_place *p, const struct node *list,
    struct pipeline_spec *r)
{
	struct arena *arena = p->ctx->arena;
	struct settings_name *names;
	size_t count = 0;
	int rc = 0;

	if (list->kind != NODE_LIST)
		return option_kind_error(p, list, "a list of bindings");
	if (!list->count)
		return option_error(p, list, "has no bindings");
	r->bindings = arena_array(arena, list->count, sizeof(*r->bindings));
	names = arena_array(arena, list->count, sizeof(*names));
	if (!r->bindings || !names)
		return option_no_memory(p);
	r->count = list->count;
	for (size_t i = 0; i < r->count; i++) {
		struct binding_spec *b = &r->bindings[i];

		if (settings_parse_binding(p, i + 1, &list->items[i], b) < 0)
			rc = -EINVAL;
		else
			names[count++] =
			    (struct settings_name){ b->name, b->map, i };
	}
	if (settings_check_twice(names, count, "a binding named", p) < 0)
		rc = -EINVAL;
	return rc;
}

static int
settings_parse_pipeline_log(
    const struct option_place *p, struct pipeline_spec *r)
{
	struct option_context ctx = *p->ctx;

	if (!r->log_node)
		return 0;
	if (r->log_node->kind != NODE_MAP)
		return option_error(p, r->log_node,
		    "'log' must be a group, not %s: write log = { ... }",
		    node_kind_name(r->log_node->kind));
	ctx.prefix = "log.";
	return option_parse(settings_pipeline_log_table,
	    sizeof(struct bnd_option), r->log_node, r, &ctx);
}

static int
settings_parse_pipeline(struct option_context *ctx, struct pipeline_spec *r)
{
	const struct option_place p = { .ctx = ctx };
	int rc;

	ctx->pipeline = r->name;
	if (!value_is_name(r->name))
		return option_error(&p, r->node,
		    "is not a name: write 1 to %d letters, digits, '-' and "
		    "'_', a letter first",
		    VALUE_NAME_MAX);
	if (r->node->kind == NODE_LIST) {
		r->bindings_node = r->node;
		return settings_parse_bindings(&p, r->node, r);
	}
	if (r->node->kind != NODE_MAP)
		return option_kind_error(
		    &p, r->node, "a list of bindings or a group");
	rc = option_parse(settings_pipeline_table, sizeof(struct bnd_option),
	    r->node, r, ctx);
	if (settings_parse_pipeline_log(&p, r) < 0)
		rc = -EINVAL;
	if (r->bindings_node &&
	    settings_parse_bindings(&p, r->bindings_node, r) < 0)
		rc = -EINVAL;
	return rc;
}

/* Several files may each bring a group of pipelines. */
static const struct node *
settings_next_pipelines(const struct node *root, size_t *i)
{
	while (*i < root->count) {
		const struct node *node = &root->items[(*i)++];

		if (strcmp(node->key, "pipelines") == 0)
			return node;
	}
	return NULL;
}

static int
settings_count_pipelines(
    const struct node *root, const struct option_place *p, size_t *count_r)
{
	const struct node *node;
	int rc = 0;

	*count_r = 0;
	for (size_t i = 0; (node = settings_next_pipelines(root, &i));) {
		if (node->kind == NODE_MAP)
			*count_r += node->count;
		else
			rc = option_error(p, node,
			    "option 'pipelines': must be a group, not %s: "
			    "write pipelines: { NAME = ( ... ); }",
			    node_kind_name(node->kind));
	}
	return rc;
}

/* Each pipeline with what it has of the daemon unless it says otherwise. */
static void
settings_list_pipelines(const struct node *root, struct settings *r)
{
	const struct node *node;

	for (size_t i = 0; (node = settings_next_pipelines(root, &i));)
		for (size_t j = 0; node->kind == NODE_MAP && j < node->count;
		     j++)
			r->pipelines[r->pipeline_count++] =
			    (struct pipeline_spec){
				    .name = node->items[j].key,
				    .node = &node->items[j],
				    .drain_timeout = r->drain_timeout,
				    .log_level = r->log.level,
				    .log_connections = r->log.connections,
				    .log_sample = r->log.sample,
			    };
}

int
settings_pipeline_log_level(const struct pipeline_spec *p)
{
	if (node_find(p->log_node, "level"))
		return settings_log_level(p->log_level);
	return LOG_L_DEBUG;
}

int
settings_parse_pipelines(const struct node *root, struct arena *arena,
    struct report *report, struct settings *r)
{
	struct option_context ctx = { .arena = arena, .report = report };
	const struct option_place p = { .ctx = &ctx };
	struct settings_name *names;
	size_t count;
	int rc = settings_count_pipelines(root, &p, &count);

	r->pipelines = arena_array(arena, count, sizeof(*r->pipelines));
	names = arena_array(arena, count, sizeof(*names));
	if (!r->pipelines || !names)
		return option_no_memory(&p);
	settings_list_pipelines(root, r);
	for (size_t i = 0; i < count; i++) {
		struct pipeline_spec *pipeline = &r->pipelines[i];

		if (settings_parse_pipeline(&ctx, pipeline) < 0)
			rc = -EINVAL;
		names[i] =
		    (struct settings_name){ pipeline->name, pipeline->node, i };
	}
	ctx.pipeline = NULL;
	if (settings_check_twice(names, count, "pipeline", &p) < 0)
		rc = -EINVAL;
	return rc;
}

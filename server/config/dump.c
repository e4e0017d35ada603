/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/dump.h"

#include "config/dump-value.h"
#include "config/option-kind.h"

#include <string.h>

static void
dump_options(FILE *out, unsigned depth, const struct dump_options *options,
    const struct node *map)
{
	struct bnd_option o;

	for (size_t i = 0;
	     option_at(options->table, options->element_size, i, &o); i++)
		dump_option(out, depth, &o, options, node_find(map, o.name));
}

/* The daemon's groups are options of the kind "any": their own tables tell. */
static void
dump_group(
    FILE *out, const struct settings_group *group, const struct settings *s)
{
	const struct dump_options options = { .table = group->table,
		.element_size = sizeof(struct bnd_option),
		.self = s };
	const struct node *map = node_find(s->node, group->name);

	fprintf(out, "%s = {", group->name);
	dump_origin(out, map);
	dump_options(out, 1, &options, map);
	fprintf(out, "};\n");
}

void
dump_settings(FILE *out, const struct settings *s)
{
	const struct settings_group *top = settings_groups;
	const struct dump_options options = { .table = top->table,
		.element_size = sizeof(struct bnd_option),
		.self = s };
	struct bnd_option o;

	for (size_t i = 0; option_at(top->table, sizeof(o), i, &o); i++)
		if (o.kind != OPTION_T_NODE)
			dump_option(
			    out, 0, &o, &options, node_find(s->node, o.name));
	for (const struct settings_group *g = top + 1; g->table; g++)
		dump_group(out, g, s);
}

/* Only the names: any of the values may be a secret. */
static void
dump_unknown(FILE *out, unsigned depth, const struct node *map)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct node *item = &map->items[i];

		if (strcmp(item->key, "type") == 0 ||
		    strcmp(item->key, "name") == 0)
			continue;
		dump_indent(out, depth);
		fprintf(out, "# %s is not shown: no plugin tells its kind",
		    item->key);
		dump_origin(out, item);
	}
}

void
dump_binding(FILE *out, unsigned depth, const struct binding_spec *b,
    const struct dump_options *options)
{
	dump_indent(out, depth);
	fprintf(out, "{");
	dump_origin(out, b->map);
	dump_indent(out, depth + 1);
	fprintf(out, "type = ");
	dump_text(out, b->type);
	fputc(';', out);
	dump_origin(out, node_find(b->map, "type"));
	dump_indent(out, depth + 1);
	fprintf(out, "name = ");
	dump_text(out, b->name);
	fputc(';', out);
	dump_origin(out, node_find(b->map, "name"));
	if (options->is_unknown)
		dump_unknown(out, depth + 1, b->map);
	else
		dump_options(out, depth + 1, options, b->map);
	dump_indent(out, depth);
	fputc('}', out);
}

/* Its own node, or the daemon's, by which it goes. */
static const struct node *
dump_pipeline_node(
    const struct node *own, const struct node *daemon, const char *key)
{
	const struct node *node = node_find(own, key);

	return node ? node : node_find(daemon, key);
}

static void
dump_pipeline_settings(
    FILE *out, const struct settings *s, const struct pipeline_spec *p)
{
	const struct dump_options own = { .table = settings_pipeline_table,
		.element_size = sizeof(struct bnd_option),
		.self = p };
	const struct dump_options log = { .table = settings_pipeline_log_table,
		.element_size = sizeof(struct bnd_option),
		.self = p };
	struct bnd_option o;

	for (size_t i = 0; option_at(own.table, own.element_size, i, &o); i++)
		if (o.kind != OPTION_T_NODE)
			dump_option(out, 2, &o, &own,
			    dump_pipeline_node(p->node, s->node, o.name));
	dump_indent(out, 2);
	fprintf(out, "log = {");
	dump_origin(out, p->log_node);
	for (size_t i = 0; option_at(log.table, log.element_size, i, &o); i++)
		dump_option(out, 3, &o, &log,
		    dump_pipeline_node(p->log_node, s->log.node, o.name));
	dump_indent(out, 2);
	fprintf(out, "};\n");
}

static void
dump_pipeline(FILE *out, const struct settings *s,
    const struct pipeline_spec *p, dump_options_fn *find, void *arg)
{
	dump_indent(out, 1);
	fprintf(out, "%s = {", p->name);
	dump_origin(out, p->node);
	dump_pipeline_settings(out, s, p);
	dump_indent(out, 2);
	fprintf(out, "bindings = (\n");
	for (size_t i = 0; i < p->count; i++) {
		struct dump_options options = { .is_unknown = !find };

		if (find)
			find(arg, p, &p->bindings[i], &options);
		dump_binding(out, 3, &p->bindings[i], &options);
		fprintf(out, "%s\n", i + 1 < p->count ? "," : "");
	}
	dump_indent(out, 2);
	fprintf(out, ");\n");
	dump_indent(out, 1);
	fprintf(out, "};\n");
}

void
dump_config(
    FILE *out, const struct settings *s, dump_options_fn *find, void *arg)
{
	dump_settings(out, s);
	fprintf(out, "\npipelines: {\n");
	for (size_t i = 0; i < s->pipeline_count; i++)
		dump_pipeline(out, s, &s->pipelines[i], find, arg);
	fprintf(out, "};\n");
}

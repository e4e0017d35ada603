/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* print-pipelines.c - what is configured and loaded, as tables. */
#include "tool/command.h"
#include "tool/format.h"
#include "tool/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

/* clang-format off */
static const struct table_column pipeline_columns[] = {
	{ "PIPELINE", false }, { "LISTENS ON", false }, { "BINDINGS", false },
	{ "STATE", false }, { "NOW", true }, { "ACCEPTED", true },
	{ "FROM CLIENT", true }, { "TO CLIENT", true },
	{ "FROM BACKEND", true }, { "TO BACKEND", true },
};

static const struct table_column generation_columns[] = {
	{ "GENERATION", true }, { "STATE", false }, { "AGE", true },
	{ "PINS", true }, { "CONNECTIONS", true },
};

static const struct table_column plugin_columns[] = {
	{ "PLUGIN", false }, { "VERSION", false }, { "ROLE", false },
	{ "ABI", false }, { "GENERATIONS", false }, { "FILE", false },
	{ "SUMMARY", false },
};
/* clang-format on */

static const char *const byte_counts[] = { "from_client", "to_client",
	"from_backend", "to_backend" };

/* A list of NULL: no memory. */
static void
pipeline_ended(struct table *t, const json_t *list)
{
	char *text = list ? view_join(list, ", ") : NULL;

	if (text)
		table_note(t, "    ended: %s", text);
	else
		table_take_note(t, NULL);
	free(text);
}

/* "    ended: done 12, idle-timeout 3" below the pipeline's row. */
static void
pipeline_reasons(struct table *t, const json_t *reasons)
{
	CLEANUP(json_release) json_t *list = json_array();
	const char *name;
	json_t *count;
	int rc = 0;

	json_object_foreach((json_t *)(uintptr_t)reasons, name,
	    count) if (json_integer_value(count)) rc |=
	    json_array_append_new(
		list, json_sprintf("%s %lld", name,
			  (long long)json_integer_value(count)));
	if (json_array_size(list) || rc || !list)
		pipeline_ended(t, rc ? NULL : list);
}

static void
pipeline_row(struct table *t, const json_t *p)
{
	table_cell(t, "%s", view_text(p, "name"));
	table_take(t, view_join(view_list(p, "listen"), ", "));
	table_take(t, view_join(view_list(p, "bindings"), " "));
	table_cell(t, "%s",
	    view_flag(p, "is_drained")  ? "drained"
	    : view_flag(p, "is_target") ? "target"
					: "serves");
	view_count_cell(t, p, "connections");
	view_count_cell(t, p, "accepted");
	for (size_t i = 0; i < ARRAY_COUNT(byte_counts); i++)
		view_bytes_cell(t, p, byte_counts[i]);
	pipeline_reasons(t, json_object_get(p, "reasons"));
}

int
print_pipelines(const struct tool *tool, const json_t *answer)
{
	CLEANUP(table_finish) struct table t = TABLE(pipeline_columns);
	json_t *list = view_list(answer, "pipelines"), *p;
	size_t i;

	(void)tool;
	json_array_foreach(list, i, p) pipeline_row(&t, p);
	return table_show(&t);
}

/* What pins a generation: its connections, pipeline by pipeline. */
static void
generation_notes(struct table *t, const json_t *g)
{
	json_t *list = view_list(g, "pipelines"), *p, *left;
	size_t i;

	json_array_foreach(list, i, p)
	{
		int64_t n = view_int(p, "connections");

		left = json_object_get(p, "drain_left_ms");
		if (left)
			table_note(t, "    %s: %lld connection%s, %s left",
			    view_text(p, "name"), (long long)n, plural(n),
			    format_duration(json_integer_value(left)).s);
		else
			table_note(t, "    %s: %lld connection%s",
			    view_text(p, "name"), (long long)n, plural(n));
	}
	list = view_list(g, "plugins");
	json_array_foreach(list, i, p) table_note(
	    t, "    %s", json_is_string(p) ? json_string_value(p) : "?");
}

int
print_generations(const struct tool *tool, const json_t *answer)
{
	CLEANUP(table_finish) struct table t = TABLE(generation_columns);
	json_t *list = view_list(answer, "generations"), *g;
	size_t i;

	(void)tool;
	json_array_foreach(list, i, g)
	{
		view_count_cell(&t, g, "number");
		table_cell(&t, "%s", view_text(g, "state"));
		table_cell(&t, "%s", format_duration(view_int(g, "age_ms")).s);
		view_count_cell(&t, g, "pins");
		view_count_cell(&t, g, "connections");
		generation_notes(&t, g);
	}
	return table_show(&t);
}

int
print_plugins(const struct tool *tool, const json_t *answer)
{
	CLEANUP(table_finish) struct table t = TABLE(plugin_columns);
	json_t *list = view_list(answer, "plugins"), *p;
	size_t i;

	(void)tool;
	json_array_foreach(list, i, p)
	{
		table_cell(&t, "%s", view_text(p, "name"));
		table_cell(&t, "%s", view_text(p, "version"));
		table_cell(&t, "%s", view_text(p, "role"));
		table_cell(&t, "%s", view_text(p, "abi"));
		if (json_array_size(view_list(p, "generations")) == 0)
			table_cell(&t, "retired");
		else
			table_take(
			    &t, view_join(view_list(p, "generations"), ", "));
		table_cell(&t, "%s", view_text(p, "path"));
		table_cell(&t, "%s", view_text(p, "summary"));
	}
	return table_show(&t);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/graph.h"

#include "tool/command.h"
#include "tool/terminal.h"
#include "tool/view.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { GRAPH_INDENT = 2 };

/* What lines are made of. */
struct graph_lines {
	const char *arrow, *down, *tee, *last;     /* of exits */
	const char *first, *middle, *join, *alone; /* of what leads in */
};

static const struct graph_lines graph_ascii = { " -> ", "|", "|-> ", "`-> ",
	"-+", "-+", "-+> ", "--> " };
static const struct graph_lines graph_utf8 = { " ─▶ ", "│", "├─▶ ", "└─▶ ",
	"─┐", "─┤", "─┴▶ ", "──▶ " };

/* One pipeline while it is drawn. */
struct graph {
	FILE *out;
	const struct graph_lines *lines;
	const json_t *bindings;
	char **labels; /* what leads in: owned */
	size_t label_count, label_width;
	size_t *columns; /* where exits of a binding go down; owned */
	bool is_broken;  /* no memory */
};

static void
graph_finish(struct graph *g)
{
	for (size_t i = 0; i < g->label_count; i++)
		free(g->labels[i]);
	free(g->labels);
	free(g->columns);
}

/* Takes the text. */
static void
graph_label(struct graph *g, char *text)
{
	char **labels;
	size_t width;

	/* Few: one longer each time will do. */
	labels =
	    reallocarray(g->labels, g->label_count + 1, sizeof(*g->labels));
	if (labels)
		g->labels = labels;
	if (!labels || !text) {
		free(text);
		g->is_broken = true;
		return;
	}
	g->labels[g->label_count++] = text;
	width = text_width(text);
	if (width > g->label_width)
		g->label_width = width;
}

static void
graph_listens(struct graph *g, const json_t *binding)
{
	json_t *list = view_list(binding, "listen"), *address;
	size_t i;

	json_array_foreach(list, i, address) if (json_is_string(address))
	    graph_label(g, strdup(json_string_value(address)));
}

static bool
graph_has_exit(const json_t *binding, const char *pipeline)
{
	json_t *list = view_list(binding, "exits"), *exit;
	size_t i;

	json_array_foreach(list, i,
	    exit) if (json_is_string(exit) && strcmp(json_string_value(exit),
						  pipeline) == 0) return true;
	return false;
}

/* The bindings of all pipelines that lead to this one. */
static void
graph_origins(struct graph *g, const json_t *pipelines, const char *name)
{
	json_t *p, *b;
	size_t i, k;

	json_array_foreach(pipelines, i, p)
	{
		json_t *bindings = view_list(p, "bindings");
		char *text;

		json_array_foreach(bindings, k, b)
		{
			if (!graph_has_exit(b, name))
				continue;
			if (asprintf(&text, "%s/%s", view_text(p, "name"),
				view_text(b, "name")) < 0)
				text = NULL;
			graph_label(g, text);
		}
	}
}

static void
graph_pad(const struct graph *g, size_t n)
{
	fprintf(g->out, "%*s", (int)n, "");
}

/* What leads in, each on a line but the last; the column behind it. */
static size_t
graph_left(const struct graph *g)
{
	const struct graph_lines *l = g->lines;

	for (size_t i = 0; i < g->label_count; i++) {
		bool is_last = i + 1 == g->label_count;

		graph_pad(g, GRAPH_INDENT);
		fputs(g->labels[i], g->out);
		graph_pad(g, g->label_width - text_width(g->labels[i]) + 1);
		if (!is_last)
			fprintf(g->out, "%s\n", i ? l->middle : l->first);
		else
			fputs(i ? l->join : l->alone, g->out);
	}
	if (g->label_count)
		return GRAPH_INDENT + g->label_width + 1 + text_width(l->join);
	graph_pad(g, GRAPH_INDENT);
	return GRAPH_INDENT;
}

/* "[tls]", or "[first (pass)]" of another name than its type; how wide. */
static size_t
graph_box(const struct graph *g, const json_t *binding)
{
	const char *name = view_text(binding, "name");
	const char *type = view_text(binding, "type");

	if (!*type || strcmp(name, type) == 0) {
		fprintf(g->out, "[%s]", name);
		return text_width(name) + 2;
	}
	fprintf(g->out, "[%s (%s)]", name, type);
	return text_width(name) + text_width(type) + 5;
}

/* Exits go down from the middle of each box. */
static void
graph_chain(struct graph *g, size_t column)
{
	const json_t *binding;
	size_t i;

	json_array_foreach(g->bindings, i, binding)
	{
		size_t width;

		if (i) {
			fputs(g->lines->arrow, g->out);
			column += text_width(g->lines->arrow);
		}
		width = graph_box(g, binding);
		g->columns[i] = column + width / 2;
		column += width;
	}
	fputc('\n', g->out);
}

/* One exit of binding i; what is left of it goes on down. */
static void
graph_exit(const struct graph *g, size_t i, const json_t *exit, bool is_last)
{
	const char *name = json_string_value(exit);
	size_t column = 0;

	for (size_t k = 0; k < i; k++) {
		if (!json_array_size(
			view_list(json_array_get(g->bindings, k), "exits")))
			continue;
		graph_pad(g, g->columns[k] - column);
		fputs(g->lines->down, g->out);
		column = g->columns[k] + 1;
	}
	graph_pad(g, g->columns[i] - column);
	fprintf(g->out, "%s%s\n", is_last ? g->lines->last : g->lines->tee,
	    name ? name : "?");
}

/* From the last binding to the first, so that no lines cross. */
static void
graph_exits(const struct graph *g)
{
	size_t n = json_array_size(g->bindings), k;
	const json_t *exit;

	for (size_t i = n; i-- > 0;) {
		json_t *exits =
		    view_list(json_array_get(g->bindings, i), "exits");

		json_array_foreach(exits, k, exit)
		    graph_exit(g, i, exit, k + 1 == json_array_size(exits));
	}
}

static int
graph_pipeline(FILE *out, const json_t *pipelines, const json_t *p,
    const struct graph_lines *lines)
{
	CLEANUP(graph_finish)
	struct graph g = {
		.out = out, .lines = lines, .bindings = view_list(p, "bindings")
	};
	const json_t *binding;
	size_t i;

	fprintf(out, "%s%s\n", view_text(p, "name"),
	    view_flag(p, "is_target") ? " (target)" : "");
	json_array_foreach(g.bindings, i, binding) graph_listens(&g, binding);
	graph_origins(&g, pipelines, view_text(p, "name"));
	g.columns = calloc(json_array_size(g.bindings) + 1, sizeof(*g.columns));
	if (g.is_broken || !g.columns)
		return tool_no_memory();
	graph_chain(&g, graph_left(&g));
	graph_exits(&g);
	return EX_OK;
}

int
graph_draw(FILE *out, const json_t *pipelines, bool is_utf8)
{
	const json_t *p;
	size_t i;
	int rc = EX_OK;

	json_array_foreach(pipelines, i, p)
	{
		if (i)
			fputc('\n', out);
		rc = graph_pipeline(
		    out, pipelines, p, is_utf8 ? &graph_utf8 : &graph_ascii);
		if (rc)
			return rc;
	}
	return rc;
}

int
print_graph(const struct tool *tool, const json_t *answer)
{
	/* Names and addresses are written in many places: tamed here, once. */
	CLEANUP(json_release)
	json_t *pipelines = view_tamed(view_list(answer, "pipelines"));

	if (!pipelines)
		return tool_no_memory();
	if (json_object_get(tool->local, "dot")) {
		graph_dot(stdout, pipelines);
		return EX_OK;
	}
	return graph_draw(stdout, pipelines, terminal_look().is_utf8);
}

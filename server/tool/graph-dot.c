/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/graph.h"

#include "tool/view.h"

#include <string.h>

/* In a quoted string of Graphviz; a backslash would begin an escape. */
static void
dot_quoted(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void
dot_text(FILE *out, const json_t *o, const char *key)
{
	dot_quoted(out, view_text(o, key));
}

/* "PIPELINE/BINDING" */
static void
dot_node(FILE *out, const json_t *p, const json_t *b)
{
	fputc('"', out);
	dot_text(out, p, "name");
	fputc('/', out);
	dot_text(out, b, "name");
	fputc('"', out);
}

static void
dot_label(FILE *out, const json_t *b)
{
	json_t *list = view_list(b, "listen"), *address;
	size_t i;

	dot_text(out, b, "name");
	if (strcmp(view_text(b, "name"), view_text(b, "type")) != 0) {
		fputs("\\n(", out);
		dot_text(out, b, "type");
		fputc(')', out);
	}
	json_array_foreach(list, i, address)
	{
		fputs("\\n", out);
		if (json_is_string(address))
			dot_quoted(out, json_string_value(address));
	}
}

/* A pipeline is a box with its bindings in it. */
static void
dot_pipeline(FILE *out, const json_t *p, size_t number)
{
	json_t *bindings = view_list(p, "bindings"), *b, *before = NULL;
	size_t i;

	fprintf(out, "\tsubgraph cluster_%zu {\n\t\tlabel=\"", number);
	dot_text(out, p, "name");
	fprintf(out, "\";\n");
	if (view_flag(p, "is_target"))
		fprintf(out, "\t\tstyle=dashed;\n");
	json_array_foreach(bindings, i, b)
	{
		fprintf(out, "\t\t");
		dot_node(out, p, b);
		fprintf(out, " [label=\"");
		dot_label(out, b);
		fprintf(out, "\"];\n");
	}
	json_array_foreach(bindings, i, b)
	{
		if (before) {
			fprintf(out, "\t\t");
			dot_node(out, p, before);
			fprintf(out, " -> ");
			dot_node(out, p, b);
			fprintf(out, ";\n");
		}
		before = b;
	}
	fprintf(out, "\t}\n");
}

static const json_t *
dot_find(const json_t *pipelines, const char *name)
{
	const json_t *p;
	size_t i;

	json_array_foreach(pipelines, i,
	    p) if (strcmp(view_text(p, "name"), name) == 0) return p;
	return NULL;
}

/* To the first binding of where the exit leads. */
static void
dot_exit(FILE *out, const json_t *pipelines, const json_t *p, const json_t *b,
    const json_t *exit)
{
	const json_t *to = json_is_string(exit)
			       ? dot_find(pipelines, json_string_value(exit))
			       : NULL;
	const json_t *first = json_array_get(view_list(to, "bindings"), 0);

	if (!first)
		return;
	fprintf(out, "\t");
	dot_node(out, p, b);
	fprintf(out, " -> ");
	dot_node(out, to, first);
	fprintf(out, " [style=dashed];\n");
}

static void
dot_exits(FILE *out, const json_t *pipelines, const json_t *p)
{
	json_t *bindings = view_list(p, "bindings"), *b, *exits, *exit;
	size_t i, k;

	json_array_foreach(bindings, i, b)
	{
		exits = view_list(b, "exits");
		json_array_foreach(exits, k, exit)
		    dot_exit(out, pipelines, p, b, exit);
	}
}

void
graph_dot(FILE *out, const json_t *pipelines)
{
	const json_t *p;
	size_t i;

	fprintf(out, "digraph bindery {\n\trankdir=LR;\n\tnode [shape=box];\n");
	json_array_foreach(pipelines, i, p) dot_pipeline(out, p, i);
	json_array_foreach(pipelines, i, p) dot_exits(out, pipelines, p);
	fprintf(out, "}\n");
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/top.h"

#include "tool/format.h"
#include "tool/view.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

/* clang-format off */
static const struct table_column pipeline_columns[] = {
	{ "PIPELINE", false }, { "NOW", true }, { "NEW/S", true },
	{ "FROM CLIENT", true }, { "TO CLIENT", true },
	{ "FROM BACKEND", true }, { "TO BACKEND", true },
};

static const struct table_column connection_columns[] = {
	{ "ID", true }, { "PIPELINE", false }, { "PEER", false },
	{ "IDENTITY", false }, { "AGE", true }, { "IDLE", true },
	{ "FROM CLIENT", true }, { "TO CLIENT", true },
	{ "FROM BACKEND", true }, { "TO BACKEND", true },
};
/* clang-format on */

static void
draw_rates(struct table *t, const json_t *o)
{
	static const char *const rates[] = { "from_client_rate",
		"to_client_rate", "from_backend_rate", "to_backend_rate" };

	for (size_t i = 0; i < ARRAY_COUNT(rates); i++)
		table_cell(t, "%s", format_rate(view_int(o, rates[i])).s);
}

/* The lines that are left after these: never less than none. */
static size_t
rows_left(size_t rows, size_t used)
{
	return rows > used ? rows - used : 0;
}

static void
fill_pipelines(struct table *t, const json_t *frame, size_t most)
{
	json_t *list = view_list(frame, "pipelines"), *p;
	size_t i;

	json_array_foreach(list, i, p)
	{
		if (i == most)
			break;
		table_cell(t, "%s%s", view_text(p, "name"),
		    view_flag(p, "is_drained") ? " (drained)" : "");
		table_cell(t, "%lld", (long long)view_int(p, "connections"));
		table_cell(t, "%lld", (long long)view_int(p, "accepted_rate"));
		draw_rates(t, p);
	}
}

static void
fill_connections(struct table *t, const json_t *frame, size_t most)
{
	json_t *list = view_list(frame, "connections"), *c;
	size_t i;

	json_array_foreach(list, i, c)
	{
		if (i == most)
			break;
		table_cell(t, "%lld", (long long)view_int(c, "id"));
		table_cell(t, "%s", view_text(c, "pipeline"));
		table_cell(t, "%s", view_text(c, "peer"));
		table_cell(t, "%s", view_text(c, "identity"));
		table_cell(t, "%s", format_duration(view_int(c, "age_ms")).s);
		table_cell(t, "%s", format_duration(view_int(c, "idle_ms")).s);
		draw_rates(t, c);
	}
}

static void
draw_head(FILE *out, const json_t *frame, unsigned columns)
{
	char text[160];
	int n;

	n = snprintf(text, sizeof(text),
	    "%s  %lld connections, rates over %s%s",
	    format_moment((int64_t)time(NULL)).s,
	    (long long)view_int(frame, "matched"),
	    format_duration(view_int(frame, "interval_ms")).s,
	    view_flag(frame, "is_cut") ? ", busiest of the newest only" : "");
	if (columns && n > (int)columns)
		text[columns] = '\0';
	fprintf(out, "%s\n\n", text);
}

int
top_draw(
    FILE *out, const json_t *frame, unsigned rows, unsigned columns, bool bold)
{
	CLEANUP(table_finish) struct table pipelines = TABLE(pipeline_columns);
	CLEANUP(table_finish)
	struct table connections = TABLE(connection_columns);
	size_t left = rows ? rows_left(rows, 5) : (size_t)-1; /* the heads */
	size_t n = json_array_size(view_list(frame, "pipelines"));
	/* Connections have half of the screen, or what pipelines leave. */
	size_t most = n < left / 2 ? n : left / 2 + left % 2;
	int rc;

	draw_head(out, frame, columns);
	fill_pipelines(&pipelines, frame, most);
	rc = table_print(&pipelines, out, columns, bold);
	fputc('\n', out);
	fill_connections(
	    &connections, frame, rows_left(left, n < most ? n : most));
	return rc ? rc : table_print(&connections, out, columns, bold);
}

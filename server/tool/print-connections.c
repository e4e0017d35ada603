/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* print-connections.c - the open connections, each with its stages. */
#include "tool/command.h"
#include "tool/format.h"
#include "tool/view.h"

#include <stdio.h>
#include <stdlib.h>

/* clang-format off */
static const struct table_column connection_columns[] = {
	{ "ID", true }, { "PIPELINE", false }, { "GEN", true },
	{ "WORKER", true }, { "PEER", false }, { "IDENTITY", false },
	{ "STATE", false }, { "AGE", true }, { "IDLE", true },
	{ "FROM CLIENT", true }, { "TO CLIENT", true },
	{ "FROM BACKEND", true }, { "TO BACKEND", true }, { "QUEUED", true },
};
/* clang-format on */

static const char *const byte_counts[] = { "from_client", "to_client",
	"from_backend", "to_backend", "queued" };

/* "    gate/tls open version=TLS1.3" */
static void
connection_stage(struct table *t, const json_t *s)
{
	char *head;

	if (asprintf(&head, "    %s/%s %s", view_text(s, "pipeline"),
		view_text(s, "binding"), view_text(s, "state")) < 0)
		head = NULL;
	table_take_note(t, head ? view_says(head, view_list(s, "says")) : NULL);
	free(head);
}

static void
connection_facts(struct table *t, const json_t *facts)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)facts, key, value)
	    table_note(t, "    %s: %s", key,
		json_is_string(value) ? json_string_value(value) : "?");
}

static void
connection_row(struct table *t, const json_t *c)
{
	json_t *stages = view_list(c, "stages"), *stage;
	size_t i;

	view_count_cell(t, c, "id");
	table_cell(t, "%s", view_text(c, "pipeline"));
	view_count_cell(t, c, "generation");
	view_count_cell(t, c, "worker");
	table_cell(t, "%s", view_text(c, "peer"));
	table_cell(t, "%s", view_text(c, "identity"));
	table_cell(t, "%s", view_text(c, "state"));
	table_cell(t, "%s", format_duration(view_int(c, "age_ms")).s);
	table_cell(t, "%s", format_duration(view_int(c, "idle_ms")).s);
	for (i = 0; i < ARRAY_COUNT(byte_counts); i++)
		view_bytes_cell(t, c, byte_counts[i]);
	json_array_foreach(stages, i, stage) connection_stage(t, stage);
	connection_facts(t, json_object_get(c, "facts"));
}

void
note_connections(const struct tool *tool, const json_t *answer)
{
	size_t shown = json_array_size(view_list(answer, "connections"));

	(void)tool;
	if (view_flag(answer, "is_cut"))
		tool_fail(0,
		    "%zu of %lld connections are shown: --limit shows more, "
		    "filters and --before show others",
		    shown, (long long)view_int(answer, "matched"));
}

int
print_connections(const struct tool *tool, const json_t *answer)
{
	CLEANUP(table_finish) struct table t = TABLE(connection_columns);
	json_t *list = view_list(answer, "connections"), *c;
	size_t i;
	int rc;

	json_array_foreach(list, i, c) connection_row(&t, c);
	rc = table_show(&t);
	note_connections(tool, answer);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* print-words.c - what plugins say, and text that the daemon made. */
#include "tool/command.h"
#include "tool/terminal.h"
#include "tool/view.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* clang-format off */
static const struct table_column step_columns[] = {
	{ "BINDING", false }, { "TYPE", false }, { "VERDICT", false },
	{ "EXIT", false }, { "WHY", false },
};
/* clang-format on */

/* "gate/tls (tls)" and below it what each worker says. */
static void
show_binding(struct table *t, const json_t *b)
{
	json_t *workers = view_list(b, "workers"), *worker, *said;
	size_t i, k;

	table_note(t, "%s/%s (%s)", view_text(b, "pipeline"),
	    view_text(b, "binding"), view_text(b, "type"));
	json_array_foreach(workers, i, worker)
	{
		json_t *says = view_list(worker, "says");

		if (json_array_size(workers) > 1)
			table_note(t, "  worker %lld",
			    (long long)view_int(worker, "worker"));
		json_array_foreach(says, k, said)
		{
			table_cell(t, "    %s", view_text(said, "key"));
			table_cell(t, "%s", view_text(said, "value"));
		}
	}
}

int
print_show(const struct tool *tool, const json_t *answer)
{
	CLEANUP(table_finish) struct table t = TABLE_PAIRS(0);
	json_t *list = view_list(answer, "bindings"), *b;
	size_t i;

	(void)tool;
	json_array_foreach(list, i, b) show_binding(&t, b);
	return table_show(&t);
}

int
print_says(const struct tool *tool, const json_t *answer)
{
	CLEANUP(table_finish) struct table t = TABLE_PAIRS(0);

	(void)tool;
	view_says_rows(&t, view_list(answer, "says"));
	return table_show(&t);
}

static void
explain_step(struct table *t, const json_t *s)
{
	json_t *says = view_list(s, "says"), *said;
	size_t i;

	table_cell(
	    t, "%s/%s", view_text(s, "pipeline"), view_text(s, "binding"));
	table_cell(t, "%s", view_text(s, "type"));
	table_cell(t, "%s", view_text(s, "verdict"));
	table_cell(t, "%s", view_text(s, "exit"));
	table_cell(t, "%s", view_text(s, "why"));
	json_array_foreach(says, i, said) table_note(
	    t, "    %s: %s", view_text(said, "key"), view_text(said, "value"));
}

int
print_explain(const struct tool *tool, const json_t *answer)
{
	CLEANUP(table_finish) struct table t = TABLE(step_columns);
	json_t *steps = view_list(answer, "steps"), *step;
	size_t i;

	(void)tool;
	json_array_foreach(steps, i, step) explain_step(&t, step);
	table_note(&t, "%s", "");
	table_note(&t, "%s", view_text(answer, "outcome"));
	return table_show(&t);
}

/* To a file as it is; to a terminal line by line, made fit for it. */
int
print_text(const struct tool *tool, const json_t *answer)
{
	const char *text = view_text(answer, "text");
	char *copy, *rest;

	(void)tool;
	if (!terminal_look().is_tty) {
		fputs(text, stdout);
		return EX_OK;
	}
	rest = copy = strdup(text);
	if (!copy)
		return tool_no_memory();
	for (char *line; *rest && (line = strsep(&rest, "\n"));) {
		for (char *tab = line; (tab = strchr(tab, '\t'));)
			*tab = ' ';
		utf8_tame(line);
		puts(line);
		if (!rest)
			break;
	}
	free(copy);
	return EX_OK;
}

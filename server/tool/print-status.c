/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* print-status.c - the state of the daemon, and what a command did to it. */
#include "tool/command.h"
#include "tool/format.h"
#include "tool/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

static void
status_last(struct table *t, const json_t *last)
{
	json_t *errors = view_list(last, "errors"), *line;
	int64_t ago_s = (int64_t)time(NULL) - view_int(last, "at");
	size_t i;

	if (!json_is_object(last))
		return;
	table_cell(t, "last reload");
	table_cell(t, "%s ago: %s, in %s",
	    format_duration((ago_s > 0 ? ago_s : 0) * 1000).s,
	    view_flag(last, "ok") ? "good" : "refused",
	    format_duration(view_int(last, "ms")).s);
	json_array_foreach(errors, i, line)
	{
		table_cell(t, " ");
		table_cell(t, "%s",
		    json_is_string(line) ? json_string_value(line) : "");
	}
}

static void
status_load(struct table *t, const json_t *answer)
{
	const json_t *files = json_object_get(answer, "descriptors");
	const json_t *reloads = json_object_get(answer, "reloads");

	table_cell(t, "connections");
	table_cell(t, "%lld now, %lld in all",
	    (long long)view_int(answer, "connections"),
	    (long long)view_int(answer, "accepted"));
	if (files) {
		table_cell(t, "descriptors");
		table_cell(t, "%lld of %lld",
		    (long long)view_int(files, "used"),
		    (long long)view_int(files, "limit"));
	}
	table_cell(t, "memory");
	view_bytes_cell(t, answer, "memory");
	table_cell(t, "reloads");
	table_cell(t, "%lld good, %lld refused",
	    (long long)view_int(reloads, "good"),
	    (long long)view_int(reloads, "refused"));
	status_last(t, json_object_get(reloads, "last"));
}

int
print_status(const struct tool *tool, const json_t *answer)
{
	CLEANUP(table_finish) struct table t = TABLE_PAIRS(0);

	(void)tool;
	table_cell(&t, "binderyd");
	table_cell(&t, "%s, plugin ABI %s, process %lld%s",
	    view_text(answer, "version"), view_text(answer, "abi"),
	    (long long)view_int(answer, "pid"),
	    view_flag(answer, "is_ending") ? ", ending" : "");
	table_cell(&t, "up");
	table_cell(&t, "%s, since %s",
	    format_duration(view_int(answer, "uptime_ms")).s,
	    format_moment(view_int(answer, "started_at")).s);
	table_cell(&t, "configuration");
	table_cell(&t, "%s", view_text(answer, "config"));
	table_cell(&t, "generation");
	table_cell(&t, "%lld, %lld live",
	    (long long)view_int(answer, "generation"),
	    (long long)view_int(answer, "generations"));
	table_cell(&t, "pipelines");
	table_cell(&t, "%lld, by %lld worker%s",
	    (long long)view_int(answer, "pipelines"),
	    (long long)view_int(answer, "workers"),
	    plural(view_int(answer, "workers")));
	table_cell(&t, "log level");
	table_cell(&t, "%s", view_text(answer, "log_level"));
	status_load(&t, answer);
	return table_show(&t);
}

int
print_reload(const struct tool *tool, const json_t *answer)
{
	json_t *warnings = view_list(answer, "warnings"), *line;
	size_t i;

	(void)tool;
	json_array_foreach(warnings, i, line) tool_fail(EX_OK, "warning: %s",
	    json_is_string(line) ? json_string_value(line) : "?");
	printf("generation %lld serves (%lld ms)\n",
	    (long long)view_int(answer, "generation"),
	    (long long)view_int(answer, "ms"));
	return EX_OK;
}

int
print_upgrade(const struct tool *tool, const json_t *answer)
{
	(void)tool;
	printf("process %lld serves (%lld ms)\n",
	    (long long)view_int(answer, "pid"),
	    (long long)view_int(answer, "ms"));
	return EX_OK;
}

int
print_stop(const struct tool *tool, const json_t *answer)
{
	int64_t n = view_int(answer, "connections");

	(void)tool;
	printf("ending: %lld connection%s open, at most %s\n", (long long)n,
	    plural(n), format_duration(view_int(answer, "deadline_ms")).s);
	return EX_OK;
}

int
print_reopen(const struct tool *tool, const json_t *answer)
{
	(void)tool;
	(void)answer;
	puts("the log is opened again");
	return EX_OK;
}

int
print_drain(const struct tool *tool, const json_t *answer)
{
	int64_t listeners = view_int(answer, "listeners");
	int64_t left = view_int(answer, "connections");

	/* The name is the operand: there it was fit for this terminal. */
	printf("'%s' accepts nothing more: %lld listener%s closed, %lld "
	       "connection%s left\n",
	    tool->operands[0], (long long)listeners, plural(listeners),
	    (long long)left, plural(left));
	return EX_OK;
}

int
print_level(const struct tool *tool, const json_t *answer)
{
	CLEANUP(table_finish) struct table t = TABLE_PAIRS(0);
	const char *level = view_text(answer, "level");
	const char *was = view_text(answer, "was");

	table_cell(&t, "log level");
	if (tool->operand_count && *was && strcmp(was, level) != 0)
		table_cell(&t, "%s, was %s", level, was);
	else
		table_cell(&t, "%s", level);
	return table_show(&t);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* local.c - what needs no daemon: binderyd itself checks a configuration and
 * describes a plugin, and a program of its own tries a plugin out. */
#include "tool/command.h"
#include "tool/program.h"
#include "tool/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

struct line {
	const char *words[PROGRAM_ARGUMENTS]; /* ended by NULL */
	size_t count;
};

static void
line_add(struct line *l, const char *word)
{
	if (l->count + 1 < ARRAY_COUNT(l->words))
		l->words[l->count++] = word;
}

static void
line_begin(struct line *l, const struct tool *t)
{
	json_t *dirs = view_list(t->local, "plugins"), *dir;
	size_t i;

	line_add(l, "binderyd");
	json_array_foreach(dirs, i, dir)
	{
		line_add(l, "-p");
		line_add(l, json_string_value(dir));
	}
}

static int
line_run(struct line *l, const struct tool *t, int fd, struct program_output *r)
{
	/* posix_spawn() does not change its words. */
	return program_run((char *const *)(uintptr_t)l->words,
	    t->timeout_ms ? t->timeout_ms : t->command->timeout_ms, fd, r);
}

static void
output_finish(struct program_output *o)
{
	free(o->text);
}

/* The lines of binderyd as lists.  The last word of a good check is that it is
 * good: no error.  -1: no memory, or lines that are not UTF-8. */
static int
check_sort(char *rest, bool ok, json_t *errors, json_t *warnings)
{
	static const char warning[] = "warning: ";
	int rc = 0;

	for (char *line; !rc && (line = strsep(&rest, "\n"));) {
		if (strncmp(line, warning, strlen(warning)) == 0)
			rc = json_array_append_new(
			    warnings, json_string(line + strlen(warning)));
		else if (*line && !ok)
			rc = json_array_append_new(errors, json_string(line));
	}
	return rc;
}

static int
check_json(struct line *l, const struct tool *t)
{
	CLEANUP(output_finish) struct program_output said = { 0 };
	CLEANUP(json_release) json_t *o = NULL;
	json_t *errors = json_array(), *warnings = json_array();
	int status = line_run(l, t, STDERR_FILENO, &said), rc;

	if (status == EX_TEMPFAIL || status == EX_UNAVAILABLE || !said.text)
		rc = status;
	else
		rc = check_sort(said.text, status == 0, errors, warnings);
	/* Takes the lists, whatever happens. */
	o = json_pack("{s:b, s:o, s:o}", "ok", status == 0, "errors", errors,
	    "warnings", warnings);
	if (rc > 0)
		return rc;
	if (!o || rc < 0)
		return tool_no_memory();
	rc = tool_print_json(o);
	return rc ? rc : status;
}

int
run_check(struct tool *t)
{
	struct line l = { 0 };

	line_begin(&l, t);
	line_add(&l, "-t");
	if (t->operand_count) {
		line_add(&l, "-c");
		line_add(&l, t->operands[0]);
	}
	return t->is_json ? check_json(&l, t) : line_run(&l, t, -1, NULL);
}

static int
describe_json(struct line *l, const struct tool *t)
{
	CLEANUP(output_finish) struct program_output said = { 0 };
	CLEANUP(json_release) json_t *o = NULL;
	int status;

	line_add(l, "-j");
	status = line_run(l, t, STDOUT_FILENO, &said);
	if (status)
		return status;
	o = json_loadb(said.text, said.size, 0, NULL);
	return o ? tool_print_json(o)
		 : tool_fail(EX_SOFTWARE, "binderyd has not printed JSON");
}

int
run_describe(struct tool *t)
{
	struct line l = { 0 };

	line_begin(&l, t);
	line_add(&l, "-l");
	line_add(&l, t->operands[0]);
	return t->is_json ? describe_json(&l, t) : line_run(&l, t, -1, NULL);
}

static void
line_add_list(struct line *l, const struct tool *t, const char *member,
    const char *option)
{
	json_t *item;
	size_t i;

	json_array_foreach(view_list(t->local, member), i, item)
	{
		line_add(l, option);
		line_add(l, json_string_value(item));
	}
}

/* The options as they were given. */
static void
line_add_local(struct line *l, const struct tool *t)
{
	static const struct {
		const char *member, *option;
	} options[] = {
		{ "rule", "--rule" },
		{ "seed", "--seed" },
		{ "runs", "--runs" },
		{ "seconds", "--seconds" },
		{ "input", "--input" },
		{ "input-back", "--input-back" },
		{ "peer", "--peer" },
	};
	json_t *item;
	size_t i;

	line_add_list(l, t, "option", "-o");
	line_add_list(l, t, "fact", "--fact");
	for (i = 0; i < ARRAY_COUNT(options); i++) {
		item = json_object_get(t->local, options[i].member);
		if (!item)
			continue;
		line_add(l, options[i].option);
		line_add(l, json_string_value(item));
	}
	if (json_object_get(t->local, "in-turn"))
		line_add(l, "--in-turn");
	if (json_object_get(t->local, "stays"))
		line_add(l, "--stays");
}

static int
check_plugin_json(struct line *l, const struct tool *t)
{
	CLEANUP(output_finish) struct program_output said = { 0 };
	CLEANUP(json_release) json_t *o = NULL;
	int status, rc;

	line_add(l, "--json");
	status = line_run(l, t, STDOUT_FILENO, &said);
	if (status > STATUS_REFUSED)
		return status;
	o = json_loadb(said.text, said.size, 0, NULL);
	if (!o)
		return tool_fail(
		    EX_SOFTWARE, "bindery-check-plugin has not printed JSON");
	rc = tool_print_json(o);
	return rc ? rc : status;
}

int
run_check_plugin(struct tool *t)
{
	struct line l = { 0 };

	line_add(&l, "bindery-check-plugin");
	line_add(&l, t->operands[0]);
	line_add_local(&l, t);
	return t->is_json ? check_plugin_json(&l, t)
			  : line_run(&l, t, -1, NULL);
}

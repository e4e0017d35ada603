/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/command.h"
#include "tool/table.h"
#include "tool/terminal.h"

#include <stdio.h>
#include <sysexits.h>

#include "build-info.h"

static void
help_option(const struct command_option *o)
{
	char name[64], letter[] = "    ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(name, sizeof(name), "--%s%s%s", o->name, o->value ? "=" : "",
	    o->value ? o->value : "");
	printf("  %.4s%-24s %s\n", letter, name, o->help);
}

static void
help_options(const struct command_option *o)
{
	for (; o && o->name; o++)
		help_option(o);
}

void
help_all(void)
{
	printf("usage: bindery [-s PATH] [-j] [-t TIME] COMMAND "
	       "[ARGUMENT...]\n\n");
	help_options(command_globals);
	printf("\nThe commands are:\n\n");
	for (const struct command *c = commands; c->name; c++) {
		char name[64];

		snprintf(name, sizeof(name), "%s%s%s", c->name,
		    *c->operands ? " " : "", c->operands);
		printf("  %-30s %s\n", name, c->help);
	}
	printf("\nThe default socket is %s;\n"
	       "the environment variable BINDERY_SOCKET names another.\n"
	       "'bindery help COMMAND' explains one; see bindery(8).\n",
	    BINDERY_SOCKET);
}

void
help_command(const struct command *c)
{
	printf("usage: bindery %s%s%s%s\n\n%s\n", c->name,
	    c->options ? " [OPTION...]" : "", *c->operands ? " " : "",
	    c->operands, c->help);
	if (c->alias)
		printf("Another name of it is '%s'.\n", c->alias);
	if (c->options)
		printf("\n");
	help_options(c->options);
}

static void
help_words_options(const struct command_option *o)
{
	for (; o && o->name; o++) {
		if (o->letter)
			printf("-%c%s%s\n", o->letter, o->value ? " " : "",
			    o->value ? o->value : "");
		printf("--%s%s%s\n", o->name, o->value ? " " : "",
		    o->value ? o->value : "");
	}
}

void
help_words(const struct command *c)
{
	if (!c)
		for (const struct command *i = commands; i->name; i++)
			printf("%s\n%s%s", i->name, i->alias ? i->alias : "",
			    i->alias ? "\n" : "");
	else if (*c->operands)
		printf("%s\n", c->operands);
	help_words_options(c ? c->options : NULL);
	help_words_options(command_globals);
}

int
run_help(struct tool *t)
{
	const struct command *c = NULL;
	bool is_words = json_object_get(t->local, "words");

	if (t->operand_count && !(c = command_find(t->operands[0])))
		return tool_fail(EX_USAGE,
		    "there is no command '%s': 'bindery help' lists them",
		    t->operands[0]);
	if (is_words)
		help_words(c);
	else if (c)
		help_command(c);
	else
		help_all();
	return EX_OK;
}

int
run_version(struct tool *t)
{
	CLEANUP(json_release) json_t *o = NULL;

	if (!t->is_json) {
		printf("bindery %s\n", BINDERY_VERSION);
		return EX_OK;
	}
	o = json_pack("{s:s}", "version", BINDERY_VERSION);
	return o ? tool_print_json(o) : tool_no_memory();
}

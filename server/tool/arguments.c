/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { OPTIONS_MAX = 32, LONG_ONLY = 256 };

/* What getopt_long() takes, made of our tables. */
struct grammar {
	const struct command_option *options[OPTIONS_MAX];
	struct option longs[OPTIONS_MAX + 1];
	char shorts[2 * OPTIONS_MAX + 2];
	size_t count, short_count;
};

static void
grammar_add(struct grammar *g, const struct command_option *o)
{
	for (; o && o->name && g->count < OPTIONS_MAX; o++) {
		g->options[g->count] = o;
		g->longs[g->count] = (struct option){ o->name,
			o->value ? required_argument : no_argument, NULL,
			o->letter ? o->letter : LONG_ONLY + (int)g->count };
		g->count++;
		if (!o->letter)
			continue;
		g->shorts[g->short_count++] = o->letter;
		if (o->value)
			g->shorts[g->short_count++] = ':';
	}
}

static const struct command_option *
grammar_find(const struct grammar *g, int result)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->longs[i].val == result)
			return g->options[i];
	return NULL;
}

/* The object or list of that name, made when it is not there yet. */
static json_t *
member_inside(json_t *o, const char *name, json_t *(*make)(void))
{
	json_t *inside = json_object_get(o, name);

	if (inside)
		return inside;
	inside = make();
	return json_object_set_new(o, name, inside) < 0 ? NULL : inside;
}

/* The result of a setter of jansson; text that is not UTF-8 is the one way
 * that it fails, beside memory. */
static int
argument_set(int rc, const struct command_option *o)
{
	return rc < 0 ? tool_fail(EX_USAGE,
			    "the value of --%s is not UTF-8 text", o->name)
		      : EX_OK;
}

static int
argument_pair(json_t *o, const struct command_option *option, const char *text)
{
	const char *equals = strchr(text, '=');
	json_t *inside;
	char *key;
	int rc;

	if (!equals || equals == text)
		return tool_fail(EX_USAGE, "--%s wants KEY=VALUE, not '%s'",
		    option->name, text);
	inside = member_inside(o, option->member, json_object);
	key = strndup(text, (size_t)(equals - text));
	rc = key && inside ? argument_set(json_object_set_new(inside, key,
					      json_string(equals + 1)),
				 option)
			   : tool_no_memory();
	free(key);
	return rc;
}

static int
argument_number(
    json_t *o, const struct command_option *option, const char *text)
{
	const long long most = (1LL << 53) - 1;
	char *end = NULL;
	long long n;

	errno = 0;
	n = *text >= '0' && *text <= '9' ? strtoll(text, &end, 10) : -1;
	if (n < 0 || errno || *end || n > most)
		return tool_fail(EX_USAGE, "--%s wants a number, not '%s'",
		    option->name, text);
	return argument_set(
	    json_object_set_new(o, option->member, json_integer(n)), option);
}

static int
argument_time(json_t *o, const char *member, const char *name, const char *text,
    int64_t *ms_r)
{
	*ms_r = time_parse(text);
	if (*ms_r < 0)
		return tool_fail(EX_USAGE,
		    "--%s wants a time of at most a day, such as \"30s\", not "
		    "'%s'",
		    name, text);
	if (o && json_object_set_new(o, member, json_integer(*ms_r)) < 0)
		return tool_no_memory();
	return EX_OK;
}

static int
argument_take(struct tool *t, const struct command_option *o, const char *text)
{
	json_t *to = o->is_local ? t->local : t->arguments;
	int64_t ms;

	switch (o->kind) {
	case ARGUMENT_TEXT:
		return argument_set(
		    json_object_set_new(to, o->member, json_string(text)), o);
	case ARGUMENT_NUMBER:
		return argument_number(to, o, text);
	case ARGUMENT_TIME:
		return argument_time(to, o->member, o->name, text, &ms);
	case ARGUMENT_PAIR:
		return argument_pair(to, o, text);
	case ARGUMENT_LIST:
		return argument_set(
		    json_array_append_new(
			member_inside(to, o->member, json_array),
			json_string(text)),
		    o);
	default:
		return argument_set(json_object_set_new(to, o->member,
					json_boolean(o->kind == ARGUMENT_TRUE)),
		    o);
	}
}

/* An option of the tool itself. */
static int
global_take(struct tool *t, const struct command_option *o, const char *text)
{
	switch (o->letter) {
	case 's':
		t->socket = text;
		return EX_OK;
	case 'j':
		t->is_json = true;
		return EX_OK;
	case 't':
		return argument_time(NULL, NULL, o->name, text, &t->timeout_ms);
	case 'V':
		t->command = command_find("version");
		return EX_OK;
	default:
		t->is_help = true;
		return EX_OK;
	}
}

static int
options_take(struct tool *t, const struct grammar *g, int argc, char **argv)
{
	int result, rc = EX_OK;

	optind = 0; /* begin anew: glibc's way to say it */
	while (!rc && (result = getopt_long(
			   argc, argv, g->shorts, g->longs, NULL)) != -1) {
		const struct command_option *o = grammar_find(g, result);

		if (!o) /* getopt has said what is wrong */
			return EX_USAGE;
		rc = o->kind == ARGUMENT_NONE ? global_take(t, o, optarg)
					      : argument_take(t, o, optarg);
	}
	return rc;
}

static int
operands_take(struct tool *t, int argc, char **argv)
{
	const struct command *c = t->command;

	t->operands = argv + optind;
	t->operand_count = argc - optind;
	if (t->is_help)
		return EX_OK;
	if (t->operand_count > c->most)
		return tool_fail(EX_USAGE,
		    "'%s' is too much for '%s': try 'bindery help %s'",
		    t->operands[c->most], c->name, c->name);
	if (t->operand_count < c->least)
		return tool_fail(EX_USAGE,
		    "'%s' wants %s: try 'bindery help %s'", c->name,
		    c->operands, c->name);
	return EX_OK;
}

/* What messages of getopt_long() begin with. */
static char arguments_name[] = "bindery";

static int
command_parse(struct tool *t, int argc, char **argv)
{
	struct grammar g = { 0 };
	int rc;

	t->command = command_find(argv[0]);
	if (!t->command)
		return tool_fail(EX_USAGE,
		    "there is no command '%s': 'bindery help' lists them",
		    argv[0]);
	if (t->command->is_literal)
		g.shorts[g.short_count++] = '+';
	grammar_add(&g, t->command->options);
	grammar_add(&g, command_globals);
	argv[0] = arguments_name;
	rc = options_take(t, &g, argc, argv);
	return rc ? rc : operands_take(t, argc, argv);
}

int
arguments_parse(struct tool *t, int argc, char **argv)
{
	struct grammar g = { .shorts = "+", .short_count = 1 };
	int rc;

	t->arguments = json_object();
	t->local = json_object();
	if (!t->arguments || !t->local)
		return tool_no_memory();
	if (argc > 0)
		argv[0] = arguments_name;
	grammar_add(&g, command_globals);
	rc = options_take(t, &g, argc, argv);
	if (rc || t->is_help || t->command)
		return rc;
	if (optind >= argc)
		return tool_fail(
		    EX_USAGE, "which command? 'bindery help' lists them");
	return command_parse(t, argc - optind, argv + optind);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "control/request.h"

#include "base/compiler.h"
#include "config/value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

PRINTF(2, 3)
static int
request_refuse(struct request *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->refusal, sizeof(r->refusal), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* ---------------------------------------------------------------- arguments */

static bool
list_is_of_texts(const json_t *list)
{
	const json_t *j;
	size_t i;

	json_array_foreach(list, i, j) if (!json_is_string(j)) return false;
	return json_is_array(list);
}

static bool
map_is_of_texts(json_t *map)
{
	const char *key;
	json_t *j;

	json_object_foreach(map, key, j) if (!json_is_string(j)) return false;
	return json_is_object(map);
}

/* What is wanted of a kind; NULL: value is of it. */
static const char *
kind_misses(char kind, json_t *value)
{
	switch (kind) {
	case 's':
		return json_is_string(value) ? NULL : "a string";
	case 'i':
		return json_is_integer(value) && json_integer_value(value) >= 0
			   ? NULL
			   : "an integer that is not negative";
	case 'b':
		return json_is_boolean(value) ? NULL : "true or false";
	case 'l':
		return list_is_of_texts(value) ? NULL : "a list of strings";
	default:
		return map_is_of_texts(value) ? NULL : "an object with strings";
	}
}

static const struct argument *
argument_find(const struct command *c, const char *name)
{
	const struct argument *a = c->arguments;

	while (a && a->name && strcmp(a->name, name) != 0)
		a++;
	return a && a->name ? a : NULL;
}

static int
argument_check(struct request *r, const char *name, json_t *value)
{
	const struct argument *a = argument_find(r->command, name);
	const char *wanted = a ? kind_misses(a->kind, value) : NULL;

	if (!a)
		return request_refuse(r,
		    "command '%s' has no argument '%.100s'", r->command->name,
		    name);
	if (wanted)
		return request_refuse(r,
		    "command '%s': argument '%s' is not %s", r->command->name,
		    name, wanted);
	return 0;
}

static int
arguments_check(struct request *r)
{
	const struct argument *a = r->command->arguments;
	const char *name;
	json_t *value;

	json_object_foreach(r->arguments, name,
	    value) if (argument_check(r, name, value) < 0) return -EINVAL;
	for (; a && a->name; a++)
		if (a->is_required && !json_object_get(r->arguments, a->name))
			return request_refuse(r,
			    "command '%s' needs argument '%s'",
			    r->command->name, a->name);
	return 0;
}

/* ------------------------------------------------------------------ members */

enum { NAMES_MAX = 64 };

static int
command_unknown(struct request *r, const char *name)
{
	const char *names[NAMES_MAX] = { NULL }, *near;

	for (size_t i = 0; i < NAMES_MAX - 1 && control_commands[i].name; i++)
		names[i] = control_commands[i].name;
	near = suggest(name, names);
	return request_refuse(r, "there is no command '%.100s'%s%s%s", name,
	    near ? ", is '" : "", near ? near : "", near ? "' meant?" : "");
}

static int
command_find(struct request *r, const char *name)
{
	r->command = control_commands;
	while (r->command->name && strcmp(r->command->name, name) != 0)
		r->command++;
	return r->command->name ? 0 : command_unknown(r, name);
}

static int
members_check(struct request *r, json_t *whole)
{
	static const char *const known[] = { "bindery", "command",
		"arguments" };
	const char *key;
	json_t *value;

	json_object_foreach(whole, key, value)
	{
		size_t i = 0;

		while (i < ARRAY_COUNT(known) && strcmp(known[i], key) != 0)
			i++;
		if (i == ARRAY_COUNT(known))
			return request_refuse(
			    r, "a request has no member '%.100s'", key);
	}
	return 0;
}

static int
whole_check(struct request *r, json_t *whole)
{
	json_t *version = json_object_get(whole, "bindery");
	json_t *name = json_object_get(whole, "command");
	json_t *arguments = json_object_get(whole, "arguments");
	int rc = members_check(r, whole);

	if (rc < 0)
		return rc;
	if (!json_is_integer(version) || json_integer_value(version) != 1)
		return request_refuse(r,
		    "member 'bindery', the version of the protocol, is not 1");
	if (!json_is_string(name) || (arguments && !json_is_object(arguments)))
		return request_refuse(r,
		    "member 'command' is not a string, or 'arguments' not an "
		    "object");
	rc = command_find(r, json_string_value(name));
	if (rc < 0)
		return rc;
	r->arguments = json_incref(arguments);
	return arguments_check(r);
}

int
request_parse(struct request *r, const char *text, size_t n)
{
	json_error_t error = { .text = "" };
	json_t *whole = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
	int rc;

	*r = (struct request){ .command = NULL };
	if (json_is_object(whole))
		rc = whole_check(r, whole);
	else
		rc = request_refuse(r, "the request is no JSON object%s%s",
		    whole ? "" : ": ", whole ? "" : error.text);
	json_decref(whole);
	return rc;
}

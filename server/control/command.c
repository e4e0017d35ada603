/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "control/control-inner.h"

#include "base/compiler.h"
#include "config/value.h"
#include "reload/generation-inner.h"

#include <string.h>

#define FILTERS                                                       \
	{ "pipeline", 's', false }, { "source", 's', false },         \
	    { "identity", 's', false }, { "generation", 'i', false }, \
	{                                                             \
		"id", 'i', false                                      \
	}

static const struct argument connections_arguments[] = { FILTERS,
	{ "stages", 'b', false }, { "limit", 'i', false },
	{ "before", 'i', false }, { 0 } };
static const struct argument kill_arguments[] = { FILTERS,
	{ "all", 'b', false }, { 0 } };
static const struct argument stop_arguments[] = { { "now", 'b', false },
	{ 0 } };
static const struct argument pipeline_arguments[] = { { "pipeline", 's', true },
	{ 0 } };
static const struct argument show_arguments[] = { { "pipeline", 's', false },
	{ "binding", 's', false }, { 0 } };
static const struct argument tell_arguments[] = { { "pipeline", 's', true },
	{ "binding", 's', true }, { "words", 'l', true }, { 0 } };
static const struct argument explain_arguments[] = { { "pipeline", 's', true },
	{ "source", 's', false }, { "server_name", 's', false },
	{ "identity", 's', false }, { "claims", 'm', false },
	{ "facts", 'm', false }, { 0 } };
static const struct argument level_arguments[] = { { "level", 's', false },
	{ 0 } };

static const struct command commands[] = {
	{ "status", NULL, command_status },
	{ "reload", NULL, command_reload },
	{ "upgrade", NULL, command_upgrade },
	{ "stop", stop_arguments, command_stop },
	{ "reopen", NULL, command_reopen },
	{ "pipelines", NULL, command_pipelines },
	{ "connections", connections_arguments, command_connections },
	{ "kill", kill_arguments, command_kill },
	{ "drain", pipeline_arguments, command_drain },
	{ "generations", NULL, command_generations },
	{ "plugins", NULL, command_plugins },
	{ "graph", NULL, command_graph },
	{ "show", show_arguments, command_show },
	{ "explain", explain_arguments, command_explain },
	{ "tell", tell_arguments, command_tell },
	{ "metrics", NULL, command_metrics },
	{ "log-level", level_arguments, command_log_level },
	{ "config", NULL, command_config },
};

/* ------------------------------------------------------- checking a request */

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

/* False: the question was refused. */
static bool
arguments_check(struct question *q, const struct command *c)
{
	const char *key, *wanted;
	json_t *value;

	json_object_foreach(q->arguments, key, value)
	{
		const struct argument *a = argument_find(c, key);

		if (!a) {
			question_refuse(q, NULL,
			    "command '%s' has no argument '%s'", c->name, key);
			return false;
		}
		wanted = kind_misses(a->kind, value);
		if (wanted) {
			question_refuse(q, NULL,
			    "command '%s': argument '%s' is not %s", c->name,
			    key, wanted);
			return false;
		}
	}
	for (const struct argument *a = c->arguments; a && a->name; a++) {
		if (!a->is_required || json_object_get(q->arguments, a->name))
			continue;
		question_refuse(q, NULL, "command '%s' needs argument '%s'",
		    c->name, a->name);
		return false;
	}
	return true;
}

static const struct command *
command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_COUNT(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static void
command_unknown(struct question *q, const char *name)
{
	const char *names[ARRAY_COUNT(commands) + 1] = { NULL };
	const char *near;

	for (size_t i = 0; i < ARRAY_COUNT(commands); i++)
		names[i] = commands[i].name;
	near = suggest(name, names);
	question_refuse(q, NULL, "there is no command '%.100s'%s%s%s", name,
	    near ? ", is '" : "", near ? near : "", near ? "' meant?" : "");
}

static void
request_run(struct question *q, json_t *request)
{
	json_t *version = json_object_get(request, "bindery");
	json_t *name = json_object_get(request, "command");
	json_t *arguments = json_object_get(request, "arguments");
	const struct command *c;
	const char *key;
	json_t *value;

	json_object_foreach(request, key,
	    value) if (value != version && value != name && value != arguments)
	{
		question_refuse(
		    q, NULL, "a request has no member '%.100s'", key);
		return;
	}
	if (!json_is_integer(version) || json_integer_value(version) != 1) {
		question_refuse(q, NULL,
		    "member 'bindery', the version of the protocol, is not 1");
		return;
	}
	if (!json_is_string(name) ||
	    (arguments && !json_is_object(arguments))) {
		question_refuse(q, NULL,
		    "member 'command' is not a string, or 'arguments' not an "
		    "object");
		return;
	}
	c = command_find(json_string_value(name));
	if (!c) {
		command_unknown(q, json_string_value(name));
		return;
	}
	q->arguments = json_incref(arguments);
	if (arguments_check(q, c))
		c->run(q);
}

void
command_run(struct question *q, const char *text, size_t n)
{
	json_error_t error;
	json_t *request = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);

	if (json_is_object(request))
		request_run(q, request);
	else
		question_refuse(q, NULL, "the request is no JSON object%s%s",
		    request ? "" : ": ", request ? "" : error.text);
	json_decref(request);
}

/* ---------------------------------------------------------------- arguments */

const char *
argument_text(const struct question *q, const char *name)
{
	return json_string_value(json_object_get(q->arguments, name));
}

int64_t
argument_int(const struct question *q, const char *name, int64_t missing)
{
	const json_t *j = json_object_get(q->arguments, name);

	return j ? json_integer_value(j) : missing;
}

bool
argument_bool(const struct question *q, const char *name, bool missing)
{
	const json_t *j = json_object_get(q->arguments, name);

	return j ? json_is_true(j) : missing;
}

struct pipeline *
argument_pipeline(struct question *q, const char *name)
{
	const struct generation *g = q->control->setup.generations->current;
	const char *text = argument_text(q, name);
	const char *near;

	for (size_t i = 0; i < g->pipeline_count; i++)
		if (strcmp(g->pipelines[i].name, text) == 0)
			return &g->pipelines[i];
	near = suggest(text, g->exit_names);
	question_refuse(q, NULL, "there is no pipeline '%.100s'%s%s%s", text,
	    near ? ", is '" : "", near ? near : "", near ? "' meant?" : "");
	return NULL;
}

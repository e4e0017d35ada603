/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "control/control-inner.h"

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

const struct command control_commands[] = {
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
	{ 0 },
};

void
command_run(struct question *q, const char *text, size_t n)
{
	struct request r;
	int rc = request_parse(&r, text, n);

	q->arguments = r.arguments;
	if (rc < 0)
		question_refuse(q, NULL, "%s", r.refusal);
	else
		r.command->run(q);
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

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/command.h"

#include "tool/ask.h"

#include <string.h>

enum {
	SHORT_MS = 10 * 1000,
	LONG_MS = 120 * 1000,
	HOUR_MS = 3600 * 1000,
	NO_END = 1 << 20
};

/* clang-format off */

#define OWN(l, n, v, h) { .letter = (l), .name = (n), .value = (v), .help = (h) }
#define SENT(n, v, k, m, h) \
	{ .name = (n), .value = (v), .help = (h), .kind = (k), .member = (m) }
#define LOCAL(l, n, v, k, h) \
	{ .letter = (l), .name = (n), .value = (v), .help = (h), .kind = (k), \
	  .member = (n), .is_local = true }
#define FILTERS \
	SENT("pipeline", "PIPELINE", ARGUMENT_TEXT, "pipeline", \
	    "of this pipeline"), \
	SENT("source", "NET", ARGUMENT_TEXT, "source", \
	    "from this address or network"), \
	SENT("identity", "IDENTITY", ARGUMENT_TEXT, "identity", \
	    "of this client"), \
	SENT("generation", "N", ARGUMENT_NUMBER, "generation", \
	    "of this generation"), \
	SENT("id", "ID", ARGUMENT_NUMBER, "id", "this one")

const struct command_option command_globals[] = {
	OWN('s', "socket", "PATH", "the daemon's control socket"),
	OWN('j', "json", NULL, "print JSON"),
	OWN('t', "timeout", "TIME",
	    "how long to wait for an answer, such as 30s"),
	OWN('h', "help", NULL, "print this"),
	OWN('V', "version", NULL, "print the version"),
	{ 0 }
};

static const struct command_option connections_options[] = {
	FILTERS,
	SENT("limit", "N", ARGUMENT_NUMBER, "limit", "at most so many (1000)"),
	SENT("before", "ID", ARGUMENT_NUMBER, "before",
	    "those with smaller numbers"),
	SENT("no-stages", NULL, ARGUMENT_FALSE, "stages",
	    "do not ask the stages to show themselves"),
	{ 0 }
};

static const struct command_option kill_options[] = {
	FILTERS,
	SENT("all", NULL, ARGUMENT_TRUE, "all", "all connections"),
	{ 0 }
};

static const struct command_option stop_options[] = {
	SENT("now", NULL, ARGUMENT_TRUE, "now", "cut the connections"),
	{ 0 }
};

static const struct command_option explain_options[] = {
	SENT("from", "ADDRESS", ARGUMENT_TEXT, "source",
	    "the client's address, or ADDRESS:PORT"),
	SENT("server-name", "NAME", ARGUMENT_TEXT, "server_name",
	    "the name that it asks for (SNI)"),
	SENT("identity", "IDENTITY", ARGUMENT_TEXT, "identity", "who it is"),
	SENT("claim", "KEY=VALUE", ARGUMENT_PAIR, "claims",
	    "a claim of its token (repeatable)"),
	SENT("fact", "KEY=VALUE", ARGUMENT_PAIR, "facts",
	    "another fact (repeatable)"),
	{ 0 }
};

static const struct command_option program_options[] = {
	LOCAL('p', "plugins", "DIR", ARGUMENT_LIST,
	    "look for plugins here first (repeatable)"),
	{ 0 }
};

static const struct command_option check_plugin_options[] = {
	LOCAL('o', "option", "KEY=VALUE", ARGUMENT_LIST,
	    "an option of the binding (repeatable)"),
	LOCAL(0, "rule", "RULE", ARGUMENT_TEXT, "try this rule only"),
	LOCAL(0, "seed", "N", ARGUMENT_TEXT, "play this one again"),
	LOCAL(0, "runs", "N", ARGUMENT_TEXT, "plays of each rule (1000)"),
	LOCAL(0, "seconds", "N", ARGUMENT_TEXT,
	    "about so long for each rule (20)"),
	LOCAL(0, "input", "FILE", ARGUMENT_TEXT, "what the front says"),
	LOCAL(0, "input-back", "FILE", ARGUMENT_TEXT, "what the back says"),
	LOCAL(0, "peer", "ADDRESS", ARGUMENT_TEXT, "whence connections come"),
	LOCAL(0, "fact", "KEY=VALUE", ARGUMENT_LIST,
	    "what is known of connections (repeatable)"),
	LOCAL(0, "in-turn", NULL, ARGUMENT_TRUE,
	    "the back speaks once the front is done"),
	LOCAL(0, "stays", NULL, ARGUMENT_TRUE,
	    "connections may outlive the ends of their neighbours"),
	{ 0 }
};

static const struct command_option new_plugin_options[] = {
	LOCAL(0, "filter", NULL, ARGUMENT_TRUE,
	    "that bytes pass through (the default)"),
	LOCAL(0, "sink", NULL, ARGUMENT_TRUE,
	    "where a pipeline ends"),
	LOCAL(0, "source", NULL, ARGUMENT_TRUE,
	    "where a pipeline begins"),
	{ 0 }
};

static const struct command_option graph_options[] = {
	LOCAL(0, "dot", NULL, ARGUMENT_TRUE, "print it for Graphviz"),
	{ 0 }
};

static const struct command_option top_options[] = {
	LOCAL(0, "interval", "TIME", ARGUMENT_TIME, "how often (2s)"),
	LOCAL(0, "count", "N", ARGUMENT_NUMBER, "leave after so many times"),
	{ 0 }
};

static const struct command_option help_options[] = {
	LOCAL(0, "words", NULL, ARGUMENT_TRUE,
	    "what can follow, for the completion of shells"),
	{ 0 }
};

#define ASKS(command, show) \
	.run = ask_and_print, .asks = (command), .print = (show)
#define QUICK .timeout_ms = SHORT_MS
#define SLOW  .timeout_ms = LONG_MS

const struct command commands[] = {
	{ "status", NULL, "", 0, 0, "how the daemon is", NULL,
	  QUICK, ASKS("status", print_status) },
	{ "reload", NULL, "", 0, 0,
	  "read the configuration again, and wait", NULL,
	  SLOW, ASKS("reload", print_reload) },
	{ "upgrade", NULL, "", 0, 0,
	  "let the installed binderyd take over", NULL,
	  SLOW, ASKS("upgrade", print_upgrade) },
	{ "stop", NULL, "", 0, 0, "let the connections end, then leave",
	  stop_options, QUICK, ASKS("stop", print_stop) },
	{ "reopen", NULL, "", 0, 0, "open the log files again", NULL,
	  QUICK, ASKS("reopen", print_reopen) },
	{ "list", "pipelines", "", 0, 0, "the pipelines and their figures",
	  NULL, QUICK, ASKS("pipelines", print_pipelines) },
	{ "connections", "conns", "", 0, 0, "the open connections",
	  connections_options, QUICK, ASKS("connections", print_connections),
	  .note = note_connections },
	{ "kill", NULL, "[ID...]", 0, NO_END,
	  "end connections by number or by filter", kill_options,
	  QUICK, .run = run_kill },
	{ "drain", NULL, "PIPELINE", 1, 1,
	  "accept nothing until the next reload", NULL,
	  QUICK, .prepare = prepare_pipeline, ASKS("drain", print_drain) },
	{ "generations", NULL, "", 0, 0, "the generations, and what pins each",
	  NULL, QUICK, ASKS("generations", print_generations) },
	{ "plugins", NULL, "", 0, 0, "the plugins that are loaded", NULL,
	  QUICK, ASKS("plugins", print_plugins) },
	{ "describe", NULL, "PLUGIN", 1, 1, "a plugin and its options",
	  program_options, SLOW, .run = run_describe },
	{ "check", NULL, "[FILE]", 0, 1, "check a configuration",
	  program_options, SLOW, .run = run_check },
	{ "check-plugin", NULL, "FILE", 1, 1,
	  "try whether a plugin keeps the rules of the SDK",
	  check_plugin_options, .timeout_ms = HOUR_MS,
	  .run = run_check_plugin },
	{ "new-plugin", NULL, "NAME [DIR]", 1, 2,
	  "begin a plugin of one's own", new_plugin_options,
	  QUICK, .run = run_new_plugin },
	{ "graph", NULL, "", 0, 0, "draw the pipelines", graph_options,
	  QUICK, ASKS("graph", print_graph) },
	{ "show", NULL, "[PIPELINE[/BINDING]]", 0, 1,
	  "what bindings say of themselves", NULL,
	  QUICK, .prepare = prepare_show, ASKS("show", print_show) },
	{ "explain", NULL, "PIPELINE", 1, 1,
	  "which way a connection would take, and why", explain_options,
	  QUICK, .prepare = prepare_pipeline, ASKS("explain", print_explain) },
	{ "tell", NULL, "PIPELINE/BINDING WORD...", 2, NO_END,
	  "a command of a binding's own", NULL, QUICK, .is_literal = true,
	  .prepare = prepare_tell, ASKS("tell", print_says) },
	{ "metrics", NULL, "", 0, 0, "all counters, for Prometheus", NULL,
	  QUICK, ASKS("metrics", print_text) },
	{ "log-level", NULL, "[LEVEL]", 0, 1,
	  "show or set it until the next reload", NULL,
	  QUICK, .prepare = prepare_level, ASKS("log-level", print_level) },
	{ "config", NULL, "", 0, 0, "the configuration in force", NULL,
	  QUICK, ASKS("config", print_text) },
	{ "top", NULL, "", 0, 0, "rates and the busiest connections, live",
	  top_options, QUICK, .run = run_top },
	{ "version", NULL, "", 0, 0, "the version of this tool", NULL,
	  QUICK, .run = run_version },
	{ "help", NULL, "[COMMAND]", 0, 1, "explain a command", help_options,
	  QUICK, .run = run_help },
	{ 0 }
};

/* clang-format on */

const struct command *
command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0 ||
		    (c->alias && strcmp(c->alias, name) == 0))
			return c;
	return NULL;
}

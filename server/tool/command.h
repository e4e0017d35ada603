/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * command.h - the table of the tool's commands.  It drives parsing, the help,
 * the completion of shells and, through a test, the page bindery(8).
 */
#ifndef TOOL_COMMAND_H
#define TOOL_COMMAND_H

#include "tool/tool.h"

enum argument_kind {
	ARGUMENT_NONE,   /* the tool's own: see main.c */
	ARGUMENT_TEXT,   /* a string */
	ARGUMENT_NUMBER, /* 0 to 2^53 - 1 */
	ARGUMENT_TIME,   /* milliseconds */
	ARGUMENT_PAIR,   /* KEY=VALUE, one more member of an object */
	ARGUMENT_LIST,   /* one more string of a list */
	ARGUMENT_TRUE,
	ARGUMENT_FALSE
};

struct command_option {
	char letter; /* 0: none */
	const char *name, *value, *help;
	enum argument_kind kind;
	const char *member; /* of the request's arguments */
	bool is_local;      /* of tool.local instead */
};

struct command {
	const char *name, *alias;
	const char *operands; /* "PIPELINE", "[FILE]", "ID..."; "": none */
	int least, most;      /* how many */
	const char *help;
	const struct command_option *options; /* ended by no name; or NULL */
	int timeout_ms;
	bool is_literal; /* what follows the first operand is no option */
	/* Operands into arguments.  EX_OK, or another status: said. */
	int (*prepare)(struct tool *t);
	int (*run)(struct tool *t); /* ask_and_print() and others */
	const char *asks;           /* the command of the protocol */
	int (*print)(const struct tool *t, const json_t *answer);
	/* With --json: what has to be said beside it.  Or NULL. */
	void (*note)(const struct tool *t, const json_t *answer);
};

extern const struct command commands[];               /* ended by no name */
extern const struct command_option command_globals[]; /* ended by no name */

/* By name or alias; NULL: there is none. */
const struct command *command_find(const char *name);

/* What stands before and behind the command.  EX_OK, or another status: said;
 * t->command is NULL when only help or the version was wanted. */
int arguments_parse(struct tool *t, int argc, char **argv);

/* Help on everything; on one command; for completion, one word a line. */
void help_all(void);
void help_command(const struct command *c);
void help_words(const struct command *c); /* NULL: the commands */

/* Runs that are more than one question. */
int run_kill(struct tool *t);
int run_check(struct tool *t);
int run_check_plugin(struct tool *t);
int run_describe(struct tool *t);
int run_new_plugin(struct tool *t);
int run_top(struct tool *t);
int run_help(struct tool *t);
int run_version(struct tool *t);

/* Operands into arguments. */
int prepare_pipeline(struct tool *t);
int prepare_level(struct tool *t);
int prepare_show(struct tool *t);
int prepare_tell(struct tool *t);

/* Answers for people. */
int print_status(const struct tool *t, const json_t *answer);
int print_reload(const struct tool *t, const json_t *answer);
int print_upgrade(const struct tool *t, const json_t *answer);
int print_stop(const struct tool *t, const json_t *answer);
int print_reopen(const struct tool *t, const json_t *answer);
int print_drain(const struct tool *t, const json_t *answer);
int print_level(const struct tool *t, const json_t *answer);
int print_pipelines(const struct tool *t, const json_t *answer);
int print_generations(const struct tool *t, const json_t *answer);
int print_plugins(const struct tool *t, const json_t *answer);
int print_connections(const struct tool *t, const json_t *answer);
void note_connections(const struct tool *t, const json_t *answer);
int print_show(const struct tool *t, const json_t *answer);
int print_explain(const struct tool *t, const json_t *answer);
int print_says(const struct tool *t, const json_t *answer);
int print_text(const struct tool *t, const json_t *answer);
int print_graph(const struct tool *t, const json_t *answer);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* options.h - the command line of binderyd. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

enum action { ACTION_RUN, ACTION_CHECK, ACTION_DUMP, ACTION_DESCRIBE };

enum { OPTION_DIRS = 32 };

struct options {
	char **argv; /* all of it */
	enum action action;
	const char *config;
	const char *plugin; /* ACTION_DESCRIBE: its type or path */
	const char *dirs[OPTION_DIRS + 2]; /* -p, the built-in one, NULL */
	unsigned topics;                   /* of -d: enum log_topic */
	bool is_quiet, is_verbose, is_json;
};

/* -1: go on; else the exit status to leave with (it has said why). */
int options_parse(struct options *o, int argc, char **argv);

#endif

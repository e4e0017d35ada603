/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tool.h - what all of the control tool `bindery` shares: one run of it, and
 * how it ends.  The tool asks the daemon over its control socket, as
 * bindery-control(7) has it, and shows the answer as a table or as JSON.  It
 * knows base/ and nothing else of the host, and has one thread.  See
 * bindery(8).
 */
#ifndef TOOL_TOOL_H
#define TOOL_TOOL_H

#include "base/compiler.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct command;

/* One run.  What the command line said: */
struct tool {
	const struct command *command;
	const char *socket;
	int64_t timeout_ms;    /* 0: as the command has it */
	bool is_json, is_help; /* --json; -h behind the command */
	json_t *arguments;     /* members of the request, made of options */
	json_t *local;         /* options that are not the daemon's business */
	char **operands;       /* borrowed from argv */
	int operand_count;
};

/* What the tool exits with, besides 0 and those of sysexits.h. */
enum { STATUS_REFUSED = 1 };

/* Zero is a valid empty one. */
void tool_finish(struct tool *t);

/* Say a sentence on the standard error output; returns status. */
int tool_fail(int status, const char *fmt, ...) PRINTF(2, 3);
int tool_no_memory(void); /* EX_SOFTWARE */

/* An object on one line, or indented for who reads it on a terminal.  EX_OK, or
 * EX_SOFTWARE: said. */
int tool_print_json(const json_t *object);

/* The status, unless the standard output could not take everything. */
int tool_end_output(int status);

/* A clock that only goes on. */
int64_t clock_ms(void);

/* "1500ms", "2s", "3m", "1h": milliseconds; -EINVAL: not such a text, or not
 * 1ms to 1d. */
int64_t time_parse(const char *text);

static inline void
json_release(json_t **p)
{
	json_decref(*p);
}

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * program.h - run another program of ours: binderyd, for what it and not the
 * daemon that serves can tell, or the conformance run of a plugin.
 */
#ifndef TOOL_PROGRAM_H
#define TOOL_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What it printed. */
struct program_output {
	char *text; /* ended by a 0; to be freed */
	size_t size;
};

enum { PROGRAM_OUTPUT_MAX = 64 * 1024 * 1024, PROGRAM_ARGUMENTS = 80 };

/* Run a program with these arguments (the first is its name; ended by NULL):
 * the one beside this program, else the installed one, else that of PATH.
 * Output goes where ours goes; or, of descriptor `fd`, into *r.  At the
 * deadline it is killed.  Its exit status, or another: said. */
int program_run(char *const *arguments, int64_t timeout_ms, int fd,
    struct program_output *r);

#endif

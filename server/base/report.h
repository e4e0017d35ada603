/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * report.h - the list of what is wrong with a configuration.  Everything that
 * reads, checks or starts a configuration adds its findings here, so that one
 * run tells all of them.  [main thread only]
 */
#ifndef BASE_REPORT_H
#define BASE_REPORT_H

#include "base/compiler.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct report_entry {
	char *text;           /* "FILE:LINE: sentence", no newline at the end */
	char *file;           /* as in the text; NULL: no position */
	const char *sentence; /* inside of the text */
	unsigned line;        /* 0: none */
	bool is_warning;
};

struct report {
	struct report_entry *entries;
	size_t count, capacity, errors;
	size_t lost;        /* errors that are counted but not kept */
	bool out_of_memory; /* an entry was lost: counts as an error */
};

/* Zero is a valid empty report.  finish frees the entries. */
void report_finish(struct report *r);

/* Add an error or a warning.  file may be NULL (no position), line 0 (no line).
 * What an entry quotes may be anybody's text: it is made fit for a terminal and
 * for one line (utf8_tame()).  At most REPORT_MAX entries are kept; the rest is
 * counted only. */
enum { REPORT_MAX = 100 };
PRINTF(4, 5)
void report_error(
    struct report *r, const char *file, unsigned line, const char *fmt, ...);
PRINTF(4, 5)
void report_warn(
    struct report *r, const char *file, unsigned line, const char *fmt, ...);
void report_add(struct report *r, bool is_warning, const char *file,
    unsigned line, const char *fmt, va_list ap) PRINTF(5, 0);

/* One entry a line; warnings begin with "warning: ". */
void report_print(const struct report *r, FILE *out);

/* Has anything been added that forbids the configuration? */
bool report_has_errors(const struct report *r);

#endif

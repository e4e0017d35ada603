/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * format.h - numbers as people read them.  Each returns its text by value, so
 * that several fit into one call: printf("%s", format_bytes(n).s).
 */
#ifndef TOOL_FORMAT_H
#define TOOL_FORMAT_H

#include <stdint.h>

struct formatted {
	char s[32];
};

struct formatted format_bytes(int64_t n);     /* "512 B", "1.2 MiB" */
struct formatted format_rate(int64_t n);      /* "1.2 MiB/s" */
struct formatted format_duration(int64_t ms); /* "12ms", "3m12s", "4d2h" */
struct formatted format_moment(int64_t at_s); /* local date and time */

/* "s" unless n is 1. */
const char *plural(int64_t n);

#endif

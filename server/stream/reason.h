/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * reason.h - why a connection ended: one list for log, metrics and control
 * tool. binderyd(8) documents every entry.
 */
#ifndef STREAM_REASON_H
#define STREAM_REASON_H

#include <stddef.h>

enum reason {
	REASON_DONE,
	REASON_CLIENT_RESET,
	REASON_BACKEND_RESET,
	REASON_BACKEND_REFUSED,
	REASON_BACKEND_TIMEOUT,
	REASON_BACKEND_UNREACHABLE,
	REASON_BACKEND_UNKNOWN,
	REASON_DENIED,
	REASON_LIMIT,
	REASON_PROTOCOL,
	REASON_STAGE_TIMEOUT,
	REASON_IDLE,
	REASON_HALF_CLOSED,
	REASON_LIFETIME,
	REASON_LINGER,
	REASON_DRAIN,
	REASON_SHUTDOWN,
	REASON_KILLED,
	REASON_RESOURCES,
	REASON_ERROR,
	REASON_COUNT
};

struct reason_text {
	const char *name; /* as in the log: "backend-refused" */
	const char *meaning;
};

const struct reason_text *reason_text(enum reason r);

/* The reason behind a plugin's negative errno. was_open: the way was open when
 * it said so. */
enum reason reason_of_error(int err, _Bool was_open);

#endif

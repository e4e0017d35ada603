/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * client.h - one request over the control socket, and the bytes of its answer.
 * What answers is not trusted: it may be slow, endless, or end early.
 */
#ifndef TOOL_CLIENT_H
#define TOOL_CLIENT_H

#include <stddef.h>
#include <stdint.h>

enum {
	CLIENT_REQUEST_MAX = 64 * 1024, /* the daemon takes no more */
	CLIENT_ANSWER_MAX = 256 * 1024 * 1024
};

struct client_answer {
	char *text; /* no 0 behind it */
	size_t size, capacity;
};

void client_answer_finish(struct client_answer *a);

/* Send the request, which ends in a newline, and read until the end, all within
 * the time.  EX_OK, or another status: said. */
int client_ask(const char *path, int64_t timeout_ms, const char *request,
    size_t size, struct client_answer *r);

#endif

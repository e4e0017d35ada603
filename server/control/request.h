/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * request.h - what a client of the control socket sent, as text: is it a
 * request, for which command, and are the arguments those that it takes?  Knows
 * no socket.  [main thread]
 */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct question;

/* What a command takes; ended by a row without name. */
struct argument {
	const char *name;
	char kind; /* 's' text, 'i' integer >= 0, 'b' boolean, 'l' list of
		      texts, 'm' map of texts */
	bool is_required;
};

struct command {
	const char *name;
	const struct argument *arguments; /* NULL: none */
	void (*run)(struct question *q);
};

/* All of them, ended by one without name; in command.c. */
extern const struct command control_commands[];

struct request {
	const struct command *command;
	json_t *arguments; /* the caller's, also of one refused; NULL: none */
	char refusal[512]; /* a sentence; "": it is good */
};

/* Read a request of n bytes.  0, or -EINVAL: see refusal. */
int request_parse(struct request *r, const char *text, size_t n);

#endif

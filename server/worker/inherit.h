/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * inherit.h - the listening sockets that the process was given at its start: by
 * the service manager, whose they stay (they last: a later configuration may
 * want them again), or by the program that this one takes over from.  A
 * listener takes from here, by address, before it binds.  [main thread]
 */
#ifndef WORKER_INHERIT_H
#define WORKER_INHERIT_H

#include "worker/listen-address.h"

#include <stddef.h>

enum { INHERIT_NAME_MAX = 255 };

/* Add a listening stream socket, which is made non-blocking and is the table's
 * from now on.  name: the service manager's, or "".  0, -ENOTSUP: it is none
 * that we can serve, or -errno; then it stays the caller's. */
int inherit_add(int fd, const char *name, bool is_lasting);

/* Sockets of one address, the taker's to close. */
struct inherited {
	int *fds;
	unsigned count;
	bool is_lasting; /* they are duplicates, the socket is not ours */
};

/* 0, and there may be none; or -errno. */
int inherit_take(const struct listen_address *a, struct inherited *r);

/* Close those that nobody took out of it (set such to -1). */
void inherited_finish(struct inherited *i);

/* Is there one of just this address? */
bool inherit_has(const struct listen_address *a);

/* The distinct addresses of the lasting sockets of a name: *r is an array to
 * free().  How many, or -ENOMEM. */
int inherit_named(const char *name, struct listen_address **r);

/* "'admin', 'web'", cut to size; "none". */
const char *inherit_names(char *text, size_t size);

/* The first generation serves: what it did not take of our own is closed, and
 * the files of unix sockets go. */
void inherit_settle(void);

/* Close everything. */
void inherit_finish(void);

/* ---- giving them on */

struct gift {
	int fd;
	const char *name;
	bool is_lasting;
};

/* Zero is a valid empty list; what it names is borrowed. */
struct gifts {
	struct gift *all;
	size_t count, capacity;
};

/* 0 or -ENOMEM. */
int gifts_add(struct gifts *g, int fd, const char *name, bool is_lasting);
void gifts_finish(struct gifts *g);

/* What is in the table; 0 or -ENOMEM. */
int inherit_give(struct gifts *g);

#endif

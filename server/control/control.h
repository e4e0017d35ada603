/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * control.h - the control socket: a unix socket on which the operator's tool
 * asks one thing a connection, in JSON.  bindery-control(7) is what it speaks.
 * Who may ask: root, the user of this process, and members of the socket file's
 * group.  [main thread]
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "reload/succession.h"

#include <sys/types.h>

struct control;

/* What the process can be asked to do; arg is the setup's. */
struct control_calls {
	/* End: let connections end by themselves, or now.  Returns how many
	 * milliseconds they have. */
	int64_t (*end)(void *arg, bool now);
	/* 0 or -errno */
	int (*reopen)(void *arg);
	/* Start a new program that takes over; control_upgraded() tells how it
	 * went.  0, or -errno when it cannot even begin. */
	int (*upgrade)(void *arg);
	bool (*is_ending)(void *arg);
	bool (*is_upgrading)(void *arg); /* listeners must stay */
};

struct control_setup {
	struct loop *loop;
	struct succession *generations;
	const struct control_calls *calls;
	void *arg;
	const char *path; /* of the socket; kept by the caller */
	unsigned mode;    /* its permissions */
	const char *config;
};

/* Open the socket, or inherit it.  0, or -errno: *error_r says what could not
 * be done. */
int control_start(struct control **r, const struct control_setup *setup,
    const char **error_r);

/* Take on permissions that may have changed.  A socket of the service manager
 * keeps its own. */
void control_settle(struct control *c, unsigned mode);

/* From now on answer; until then clients wait. */
void control_serve(struct control *c);

/* Another process serves the socket from now on: what was asked before is still
 * answered. */
void control_leave(struct control *c);

/* Answers that are due are given up; the socket file goes, unless is_kept:
 * another process serves it.  NULL is harmless. */
void control_stop(struct control **c, bool is_kept);

/* The listening socket, for who takes over; -1: there is none, or it lasts and
 * is in the table of worker/inherit.h. */
int control_fd(const struct control *c);

/* A reload came to its end, and so did an upgrade (rc 0: pid serves). */
void control_reloaded(struct control *c, const struct verdict *v);
void control_upgraded(struct control *c, int rc, pid_t pid, int64_t took_ms,
    const struct report *report);

#endif

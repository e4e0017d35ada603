/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * upgrade.h - hand over to a new program: what is at our path now is started
 * with our arguments and environment, gets the listening sockets, and serves
 * beside us; only then do we drain.  If it fails in any way it is ended, and
 * nothing has changed.  See handover.h for what the two say to one another.
 * [main thread]
 */
#ifndef UPGRADE_H
#define UPGRADE_H

#include "base/report.h"
#include "worker/inherit.h"
#include "worker/loop.h"

#include <limits.h>
#include <sys/types.h>

enum { UPGRADE_DEADLINE_MS = 60000 };

/* The verdict.  0: process pid is the main one now, what is left to do here is
 * to drain; or -errno with the report saying why. */
typedef void
upgrade_done_fn(void *arg, int rc, pid_t pid, const struct report *report);

enum upgrade_state {
	UPGRADE_IDLE,
	UPGRADE_GIVING,  /* sockets are on their way */
	UPGRADE_WAITING, /* for "ready" */
	UPGRADE_GOING,   /* for "taken" */
	UPGRADE_FAILING, /* it is being ended */
	UPGRADE_OVER,    /* it has taken over */
};

struct upgrade {
	/* Set by upgrade_init(); the caller may change them. */
	struct loop *loop;
	char program[PATH_MAX];
	char *const *argv;
	int deadline_ms;
	int control_fd; /* another listening socket to give, or -1 */

	enum upgrade_state state;
	struct watch watch;
	struct timer timer;
	int64_t began_ms, due_ms;
	pid_t pid;    /* our child; 0: none, or reaped */
	pid_t heir;   /* who serves, when that is another; 0: not known */
	bool is_told; /* to be the main process */
	bool is_killed;
	bool has_spoken; /* why it fails has been said */
	int rc;          /* the verdict, when it is failing */
	struct gifts gifts;
	size_t given; /* how many of them are on their way */
	struct report report;
	upgrade_done_fn *done;
	void *arg;
};

/* Early: the path of the running program is noted.  argv is borrowed. */
void upgrade_init(struct upgrade *u, struct loop *l, char *const *argv);

/* End it if it is under way, waiting for that. */
void upgrade_finish(struct upgrade *u);

/* Begin.  0: done() will be called, never from here; -EALREADY: one is under
 * way, or has been. */
int upgrade_begin(struct upgrade *u, upgrade_done_fn *done, void *arg);

/* Is one under way?  Until the verdict the listening sockets must stay. */
static inline bool
upgrade_is_on(const struct upgrade *u)
{
	return u->state != UPGRADE_IDLE && u->state != UPGRADE_OVER;
}

/* If one is under way, it fails with -ECANCELED. */
void upgrade_cancel(struct upgrade *u);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * pool.h - threads for blocking work.  Threads are started when there is work
 * and leave when there has been none for a while, so an idle host has none. The
 * pool is fair between owners (bindings): they take turns, and an owner that
 * holds threads may take one more only while it holds fewer than are free.  So
 * one owner alone gets half of them, k owners whose work hangs leave 1/(k + 1)
 * of them, and the last one always is for an owner that holds none: hung
 * fetches of one binding do not hold up the name lookups of another.
 */
#ifndef WORKER_POOL_H
#define WORKER_POOL_H

#include "worker/mail.h"

#include <stdbool.h>

struct pool;
struct pool_owner;

/* One piece of work; embedded in the caller's struct, the caller's memory until
 * the letter comes back.  The caller sets the first four. */
struct job {
	struct letter done;         /* set fn; posted to `home` after run(), or
				       without it when cancelled before */
	struct mailbox *home;       /* outlives the pool */
	void (*run)(struct job *j); /* [pool] all signals blocked, 256 KiB of
				       stack */
	const void *owner;          /* for fairness; any pointer */
	bool ran;                   /* when done comes: was run() called? */
	struct job *next, **link;   /* the pool's; link is NULL unless queued */
	struct pool_owner *account; /* the pool's */
};

/* threads: how many at most (>= 2).  NULL: no memory.  No thread is started. */
struct pool *pool_create(unsigned threads);

/* How long a thread waits for work before it leaves, in ms (10 000). */
void pool_set_idle(struct pool *p, int idle_ms);

/* Cancels what has not begun (its done letters are sent), waits up to
 * deadline_ms for what runs, and frees the pool.  A thread that does not end in
 * time is left to itself (the process is about to end): then the pool's memory
 * is left too, and so must be the memory of its job, whose letter will not
 * come; false is returned. */
bool pool_destroy(struct pool **pool, int deadline_ms);

/* [any] Never blocks, never refuses for length.  0; -ENOMEM; -EAGAIN when no
 * thread could be started and there is none; -ECANCELED while the pool is being
 * destroyed.  On failure the job is the caller's as before, no letter comes. */
int pool_submit(struct pool *p, struct job *j);

/* [any, after pool_submit()] If it has not begun it will not: its done letter
 * comes soon, with ran false.  A running one is not disturbed. */
void pool_cancel(struct pool *p, struct job *j);

#endif

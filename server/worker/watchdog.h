/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * watchdog.h - says which callback holds a worker.  A thread of its own looks
 * at the workers' duties (duty.h) some forty times a second while they work,
 * and sleeps while they do; a callback that it finds again and again for
 * WATCHDOG_MS is counted, named in the log when it has come back, and already
 * before that when it does not seem to.  Whoever calls back in time pays three
 * stores for it and no clock.
 */
#ifndef WORKER_WATCHDOG_H
#define WORKER_WATCHDOG_H

#include "worker/worker.h"

enum {
	WATCHDOG_MS = 100,      /* that a callback may take; less a look */
	WATCHDOG_LOOK_MS = 20,  /* between two looks */
	WATCHDOG_LONG_MS = 1000 /* after which one is named that goes on, and
				   whenever it has taken ten times longer */
};

/* [main] Watch them until watchdog_stop(), which comes when their threads have
 * ended.  0 or -errno.  There is one watchdog. */
int watchdog_start(struct worker *const *workers, unsigned count);
void watchdog_stop(void);

/* [main] Bindings and their names are taken away only between these two. */
void watchdog_lock(void);
void watchdog_unlock(void);

/* What it knows of a worker; for the tests, zero is a valid one. */
struct watched {
	uint64_t call;    /* as in the duty when it was looked at */
	bool is_held;     /* a callback runs, since before since_ms: */
	int64_t since_ms; /* it was first seen */
	int64_t named_ms; /* when it will be named again, if it goes on */
	bool is_counted;  /* it took too long; then these are set: */
	char pipeline[128], binding[64];
};

/* [the watchdog's thread] Look at a worker.  Returns whether it has done
 * something since the last look. */
bool watchdog_look(struct watched *k, struct worker *w, int64_t now_ms);

#endif

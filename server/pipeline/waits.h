/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * waits.h - what a plugin waits for on behalf of one stage or one desk: timers
 * by slot, and descriptors of its own.  Made when first asked for.  [one
 * worker]
 */
#ifndef PIPELINE_WAITS_H
#define PIPELINE_WAITS_H

#include "worker/loop.h"

struct waits;

struct waits_calls {
	void (*timer)(void *owner, unsigned slot);
	void (*ready)(void *owner, int fd, unsigned events); /* BND_READ... */
};

/* Set (ms >= 0) or cancel the timer of a slot of *w, which is made when it is
 * NULL. 0, -EINVAL (no such slot) or -ENOMEM. */
int waits_timer(struct waits **w, struct loop *l, void *owner,
    const struct waits_calls *calls, unsigned slot, int64_t ms);

/* Watch fd for events (BND_READ, BND_WRITE), change them, or stop with 0.  0 or
 * -errno. */
int waits_watch(struct waits **w, struct loop *l, void *owner,
    const struct waits_calls *calls, int fd, unsigned events);

/* Is fd watched?  w may be NULL. */
bool waits_has(struct waits *w, int fd);

/* Forget fd, if it is watched, and leave it registered with epoll: another has
 * changed the registration to its own. */
void waits_forget(struct waits *w, int fd);

/* Cancel everything; leaves NULL behind. */
void waits_destroy(struct waits **w);

#endif

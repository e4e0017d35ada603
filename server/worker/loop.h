/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * loop.h - one worker's event loop: descriptors, timers, letters from other
 * threads, and tasks, which are what makes "no callback nests in another" true:
 * whatever has to happen because of a callback is queued here and runs after
 * it.
 *
 *     wait -> descriptors -> letters -> timers -> tasks until none is left ->
 * wait
 *
 * All functions but loop_create() and mail_send() to its box: the loop's thread
 * only.
 */
#ifndef WORKER_LOOP_H
#define WORKER_LOOP_H

#include "worker/mail.h"
#include "worker/pulse.h"
#include "worker/timer.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

/* Something to do soon.  Embedded; zero but for fn is a valid idle task. */
struct task;
typedef void task_fn(struct task *t);
struct task {
	struct task *next; /* NULL: not queued */
	task_fn *fn;
};

/* A descriptor that is waited for.  Embedded.  It must outlive the events of
 * the turn in which it was removed: give its memory to loop_bury(). */
struct watch;
typedef void watch_fn(struct watch *w, uint32_t events);
struct watch {
	watch_fn *fn;
	int fd;
};

/* Memory that is freed when the events in hand cannot name it any more. */
struct grave {
	struct grave *next;
};

struct loop {
	int epoll_fd;
	int64_t now_ms; /* monotonic, of this turn */
	struct timer_wheel *timers;
	struct mailbox box;
	struct watch box_watch;
	struct task *first, **last;       /* tasks of this turn */
	struct task *later, **later_last; /* of the next one */
	struct grave *graves;
	bool is_ended;
	uint64_t turns;
	struct pulse pulse;
};

/* 0 or -errno; a failed one needs no finish. */
int loop_init(struct loop *l);
void loop_finish(struct loop *l);

/* Turn until loop_end(). */
void loop_run(struct loop *l);
void loop_end(struct loop *l);

/* One turn, waiting at most wait_ms (-1: until something happens). */
void loop_turn(struct loop *l, int wait_ms);

/* Run the task in this turn, after those already queued; idempotent. */
void loop_queue(struct loop *l, struct task *t);

/* Run it in the next turn, after the descriptors had theirs: for work that
 * would otherwise keep others waiting.  Idempotent. */
void loop_defer(struct loop *l, struct task *t);

/* It will not run. */
void loop_unqueue(struct loop *l, struct task *t);

/* events as for epoll_ctl(2).  0 or -errno.  A closed descriptor needs no
 * removal. */
int loop_watch(struct loop *l, struct watch *w, uint32_t events);
int loop_rewatch(struct loop *l, struct watch *w, uint32_t events);
void loop_unwatch(struct loop *l, struct watch *w);

/* free() the object, whose first bytes become the list, at the end of the turn.
 */
void loop_bury(struct loop *l, void *object);

/* Monotonic milliseconds, from the clock.  [any] */
int64_t loop_clock(void);

#endif

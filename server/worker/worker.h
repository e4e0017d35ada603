/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * worker.h - one thread, one event loop, and what its connections share:
 * scratch memory, pipes, the list of live connections.  Nothing here is touched
 * by another thread but the mailbox.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include "worker/duty.h"
#include "worker/loop.h"

#include <pthread.h>
#include <sys/queue.h>

struct acceptors;
struct bnd_accept;
struct conn;
struct desk;
struct pipe_pool;
struct sock;

LIST_HEAD(conn_list, conn);
LIST_HEAD(desk_list, desk);

enum { WORKER_SCRATCH = 65536 };

struct worker {
	struct loop loop;
	struct duty duty; /* which callback it is in */
	struct cell held; /* callbacks that took too long; the watchdog's */
	unsigned index;
	pthread_t thread;
	bool is_running;
	char *scratch; /* WORKER_SCRATCH bytes to read into */
	struct pipe_pool *pipes;
	bool may_splice;

	struct conn_list conns;
	uint64_t conn_count;
	struct acceptors *acceptors;         /* listener.h */
	const struct bnd_accept *accepting;  /* while accepted() runs */
	void (*conn_gone)(struct worker *w); /* listeners wait for room */
	struct cell pauses;      /* of accepting, for want of descriptors or
				    room */
	struct cell turned_away; /* connections, for want of descriptors */
	uint64_t reasons[32];    /* connections ended, by enum reason */
	struct desk_list desks;
	uint64_t next_conn; /* ids: the worker's index in the low bits */

	/* Sockets whose last read came back short: see sock_doubt(). */
	struct sock **doubts;
	size_t doubt_count, doubt_capacity;
	struct timer doubt_timer;
	bool reads_are_cut; /* a short read has lied: read until EAGAIN */

	void (*at_end)(struct worker *w); /* last words of the thread */
};

/* A worker, its thread not started.  NULL: errno says why. */
struct worker *worker_create(unsigned index);
void worker_destroy(struct worker **w);

/* Start the thread; 0 or -errno. */
int worker_start(struct worker *w);

/* End the loop after its turn and join the thread. */
void worker_stop(struct worker *w);

/* [main] Run fn(w, arg) on the worker and wait for its result. */
int worker_call(
    struct worker *w, int (*fn)(struct worker *w, void *arg), void *arg);

/* [worker] A connection's memory was given up. */
static inline void
worker_conn_gone(struct worker *w)
{
	if (w->conn_gone)
		w->conn_gone(w);
}

/* [worker] The worker of the calling thread, or NULL. */
struct worker *worker_self(void);

#endif

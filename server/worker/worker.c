/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/worker.h"

#include "base/compiler.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local struct worker *self;

struct worker *
worker_self(void)
{
	return self;
}

struct worker *
worker_create(unsigned index)
{
	struct worker *w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return NULL;
	rc = loop_init(&w->loop);
	if (rc < 0) {
		free(w);
		errno = -rc;
		return NULL;
	}
	w->index = index;
	w->scratch = malloc(WORKER_SCRATCH);
	if (!w->scratch) {
		worker_destroy(&w);
		errno = ENOMEM;
		return NULL;
	}
	LIST_INIT(&w->conns);
	LIST_INIT(&w->desks);
	return w;
}

void
worker_destroy(struct worker **at)
{
	struct worker *w = *at;

	*at = NULL;
	if (!w)
		return;
	loop_finish(&w->loop);
	free(w->scratch);
	free(w->doubts);
	free(w);
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;

	self = w;
	loop_run(&w->loop);
	if (w->at_end)
		w->at_end(w);
	return NULL;
}

int
worker_start(struct worker *w)
{
	sigset_t every, before;
	char name[16];
	int rc;

	/* Signals are the main thread's. */
	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	rc = -pthread_create(&w->thread, NULL, worker_main, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc < 0)
		return rc;
	w->is_running = true;
	snprintf(name, sizeof(name), "bindery-w%u", w->index);
	pthread_setname_np(w->thread, name);
	return 0;
}

struct call {
	struct letter letter;
	struct worker *worker;
	int (*fn)(struct worker *w, void *arg);
	void *arg;
	int result;
	sem_t done;
};

static void
call_arrived(struct letter *l)
{
	struct call *c = CONTAINER_OF(l, struct call, letter);

	c->result = c->fn(c->worker, c->arg);
	sem_post(&c->done);
}

int
worker_call(struct worker *w, int (*fn)(struct worker *w, void *arg), void *arg)
{
	struct call c = {
		.letter.fn = call_arrived, .worker = w, .fn = fn, .arg = arg
	};

	if (!w->is_running || w == self)
		return fn(w, arg);
	sem_init(&c.done, 0, 0);
	mail_send(&w->loop.box, &c.letter);
	while (sem_wait(&c.done) < 0 && errno == EINTR)
		continue;
	sem_destroy(&c.done);
	return c.result;
}

static int
worker_end(struct worker *w, void *arg)
{
	(void)arg;
	loop_end(&w->loop);
	return 0;
}

void
worker_stop(struct worker *w)
{
	if (!w->is_running)
		return;
	worker_call(w, worker_end, NULL);
	pthread_join(w->thread, NULL);
	w->is_running = false;
}

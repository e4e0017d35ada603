/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/pool.h"

#include "base/compiler.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { POOL_STACK = 256 * 1024, POOL_IDLE_MS = 10 * 1000 };

/* An owner with work that waits or runs; the ones with work that waits stand in
 * a line, whoever gets a thread goes to its end. */
struct pool_owner {
	struct pool_owner *next; /* of all */
	struct pool_owner *line_next;
	const void *owner;
	struct job *first, **last; /* waiting, oldest first */
	unsigned held;             /* threads that run its jobs */
};

/* A thread that waits for work, on its own stack. */
struct pool_idle {
	struct pool_idle *next;
	pthread_cond_t cond;
	bool is_called;
};

struct pool {
	pthread_mutex_t lock; /* all below */
	pthread_cond_t ended; /* the last thread has gone */
	struct pool_owner *owners;
	struct pool_owner *line_first, **line_last;
	struct pool_idle *idle; /* newest first, so that the others grow old */
	unsigned limit;         /* threads at most */
	unsigned threads;       /* that exist */
	unsigned held;          /* of them, running a job */
	unsigned coming;        /* of them, called or started for a job */
	int idle_ms;
	bool is_ending;    /* pool_destroy() was called */
	bool is_abandoned; /* and has given up waiting */
};

static void
pool_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

static struct timespec
pool_deadline(int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000L;
	}
	return t;
}

struct pool *
pool_create(unsigned threads)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	pool_cond_init(&p->ended);
	p->line_last = &p->line_first;
	p->limit = threads < 2 ? 2 : threads;
	p->idle_ms = POOL_IDLE_MS;
	return p;
}

static void
pool_free(struct pool *p)
{
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->ended);
	free(p);
}

void
pool_set_idle(struct pool *p, int idle_ms)
{
	pthread_mutex_lock(&p->lock);
	p->idle_ms = idle_ms;
	pthread_mutex_unlock(&p->lock);
}

/* The owners. */

static void
pool_line_add(struct pool *p, struct pool_owner *o)
{
	o->line_next = NULL;
	*p->line_last = o;
	p->line_last = &o->line_next;
}

static void
pool_line_remove(struct pool *p, struct pool_owner *o)
{
	struct pool_owner **at = &p->line_first;

	while (*at != o)
		at = &(*at)->line_next;
	*at = o->line_next;
	if (p->line_last == &o->line_next)
		p->line_last = at;
}

static struct pool_owner *
pool_owner_get(struct pool *p, const void *owner)
{
	struct pool_owner *o;

	for (o = p->owners; o; o = o->next)
		if (o->owner == owner)
			return o;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->owner = owner;
	o->last = &o->first;
	o->next = p->owners;
	p->owners = o;
	return o;
}

/* Forget an owner that has no work any more. */
static void
pool_owner_put(struct pool *p, struct pool_owner *o)
{
	struct pool_owner **at = &p->owners;

	if (o->first || o->held)
		return;
	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	free(o);
}

static bool
pool_owner_may_run(const struct pool *p, const struct pool_owner *o)
{
	return o->held < p->limit - p->held;
}

/* The jobs that wait. */

static void
pool_job_add(struct pool *p, struct pool_owner *o, struct job *j)
{
	if (!o->first)
		pool_line_add(p, o);
	j->account = o;
	j->next = NULL;
	j->link = o->last;
	*o->last = j;
	o->last = &j->next;
}

static void
pool_job_remove(struct pool *p, struct job *j)
{
	struct pool_owner *o = j->account;

	*j->link = j->next;
	if (j->next)
		j->next->link = j->link;
	else
		o->last = j->link;
	j->link = NULL;
	if (!o->first)
		pool_line_remove(p, o);
}

/* The first owner in the line that may have a thread. */
static struct pool_owner *
pool_next(const struct pool *p)
{
	struct pool_owner *o = p->line_first;

	while (o && !pool_owner_may_run(p, o))
		o = o->line_next;
	return o;
}

static struct job *
pool_take(struct pool *p)
{
	struct pool_owner *o = pool_next(p);
	struct job *j = o ? o->first : NULL;

	if (!j)
		return NULL;
	pool_job_remove(p, j);
	if (o->first) {
		pool_line_remove(p, o);
		pool_line_add(p, o);
	}
	o->held++;
	p->held++;
	return j;
}

/* Sent under the lock, so that no letter can be on its way to a mailbox when
 * pool_destroy() has returned. */
static void
pool_give_back(struct pool *p, struct job *j, bool ran)
{
	if (p->is_abandoned)
		return;
	j->ran = ran;
	mail_send(j->home, &j->done);
}

/* The threads. */

static void *pool_thread(void *arg);

static int
pool_thread_start(struct pool *p)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all;
	int r;

	r = pthread_attr_init(&attr);
	if (r)
		return -r;
	sigfillset(&all);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, POOL_STACK);
	r = pthread_attr_setsigmask_np(&attr, &all);
	if (!r)
		r = pthread_create(&thread, &attr, pool_thread, p);
	pthread_attr_destroy(&attr);
	if (r)
		return -r;
	p->threads++;
	p->coming++;
	return 0;
}

static void
pool_idle_call(struct pool *p)
{
	struct pool_idle *idle = p->idle;

	p->idle = idle->next;
	idle->is_called = true;
	p->coming++;
	pthread_cond_signal(&idle->cond);
}

/* Bring a thread to work if there is a job that may run and nobody comes for
 * it. One is enough: it calls the next when it has taken its own. */
static int
pool_kick(struct pool *p)
{
	if (p->coming || !pool_next(p))
		return 0;
	if (p->idle) {
		pool_idle_call(p);
		return 0;
	}
	return p->threads < p->limit ? pool_thread_start(p) : 0;
}

/* Returns whether there may be work; not: nobody has called for idle_ms. */
static bool
pool_wait(struct pool *p)
{
	struct timespec deadline = pool_deadline(p->idle_ms);
	struct pool_idle self = { .next = p->idle }, **at = &p->idle;
	int r = 0;

	pool_cond_init(&self.cond);
	p->idle = &self;
	while (!self.is_called && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&self.cond, &p->lock, &deadline);
	pthread_cond_destroy(&self.cond);
	if (self.is_called) {
		p->coming--;
		return true;
	}
	while (*at != &self)
		at = &(*at)->next;
	*at = self.next;
	return false;
}

static void
pool_run(struct pool *p, struct job *j)
{
	struct pool_owner *o = j->account;

	pool_kick(p);
	pthread_mutex_unlock(&p->lock);
	j->run(j);
	pthread_mutex_lock(&p->lock);
	pool_give_back(p, j, true);
	o->held--;
	p->held--;
	pool_owner_put(p, o);
}

static void *
pool_thread(void *arg)
{
	struct pool *p = arg;
	struct job *j;

	pthread_setname_np(pthread_self(), "bindery-pool");
	pthread_mutex_lock(&p->lock);
	p->coming--;
	for (;;) {
		while ((j = pool_take(p)))
			pool_run(p, j);
		if (p->is_ending || !pool_wait(p))
			break;
	}
	p->threads--;
	if (!p->threads)
		pthread_cond_signal(&p->ended);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* A host that has at least one thread will get round to the job, even if no
 * other can be started now. */
static int
pool_add(struct pool *p, struct job *j)
{
	struct pool_owner *o;
	int r;

	if (p->is_ending)
		return -ECANCELED;
	o = pool_owner_get(p, j->owner);
	if (!o)
		return -ENOMEM;
	pool_job_add(p, o, j);
	r = pool_kick(p);
	if (!r || p->threads)
		return 0;
	pool_job_remove(p, j);
	pool_owner_put(p, o);
	return r;
}

int
pool_submit(struct pool *p, struct job *j)
{
	int r;

	j->link = NULL;
	j->ran = false;
	pthread_mutex_lock(&p->lock);
	r = pool_add(p, j);
	pthread_mutex_unlock(&p->lock);
	return r;
}

static void
pool_job_cancel(struct pool *p, struct job *j)
{
	struct pool_owner *o = j->account;

	pool_job_remove(p, j);
	pool_give_back(p, j, false);
	pool_owner_put(p, o);
}

void
pool_cancel(struct pool *p, struct job *j)
{
	pthread_mutex_lock(&p->lock);
	if (j->link)
		pool_job_cancel(p, j);
	pthread_mutex_unlock(&p->lock);
}

static void
pool_end(struct pool *p, int deadline_ms)
{
	struct timespec deadline = pool_deadline(deadline_ms);
	int r = 0;

	p->is_ending = true;
	while (p->line_first)
		pool_job_cancel(p, p->line_first->first);
	while (p->idle)
		pool_idle_call(p);
	while (p->threads && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&p->ended, &p->lock, &deadline);
	p->is_abandoned = p->threads;
}

bool
pool_destroy(struct pool **pool, int deadline_ms)
{
	struct pool *p = *pool;
	bool has_ended;

	if (!p)
		return true;
	*pool = NULL;
	pthread_mutex_lock(&p->lock);
	pool_end(p, deadline_ms);
	has_ended = !p->is_abandoned;
	pthread_mutex_unlock(&p->lock);
	if (has_ended)
		pool_free(p);
	return has_ended;
}

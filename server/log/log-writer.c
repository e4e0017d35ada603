/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "log/log-writer.h"

#include "base/gauges.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOG_BUFFER = 1024 * 1024,
	LOG_PAUSE_MS = 5,
	LOG_RETRY_MS = 1000, /* after the target has failed */
	LOG_LOOK_MS = 100,   /* how often a stalled write looks up */
	LOG_SWITCH_MS = 1000,
	LOG_NAP_MS = 60000
};

struct log_buffer {
	char *data; /* LOG_BUFFER bytes */
	size_t used;
	struct log_target *target; /* what is in it was made for this one */
};

struct log_writer {
	pthread_mutex_t *lock; /* not ours; all below but back.data */
	pthread_cond_t wake;   /* for the thread */
	pthread_cond_t rest;   /* it has written something, or has ended */
	pthread_t thread;
	struct log_buffer front; /* filled by the callers */
	struct log_buffer back;  /* the thread's while has_back */
	bool has_back;
	size_t wake_at; /* signal when more than this is used */
	size_t lost;    /* lines, not yet reported */
	log_tick_fn *tick;
	int64_t tick_ms; /* when it is due at the latest */
	bool is_failing;
	bool must_give_up; /* drop what a stalled target does not take */
	bool is_stopping, has_stopped;
};

static void
log_writer_free(struct log_writer *w)
{
	pthread_cond_destroy(&w->wake);
	pthread_cond_destroy(&w->rest);
	free(w->front.data);
	free(w->back.data);
	free(w);
}

bool
log_writer_add(struct log_writer *w, const char *data, size_t n)
{
	struct log_buffer *b = &w->front;
	size_t head = log_target_is_framed(b->target) ? sizeof(uint32_t) : 0;
	uint32_t length = (uint32_t)n;

	if (w->has_stopped)
		return false;
	if (n + head > LOG_BUFFER - b->used) {
		w->lost++;
		gauge_add(GAUGE_LOG_LOST, 1);
		return true;
	}
	memcpy(b->data + b->used, &length, head);
	memcpy(b->data + b->used + head, data, n);
	b->used += head + n;
	if (b->used > w->wake_at) {
		w->wake_at = SIZE_MAX;
		pthread_cond_signal(&w->wake);
	}
	return true;
}

void
log_writer_tick_by(struct log_writer *w, int64_t due_ms)
{
	if (due_ms >= w->tick_ms)
		return;
	w->tick_ms = due_ms;
	pthread_cond_signal(&w->wake);
}

/* False: the time was up. */
static bool
log_writer_wait(struct log_writer *w, pthread_cond_t *cond, int wait_ms)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += wait_ms % 1000 * 1000000L;
	end.tv_sec += wait_ms / 1000 + end.tv_nsec / 1000000000L;
	end.tv_nsec %= 1000000000L;
	return pthread_cond_timedwait(cond, w->lock, &end) != ETIMEDOUT;
}

/* The thread. */

static bool
log_writer_must_give_up(struct log_writer *w)
{
	bool must;

	pthread_mutex_lock(w->lock);
	must = w->must_give_up;
	pthread_mutex_unlock(w->lock);
	return must;
}

/* Without the lock.  Returns how many lines were lost. */
static size_t
log_writer_put(
    struct log_writer *w, struct log_target *t, const char *data, size_t n)
{
	size_t done = 0;
	ssize_t r;

	while (done < n) {
		r = log_target_write(t, data + done, n - done, LOG_LOOK_MS);
		if (r > 0)
			done += (size_t)r;
		if (r < 0 || (done < n && log_writer_must_give_up(w)))
			return log_target_drop(t, data + done, n - done);
	}
	return 0;
}

/* Without the lock.  Returns how many lines are still to be reported. */
static size_t
log_writer_report(struct log_writer *w, struct log_target *t, size_t lost)
{
	char line[sizeof(uint32_t) + LOG_RECORD_MAX], text[64];
	struct log_event e = { .level = LOG_L_WARN, .message = text };
	size_t head = log_target_is_framed(t) ? sizeof(uint32_t) : 0;
	uint32_t n;

	snprintf(text, sizeof(text), "log: %zu line%s lost", lost,
	    lost == 1 ? "" : "s");
	clock_gettime(CLOCK_REALTIME, &e.when);
	n = (uint32_t)log_format(line + head, t->envelope, t->format, &e);
	memcpy(line, &n, head);
	return log_writer_put(w, t, line, head + n) ? lost : 0;
}

/* Write what there is.  A switch of targets may have put it on the back
 * already. */
static void
log_writer_flush(struct log_writer *w)
{
	struct log_buffer b = w->has_back ? w->back : w->front;
	size_t dropped, lost = w->lost;

	if (!w->has_back) {
		w->front.data = w->back.data;
		w->front.used = 0;
		w->back = b;
		w->has_back = true;
	}
	w->lost = 0;
	pthread_mutex_unlock(w->lock);

	dropped = log_writer_put(w, b.target, b.data, b.used);
	lost += dropped;
	if (lost && !dropped)
		lost = log_writer_report(w, b.target, lost);

	pthread_mutex_lock(w->lock);
	w->is_failing = lost;
	w->lost += lost;
	w->has_back = false;
	if (b.target != w->front.target)
		log_target_destroy(&b.target);
	pthread_cond_broadcast(&w->rest);
}

static bool
log_writer_has_work(const struct log_writer *w)
{
	return w->front.used || w->has_back || w->lost || w->is_stopping;
}

/* Sleep until there is something to write.  The tick may bring it. */
static void
log_writer_sleep(struct log_writer *w)
{
	int64_t left_ms;

	for (;;) {
		w->tick_ms = w->tick();
		if (log_writer_has_work(w))
			return;
		w->wake_at = 0;
		left_ms = w->tick_ms - log_clock_ms();
		if (w->tick_ms == INT64_MAX)
			pthread_cond_wait(&w->wake, w->lock);
		else if (left_ms > 0)
			log_writer_wait(w, &w->wake,
			    left_ms < LOG_NAP_MS ? (int)left_ms : LOG_NAP_MS);
	}
}

/* Let lines gather; a rush of them may end it. */
static void
log_writer_pause(struct log_writer *w)
{
	w->wake_at = w->is_failing ? SIZE_MAX : LOG_BUFFER / 2;
	if (!w->is_stopping && !w->has_back)
		log_writer_wait(
		    w, &w->wake, w->is_failing ? LOG_RETRY_MS : LOG_PAUSE_MS);
	w->wake_at = SIZE_MAX;
}

static void *
log_writer_run(void *arg)
{
	struct log_writer *w = arg;
	bool is_last;

	pthread_setname_np(pthread_self(), "bindery-log");
	pthread_mutex_lock(w->lock);
	do {
		log_writer_sleep(w);
		is_last = w->is_stopping;
		log_writer_flush(w);
		log_writer_pause(w);
	} while (!is_last || w->front.used);
	w->has_stopped = true;
	pthread_cond_broadcast(&w->rest);
	pthread_mutex_unlock(w->lock);
	return NULL;
}

/* The main thread. */

static int
log_writer_start(struct log_writer *w)
{
	pthread_attr_t attr;
	sigset_t all;
	int r;

	r = pthread_attr_init(&attr);
	if (r)
		return -r;
	sigfillset(&all);
	r = pthread_attr_setsigmask_np(&attr, &all);
	if (!r)
		r = pthread_create(&w->thread, &attr, log_writer_run, w);
	pthread_attr_destroy(&attr);
	return -r;
}

int
log_writer_create(struct log_writer **w_r, pthread_mutex_t *lock,
    struct log_target *t, log_tick_fn *tick)
{
	struct log_writer *w = calloc(1, sizeof(*w));
	pthread_condattr_t attr;
	int r = -ENOMEM;

	if (!w)
		return r;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attr);
	pthread_cond_init(&w->rest, &attr);
	pthread_condattr_destroy(&attr);
	w->lock = lock;
	w->tick = tick;
	w->wake_at = SIZE_MAX;
	w->front =
	    (struct log_buffer){ .data = malloc(LOG_BUFFER), .target = t };
	w->back.data = malloc(LOG_BUFFER);
	if (w->front.data && w->back.data)
		r = log_writer_start(w);
	if (r)
		log_writer_free(w);
	else
		*w_r = w;
	return r;
}

/* Wait until the thread has nothing in its hands; a stalled target is given up
 * when the time is up. */
static void
log_writer_settle(struct log_writer *w)
{
	while (w->has_back && log_writer_wait(w, &w->rest, LOG_SWITCH_MS))
		;
	w->must_give_up = true;
	while (w->has_back && log_writer_wait(w, &w->rest, 5 * LOG_LOOK_MS))
		;
	w->must_give_up = false;
}

void
log_writer_switch(struct log_writer *w, struct log_target *t)
{
	struct log_buffer old;

	log_writer_settle(w);
	old = w->front;
	w->front.target = t;
	w->front.used = 0;
	if (w->has_back) { /* a write that hangs; it keeps its own target */
		w->lost += log_target_drop(old.target, old.data, old.used);
		if (old.target != w->back.target)
			log_target_destroy(&old.target);
		return;
	}
	w->front.data = w->back.data;
	w->back = old;
	w->has_back = true;
	pthread_cond_signal(&w->wake);
}

bool
log_writer_destroy(struct log_writer **writer, int wait_ms)
{
	struct log_writer *w = *writer;

	*writer = NULL;
	w->is_stopping = true;
	pthread_cond_signal(&w->wake);
	while (!w->has_stopped && log_writer_wait(w, &w->rest, wait_ms / 2))
		;
	w->must_give_up = true;
	while (!w->has_stopped && log_writer_wait(w, &w->rest, wait_ms / 2))
		;
	if (!w->has_stopped) {
		pthread_detach(w->thread);
		return false;
	}
	pthread_mutex_unlock(w->lock);
	pthread_join(w->thread, NULL);
	pthread_mutex_lock(w->lock);
	log_writer_free(w);
	return true;
}

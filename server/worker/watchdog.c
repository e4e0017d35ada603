/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/watchdog.h"

#include "log/log.h"

#include <errno.h>
#include <inttypes.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* After so many looks at which nothing moved it sleeps until it is woken, but
 * not for ever: a worker may begin just as it lies down. */
enum { QUIET_LOOKS = 10, SLEEP_MS = 1000 };

static const char *const call_names[] = {
#define X(name) [DUTY_##name] = #name,
	DUTY_CALLS(X)
#undef X
};

static struct {
	struct worker *const *workers;
	struct watched *watched;
	unsigned count;
	pthread_t thread;
	sem_t bell; /* a worker begins, or it is over */
	atomic_bool is_over;
	bool is_running;
} dog;

static pthread_mutex_t dog_lock = PTHREAD_MUTEX_INITIALIZER;

const char *
duty_call_name(enum duty_call call)
{
	return call < DUTY_COUNT ? call_names[call] : "?";
}

void
duty_wake(struct duty *d)
{
	if (atomic_exchange_explicit(
		&d->is_unwatched, false, memory_order_relaxed))
		sem_post(&dog.bell);
}

void
watchdog_lock(void)
{
	pthread_mutex_lock(&dog_lock);
}

void
watchdog_unlock(void)
{
	pthread_mutex_unlock(&dog_lock);
}

/* ------------------------------------------------------------------- looking
 */

PRINTF(4, 5)
static void
watched_say(const struct watched *k, const struct worker *w, int64_t ms,
    const char *fmt, ...)
{
	const struct log_field fields[] = {
		{ "pipeline", k->pipeline, 0 },
		{ "binding", k->binding, 0 },
		{ "callback", duty_call_name(k->call & 0xff), 0 },
		{ "worker", NULL, w->index },
		{ "ms", NULL, ms },
	};
	va_list ap;

	va_start(ap, fmt);
	log_vfold(LOG_L_WARN, fields, ARRAY_COUNT(fields), fmt, ap);
	va_end(ap);
}

/* The callback that was seen is over. */
static void
watched_end(struct watched *k, const struct worker *w, int64_t now_ms)
{
	int64_t ms = now_ms - k->since_ms;

	if (k->is_held && k->is_counted)
		watched_say(k, w, ms,
		    "plugin callback %s() held worker %u for %" PRId64
		    " ms: blocking work belongs on the pool",
		    duty_call_name(k->call & 0xff), w->index, ms);
	k->is_held = k->is_counted = false;
}

/* It goes on, and has gone on for long. */
static void
watched_go_on(struct watched *k, const struct worker *w, int64_t now_ms)
{
	int64_t ms = now_ms - k->since_ms;

	if (now_ms < k->named_ms)
		return;
	k->named_ms = k->since_ms + ms * 10;
	watched_say(k, w, ms,
	    "plugin callback %s() has held worker %u for %" PRId64
	    " ms and goes on: nothing else there does",
	    duty_call_name(k->call & 0xff), w->index, ms);
}

/* Is it the callback that was seen before?  Then its names are learned, under
 * the lock: as long as it is found running its binding cannot go away, because
 * whoever takes that away waits for the callback first and for the lock then.
 */
static bool
watched_again(struct watched *k, struct worker *w, int64_t now_ms,
    bool *is_held_r, uint64_t *call_r)
{
	const struct bnd_binding *b;
	bool is_same;

	watchdog_lock();
	b = atomic_load_explicit(&w->duty.binding, memory_order_acquire);
	*call_r = atomic_load_explicit(&w->duty.call, memory_order_relaxed);
	*is_held_r = b != NULL;
	is_same = b && k->is_held && k->call == *call_r;
	if (is_same && !k->is_counted && now_ms - k->since_ms >= WATCHDOG_MS) {
		snprintf(k->pipeline, sizeof(k->pipeline), "%s", b->pipeline);
		snprintf(k->binding, sizeof(k->binding), "%s", b->name);
		k->is_counted = true;
		cell_add(&w->held, 1);
	}
	watchdog_unlock();
	return is_same;
}

bool
watchdog_look(struct watched *k, struct worker *w, int64_t now_ms)
{
	bool is_held, has_moved;
	uint64_t call;

	if (watched_again(k, w, now_ms, &is_held, &call)) {
		if (k->is_counted)
			watched_go_on(k, w, now_ms);
		return true;
	}
	watched_end(k, w, now_ms);
	has_moved = is_held || call != k->call;
	k->call = call;
	k->is_held = is_held;
	k->since_ms = now_ms;
	k->named_ms = now_ms + WATCHDOG_LONG_MS;
	return has_moved;
}

/* ---------------------------------------------------------------- its thread
 */

static void
dog_wait(int ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (sem_clockwait(&dog.bell, CLOCK_MONOTONIC, &until) < 0 &&
	       errno == EINTR)
		continue;
}

static void
dog_lie_down(bool lies)
{
	for (unsigned i = 0; i < dog.count; i++)
		atomic_store_explicit(&dog.workers[i]->duty.is_unwatched, lies,
		    memory_order_relaxed);
}

static bool
dog_look(void)
{
	int64_t now_ms = loop_clock();
	bool has_moved = false;

	for (unsigned i = 0; i < dog.count; i++)
		if (watchdog_look(&dog.watched[i], dog.workers[i], now_ms))
			has_moved = true;
	return has_moved;
}

static void *
dog_main(void *arg)
{
	int quiet = 0;

	(void)arg;
	while (!atomic_load(&dog.is_over)) {
		quiet = dog_look() ? 0 : quiet + 1;
		if (quiet < QUIET_LOOKS) {
			dog_wait(WATCHDOG_LOOK_MS);
			continue;
		}
		dog_lie_down(true);
		dog_wait(SLEEP_MS);
		dog_lie_down(false);
		quiet = dog_look() ? 0 : QUIET_LOOKS - 1;
	}
	return NULL;
}

int
watchdog_start(struct worker *const *workers, unsigned count)
{
	sigset_t every, before;
	int rc;

	dog.watched = calloc(count, sizeof(*dog.watched));
	if (!dog.watched)
		return -ENOMEM;
	dog.workers = workers;
	dog.count = count;
	atomic_store(&dog.is_over, false);
	sem_init(&dog.bell, 0, 0);
	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	rc = -pthread_create(&dog.thread, NULL, dog_main, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc < 0) {
		free(dog.watched);
		dog.watched = NULL;
		return rc;
	}
	pthread_setname_np(dog.thread, "bindery-dog");
	dog.is_running = true;
	return 0;
}

void
watchdog_stop(void)
{
	if (!dog.is_running)
		return;
	atomic_store(&dog.is_over, true);
	sem_post(&dog.bell);
	pthread_join(dog.thread, NULL);
	sem_destroy(&dog.bell);
	free(dog.watched);
	dog.watched = NULL;
	dog.is_running = false;
}

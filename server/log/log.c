/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "log/log.h"

#include "log/log-fold.h"
#include "log/log-format.h"
#include "log/log-target.h"
#include "log/log-writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	LOG_DIRECT_MS =
	    200, /* how long a line waits when nobody writes for us */
	LOG_STOP_MS = 900
};

_Atomic int log_level_now = LOG_L_INFO;

/* What log_configure() has not been called for yet. */
static struct log_target log_first = {
	.kind = LOG_TO_STDERR, .is_static = true, .fd = STDERR_FILENO
};

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER; /* all below */
static struct log_target *log_target = &log_first;
static struct log_writer *log_writer; /* NULL: lines are written at once */
static bool log_is_stalled;           /* and the last one was not taken */
static struct log_fold log_folded;
static bool log_is_folding; /* while there is a thread to write the counts */

/* How lines must look now, to be read without the lock; a line that was made
 * for another target is made anew. */
static _Atomic unsigned log_shape;

static unsigned
log_shape_of(const struct log_target *t)
{
	return (unsigned)t->envelope << 1 | (unsigned)(t->format == LOG_JSON);
}

/* Writing. */

static void
log_write_frame(const char *data, size_t n)
{
	char framed[sizeof(uint32_t) + LOG_RECORD_MAX];
	uint32_t length = (uint32_t)n;
	size_t head = log_target_is_framed(log_target) ? sizeof(length) : 0;
	ssize_t r;

	memcpy(framed, &length, head);
	memcpy(framed + head, data, n);
	n += head;
	r = log_target_write(
	    log_target, framed, n, log_is_stalled ? 0 : LOG_DIRECT_MS);
	log_is_stalled = r >= 0 && (size_t)r < n;
	if (r < (ssize_t)n)
		log_target_drop(log_target, framed, n);
}

static void
log_put(const char *data, size_t n)
{
	if (!(log_writer && log_writer_add(log_writer, data, n)))
		log_write_frame(data, n);
}

/* A summary of the folding. */
static log_fold_fn log_put_summary;
static void
log_put_summary(const struct log_event *e)
{
	char record[LOG_RECORD_MAX];

	log_put(record,
	    log_format(record, log_target->envelope, log_target->format, e));
}

/* Is the line one too many?  The thread sleeps until a summary is due: the
 * first that is folded has to tell it when that is. */
static bool
log_is_folded(const struct log_event *e, uint64_t site)
{
	if (!site || !log_is_folding)
		return false;
	if (log_fold_take(
		&log_folded, e, site, log_clock_ms(), log_put_summary))
		return false;
	log_writer_tick_by(log_writer, log_clock_ms() + LOG_FOLD_MS);
	return true;
}

/* False: it has the wrong shape. */
static bool
log_write(const struct log_event *e, uint64_t site, const char *data, size_t n,
    unsigned shape)
{
	bool fits;

	pthread_mutex_lock(&log_lock);
	fits = shape == log_shape_of(log_target);
	if (fits && !log_is_folded(e, site))
		log_put(data, n);
	pthread_mutex_unlock(&log_lock);
	return fits;
}

/* site: log_fold_id(), or 0: it is not folded. */
static void
log_event(struct log_event *e, uint64_t site)
{
	char record[LOG_RECORD_MAX];
	unsigned shape;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &e->when);
	do {
		shape = atomic_load_explicit(&log_shape, memory_order_relaxed);
		n = log_format(
		    record, shape >> 1, shape & 1 ? LOG_JSON : LOG_TEXT, e);
	} while (!log_write(e, site, record, n, shape));
}

static void log_say(int level, const struct log_field *fields, size_t count,
    bool may_fold, const char *fmt, va_list ap) PRINTF(5, 0);

static void
log_say(int level, const struct log_field *fields, size_t count, bool may_fold,
    const char *fmt, va_list ap)
{
	char message[LOG_LINE_MAX];
	struct log_event e = { .level = level,
		.message = message,
		.fields = fields,
		.count = count };
	int saved = errno;

	if (!log_is_on(level))
		return;
	if (vsnprintf(message, sizeof(message), fmt, ap) < 0)
		e.message = fmt;
	log_event(&e, may_fold ? log_fold_id(&e, fmt) : 0);
	errno = saved;
}

void
log_vline(int level, const struct log_field *fields, size_t count,
    const char *fmt, va_list ap)
{
	log_say(level, fields, count, false, fmt, ap);
}

void
log_vfold(int level, const struct log_field *fields, size_t count,
    const char *fmt, va_list ap)
{
	log_say(level, fields, count, level < LOG_L_DEBUG, fmt, ap);
}

void
log_line(int level, const struct log_field *fields, size_t count,
    const char *fmt, ...)
{
	va_list ap;

	if (!log_is_on(level))
		return;
	va_start(ap, fmt);
	log_vline(level, fields, count, fmt, ap);
	va_end(ap);
}

/* Setting up. */

static void
log_target_use(struct log_target *t)
{
	struct log_target *old = log_target;

	pthread_mutex_lock(&log_lock);
	if (log_writer)
		log_writer_switch(log_writer, t);
	log_target = t;
	log_is_stalled = false;
	atomic_store_explicit(
	    &log_shape, log_shape_of(t), memory_order_relaxed);
	if (!log_writer)
		log_target_destroy(&old);
	pthread_mutex_unlock(&log_lock);
}

int
log_configure(const struct log_settings *s, const char **error_r)
{
	struct log_target *t;
	int r = log_target_create(&t, s, error_r);

	if (r)
		return r;
	log_target_use(t);
	log_set_level(s->level);
	return 0;
}

int
log_check(const struct log_settings *s, const char **error_r)
{
	return log_target_check(s, error_r);
}

/* The levels. */

static const char *const log_level_names[] = { [LOG_L_ERROR] = "error",
	[LOG_L_WARN] = "warn",
	[LOG_L_NOTICE] = "notice",
	[LOG_L_INFO] = "info",
	[LOG_L_DEBUG] = "debug" };

const char *
log_level_name(int level)
{
	if (level < LOG_L_ERROR)
		return "error";
	return log_level_names[level > LOG_L_DEBUG ? LOG_L_DEBUG : level];
}

int
log_level_of_name(const char *name)
{
	for (int i = LOG_L_ERROR; i <= LOG_L_DEBUG; i++)
		if (strcmp(name, log_level_names[i]) == 0)
			return i;
	return strcmp(name, "warning") == 0 ? LOG_L_WARN : -EINVAL;
}

void
log_set_level(int level)
{
	atomic_store_explicit(&log_level_now, level, memory_order_relaxed);
}

int
log_get_level(void)
{
	return atomic_load_explicit(&log_level_now, memory_order_relaxed);
}

/* The thread. */

/* [the thread, with the lock] */
static int64_t
log_tick(void)
{
	return log_fold_flush(&log_folded, log_clock_ms(), log_put_summary);
}

int
log_start(void)
{
	int r = 0;

	pthread_mutex_lock(&log_lock);
	if (!log_writer)
		r = log_writer_create(
		    &log_writer, &log_lock, log_target, log_tick);
	log_is_folding = log_writer;
	pthread_mutex_unlock(&log_lock);
	return r;
}

/* A target that hangs is left behind with the thread that hangs in it. */
void
log_stop(void)
{
	struct log_writer *w;

	pthread_mutex_lock(&log_lock);
	w = log_writer;
	log_is_folding = false;
	log_fold_flush(&log_folded, INT64_MAX, log_put_summary);
	if (w && !log_writer_destroy(&w, LOG_STOP_MS)) {
		log_target = &log_first;
		log_is_stalled = true;
		atomic_store_explicit(
		    &log_shape, log_shape_of(&log_first), memory_order_relaxed);
	}
	log_writer = NULL;
	pthread_mutex_unlock(&log_lock);
}

int
log_reopen(void)
{
	return log_target_reopen(log_target);
}

void
log_after_fork(void)
{
	pthread_mutex_init(&log_lock, NULL);
	log_writer = NULL;
	log_is_folding = false;
	log_folded = (struct log_fold){ 0 };
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * log-writer.h - the thread that writes the log, and the bounded buffers
 * between it and the callers.  It swaps a full buffer for an empty one and
 * writes without the lock; it pauses after that, so that under load many lines
 * go out in one write and nobody has to wake it.  Every function here is called
 * with the lock held that log_writer_create() was given.
 */
#ifndef LOG_LOG_WRITER_H
#define LOG_LOG_WRITER_H

#include "log/log-target.h"

#include <pthread.h>

struct log_writer;

/* Called by the thread, with the lock: may add lines; returns when it wants to
 * be called again at the latest (log_clock_ms()), INT64_MAX: it does not. */
typedef int64_t log_tick_fn(void);

/* Starts the thread; the target is borrowed.  0 or -errno. */
int log_writer_create(struct log_writer **w_r, pthread_mutex_t *lock,
    struct log_target *t, log_tick_fn *tick);

/* The tick wants to be called by then, other than it said. */
void log_writer_tick_by(struct log_writer *w, int64_t due_ms);

/* One line or record; what does not fit is counted, and the count is logged.
 * False: the thread has ended, write it yourself. */
bool log_writer_add(struct log_writer *w, const char *data, size_t n);

/* Lines go to another target from now on; what waits goes to the old one, which
 * is the writer's to destroy.  Waits (without the lock) up to a second or so
 * for what is being written. */
void log_writer_switch(struct log_writer *w, struct log_target *t);

/* Waits (without the lock) up to wait_ms until everything is written, ends the
 * thread and frees the writer.  False: it hangs, and is left to itself with all
 * it has, the target too. */
bool log_writer_destroy(struct log_writer **w, int wait_ms);

#endif

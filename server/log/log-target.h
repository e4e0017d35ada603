/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * log-target.h - where the log goes: standard error, a file, or the datagram
 * socket of syslog or of the journal.  Writing never blocks for longer than it
 * is told, even when standard error is a pipe that nobody reads and that must
 * not be made non-blocking because other processes share it.
 */
#ifndef LOG_LOG_TARGET_H
#define LOG_LOG_TARGET_H

#include "log/log-format.h"

#include <sys/types.h>

enum log_target_kind {
	LOG_TO_STDERR,
	LOG_TO_FILE,
	LOG_TO_SYSLOG,
	LOG_TO_JOURNAL
};

struct log_target {
	enum log_target_kind kind;
	enum log_envelope envelope;
	int format; /* enum log_format */
	int fd;
	bool is_static;  /* not to be freed */
	bool is_regular; /* a regular file: writing does not wait for readers */
	bool is_socket;  /* a stream socket */
	bool is_torn;    /* the last write ended inside a line */
	bool is_broken;  /* and the rest of that line will not come */
	char path[];     /* of the file or socket */
};

/* [main] Opens it.  0, or -errno and a sentence that is kept until the next
 * call.
 */
int log_target_create(struct log_target **t_r, const struct log_settings *s,
    const char **error_r);
void log_target_destroy(struct log_target **t);

/* [main] Standard error in memory of the caller's; nothing to destroy. */
void log_target_init_stderr(struct log_target *t);

/* [main] Could it be opened?  Creates nothing. */
int log_target_check(const struct log_settings *s, const char **error_r);

/* [main] Open the file or socket again, under the same descriptor, so who
 * writes meanwhile need not know.  0, or -errno: the old one stays. */
int log_target_reopen(struct log_target *t);

/* Does each record stand for itself, with its length (a uint32_t) before it? */
static inline bool
log_target_is_framed(const struct log_target *t)
{
	return t->kind == LOG_TO_SYSLOG || t->kind == LOG_TO_JOURNAL;
}

/* [one thread at a time] Write lines or framed records, waiting wait_ms at most
 * for a slow reader.  Returns how many bytes were taken, fewer when the time
 * was up; -errno: the target does not work now. */
ssize_t
log_target_write(struct log_target *t, const char *data, size_t n, int wait_ms);

/* [the same thread] The rest of what was begun will not be written after all.
 * Returns how many lines or records that is. */
size_t log_target_drop(struct log_target *t, const char *data, size_t n);

/* [any] Monotonic. */
int64_t log_clock_ms(void);

#endif

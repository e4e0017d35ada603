/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * log.h - the host's log.  Callers never block on a slow reader: lines go to a
 * bounded buffer that a thread of its own writes out; what does not fit is
 * counted and the count is logged.  Before log_start(), and after log_stop(),
 * lines are written at once.
 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include "base/compiler.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* syslog(3) priorities */
enum log_level {
	LOG_L_ERROR = 3,
	LOG_L_WARN = 4,
	LOG_L_NOTICE = 5,
	LOG_L_INFO = 6,
	LOG_L_DEBUG = 7
};

enum log_format { LOG_TEXT, LOG_JSON };

struct log_settings {
	int level;          /* the least important that is written */
	int format;         /* enum log_format */
	const char *target; /* "stderr" (NULL), "syslog", "journal",
			       "file:/path" */
};

/* One "key=value" of a line; key is the host's, lower case, and a constant.
 * text NULL: a number.  "file" and "line" are a position in the configuration,
 * which text has in the message; "message_id" is for the journal only. */
struct log_field {
	const char *key;
	const char *text;
	int64_t number;
};

/* The journal's MESSAGE_ID of lines that one may want to look for. */
#define LOG_ID_CONNECTION "4661398a6bbf422d93d9b191bf23f7fc"
#define LOG_ID_CONFIG     "4721f5ea9dfc4f039faacc6c0d93c33a"

/* [main] Take on settings; 0, or -errno with *error_r a sentence (constant or
 * kept until the next call).  The old target stays in use on failure; lines for
 * it that wait are written to it still, within a second or two.  Strings are
 * copied. */
int log_configure(const struct log_settings *s, const char **error_r);

/* [main] Is the target usable (the file can be opened, the socket is there)? */
int log_check(const struct log_settings *s, const char **error_r);

/* [main] Start and stop (flush, bounded by a second) the writing thread. Start:
 * 0, or -errno, and lines are written at once still. */
int log_start(void);
void log_stop(void);

/* [main] Open log files again (after rotation).  0, or -errno: the old file
 * stays in use. */
int log_reopen(void);

/* [any] Another level than log_configure() said, until it says one again; an
 * enum log_level.  The name of one: "error", "warn", "notice", "info", "debug";
 * and the level of a name ("warning" too), -EINVAL: it is none. */
void log_set_level(int level);
int log_get_level(void);
const char *log_level_name(int level);
int log_level_of_name(const char *name);

/* In a forked child, first of all: it has no writing thread. */
void log_after_fork(void);

/* [any, not from signal handlers] No newline at the end of fmt.  errno is kept.
 */
static inline bool log_is_on(int level);
void log_line(int level, const struct log_field *fields, size_t count,
    const char *fmt, ...) PRINTF(4, 5);
void log_vline(int level, const struct log_field *fields, size_t count,
    const char *fmt, va_list ap) PRINTF(4, 0);

/* The same for what may come in floods, such as what plugins say: alike lines
 * are folded while the writing thread runs (log-fold.h), but for debug, of
 * which whoever asks for it wants all. */
void log_vfold(int level, const struct log_field *fields, size_t count,
    const char *fmt, va_list ap) PRINTF(4, 0);

#define log_error(...)  log_line(LOG_L_ERROR, NULL, 0, __VA_ARGS__)
#define log_warn(...)   log_line(LOG_L_WARN, NULL, 0, __VA_ARGS__)
#define log_notice(...) log_line(LOG_L_NOTICE, NULL, 0, __VA_ARGS__)
#define log_info(...)   log_line(LOG_L_INFO, NULL, 0, __VA_ARGS__)
#define log_debug(...)  log_line(LOG_L_DEBUG, NULL, 0, __VA_ARGS__)

extern _Atomic int log_level_now; /* read by log_is_on() only */

static inline bool
log_is_on(int level)
{
	return level <=
	       atomic_load_explicit(&log_level_now, memory_order_relaxed);
}

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * log-format.h - how one event of the log looks to each kind of reader.
 * Whatever a peer put into a message or a value: what is printed of it is valid
 * UTF-8 without control characters, so one event is one line, and what is not
 * printable shows as \n, \r, \t or \xHH.
 *
 *	plain    2026-11-21T12:00:00.123Z info: message key=value other="a b"
 *	prefix   <6>message key=value       (systemd reads it, and has a clock)
 *	json     {"time":"2026-...","level":"info","message":"...","key":"..."}
 *	journal  PRIORITY=6, MESSAGE=message key=value, BINDERY_KEY=value
 */
#ifndef LOG_LOG_FORMAT_H
#define LOG_LOG_FORMAT_H

#include "log/log.h"

#include <time.h>

enum {
	LOG_LINE_MAX = 4096,  /* what is longer is cut, and marked with "..." or
				 "cut":true; a pipe takes this much at once */
	LOG_RECORD_MAX = 8192 /* the same with the journal's fields */
};

/* Plain and prefix end in a newline; the others are datagrams. */
enum log_envelope {
	LOG_AS_PLAIN,
	LOG_AS_PREFIXED,
	LOG_AS_SYSLOG,
	LOG_AS_JOURNAL
};

struct log_event {
	struct timespec when; /* CLOCK_REALTIME */
	int level;
	const char *message;
	const struct log_field *fields;
	size_t count;
};

/* [any] Write it to buf, which holds LOG_RECORD_MAX bytes; returns how many
 * were needed.  No 0 is put behind it.  format is an enum log_format, which the
 * journal has no use for. */
size_t log_format(char *buf, enum log_envelope envelope, int format,
    const struct log_event *e);

#endif

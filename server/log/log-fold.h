/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * log-fold.h - floods are folded: of what one site of the code says of one
 * binding, the first LOG_FOLD_FIRST lines within LOG_FOLD_MS are written, and
 * how many more there were when that time is over ("repeated 312 times: ...").
 * Only so many sites are known at once; for a new one the oldest is given up,
 * with its count written.  [one thread at a time: under the log's lock]
 */
#ifndef LOG_LOG_FOLD_H
#define LOG_LOG_FOLD_H

#include "log/log-format.h"

enum {
	LOG_FOLD_SITES = 64,
	LOG_FOLD_FIRST = 10,
	LOG_FOLD_MS = 5000,
	LOG_FOLD_FIELDS = 4, /* of text that a summary has room for */
	LOG_FOLD_WORDS = 320,
	LOG_FOLD_TEXT = 240
};

struct log_site {
	uint64_t id;    /* log_fold_id(); 0: unused */
	int64_t end_ms; /* of its time */
	size_t seen;    /* within it */
	int level;
	size_t count; /* of fields */
	struct log_field fields[LOG_FOLD_FIELDS];
	char words[LOG_FOLD_WORDS]; /* what they point to */
	char text[LOG_FOLD_TEXT];   /* the first that was not written */
};

/* Zero is a valid one. */
struct log_fold {
	struct log_site sites[LOG_FOLD_SITES];
};

typedef void log_fold_fn(const struct log_event *summary);

/* What makes two lines alike: the format's place in memory, level and fields
 * of text, but not those that are numbers, such as a connection's.  A format
 * that is only "%s" says nothing: then the message counts.  Never 0. */
uint64_t log_fold_id(const struct log_event *e, const char *fmt);

/* Is it to be written?  False: it has been counted.  Summaries that belong
 * before it are written first.  Times are monotonic. */
bool log_fold_take(struct log_fold *f, const struct log_event *e, uint64_t id,
    int64_t now_ms, log_fold_fn *write);

/* Write the summaries of all whose time is over; INT64_MAX: of all.  Returns
 * when the next is due, INT64_MAX: none is. */
int64_t log_fold_flush(struct log_fold *f, int64_t now_ms, log_fold_fn *write);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * log-report.h - what is wrong with a configuration, told to those who read
 * the log, and at start to who started us.
 */
#ifndef LOG_LOG_REPORT_H
#define LOG_LOG_REPORT_H

#include "base/report.h"

/* [main] Every entry is a line of the log.  Its position stands before the
 * sentence, and in fields of JSON and the journal. */
void log_report(const struct report *report);

/* [main] Like report_print() to standard error, but a reader that does not
 * read holds us up for a second at most: the rest is given up then.  When
 * standard error is the journal's, each line has its priority before it. */
void log_report_print(const struct report *report);

#endif

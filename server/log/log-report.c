/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "log/log-report.h"

#include "log/log-target.h"
#include "log/log.h"

#include <stdio.h>
#include <string.h>

enum { LOG_PRINT_MS = 1000 };

static void
log_report_entry(const struct report_entry *e)
{
	const struct log_field fields[] = {
		{ "message_id", LOG_ID_CONFIG, 0 },
		{ "file", e->file, 0 },
		{ "line", NULL, e->line },
	};
	size_t count = e->line ? 3 : e->file ? 2 : 1;

	log_line(e->is_warning ? LOG_L_WARN : LOG_L_ERROR, fields, count, "%s",
	    e->text);
}

void
log_report(const struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		log_report_entry(&report->entries[i]);
	if (report->lost)
		log_error("and %zu more error%s", report->lost,
		    report->lost == 1 ? "" : "s");
	if (report->out_of_memory)
		log_error("out of memory");
}

/* ------------------------------------------------------- to standard error */

struct log_printer {
	struct log_target target; /* by itself, whatever the log's is */
	int64_t end_ms;
};

static void log_print(
    struct log_printer *p, bool is_warning, const char *fmt, ...) PRINTF(3, 4);

/* A long sentence is cut. */
static void
log_print(struct log_printer *p, bool is_warning, const char *fmt, ...)
{
	char line[LOG_RECORD_MAX];
	const char *priority = is_warning ? "<4>" : "<3>";
	int64_t left_ms = p->end_ms - log_clock_ms();
	size_t head, n;
	va_list ap;

	if (left_ms <= 0)
		return;
	head = (size_t)snprintf(line, sizeof(line), "%s%s",
	    p->target.envelope == LOG_AS_PREFIXED ? priority : "",
	    is_warning ? "warning: " : "");
	va_start(ap, fmt);
	vsnprintf(line + head, sizeof(line) - head, fmt, ap);
	va_end(ap);
	n = strnlen(line, sizeof(line) - 2);
	line[n++] = '\n';
	if (log_target_write(&p->target, line, n, (int)left_ms) < (ssize_t)n)
		p->end_ms = 0;
}

void
log_report_print(const struct report *report)
{
	struct log_printer p = { .end_ms = log_clock_ms() + LOG_PRINT_MS };

	log_target_init_stderr(&p.target);
	for (size_t i = 0; i < report->count; i++)
		log_print(&p, report->entries[i].is_warning, "%s",
		    report->entries[i].text);
	if (report->lost)
		log_print(&p, false, "and %zu more error%s", report->lost,
		    report->lost == 1 ? "" : "s");
	if (report->out_of_memory)
		log_print(&p, false, "out of memory");
}

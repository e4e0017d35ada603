/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "base/report.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

void
report_finish(struct report *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->entries[i].text);
	free(r->entries);
	*r = (struct report){ 0 };
}

static char *report_format(
    const char *file, unsigned line, const char *fmt, va_list ap) PRINTF(3, 0);

static char *
report_format(const char *file, unsigned line, const char *fmt, va_list ap)
{
	char *text, *whole;
	int rc;

	if (vasprintf(&text, fmt, ap) < 0)
		return NULL;
	if (!file)
		return text;
	if (line)
		rc = asprintf(&whole, "%s:%u: %s", file, line, text);
	else
		rc = asprintf(&whole, "%s: %s", file, text);
	free(text);
	return rc < 0 ? NULL : whole;
}

static bool
report_grow(struct report *r)
{
	size_t capacity = r->capacity ? r->capacity * 2 : 8;
	void *p;

	if (r->count < r->capacity)
		return true;
	p = realloc(r->entries, capacity * sizeof(*r->entries));
	if (!p)
		return false;
	r->entries = p;
	r->capacity = capacity;
	return true;
}

void
report_add(struct report *r, bool is_warning, const char *file, unsigned line,
    const char *fmt, va_list ap)
{
	char *text;

	if (!is_warning)
		r->errors++;
	if (r->count >= REPORT_MAX) {
		r->lost += !is_warning;
		return;
	}
	text = report_format(file, line, fmt, ap);
	if (!text || !report_grow(r)) {
		free(text);
		r->out_of_memory = true;
		return;
	}
	utf8_tame(text);
	r->entries[r->count++] = (struct report_entry){ text, is_warning };
}

void
report_error(
    struct report *r, const char *file, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_add(r, false, file, line, fmt, ap);
	va_end(ap);
}

void
report_warn(
    struct report *r, const char *file, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_add(r, true, file, line, fmt, ap);
	va_end(ap);
}

bool
report_has_errors(const struct report *r)
{
	return r->errors > 0 || r->out_of_memory;
}

void
report_print(const struct report *r, FILE *out)
{
	for (size_t i = 0; i < r->count; i++)
		fprintf(out, "%s%s\n",
		    r->entries[i].is_warning ? "warning: " : "",
		    r->entries[i].text);
	if (r->lost)
		fprintf(out, "and %zu more error%s\n", r->lost,
		    r->lost == 1 ? "" : "s");
	if (r->out_of_memory)
		fprintf(out, "out of memory\n");
}

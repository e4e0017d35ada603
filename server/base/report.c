/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "base/report.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
report_entry_finish(struct report_entry *e)
{
	free(e->text);
	free(e->file);
}

void
report_finish(struct report *r)
{
	for (size_t i = 0; i < r->count; i++)
		report_entry_finish(&r->entries[i]);
	free(r->entries);
	*r = (struct report){ 0 };
}

static void
report_free(char **text)
{
	free(*text);
}

/* The sentence behind its position; both are tame. */
static bool
report_entry_write(struct report_entry *e, const char *sentence)
{
	int rc;

	if (e->line)
		rc =
		    asprintf(&e->text, "%s:%u: %s", e->file, e->line, sentence);
	else
		rc = asprintf(&e->text, "%s%s%s", e->file ? e->file : "",
		    e->file ? ": " : "", sentence);
	if (rc < 0) {
		e->text = NULL;
		return false;
	}
	e->sentence = e->text + rc - strlen(sentence);
	return true;
}

static bool report_entry_init(struct report_entry *e, const char *file,
    unsigned line, const char *fmt, va_list ap) PRINTF(4, 0);

static bool
report_entry_init(struct report_entry *e, const char *file, unsigned line,
    const char *fmt, va_list ap)
{
	CLEANUP(report_free) char *sentence = NULL;

	if (vasprintf(&sentence, fmt, ap) < 0) {
		sentence = NULL;
		return false;
	}
	utf8_tame(sentence);
	if (file) {
		e->line = line;
		e->file = strdup(file);
		if (!e->file)
			return false;
		utf8_tame(e->file);
	}
	return report_entry_write(e, sentence);
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
	struct report_entry e = { .is_warning = is_warning };

	if (!is_warning)
		r->errors++;
	if (r->count >= REPORT_MAX) {
		r->lost += !is_warning;
		return;
	}
	if (!report_entry_init(&e, file, line, fmt, ap) || !report_grow(r)) {
		report_entry_finish(&e);
		r->out_of_memory = true;
		return;
	}
	r->entries[r->count++] = e;
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

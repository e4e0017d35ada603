/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* option-error.c - speaking of a place: "pipeline 'x', binding 'y', option
 * 'z'". */
#include "config/option-kind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_PLACE = 768 };

const char *
option_quote(const char *text, char r[OPTION_QUOTE])
{
	static const char more[] = "...";
	size_t n = strnlen(text, OPTION_QUOTE);
	size_t keep = n < OPTION_QUOTE ? n : OPTION_QUOTE - sizeof(more);

	for (size_t i = 0; i < keep; i++) {
		unsigned char c = (unsigned char)text[i];

		r[i] = c < ' ' || c == 0x7f ? '?' : text[i];
	}
	/* Never in the middle of an UTF-8 character. */
	while (
	    keep < n && keep > 0 && ((unsigned char)text[keep] & 0xc0) == 0x80)
		keep--;
	snprintf(r + keep, OPTION_QUOTE - keep, "%s", keep < n ? more : "");
	return r;
}

PRINTF(2, 3)
static void
option_place_add(char place[OPTION_PLACE], const char *fmt, ...)
{
	size_t n = strlen(place);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(place + n, OPTION_PLACE - n, fmt, ap);
	va_end(ap);
}

/* The outermost first.  All that OPTION_DEPTH_MAX allows fits the buffer. */
static void
option_place_text(const struct option_place *p, char place[OPTION_PLACE])
{
	const struct option_context *ctx = p->ctx;

	if (p->outer) {
		option_place_text(p->outer, place);
		option_place_add(place, ", row %zu", p->row);
		if (p->option)
			option_place_add(place, ", '%.64s'", p->option->name);
		return;
	}
	if (ctx->pipeline)
		option_place_add(place, "pipeline '%.128s'", ctx->pipeline);
	if (ctx->pipeline && ctx->binding)
		option_place_add(place, ", binding '%.128s'", ctx->binding);
	if (p->option)
		option_place_add(place, "%soption '%s%.64s'",
		    ctx->pipeline ? ", " : "", ctx->prefix ? ctx->prefix : "",
		    p->option->name);
}

static void option_say(const struct option_place *p, bool is_warning,
    const struct node *at, const char *fmt, va_list ap) PRINTF(4, 0);

static void
option_say(const struct option_place *p, bool is_warning, const struct node *at,
    const char *fmt, va_list ap)
{
	void (*add)(struct report *, const char *, unsigned, const char *, ...)
	    PRINTF(4, 5) = is_warning ? report_warn : report_error;
	struct report *report = p->ctx->report;
	char place[OPTION_PLACE] = "";
	char *text;

	if (vasprintf(&text, fmt, ap) < 0) {
		report->out_of_memory = true;
		return;
	}
	option_place_text(p, place);
	add(report, at ? at->file : NULL, at ? at->line : 0, "%s%s%s", place,
	    *place ? ": " : "", text);
	free(text);
}

int
option_error(
    const struct option_place *p, const struct node *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	option_say(p, false, at, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

void
option_warn(
    const struct option_place *p, const struct node *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	option_say(p, true, at, fmt, ap);
	va_end(ap);
}

int
option_no_memory(const struct option_place *p)
{
	p->ctx->report->out_of_memory = true;
	return -EINVAL;
}

int
option_kind_error(
    const struct option_place *p, const struct node *value, const char *wanted)
{
	return option_error(p, value, "must be %s, not %s", wanted,
	    node_kind_name(value->kind));
}

bool
option_may_suggest(const struct option_place *p)
{
	return p->ctx->report->count < REPORT_MAX;
}

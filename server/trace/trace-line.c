/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "trace/trace-line.h"

#include "log/log.h"

#include <stdio.h>
#include <time.h>

enum { TRACE_TEXT = 256 }; /* bytes of a call, as text */

const struct bnd_host *trace_own;

static _Thread_local struct trace_at at_hand;

struct trace_at
trace_at_stage(const struct bnd_stage *st)
{
	return (struct trace_at){ st->binding, st->worker, st };
}

struct trace_at
trace_at_worker(const struct bnd_worker *w)
{
	return (struct trace_at){ w->binding, w, NULL };
}

struct trace_at
trace_at_binding(const struct bnd_binding *b)
{
	return (struct trace_at){ b, NULL, NULL };
}

struct trace_at
trace_at_hand(void)
{
	return at_hand;
}

int64_t
trace_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A line as it grows. */
struct trace_line {
	struct log_field fields[8];
	size_t count;
};

static void
line_number(struct trace_line *l, const char *key, int64_t number)
{
	l->fields[l->count++] = (struct log_field){ key, NULL, number };
}

static void
line_begin(struct trace_line *l, struct trace_at at)
{
	l->count = 0;
	if (at.binding) {
		l->fields[l->count++] =
		    (struct log_field){ "pipeline", at.binding->pipeline, 0 };
		l->fields[l->count++] =
		    (struct log_field){ "binding", at.binding->name, 0 };
		line_number(l, "generation", at.binding->generation);
	}
	if (at.worker)
		line_number(l, "worker", at.worker->index);
	if (at.stage && at.stage->id)
		line_number(l, "conn", (int64_t)at.stage->id);
}

/* The bytes that wait in the inlets. */
static void
line_inlets(struct trace_line *l, struct trace_at at)
{
	struct bnd_stage *st = (struct bnd_stage *)(uintptr_t)at.stage;

	if (!st)
		return;
	line_number(l, "front", (int64_t)trace_own->avail(st, BND_FRONT));
	line_number(l, "back", (int64_t)trace_own->avail(st, BND_BACK));
}

PRINTF(3, 0)
static void
line_write(
    const struct trace_line *l, const char *mark, const char *fmt, va_list ap)
{
	char call[TRACE_TEXT];

	vsnprintf(call, sizeof(call), fmt, ap);
	log_line(LOG_L_DEBUG, l->fields, l->count, "%s%s", mark, call);
}

void
trace_called(struct trace_at at, int64_t began_ns, const char *fmt, ...)
{
	int64_t took_ns = trace_clock() - began_ns;
	struct trace_line l;
	va_list ap;

	line_begin(&l, at);
	line_number(&l, "ns", took_ns);
	va_start(ap, fmt);
	line_write(&l, "", fmt, ap);
	va_end(ap);
}

struct trace_span
trace_enter(struct trace_at at, const char *fmt, ...)
{
	struct trace_span s = { .at = at, .before = at_hand };
	struct trace_line l;
	va_list ap;

	line_begin(&l, at);
	line_inlets(&l, at);
	va_start(ap, fmt);
	line_write(&l, "> ", fmt, ap);
	va_end(ap);
	at_hand = at;
	s.began_ns = trace_clock();
	return s;
}

void
trace_leave(const struct trace_span *s, const char *fmt, ...)
{
	int64_t took_ns = trace_clock() - s->began_ns;
	struct trace_line l;
	va_list ap;

	at_hand = s->before;
	line_begin(&l, s->at);
	line_inlets(&l, s->at);
	line_number(&l, "ns", took_ns);
	va_start(ap, fmt);
	line_write(&l, "< ", fmt, ap);
	va_end(ap);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* trace-line.h - the lines of a trace; for the files that trace calls. */
#ifndef TRACE_TRACE_LINE_H
#define TRACE_TRACE_LINE_H

#include "base/compiler.h"

#include <bindery/plugin.h>

/* The host's own functions. */
extern const struct bnd_host *trace_own;

/* Whom a call is about.  What is not known is NULL. */
struct trace_at {
	const struct bnd_binding *binding;
	const struct bnd_worker *worker;
	const struct bnd_stage *stage;
};

struct trace_at trace_at_stage(const struct bnd_stage *st);
struct trace_at trace_at_worker(const struct bnd_worker *w);
struct trace_at trace_at_binding(const struct bnd_binding *b);

/* Of the callback that this thread is in, for calls that do not say. */
struct trace_at trace_at_hand(void);

/* [any] Monotonic nanoseconds. */
int64_t trace_clock(void);

/* A host function has come back; fmt: the call and its result. */
void trace_called(struct trace_at at, int64_t began_ns, const char *fmt, ...)
    PRINTF(3, 4);

/* A callback begins and has come back; fmt: the call, and what it returned. */
struct trace_span {
	struct trace_at at, before; /* before: of whatever it runs in */
	int64_t began_ns;
};
struct trace_span
trace_enter(struct trace_at at, const char *fmt, ...) PRINTF(2, 3);
void trace_leave(const struct trace_span *s, const char *fmt, ...) PRINTF(2, 3);

static inline const char *
trace_side(unsigned side)
{
	return side == BND_FRONT ? "front" : side == BND_BACK ? "back" : "?";
}

/* A function traced_NAME() that does what trace_own->NAME() does; at: whom it
 * is about; the rest: format and arguments of the line, where r is the result.
 */
#define TRACED(type, name, params, args, at, ...)           \
	static type traced_##name params                    \
	{                                                   \
		int64_t began_ns_ = trace_clock();          \
		type r = trace_own->name args;              \
		trace_called((at), began_ns_, __VA_ARGS__); \
		return r;                                   \
	}
#define TRACED_VOID(name, params, args, at, ...)            \
	static void traced_##name params                    \
	{                                                   \
		int64_t began_ns_ = trace_clock();          \
		trace_own->name args;                       \
		trace_called((at), began_ns_, __VA_ARGS__); \
	}

#endif

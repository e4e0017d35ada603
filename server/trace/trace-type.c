/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * trace-type.c - callbacks that write two lines each.  A type that traces is a
 * copy of the plugin's with a function of ours in the place of each of its own.
 */

#include "trace/trace.h"

#include "log/log-topic.h"
#include "pipeline/pipeline.h"
#include "trace/trace-line.h"

#include <stdlib.h>

/* The plugin's own functions. */
static const struct bnd_type *
own(const struct bnd_binding *b)
{
	return &binding_of(b)->image->type;
}

/* A function call_NAME() that calls the plugin's; the rest: format and
 * arguments of the line where it begins. */
#define CALLED(name, params, args, whom, ...)                            \
	static int call_##name params                                    \
	{                                                                \
		struct trace_span s_ = trace_enter((whom), __VA_ARGS__); \
		int r_ = own(s_.at.binding)->name args;                  \
		trace_leave(&s_, #name "() = %d", r_);                   \
		return r_;                                               \
	}
#define CALLED_VOID(name, params, args, whom, ...)                       \
	static void call_##name params                                   \
	{                                                                \
		struct trace_span s_ = trace_enter((whom), __VA_ARGS__); \
		own(s_.at.binding)->name args;                           \
		trace_leave(&s_, #name "()");                            \
	}

/* clang-format off */

#define BINDING trace_at_binding(b)
#define WORKER  trace_at_worker(w)
#define STAGE   trace_at_stage(st)

CALLED(check, (struct bnd_binding *b), (b), BINDING, "check()")
CALLED(start, (struct bnd_binding *b), (b), BINDING, "start()")
CALLED_VOID(stop, (struct bnd_binding *b), (b), BINDING, "stop()")

CALLED(worker_start, (struct bnd_worker *w), (w), WORKER, "worker_start()")
CALLED_VOID(worker_drain, (struct bnd_worker *w), (w),
    WORKER, "worker_drain()")
CALLED_VOID(worker_stop, (struct bnd_worker *w), (w), WORKER, "worker_stop()")
CALLED_VOID(worker_timer, (struct bnd_worker *w, unsigned slot), (w, slot),
    WORKER, "worker_timer(%u)", slot)
CALLED_VOID(message, (struct bnd_worker *w, const struct bnd_msg *m), (w, m),
    WORKER, "message(tag %u, from %u)", m->tag, m->from)
CALLED_VOID(worker_room, (struct bnd_worker *w), (w), WORKER, "worker_room()")
CALLED_VOID(accepted, (struct bnd_worker *w, const struct bnd_accept *a),
    (w, a), WORKER, "accepted(fd %d, listener %d)", a->fd, a->listener)

CALLED(open, (struct bnd_stage *st, void *arg), (st, arg), STAGE, "open()")
CALLED_VOID(opened, (struct bnd_stage *st, int err), (st, err),
    STAGE, "opened(%d)", err)
CALLED_VOID(flow, (struct bnd_stage *st), (st), STAGE, "flow()")
CALLED_VOID(timer, (struct bnd_stage *st, unsigned slot), (st, slot),
    STAGE, "timer(%u)", slot)
CALLED_VOID(ready, (struct bnd_stage *st, int fd, unsigned events),
    (st, fd, events), STAGE, "ready(fd %d, %u)", fd, events)
CALLED_VOID(drain, (struct bnd_stage *st), (st), STAGE, "drain()")
CALLED_VOID(close, (struct bnd_stage *st, int err), (st, err),
    STAGE, "close(%d)", err)

CALLED_VOID(show,
    (struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *a),
    (w, st, a), st ? trace_at_stage(st) : trace_at_worker(w),
    "show()")
CALLED_VOID(explain, (struct bnd_stage *st, struct bnd_answer *a), (st, a),
    STAGE, "explain()")
CALLED(command,
    (struct bnd_worker *w, const struct bnd_list *words, struct bnd_answer *a),
    (w, words, a), WORKER, "command(%zu words)", words->n)

/* clang-format on */

/* What the plugin does not have the host must not call. */
#define TRACE_CALL(type, name)                      \
	do {                                        \
		if ((type)->name)                   \
			(type)->name = call_##name; \
	} while (0)

static void
trace_calls(struct bnd_type *t)
{
	TRACE_CALL(t, check);
	TRACE_CALL(t, start);
	TRACE_CALL(t, stop);
	TRACE_CALL(t, worker_start);
	TRACE_CALL(t, worker_drain);
	TRACE_CALL(t, worker_stop);
	TRACE_CALL(t, worker_timer);
	TRACE_CALL(t, message);
	TRACE_CALL(t, worker_room);
	TRACE_CALL(t, accepted);
	TRACE_CALL(t, open);
	TRACE_CALL(t, opened);
	TRACE_CALL(t, flow);
	TRACE_CALL(t, timer);
	TRACE_CALL(t, ready);
	TRACE_CALL(t, drain);
	TRACE_CALL(t, close);
	TRACE_CALL(t, show);
	TRACE_CALL(t, explain);
	TRACE_CALL(t, command);
}

const struct bnd_type *
trace_type(struct image *image)
{
	if (!log_topic_is_on(LOG_T_PLUGIN))
		return &image->type;
	if (!image->traced) {
		image->traced = malloc(sizeof(*image->traced));
		if (!image->traced)
			return &image->type; /* unseen rather than unserved */
		*image->traced = image->type;
		trace_calls(image->traced);
	}
	return image->traced;
}

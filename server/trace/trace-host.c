/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * trace-host.c - the host functions that write a line each.  Texts that a
 * plugin hands over (of facts, refusals, answers) are left out, as is log_on(),
 * which bnd_log() asks before each line.
 */

#include "trace/trace.h"

#include "log/log-topic.h"
#include "log/log.h"
#include "plugins/image.h"
#include "trace/trace-line.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>

#include "build-info.h"

/* clang-format off */

/* -------------------------------------------------------------------- bytes */

#define ST trace_at_stage(st)

TRACED(size_t, avail, (struct bnd_stage *st, unsigned side), (st, side),
    ST, "bnd_avail(%s) = %zu", trace_side(side), r)
TRACED(size_t, peek,
    (struct bnd_stage *st, unsigned side, size_t want, const char **p),
    (st, side, want, p),
    ST, "bnd_peek(%s, %zd) = %zu", trace_side(side), (ssize_t)want, r)
TRACED(size_t, edit,
    (struct bnd_stage *st, unsigned side, size_t max, char **p),
    (st, side, max, p),
    ST, "bnd_edit(%s, %zd) = %zu", trace_side(side), (ssize_t)max, r)
TRACED(size_t, eat, (struct bnd_stage *st, unsigned side, size_t n),
    (st, side, n),
    ST, "bnd_eat(%s, %zd) = %zu", trace_side(side), (ssize_t)n, r)
TRACED(int, ended, (struct bnd_stage *st, unsigned side), (st, side),
    ST, "bnd_ended(%s) = %d", trace_side(side), r)
TRACED(size_t, room, (struct bnd_stage *st, unsigned side), (st, side),
    ST, "bnd_room(%s) = %zu", trace_side(side), r)
TRACED(size_t, out,
    (struct bnd_stage *st, unsigned side, const void *data, size_t n),
    (st, side, data, n),
    ST, "bnd_out(%s, %zu) = %zu", trace_side(side), n, r)
TRACED(size_t, reserve,
    (struct bnd_stage *st, unsigned side, size_t min, char **p),
    (st, side, min, p),
    ST, "bnd_reserve(%s, %zu) = %zu", trace_side(side), min, r)
TRACED_VOID(commit, (struct bnd_stage *st, unsigned side, size_t n),
    (st, side, n),
    ST, "bnd_commit(%s, %zu)", trace_side(side), n)
TRACED(size_t, move,
    (struct bnd_stage *st, unsigned from, unsigned to, size_t n),
    (st, from, to, n),
    ST, "bnd_move(%s, %s, %zd) = %zu", trace_side(from), trace_side(to),
    (ssize_t)n, r)
TRACED_VOID(end, (struct bnd_stage *st, unsigned side), (st, side),
    ST, "bnd_end(%s)", trace_side(side))
TRACED_VOID(discard, (struct bnd_stage *st, unsigned side), (st, side),
    ST, "bnd_discard(%s)", trace_side(side))

static size_t
buf_bytes(const struct bnd_buf *b)
{
	size_t n = 0;

	if (b)
		trace_own->buf_data(b, &n);
	return n;
}

TRACED(struct bnd_buf *, take,
    (struct bnd_stage *st, unsigned side, size_t max), (st, side, max),
    ST, "bnd_take(%s, %zd) = %zu bytes", trace_side(side), (ssize_t)max,
    buf_bytes(r))
TRACED(int, put, (struct bnd_stage *st, unsigned side, struct bnd_buf *b),
    (st, side, b),
    ST, "bnd_put(%s, %zu bytes) = %d", trace_side(side), buf_bytes(b), r)

/* ------------------------------------------------- the life of a connection */

TRACED_VOID(bypass, (struct bnd_stage *st, unsigned from, unsigned to),
    (st, from, to),
    ST, "bnd_bypass(%s, %s)", trace_side(from), trace_side(to))
TRACED_VOID(leave, (struct bnd_stage *st), (st), ST, "bnd_leave()")
TRACED_VOID(refusev,
    (struct bnd_stage *st, int err, const char *fmt, va_list ap),
    (st, err, fmt, ap),
    ST, "bnd_refuse(%d)", err)
TRACED_VOID(abortv,
    (struct bnd_stage *st, int err, const char *fmt, va_list ap),
    (st, err, fmt, ap),
    ST, "bnd_abort(%d)", err)
TRACED_VOID(wake, (struct bnd_stage *st), (st), ST, "bnd_wake()")
TRACED(int, open_back, (struct bnd_stage *st, const struct bnd_exit *to),
    (st, to),
    ST, "bnd_open_back(%s) = %d", to ? "exit" : "next", r)
TRACED_VOID(open_front, (struct bnd_stage *st), (st), ST, "bnd_open_front()")
TRACED(int, attach, (struct bnd_stage *st, unsigned side, int fd),
    (st, side, fd),
    ST, "bnd_attach(%s, fd %d) = %d", trace_side(side), fd, r)
TRACED(int, fact_set,
    (struct bnd_stage *st, const char *key, unsigned kind, const void *v,
	size_t n),
    (st, key, kind, v, n),
    ST, "bnd_fact_set(\"%s\", kind %u, %zd) = %d", key, kind, (ssize_t)n, r)
TRACED(const void *, fact,
    (struct bnd_stage *st, const char *key, unsigned kind, size_t *n),
    (st, key, kind, n),
    ST, "bnd_fact(\"%s\", kind %u) = %s", key, kind, r ? "there" : "none")
TRACED_VOID(limit, (struct bnd_stage *st, unsigned which, int64_t ms),
    (st, which, ms),
    ST, "bnd_limit(%u, %lld ms)", which, (long long)ms)
TRACED(int, claim,
    (struct bnd_stage *st, const char *table, const void *key, size_t n,
	uint32_t max),
    (st, table, key, n, max),
    ST, "bnd_claim(\"%s\", %zu, %u) = %d", table, n, max, r)
TRACED_VOID(unclaim, (struct bnd_stage *st, const char *table), (st, table),
    ST, "bnd_unclaim(\"%s\")", table)
TRACED_VOID(timer, (struct bnd_stage *st, unsigned slot, int64_t ms),
    (st, slot, ms),
    ST, "bnd_timer(%u, %lld ms)", slot, (long long)ms)
TRACED(int, watch, (struct bnd_stage *st, int fd, unsigned events),
    (st, fd, events),
    ST, "bnd_watch(fd %d, %u) = %d", fd, events, r)

/* ---------------------------------------------------------- on its worker */

#define WORKER trace_at_worker(w)

TRACED(int, spawn, (struct bnd_worker *w, void *arg), (w, arg),
    WORKER, "bnd_spawn() = %d", r)
TRACED_VOID(worker_timer, (struct bnd_worker *w, unsigned slot, int64_t ms),
    (w, slot, ms),
    WORKER, "bnd_worker_timer(%u, %lld ms)", slot, (long long)ms)
TRACED(int, post,
    (struct bnd_worker *w, uint32_t to, unsigned flags, uint32_t tag,
	uint64_t arg, struct bnd_buf *b),
    (w, to, flags, tag, arg, b),
    WORKER, "bnd_post(to %d, flags %u, tag %u, %zu bytes) = %d", (int)to,
    flags, tag, buf_bytes(b), r)
TRACED(void *, worker_keep,
    (struct bnd_worker *w, const char *key, size_t size, void (*fini)(void *)),
    (w, key, size, fini),
    WORKER, "bnd_worker_keep(\"%s\", %zu) = %s", key, size, r ? "it" : "none")
TRACED_VOID(metric, (struct bnd_worker *w, unsigned id, int64_t value),
    (w, id, value),
    WORKER, "bnd_metric(%u, %lld)", id, (long long)value)

/* ---------------------------------------------------- a binding as a whole */

#define BINDING trace_at_binding(b)
#define HAND trace_at_hand()

TRACED(int, listen,
    (struct bnd_binding *b, const struct bnd_endpoint *e, unsigned flags,
	int backlog, unsigned mode),
    (b, e, flags, backlog, mode),
    BINDING, "bnd_listen(%s, %u) = %d", e->text, flags, r)
TRACED(void *, keep,
    (struct bnd_binding *b, const char *key, size_t size, void (*fini)(void *)),
    (b, key, size, fini),
    BINDING, "bnd_keep(\"%s\", %zu) = %s", key, size, r ? "it" : "none")
TRACED_VOID(logv,
    (const struct bnd_binding *b, const struct bnd_stage *st, int level,
	const char *fmt, va_list ap),
    (b, st, level, fmt, ap),
    st ? ST : BINDING, "bnd_log(%d)", level)
TRACED(int, option_errorv,
    (struct bnd_binding *b, const char *option, const void *row,
	const char *fmt, va_list ap),
    (b, option, row, fmt, ap),
    BINDING, "bnd_option_error(\"%s\") = %d", option ? option : "", r)

/* ---------------------------------------------------------------- any thread */

TRACED(int64_t, now, (void), (), HAND, "bnd_now() = %lld", (long long)r)
TRACED(struct bnd_buf *, buf_new, (const void *data, size_t n), (data, n),
    HAND, "bnd_buf_new(%zu) = %s", n, r ? "it" : "none")
TRACED(struct bnd_buf *, buf_alloc, (size_t n, char **p), (n, p),
    HAND, "bnd_buf_alloc(%zu) = %s", n, r ? "it" : "none")
TRACED(struct bnd_buf *, buf_ref, (struct bnd_buf *b), (b),
    HAND, "bnd_buf_ref(%zu bytes)", buf_bytes(r))
TRACED_VOID(buf_unref, (struct bnd_buf *b), (b), HAND, "bnd_buf_unref()")
TRACED(const char *, buf_data, (const struct bnd_buf *b, size_t *n), (b, n),
    HAND, "bnd_buf_data() = %zu bytes", *n)
TRACED(int, nets_has, (const struct bnd_nets *n, const struct sockaddr *a),
    (n, a), HAND, "bnd_nets_has() = %d", r)
TRACED_VOID(answerv,
    (struct bnd_answer *a, const char *key, const char *fmt, va_list ap),
    (a, key, fmt, ap), HAND, "bnd_answer(\"%s\")", key)
TRACED(const void *, ext, (const char *id), (id),
    HAND, "bnd_ext(\"%s\") = %s", id, r ? "it" : "none")

/* clang-format on */

/* --------------------------------------------- work, whose functions come back
 */

struct trace_work {
	void (*run)(void *);
	void (*done)(struct bnd_worker *, struct bnd_stage *, void *);
	void *arg;
	struct trace_at at; /* of the worker; a stage may close meanwhile */
};

static void
trace_run(void *arg)
{
	const struct trace_work *k = arg;
	struct trace_span s =
	    trace_enter(trace_at_binding(k->at.binding), "run()");

	k->run(k->arg);
	trace_leave(&s, "run()");
}

static void
trace_done(struct bnd_worker *w, struct bnd_stage *st, void *arg)
{
	struct trace_work *k = arg;
	struct trace_span s =
	    trace_enter(st ? trace_at_stage(st) : trace_at_worker(w), "done()");

	k->done(w, st, k->arg);
	trace_leave(&s, "done()");
	free(k);
}

static int
traced_work(struct bnd_worker *w, struct bnd_stage *st, void (*run)(void *),
    void (*done)(struct bnd_worker *, struct bnd_stage *, void *), void *arg)
{
	int64_t began_ns = trace_clock();
	struct trace_work *k = malloc(sizeof(*k));
	int rc = -ENOMEM;

	if (k) {
		*k = (struct trace_work){ run, done, arg, trace_at_worker(w) };
		rc = trace_own->work(w, st, trace_run, trace_done, k);
	}
	if (rc < 0)
		free(k);
	trace_called(st ? trace_at_stage(st) : trace_at_worker(w), began_ns,
	    "bnd_work() = %d", rc);
	return rc;
}

/* --------------------------------------------------------------- the table */

static int
traced_log_on(const struct bnd_binding *b, int level)
{
	return trace_own->log_on(b, level);
}

static const struct bnd_host trace_table = {
	.size = sizeof(struct bnd_host),
	.abi_major = BND_MAJOR,
	.abi_minor = BND_MINOR,
	.version = BINDERY_VERSION,

	.avail = traced_avail,
	.peek = traced_peek,
	.edit = traced_edit,
	.eat = traced_eat,
	.ended = traced_ended,
	.room = traced_room,
	.out = traced_out,
	.reserve = traced_reserve,
	.commit = traced_commit,
	.move = traced_move,
	.take = traced_take,
	.put = traced_put,
	.end = traced_end,
	.discard = traced_discard,
	.bypass = traced_bypass,
	.leave = traced_leave,
	.refusev = traced_refusev,
	.abortv = traced_abortv,
	.wake = traced_wake,

	.open_back = traced_open_back,
	.open_front = traced_open_front,
	.attach = traced_attach,
	.spawn = traced_spawn,
	.listen = traced_listen,
	.fact_set = traced_fact_set,
	.fact = traced_fact,
	.limit = traced_limit,
	.claim = traced_claim,
	.unclaim = traced_unclaim,

	.timer = traced_timer,
	.worker_timer = traced_worker_timer,
	.watch = traced_watch,
	.now = traced_now,

	.work = traced_work,
	.post = traced_post,
	.keep = traced_keep,
	.worker_keep = traced_worker_keep,

	.buf_new = traced_buf_new,
	.buf_alloc = traced_buf_alloc,
	.buf_ref = traced_buf_ref,
	.buf_unref = traced_buf_unref,
	.buf_data = traced_buf_data,

	.metric = traced_metric,
	.log_on = traced_log_on,
	.logv = traced_logv,
	.option_errorv = traced_option_errorv,
	.nets_has = traced_nets_has,
	.answerv = traced_answerv,

	.ext = traced_ext,
};

const struct bnd_host *
trace_host(const struct bnd_host *own)
{
	trace_own = own;
	if (!log_topic_is_on(LOG_T_PLUGIN))
		return own;
	return &trace_table;
}

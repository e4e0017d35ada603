/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * actor.h - binding types for tests of the protocol between host and plugin.
 * An actor says in the trace what the host calls ("a.open b.open b.close:0"),
 * checks what the contract says of every call, and does what the test has put
 * into its hooks.
 */
#ifndef TESTS_ACTOR_H
#define TESTS_ACTOR_H

#include "host.h"
#include "stream/stage.h"

enum { ACTOR_FLAWLESS = 0x6c696665 };

/* What is written to the trace; opens, opened and close always are. */
enum { TRACE_FLOW = 1u };

struct actor {
	struct bnd_type type; /* first; name, role, flags and hooks' presence */
	int (*open)(struct bnd_stage *st, void *arg);
	void (*opened)(struct bnd_stage *st, int err);
	void (*flow)(struct bnd_stage *st);
	void (*timer)(struct bnd_stage *st, unsigned slot);
	void (*ready)(struct bnd_stage *st, int fd, unsigned events);
	void (*drain)(struct bnd_stage *st);
	void (*close)(struct bnd_stage *st, int err);
	unsigned opens, closes, flows;
	struct bnd_stage *last; /* the stage opened last; NULL: closed */
};

struct actor_self {
	uint32_t alive; /* ACTOR_FLAWLESS between open() and close() */
	bool is_open, has_heard_open;
	unsigned step; /* hooks' */
};

static struct {
	char text[8192];
	size_t n;
	unsigned flags;
	bool is_inside; /* a callback is running */
} trace;

PRINTF(1, 2)
UNUSED static void
trace_add(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (trace.n + 256 < sizeof(trace.text)) {
		if (trace.n)
			trace.text[trace.n++] = ' ';
		trace.n +=
		    (size_t)vsnprintf(trace.text + trace.n, 250, fmt, ap);
	}
	va_end(ap);
}

UNUSED static void
trace_is(const char *text)
{
	trace.text[trace.n] = 0;
	ck_assert_str_eq(trace.text, text);
	trace.n = 0;
}

UNUSED static struct actor *
actor_of(const struct bnd_stage *st)
{
	return (struct actor *)(uintptr_t)binding_of(st->binding)->type;
}

static void
actor_enters(void)
{
	ck_assert_msg(!trace.is_inside, "a callback nests in another");
	trace.is_inside = true;
}

static void
actor_leaves(void)
{
	trace.is_inside = false;
}

/* Every callback but open(): between open() and close(). */
static struct actor *
actor_enter(struct bnd_stage *st)
{
	struct actor_self *s = st->self;

	actor_enters();
	ck_assert_msg(s->alive == ACTOR_FLAWLESS, "%s called outside its life",
	    st->binding->name);
	return actor_of(st);
}

static int
actor_open(struct bnd_stage *st, void *arg)
{
	struct actor *a = actor_of(st);
	struct actor_self *s = st->self;
	int rc;

	actor_enters();
	ck_assert_uint_eq(s->alive, 0);
	ck_assert_uint_ge(st->limit, 65536);
	ck_assert_ptr_eq(st->worker->binding, st->binding);
	s->alive = ACTOR_FLAWLESS;
	a->opens++;
	a->last = st;
	trace_add("%s.open", a->type.name);
	rc = a->open ? a->open(st, arg) : 0;
	actor_leaves();
	return rc;
}

UNUSED static void
actor_opened(struct bnd_stage *st, int err)
{
	struct actor *a = actor_enter(st);
	struct actor_self *s = st->self;

	ck_assert_msg(
	    !s->has_heard_open, "%s: opened() after opened(0)", a->type.name);
	ck_assert_int_le(err, 0);
	s->has_heard_open = err == 0;
	trace_add(
	    "%s.opened:%s", a->type.name, err ? strerrorname_np(-err) : "0");
	if (a->opened)
		a->opened(st, err);
	actor_leaves();
}

UNUSED static void
actor_flow(struct bnd_stage *st)
{
	struct actor *a = actor_enter(st);

	a->flows++;
	if (trace.flags & TRACE_FLOW)
		trace_add("%s.flow", a->type.name);
	if (a->flow)
		a->flow(st);
	actor_leaves();
}

static void
actor_timer(struct bnd_stage *st, unsigned slot)
{
	struct actor *a = actor_enter(st);

	trace_add("%s.timer%u", a->type.name, slot);
	if (a->timer)
		a->timer(st, slot);
	actor_leaves();
}

static void
actor_ready(struct bnd_stage *st, int fd, unsigned events)
{
	struct actor *a = actor_enter(st);

	ck_assert_uint_ne(events, 0);
	trace_add("%s.ready", a->type.name);
	if (a->ready)
		a->ready(st, fd, events);
	actor_leaves();
}

static void
actor_drain(struct bnd_stage *st)
{
	struct actor *a = actor_enter(st);

	trace_add("%s.drain", a->type.name);
	if (a->drain)
		a->drain(st);
	actor_leaves();
}

/* Rule 4: until close() returns, calls do nothing and say so. */
UNUSED static void
actor_is_dead(struct bnd_stage *st)
{
	struct bnd_buf *b = bnd_buf_new("x", 1);
	const char *p;
	char *q;

	for (unsigned side = 0; side < 2; side++) {
		ck_assert_uint_eq(bnd_avail(st, side), 0);
		ck_assert_uint_eq(bnd_peek(st, side, 1, &p), 0);
		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq(bnd_edit(st, side, 1, &q), 0);
		ck_assert_int_eq(bnd_ended(st, side), 0);
		ck_assert_uint_eq(bnd_eat(st, side, 1), 0);
		ck_assert_ptr_null(bnd_take(st, side, 1));
		ck_assert_uint_eq(bnd_room(st, side), 0);
		ck_assert_uint_eq(bnd_out(st, side, "x", 1), 0);
		ck_assert_uint_eq(bnd_reserve(st, side, 1, &q), 0);
		bnd_commit(st, side, 1);
		ck_assert_int_eq(bnd_put(st, side, b), -ECANCELED);
		ck_assert_uint_eq(bnd_move(st, side, !side, BND_ALL), 0);
		bnd_bypass(st, side, !side);
		bnd_end(st, side);
		bnd_discard(st, side);
		ck_assert_int_eq(bnd_attach(st, side, 0), -ECANCELED);
	}
	bnd_leave(st);
	bnd_wake(st);
	bnd_refuse(st, -EPERM, "too late");
	bnd_abort(st, -EPERM, "too late");
	ck_assert_int_eq(bnd_open_back(st, NULL), -ECANCELED);
	bnd_open_front(st);
	ck_assert_int_eq(bnd_fact_text_set(st, "late", "x"), -ECANCELED);
	ck_assert_ptr_null(bnd_fact_text(st, "late"));
	bnd_limit(st, BND_LIMIT_IDLE, 1);
	ck_assert_int_eq(bnd_claim(st, "t", "k", 1, 1), -ECANCELED);
	bnd_unclaim(st, "t");
	bnd_timer(st, 0, 0);
	ck_assert_int_eq(bnd_watch(st, 0, BND_READ), -ECANCELED);
	ck_assert_int_eq(bnd_watch(st, 0, 0), 0);
	ck_assert_int_eq(bnd_work(st, NULL, NULL, NULL), -ECANCELED);
	bnd_buf_unref(b);
}

static void
actor_close(struct bnd_stage *st, int err)
{
	struct actor *a = actor_enter(st);
	struct actor_self *s = st->self;

	ck_assert_int_le(err, 0);
	trace_add(
	    "%s.close:%s", a->type.name, err ? strerrorname_np(-err) : "0");
	if (a->close)
		a->close(st, err);
	actor_is_dead(st);
	s->alive = 0;
	a->closes++;
	if (a->last == st)
		a->last = NULL;
	actor_leaves();
}

#define ACTOR(NAME, ROLE, FLAGS)                                 \
	(struct actor)                                           \
	{                                                        \
		.type = {                                        \
			BND_HEAD(NAME, "1.0", ROLE),             \
			.flags = (FLAGS),                        \
			.stage_size = sizeof(struct actor_self), \
			.open = actor_open,                      \
			.opened = actor_opened,                  \
			.flow = actor_flow,                      \
			.timer = actor_timer,                    \
			.ready = actor_ready,                    \
			.drain = actor_drain,                    \
			.close = actor_close                     \
		}                                                \
	}

/* What began has also ended. */
UNUSED static void
actor_is_over(const struct actor *a)
{
	ck_assert_msg(a->opens == a->closes, "%s: %u opens, %u closes",
	    a->type.name, a->opens, a->closes);
}

/* ------------------------------------------------------------- common hooks */

UNUSED static void
flow_pass(struct bnd_stage *st)
{
	bnd_move(st, BND_FRONT, BND_BACK, BND_ALL);
	bnd_move(st, BND_BACK, BND_FRONT, BND_ALL);
}

UNUSED static void
flow_echo(struct bnd_stage *st)
{
	bnd_move(st, BND_FRONT, BND_FRONT, BND_ALL);
}

/* A source's: arg is the descriptor. */
UNUSED static int
open_front(struct bnd_stage *st, void *arg)
{
	int fd = (int)(intptr_t)arg;
	int rc = bnd_attach(st, BND_FRONT, fd);

	if (rc < 0)
		close(fd);
	return rc;
}

UNUSED static int
open_front_and_leave(struct bnd_stage *st, void *arg)
{
	int rc = open_front(st, arg);

	bnd_leave(st);
	return rc;
}

/* A sink's: the backend's end of a pair is back_peer. */
UNUSED static int back_peer = -1;

UNUSED static int
open_back_sock(struct bnd_stage *st, void *arg)
{
	int fd[2];

	(void)arg;
	peer_pair(fd);
	back_peer = fd[0];
	ck_assert_int_eq(bnd_attach(st, BND_BACK, fd[1]), 0);
	return 0;
}

UNUSED static int
open_back_sock_and_leave(struct bnd_stage *st, void *arg)
{
	int rc = open_back_sock(st, arg);

	bnd_leave(st);
	return rc;
}

/* A client of the line's source, on worker 0. */
UNUSED static int
line_connect(struct line *l)
{
	int fd[2];

	peer_pair(fd);
	ck_assert_int_eq(
	    bnd_spawn(&l->desks[0][0]->pub, (void *)(intptr_t)fd[1]), 0);
	return fd[0];
}

#endif

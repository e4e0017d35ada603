/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-plumb.c - the calls that steer a stage and its connection. */

#include "kit-calls.h"
#include "kit-inner.h"
#include "plugins/argument.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void
call_bypass(struct bnd_stage *st, unsigned from, unsigned to)
{
	struct kit_stage *s;
	int fail;

	if (kit_stage_call(st, "bypass", &s, &fail) && from <= BND_BACK &&
	    to <= BND_BACK)
		stage_bypass(s, from, to);
}

void
call_leave(struct bnd_stage *st)
{
	struct kit_stage *s;
	int fail;

	if (!kit_stage_call(st, "leave", &s, &fail))
		return;
	stage_bypass(s, BND_FRONT, BND_BACK);
	stage_bypass(s, BND_BACK, BND_FRONT);
	stage_due(s, DUE_LEAVE);
}

/* Asked by explain(): nothing else happens. */
PRINTF(2, 0)
static void
stage_says_no(struct kit_stage *s, const char *fmt, va_list ap)
{
	s->conn->is_dry_refused = true;
	conn_say_why(s->conn, fmt, ap);
}

void
call_refusev(struct bnd_stage *st, int err, const char *fmt, va_list ap)
{
	struct kit_stage *s;
	int fail;
	bool is_alive = kit_stage_call(st, "refuse", &s, &fail);

	if (err > 0)
		kit_wrong(s->conn->k, "errno",
		    "bnd_refuse() with %d, which is no errno below 0, nor 0",
		    err);
	if (is_alive)
		stage_refuse(s, err, fmt, ap);
	else if (s->state == STAGE_DRY)
		stage_says_no(s, fmt, ap);
}

void
call_abortv(struct bnd_stage *st, int err, const char *fmt, va_list ap)
{
	struct kit_stage *s;
	int fail;
	bool is_alive = kit_stage_call(st, "abort", &s, &fail);

	if (err >= 0)
		kit_wrong(s->conn->k, "errno",
		    "bnd_abort() with %d, which is no negative errno", err);
	if (s->state == STAGE_DRY)
		stage_says_no(s, fmt, ap);
	if (!is_alive)
		return;
	/* Not so when the host ends it: nobody could know. */
	for (unsigned side = 0; side < 2; side++) {
		side_forget_seen(&s->conn->side[side]);
		side_forget_reserved(&s->conn->side[side]);
	}
	conn_vend(s->conn, err < 0 ? err : -ECANCELED, fmt, ap);
}

void
call_wake(struct bnd_stage *st)
{
	struct kit_stage *s;
	int fail;

	if (kit_stage_call(st, "wake", &s, &fail))
		stage_due(s, DUE_FLOW);
}

int
call_open_back(struct bnd_stage *st, const struct bnd_exit *to)
{
	struct kit_stage *s;
	int fail;

	if (!kit_stage_call(st, "open_back", &s, &fail)) {
		if (s->state != STAGE_DRY)
			return -ECANCELED;
		s->conn->dry_exit = to ? exit_name(to) : "";
		return 0;
	}
	if (fail)
		return fail;
	if (stage_type(s)->role == BND_SINK || s->has_back ||
	    s->conn->is_refused)
		return -EINVAL;
	s->has_back = true;
	s->conn->exit = to ? exit_name(to) : "";
	stage_due(s, DUE_BACK);
	return 0;
}

void
call_open_front(struct bnd_stage *st)
{
	struct kit_stage *s;
	int fail;

	if (kit_stage_call(st, "open_front", &s, &fail))
		stage_open_way(s);
}

/* -------------------------------------------------------------- descriptors */

static void
conn_learn(struct bndk_conn *c, int fd)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);

	if (!fact_get(c, "peer", BND_F_ADDR, NULL) &&
	    getpeername(fd, (void *)&a, &n) == 0)
		fact_set(c, "peer", BND_F_ADDR, &a, n);
	n = sizeof(a);
	if (!fact_get(c, "local", BND_F_ADDR, NULL) &&
	    getsockname(fd, (void *)&a, &n) == 0)
		fact_set(c, "local", BND_F_ADDR, &a, n);
}

static void
waits_forget(struct kit_waits *w, int fd)
{
	for (unsigned i = 0; i < KIT_FDS; i++)
		if (w->watches[i].events && w->watches[i].fd == fd)
			w->watches[i].events = 0;
}

/* The socket is the kit's now, and what passes there the test's. */
int
call_attach(struct bnd_stage *st, unsigned side, int fd)
{
	struct kit_stage *s;
	struct kit_side *x;
	uint32_t role;
	int fail;

	if (!kit_stage_call(st, "attach", &s, &fail))
		return -ECANCELED;
	if (fail)
		return fail;
	role = stage_type(s)->role;
	if (side > BND_BACK ||
	    role != (side == BND_FRONT ? BND_SOURCE : BND_SINK))
		return -EINVAL;
	x = &s->conn->side[side];
	if (x->fd >= 0)
		return -EINVAL;
	if (fcntl(fd, F_GETFD) < 0)
		return -EBADF;
	waits_forget(&s->waits, fd);
	x->fd = fd;
	x->is_there = true;
	if (side == BND_FRONT)
		conn_learn(s->conn, fd);
	else
		stage_open_way(s);
	return 0;
}

int
call_spawn(struct bnd_worker *w, void *arg)
{
	struct kit_desk *d = desk_of(w);
	struct bndk *k = d->generation->k;
	int fail = kit_call(k, "spawn", TAG_WORKER);

	if (fail)
		return fail;
	if (d->is_stopping)
		return -ECANCELED;
	if (d->generation->image->type.role != BND_SOURCE)
		return -EINVAL;
	k->spawned = conn_create(d, arg, false);
	return 0;
}

int
call_listen(struct bnd_binding *b, const struct bnd_endpoint *e, unsigned flags,
    int backlog, unsigned mode)
{
	struct kit_generation *g = generation_of(b);
	int fail = kit_call(g->k, "listen", TAG_MAIN);
	int rc = listen_check(flags);

	(void)backlog;
	(void)mode;
	if (!g->is_starting) {
		kit_wrong(g->k, "thread", "bnd_listen() outside of start()");
		return -EINVAL;
	}
	if (fail || rc < 0)
		return fail ? fail : rc;
	return e ? (int)g->listeners++ : -EINVAL;
}

void
call_limit(struct bnd_stage *st, unsigned which, int64_t ms)
{
	struct kit_stage *s;
	int fail;

	if (!kit_stage_call(st, "limit", &s, &fail))
		return;
	if (which < BND_LIMIT_IDLE || which > BND_LIMIT_LIFETIME)
		kit_wrong(s->conn->k, "value",
		    "bnd_limit() of %u, which is no limit", which);
	else
		s->conn->limits[which] = ms < 0 ? -1 : ms;
}

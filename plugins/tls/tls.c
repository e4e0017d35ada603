/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls - TLS for any pipeline, with GnuTLS: a server behind tcp-server, a client
 * in front of tcp-client, or somebody who only reads the ClientHello and
 * routes.  Records are read from and written to the queues of the stage, and an
 * idle connection holds no buffer.  See bindery-tls(7).
 */

#include "tls.h"

#include "tls-context.h"
#include "tls-peek.h"
#include "tls-route.h"
#include "tls-session.h"
#include "tls-turn.h"

#include <errno.h>
#include <time.h>

enum { EXPIRY_CHECK_MS = 24 * 3600 * 1000 };

/* ---- a binding [main] */

/* The files are read for their errors, and let go. */
static int
tls_check(struct bnd_binding *b)
{
	const struct tls *o = b->self;
	struct context *c = NULL;
	int rc = tls_options_check(b);

	if (rc == 0 && o->role != ROLE_PEEK)
		rc = context_create(&c, b);
	context_destroy(&c);
	return rc;
}

static int
tls_start(struct bnd_binding *b)
{
	struct tls *o = b->self;
	int rc;

	if (o->role == ROLE_PEEK)
		return 0;
	rc = context_create(&o->context, b);
	if (rc < 0)
		return rc;
	context_warn(o->context, b);
	if (o->role != ROLE_SERVER || !o->session_tickets || o->ticket_key)
		return 0;
	o->context->kept = ticket_keep(b);
	return o->context->kept ? 0 : -ENOMEM;
}

static void
tls_stop(struct bnd_binding *b)
{
	context_destroy(&((struct tls *)b->self)->context);
}

/* ---- a worker */

static void
tls_expiry(struct bnd_worker *w)
{
	const struct tls *o = w->binding->self;

	if (!o->context || o->context->count == 0)
		return;
	bnd_metric(w, METRIC_EXPIRY, context_days(o->context));
	bnd_worker_timer(w, TIMER_EXPIRY, EXPIRY_CHECK_MS);
}

static int
tls_worker_start(struct bnd_worker *w)
{
	turn_begin(w->self);
	tls_expiry(w);
	return 0;
}

static void
tls_worker_timer(struct bnd_worker *w, unsigned slot)
{
	const struct tls *o = w->binding->self;

	if (slot == TIMER_TURN) {
		turn_next(w);
		return;
	}
	tls_expiry(w);
	if (w->index == 0)
		context_warn(o->context, w->binding);
}

static void
tls_worker_stop(struct bnd_worker *w)
{
	struct desk *d = w->self;

	gnutls_memset(d->ticket_key, 0, sizeof(d->ticket_key));
}

/* ---- a connection */

static int
tls_open(struct bnd_stage *st, void *arg)
{
	const struct tls *o = st->binding->self;
	struct session *s = st->self;

	(void)arg;
	s->st = st;
	s->cipher = o->role == ROLE_CLIENT ? BND_BACK : BND_FRONT;
	s->plain = o->role == ROLE_CLIENT ? BND_FRONT : BND_BACK;
	if (o->role == ROLE_CLIENT)
		return bnd_open_back(st, NULL);
	/* The client's bytes are needed: nobody in front may wait for more. */
	bnd_open_front(st);
	bnd_timer(st, TIMER_HANDSHAKE, o->handshake_timeout);
	return 0;
}

/* There is somebody to shake hands with. */
static void
tls_begin(struct session *s)
{
	int rc;

	if (!session_count(s))
		return;
	s->state = SESSION_SHAKING;
	rc = session_create(s);
	if (rc < 0)
		session_fail(s, rc);
	else
		turn_shake(s);
}

static void
tls_opened(struct bnd_stage *st, int err)
{
	const struct tls *o = st->binding->self;
	struct session *s = st->self;

	if (o->role == ROLE_PEEK) {
		peek_opened(s, err);
	} else if (err && o->role == ROLE_SERVER && s->tls) {
		gnutls_alert_send(
		    s->tls, GNUTLS_AL_FATAL, GNUTLS_A_INTERNAL_ERROR);
		s->state = SESSION_OVER;
		bnd_refuse(st, err, "there is no way on");
		session_destroy(s);
	} else if (err) {
		bnd_abort(st, err, "there is no way on");
	} else if (o->role == ROLE_CLIENT) {
		bnd_timer(st, TIMER_HANDSHAKE, o->handshake_timeout);
		tls_begin(s);
	}
}

/* The first bytes of a client: a session is made only for TLS. */
static void
tls_first(struct session *s)
{
	const char *p;

	if (bnd_peek(s->st, BND_FRONT, 1, &p) == 0) {
		if (bnd_ended(s->st, BND_FRONT))
			session_fail(s, GNUTLS_E_PREMATURE_TERMINATION);
	} else if (p[0] == 22) { /* a record of a handshake */
		tls_begin(s);
	} else {
		peek_refuse_other(s, (unsigned char)p[0]);
	}
}

static void
tls_flow(struct bnd_stage *st)
{
	struct session *s = st->self;

	if (((const struct tls *)st->binding->self)->role == ROLE_PEEK)
		peek_flow(s);
	else if (s->state == SESSION_OPEN)
		session_flow(s);
	else if (s->state == SESSION_SHAKING)
		turn_shake(s);
	else if (s->state == SESSION_IDLE && s->cipher == BND_FRONT)
		tls_first(s);
}

static void
tls_timer(struct bnd_stage *st, unsigned slot)
{
	struct session *s = st->self;

	(void)slot;
	if (s->state == SESSION_FAILING)
		session_end(s);
	else
		session_late(s);
}

static void
tls_close(struct bnd_stage *st, int err)
{
	struct session *s = st->self;

	(void)err;
	turn_leave(s);
	if (s->is_counted)
		bnd_metric(st->worker, METRIC_UNDER_WAY, -1);
	session_destroy(s);
}

/* ---- questions */

static void
tls_show(struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *a)
{
	static const char *const states[] = { "silent", "handshake", "open",
		"failing", "over" };
	const struct tls *o = w->binding->self;
	const struct session *s;

	if (st) {
		s = st->self;
		bnd_answer(a, "state", "%s", states[s->state]);
		return;
	}
	if (!o->context)
		return;
	bnd_answer(a, "certificates", "%zu", o->context->count);
	if (o->context->count)
		bnd_answer(a, "expires in days", "%lld",
		    (long long)context_days(o->context));
}

static void
tls_explain(struct bnd_stage *st, struct bnd_answer *a)
{
	const struct tls *o = st->binding->self;
	const struct bnd_exit *to;
	size_t row;

	if (o->role == ROLE_CLIENT) {
		bnd_open_back(st, NULL);
	} else if (!route_explain(st, &to, &row)) {
		bnd_abort(st, -EACCES, "no route fits what it asked for");
	} else {
		if (row < o->routes.n)
			bnd_answer(a, "route", "%zu", row + 1);
		else
			bnd_answer(a, "route", "none: the next binding");
		bnd_open_back(st, to);
	}
}

static const struct bnd_type tls = {
	BND_HEAD("tls", "1.0", BND_FILTER),
	.flags = BND_HOLD_BACK | BND_HOLD_FRONT,
	.summary = "Terminates TLS, originates it, or routes by what it asks.",
	.options = tls_options,
	.metrics = tls_metrics,
	.binding_size = sizeof(struct tls),
	.worker_size = sizeof(struct desk),
	.stage_size = sizeof(struct session),
	.state_version = 1,
	.check = tls_check,
	.start = tls_start,
	.stop = tls_stop,
	.worker_start = tls_worker_start,
	.worker_timer = tls_worker_timer,
	.worker_stop = tls_worker_stop,
	.open = tls_open,
	.opened = tls_opened,
	.flow = tls_flow,
	.timer = tls_timer,
	.close = tls_close,
	.show = tls_show,
	.explain = tls_explain,
};

BND_PLUGIN(tls);

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-guard - lets a connection pass once it has shown a JSON Web Token, and
 * only where the token's claims allow.  The token is read from the first bytes;
 * nothing reaches what lies behind before it was verified.  Then the stage
 * steps aside and keeps a timer.  See bindery-jwt-guard(7).
 */

#include "jwt-guard.h"

#include "jwt-live.h"
#include "jwt-seat.h"
#include "jwt-sources.h"
#include "jwt-tell.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>
#include <time.h>

int64_t
guard_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the keys have changed */

/* How many, and how old they are. */
static void
desk_tell_age(struct desk *d)
{
	const struct guard *g = d->worker->binding->self;
	int64_t at = sources_read_at(g->sources);

	desk_use_newest_keys(d);
	if (!d->keys)
		return;
	bnd_metric(d->worker, METRIC_KEYS, (int64_t)jwt_keys_count(d->keys));
	bnd_metric(d->worker, METRIC_KEYS_READ, at / 1000);
}

void
desk_wake(struct desk *d)
{
	struct seat *s;

	while ((s = LIST_FIRST(&d->waiting))) {
		seat_leave(s);
		s->state = SEAT_HEARING;
		bnd_wake(s->st);
	}
	desk_tell_age(d);
}

/* ---- callbacks: a connection */

static int
guard_open(struct bnd_stage *st, void *arg)
{
	const struct guard *g = st->binding->self;
	struct seat *s = st->self;

	(void)arg;
	s->st = st;
	if (g->hear.ways == WAY_PROXY_TLV ||
	    (g->hear.ways & WAY_PROXY_TLV &&
		bnd_fact(st, g->tlv_fact, BND_F_BYTES, NULL))) {
		s->hear.dialect = DIALECT_SILENT;
		bnd_wake(st);
	}
	bnd_timer(st, TIMER_TOKEN, g->token_timeout);
	return 0;
}

static void
guard_flow(struct bnd_stage *st)
{
	struct seat *s = st->self;

	if (s->state != SEAT_HEARING)
		return;
	if (s->hear.dialect == DIALECT_SILENT)
		seat_take_fact(s);
	else
		seat_hear(s);
}

static void
seat_failed(struct seat *s, int err)
{
	struct jwt_verdict v;

	switch (err) {
	case -ETIMEDOUT:
		jwt_verdict_set(
		    &v, JWT_BACKEND_TIMEOUT, "the backend does not answer");
		break;
	case -ENOENT: /* its name, or a socket's path */
		jwt_verdict_set(&v, JWT_BACKEND, "the backend is not found");
		break;
	case -EDQUOT:
		jwt_verdict_set(
		    &v, JWT_BUSY, "a limit behind the guard is reached");
		break;
	case -EACCES:
	case -EPERM:
		jwt_verdict_set(
		    &v, JWT_FORBIDDEN, "what lies behind the guard refuses");
		break;
	default:
		jwt_verdict_set(&v, JWT_BACKEND,
		    "the backend cannot be reached: %s", strerror(-err));
	}
	seat_refuse(s, &v);
}

static void
guard_opened(struct bnd_stage *st, int err)
{
	const struct guard *g = st->binding->self;
	struct seat *s = st->self;
	char answer[JWT_ANSWER];

	if (s->state != SEAT_OPENING)
		return;
	if (err) {
		seat_failed(s, err);
		return;
	}
	s->state = SEAT_OPEN;
	bnd_metric(st->worker, METRIC_ADMITTED, 1);
	bnd_out(
	    st, BND_FRONT, answer, jwt_answer_open(&s->hear, g->ack, answer));
	/* Out of the way, but the timer stays. */
	bnd_bypass(st, BND_FRONT, BND_BACK);
	bnd_bypass(st, BND_BACK, BND_FRONT);
}

static void
guard_timer(struct bnd_stage *st, unsigned slot)
{
	const struct guard *g = st->binding->self;
	struct seat *s = st->self;
	struct jwt_verdict v;

	if (slot == TIMER_EXPIRY) {
		seat_expire(s);
		return;
	}
	jwt_verdict_set(&v, JWT_TIMEOUT, "no whole token came within %lld ms",
	    (long long)g->token_timeout);
	if (s->state == SEAT_WAITING)
		jwt_verdict_set(&v, JWT_NO_KEYS,
		    "the token's key could not be fetched in time");
	seat_refuse(s, &v);
}

static void
guard_close(struct bnd_stage *st, int err)
{
	struct seat *s = st->self;

	(void)err;
	seat_leave(s);
	jwt_token_unref(&s->token);
	bearer_destroy(&s->bearer);
}

/* ---- callbacks: a worker */

static int
guard_worker_start(struct bnd_worker *w)
{
	const struct guard *g = w->binding->self;
	struct desk *d = w->self;
	int rc = jwt_cache_init(&d->cache, (size_t)g->cache);

	d->worker = w;
	LIST_INIT(&d->waiting);
	STAILQ_INIT(&d->owed);
	if (rc == 0 &&
	    gnutls_rnd(GNUTLS_RND_NONCE, &d->seed, sizeof(d->seed)) < 0)
		rc = -EIO;
	if (rc < 0)
		return rc;
	desk_tell_age(d);
	sources_begin(w);
	return 0;
}

/* Its connections may stay for a day; no new ones come. */
static void
guard_worker_drain(struct bnd_worker *w)
{
	struct desk *d = w->self;

	jwt_cache_finish(&d->cache);
	d->cache.limit = 0;
	sources_drain(w);
}

static void
guard_worker_stop(struct bnd_worker *w)
{
	struct desk *d = w->self;

	desk_forget(d);
	jwt_cache_finish(&d->cache);
	jwt_keys_unref(&d->keys);
	jwt_revoked_unref(&d->revoked);
}

/* ---- callbacks: a binding [main] */

static int
guard_check(struct bnd_binding *b)
{
	int rc = guard_options_check(b);

	return rc < 0 ? rc : sources_check(b);
}

static int
guard_start(struct bnd_binding *b)
{
	struct guard *g = b->self;

	if (!g->issuer)
		bnd_log(b, NULL, BND_WARN,
		    "issuer is not set: tokens of any issuer pass that are "
		    "signed by one of the keys");
	return sources_create(&g->sources, b);
}

static void
guard_stop(struct bnd_binding *b)
{
	sources_destroy(&((struct guard *)b->self)->sources);
}

static const struct bnd_type jwt_guard = {
	BND_HEAD("jwt-guard", "1.0", BND_FILTER),
	.flags = BND_HOLD_BACK,
	.summary = "Lets a connection pass once it has shown a valid token.",
	.options = guard_options,
	.metrics = guard_metrics,
	.binding_size = sizeof(struct guard),
	.worker_size = sizeof(struct desk),
	.stage_size = sizeof(struct seat),
	.state_version = 1,
	.check = guard_check,
	.start = guard_start,
	.stop = guard_stop,
	.worker_start = guard_worker_start,
	.worker_drain = guard_worker_drain,
	.worker_stop = guard_worker_stop,
	.worker_timer = sources_timer,
	.message = guard_message,
	.worker_room = guard_room,
	.open = guard_open,
	.opened = guard_opened,
	.flow = guard_flow,
	.timer = guard_timer,
	.close = guard_close,
	.show = guard_show,
	.explain = guard_explain,
	.command = guard_command,
};

BND_PLUGIN(jwt_guard);

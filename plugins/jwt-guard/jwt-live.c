/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-live.h"

#include "jwt-facts.h"
#include "jwt-seat.h"
#include "jwt-sources.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* However far away: the clock that tokens know may be set meanwhile. */
enum { LOOK_MS = 60 * 1000, BEARER_TEXTS = 6 };

/* ---- bearers */

/* FNV-1a from a secret start: enough among those who have a token. */
static uint64_t
hash_add(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	while (*text++);
	return hash;
}

static uint64_t
bearer_hash(const struct desk *d, const char *issuer, const char *identity)
{
	return hash_add(hash_add(d->seed, issuer), identity);
}

static const char *
text_or_empty(const char *text)
{
	return text ? text : "";
}

struct bearer *
bearer_create(const struct desk *d, const struct guard *g, const json_t *claims,
    const char *kid, const char *destination, const struct bearer *before)
{
	const char *jti = jwt_claim_text(claims, "jti");
	const char *texts[BEARER_TEXTS] = { jwt_claim_text(claims, "iss"),
		guard_identity(g, claims), jti, kid, destination,
		before ? before->first_jti : jti };
	struct bearer *b;
	size_t n = 0;
	char *at;

	for (size_t i = 0; i < BEARER_TEXTS; i++)
		n += strlen(texts[i] = text_or_empty(texts[i])) + 1;
	b = malloc(sizeof(*b) + n);
	if (!b)
		return NULL;
	at = b->text;
	for (size_t i = 0; i < BEARER_TEXTS; i++) {
		n = strlen(texts[i]) + 1;
		texts[i] = memcpy(at, texts[i], n);
		at += n;
	}
	b->issuer = texts[0];
	b->identity = texts[1];
	b->jti = texts[2];
	b->kid = texts[3];
	b->destination = texts[4];
	b->first_jti = texts[5];
	b->hash = bearer_hash(d, b->issuer, b->identity);
	return b;
}

void
bearer_destroy(struct bearer **b)
{
	free(*b);
	*b = NULL;
}

/* ---- the table of those that are open */

void
seat_enter(struct seat *s)
{
	struct desk *d = seat_desk(s);
	struct seat_list *bucket = &d->open[s->bearer->hash % SEAT_BUCKETS];

	LIST_INSERT_HEAD(bucket, s, entry);
	s->is_listed = true;
	bnd_metric(d->worker, METRIC_OPEN, 1);
}

void
seat_leave(struct seat *s)
{
	if (!s->is_listed)
		return;
	LIST_REMOVE(s, entry);
	s->is_listed = false;
	if (s->state != SEAT_WAITING)
		bnd_metric(s->st->worker, METRIC_OPEN, -1);
}

/* Its right to be here has ended.  As long as no byte has passed the client can
 * be told. */
BND_PRINTF(4, 5)
static void
seat_cut(
    struct seat *s, unsigned metric, enum jwt_code code, const char *fmt, ...)
{
	char why[JWT_SENTENCE];
	struct jwt_verdict v;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (s->state == SEAT_OPENING) {
		jwt_verdict_set(&v, code, "%s", why);
		seat_refuse(s, &v);
		return;
	}
	seat_leave(s);
	s->state = SEAT_OVER;
	bnd_metric(s->st->worker, metric, 1);
	bnd_abort(s->st, jwt_code_words(code)->err,
	    "%s (issuer '%s', identity '%s', kid '%s', jti '%s')", why,
	    s->bearer->issuer, s->bearer->identity, s->bearer->kid,
	    s->bearer->jti);
}

/* ---- expiry */

/* Milliseconds until it is cut. */
static int64_t
seat_rest(const struct seat *s)
{
	return s->expires_ms + seat_guard(s)->leeway - guard_now();
}

void
seat_arm(struct seat *s)
{
	int64_t rest;

	if (s->expires_ms == JWT_FOREVER ||
	    seat_guard(s)->on_expiry == EXPIRY_IGNORE) {
		bnd_timer(s->st, TIMER_EXPIRY, -1);
		return;
	}
	rest = seat_rest(s);
	if (rest < 0)
		rest = 0;
	bnd_timer(s->st, TIMER_EXPIRY, rest < LOOK_MS ? rest : LOOK_MS);
}

void
seat_expire(struct seat *s)
{
	if (seat_rest(s) > 0)
		seat_arm(s);
	else
		seat_cut(s, METRIC_CUT_EXPIRED, JWT_EXPIRED,
		    "the token expired, and was not renewed");
}

/* ---- renewal */

static void
seat_renew(struct seat *s, const struct renewal *n)
{
	struct jwt_verdict v;
	struct bearer *b;
	struct right r;

	if (guard_decide_bearer(s->st, n->claims, &r, &v) < 0)
		return; /* good elsewhere, but not here */
	if (guard_decide_way(s->st, n->claims, s->bearer->destination, &r, &v) <
	    0) {
		seat_cut(s, METRIC_CUT_RIGHTS, JWT_FORBIDDEN,
		    "a newer token does not allow it any more: %s", v.sentence);
		return;
	}
	if (r.exit != s->exit) {
		seat_cut(s, METRIC_CUT_RIGHTS, JWT_FORBIDDEN,
		    "a newer token leads elsewhere");
		return;
	}
	b = bearer_create(seat_desk(s), seat_guard(s), n->claims, n->kid,
	    s->bearer->destination, s->bearer);
	if (!b || seat_set_facts(s, n->claims, n->kid) < 0) {
		bearer_destroy(&b); /* as if nobody had come: it is cut */
		return;
	}
	bearer_destroy(&s->bearer);
	s->bearer = b;
	s->expires_ms = r.expires_ms;
	bnd_metric(s->st->worker, METRIC_RENEWED, 1);
	seat_arm(s);
}

static bool
seat_is_of(const struct seat *s, const struct bearer *b)
{
	return s->bearer->hash == b->hash &&
	       strcmp(s->bearer->issuer, b->issuer) == 0 &&
	       strcmp(s->bearer->identity, b->identity) == 0;
}

/* Fresh is what expires later.  Without that an old token could give back what
 * a new one took away. */
static void
desk_renew_all(struct desk *d, const struct renewal *n, const struct bearer *b,
    const struct seat *but)
{
	struct seat *s = LIST_FIRST(&d->open[b->hash % SEAT_BUCKETS]), *next;

	for (; s; s = next) {
		next = LIST_NEXT(s, entry);
		if (s != but && seat_is_of(s, b) &&
		    s->expires_ms < n->expires_ms)
			seat_renew(s, n);
	}
}

void
desk_renew(struct desk *d, const struct renewal *n, const struct seat *but)
{
	struct bearer *b = bearer_create(
	    d, d->worker->binding->self, n->claims, n->kid, "", NULL);

	if (b && *b->identity)
		desk_renew_all(d, n, b, but);
	bearer_destroy(&b);
}

/* ---- revocation */

/* A newer token does not make good that the first one should not have opened
 * the connection: it may have been stolen. */
static bool
seat_is_revoked(const struct seat *s, const struct jwt_revoked *list)
{
	const struct bearer *b = s->bearer;

	return jwt_revoked_has(list, *b->jti ? b->jti : NULL,
		   *b->identity ? b->identity : NULL) ||
	       (*b->first_jti && jwt_revoked_has(list, b->first_jti, NULL));
}

void
desk_revoke(struct desk *d)
{
	const struct guard *g = d->worker->binding->self;
	struct seat *s, *next;

	sources_revoked(g->sources, &d->revoked, &d->revoked_version);
	for (size_t i = 0; i < SEAT_BUCKETS; i++)
		for (s = LIST_FIRST(&d->open[i]); s; s = next) {
			next = LIST_NEXT(s, entry);
			if (seat_is_revoked(s, d->revoked))
				seat_cut(s, METRIC_CUT_REVOKED, JWT_REVOKED,
				    "the token was revoked");
		}
}

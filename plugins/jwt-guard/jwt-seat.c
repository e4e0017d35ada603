/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-seat.h"

#include "jwt-facts.h"
#include "jwt-live.h"
#include "jwt-sources.h"
#include "jwt-tell.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- saying no */

/* Who it is, as far as a signature vouches for it. */
static const char *
seat_who(const struct seat *s, const char *kid, char *text, size_t size)
{
	const json_t *claims = s->token ? s->token->claims : NULL;
	const struct bearer *b = s->bearer;
	const char *identity = b        ? b->identity
			       : claims ? guard_identity(seat_guard(s), claims)
					: NULL;
	const char *issuer = b ? b->issuer : jwt_claim_text(claims, "iss");
	const char *jti = b ? b->jti : jwt_claim_text(claims, "jti");

	if (b || claims)
		snprintf(text, size,
		    " (issuer '%.100s', identity '%.100s', kid '%.60s', "
		    "jti '%.100s')",
		    issuer ? issuer : "", identity ? identity : "",
		    b ? b->kid : kid, jti ? jti : "");
	else if (*kid)
		snprintf(text, size, " (kid '%.60s')", kid);
	else
		*text = '\0';
	return text;
}

static void
seat_refuse_kid(struct seat *s, const struct jwt_verdict *v, const char *kid)
{
	const struct jwt_code_words *words = jwt_code_words(v->code);
	char answer[JWT_ANSWER], who[512];
	size_t n;

	if (s->token && s->token->kid)
		kid = s->token->kid;
	n = jwt_answer_refuse(&s->hear, v, seat_guard(s)->realm, false, answer);
	seat_leave(s);
	s->state = SEAT_OVER;
	bnd_timer(s->st, TIMER_TOKEN, -1);
	bnd_timer(s->st, TIMER_EXPIRY, -1);
	bnd_metric(s->st->worker, METRIC_REFUSED + v->code, 1);
	bnd_out(s->st, BND_FRONT, answer, n);
	bnd_refuse(s->st, words->err, "%s: %s%s", words->name, v->sentence,
	    seat_who(s, kid, who, sizeof(who)));
}

void
seat_refuse(struct seat *s, const struct jwt_verdict *v)
{
	seat_refuse_kid(s, v, "");
}

/* Bytes of the client that have been dealt with. */
static void
seat_eat(struct seat *s, size_t n)
{
	bnd_eat(s->st, BND_FRONT, n);
}

/* No, but it may try again on this connection: how a client that waits to be
 * asked for credentials learns what to send. */
static void
seat_challenge(struct seat *s, const struct jwt_verdict *v, size_t used)
{
	char answer[JWT_ANSWER];
	size_t n =
	    jwt_answer_refuse(&s->hear, v, seat_guard(s)->realm, true, answer);

	seat_eat(s, used);
	bnd_out(s->st, BND_FRONT, answer, n);
	bnd_metric(s->st->worker, METRIC_CHALLENGED, 1);
	jwt_token_unref(&s->token);
}

/* ---- verifying */

void
desk_use_newest_keys(struct desk *d)
{
	const struct guard *g = d->worker->binding->self;

	if (sources_keys(g->sources, &d->keys, &d->keys_version))
		jwt_cache_finish(&d->cache);
}

/* At the signature's price. */
static int
desk_verify_anew(struct desk *d, const char *text, size_t n,
    struct jwt_token **r, struct jwt_verdict *v, char *kid)
{
	const struct guard *g = d->worker->binding->self;
	struct timespec from, to;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &from);
	rc = jwt_token_verify(
	    r, text, n, &g->rules, d->keys, v, kid, GUARD_KID_ROOM);
	clock_gettime(CLOCK_MONOTONIC, &to);
	bnd_metric(d->worker, METRIC_VERIFY,
	    (to.tv_sec - from.tv_sec) * 1000000 +
		(to.tv_nsec - from.tv_nsec) / 1000);
	return rc;
}

int
desk_verify(struct desk *d, const char *text, size_t n, struct jwt_token **r,
    struct jwt_verdict *v, char *kid)
{
	const struct guard *g = d->worker->binding->self;
	int64_t now_ms = guard_now(), expires_ms;
	struct jwt_verdict unused;
	uint8_t mac[CACHE_MAC];
	int rc;

	*kid = '\0';
	*r = NULL;
	desk_use_newest_keys(d);
	if (!d->keys)
		return jwt_verdict_set(v, JWT_NO_KEYS,
		    "the keys to verify tokens with could not be fetched yet");
	if (n > g->rules.max_size)
		return jwt_verdict_set(v, JWT_TOO_LONG,
		    "the token is longer than %zu bytes", g->rules.max_size);
	*r = jwt_cache_find(&d->cache, text, n, now_ms, mac);
	if (*r) {
		bnd_metric(d->worker, METRIC_CACHED, 1);
		return 0;
	}
	rc = desk_verify_anew(d, text, n, r, v, kid);
	if (rc == 0 && jwt_claims_check((*r)->claims, &g->expected, now_ms,
			   &expires_ms, &unused) == 0)
		jwt_cache_add(&d->cache, mac, *r, expires_ms);
	return rc;
}

/* ---- letting in */

/* Nothing says no: open the way. */
static void
seat_admit(struct seat *s, const char *destination, const struct right *r)
{
	struct jwt_verdict v;
	const char *kid = s->token->kid ? s->token->kid : "";

	s->bearer = bearer_create(seat_desk(s), seat_guard(s), s->token->claims,
	    kid, destination, NULL);
	if (!s->bearer || seat_set_facts(s, s->token->claims, kid) < 0 ||
	    bnd_open_back(s->st, r->exit) < 0) {
		jwt_verdict_set(
		    &v, JWT_MEMORY, "there is no room for what the token says");
		seat_refuse(s, &v);
		return;
	}
	s->exit = r->exit;
	s->expires_ms = r->expires_ms;
	s->state = SEAT_OPENING;
	bnd_timer(s->st, TIMER_TOKEN, -1);
	jwt_token_unref(&s->token);
	seat_enter(s);
	seat_arm(s);
}

/* A key for issuer and identity, however long they are. */
static int
claims_key(const struct guard *g, const json_t *claims, uint8_t key[32])
{
	const char *issuer = jwt_claim_text(claims, "iss");
	const char *identity = guard_identity(g, claims);
	gnutls_hash_hd_t hash;

	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0)
		return -ENOMEM;
	if (issuer)
		gnutls_hash(hash, issuer, strlen(issuer));
	gnutls_hash(hash, "", 1);
	if (identity)
		gnutls_hash(hash, identity, strlen(identity));
	gnutls_hash_deinit(hash, key);
	return 0;
}

/* Take its place among those of the same issuer and identity; who has none
 * shares the places of nobody.  0, or -EACCES and the verdict. */
static int
seat_claim(struct seat *s, struct jwt_verdict *v)
{
	const struct guard *g = seat_guard(s);
	uint8_t key[32];
	int rc;

	if (g->max_per_identity == 0)
		return 0;
	rc = claims_key(g, s->token->claims, key);
	if (rc == 0)
		rc = bnd_claim(s->st, "identity", key, sizeof(key),
		    (uint32_t)g->max_per_identity);
	if (rc == 0)
		return 0;
	if (rc != -EDQUOT)
		return jwt_verdict_set(v, JWT_MEMORY, "out of memory");
	return jwt_verdict_set(v, JWT_LIMIT,
	    "this identity may have %lld connections at once, and no more",
	    (long long)g->max_per_identity);
}

/* It is known who it is, and where it wants to go. */
static void
seat_go(struct seat *s, const char *destination, struct right *r)
{
	struct jwt_verdict v;

	if (guard_decide_way(s->st, s->token->claims, destination, r, &v) < 0 ||
	    seat_claim(s, &v) < 0)
		seat_refuse(s, &v);
	else
		seat_admit(s, destination, r);
}

/* Will other keys be here soon?  Then the token waits for them where it is. */
static bool
seat_waits(struct seat *s, const struct jwt_verdict *v)
{
	struct desk *d = seat_desk(s);

	if ((v->code != JWT_UNKNOWN_KEY && v->code != JWT_NO_KEYS) ||
	    !sources_want(s->st->worker, &s->awaited, v->code == JWT_NO_KEYS))
		return false;
	s->state = SEAT_WAITING;
	s->is_listed = true;
	LIST_INSERT_HEAD(&d->waiting, s, entry);
	return true;
}

/* What a valid token means to older connections of the same bearer. */
static void
seat_tell(struct seat *s, const struct right *r)
{
	const struct renewal n = { .claims = s->token->claims,
		.kid = s->token->kid ? s->token->kid : "",
		.expires_ms = r->expires_ms };

	if (seat_guard(s)->renew == RENEW_IDENTITY)
		desk_tell_renewal(seat_desk(s), &n, s);
}

/* A token was presented.  0: the seat knows its bearer; -EACCES: not, and it
 * was answered; -EAGAIN: it waits for keys.  used: its bytes in the inlet, of
 * waiting. */
static int
seat_present(struct seat *s, const char *token, size_t n, size_t used,
    size_t waiting, struct right *r)
{
	char kid[GUARD_KID_ROOM];
	struct jwt_verdict v;
	int rc;

	rc = desk_verify(seat_desk(s), token, n, &s->token, &v, kid);
	if (rc < 0 && seat_waits(s, &v))
		return -EAGAIN;
	if (rc < 0 && s->hear.was_cut &&
	    (v.code == JWT_MALFORMED || v.code == JWT_SIGNATURE))
		jwt_verdict_set(&v, JWT_TOO_LONG,
		    "the token does not fit into the 255 bytes of a SOCKS5 "
		    "password: use HTTP CONNECT");
	if (rc == 0)
		rc = guard_decide_bearer(s->st, s->token->claims, r, &v);
	if (rc == 0)
		seat_tell(s, r);
	else if (jwt_hear_may_retry(&s->hear, &v, waiting - used))
		seat_challenge(s, &v, used);
	else
		seat_refuse_kid(s, &v, kid);
	return rc;
}

/* ---- hearing */

/* step: where the client was before it said what is refused, so that the answer
 * is to that. */
static void
seat_refuse_cleartext(struct seat *s, uint8_t step)
{
	struct jwt_verdict v;

	s->hear.step = step;
	jwt_verdict_set(&v, JWT_CLEARTEXT,
	    "tokens are not accepted over a network without TLS");
	seat_refuse(s, &v);
}

/* One piece of what the client says.  Whether to read on. */
static bool
seat_heard(struct seat *s, struct jwt_heard *h, size_t waiting)
{
	struct jwt_verdict v;
	int rc;
	char out[JWT_ANSWER];
	struct right r;

	switch (h->kind) {
	case HEARD_MORE:
		return false;
	case HEARD_REPLY:
		seat_eat(s, h->used);
		bnd_out(s->st, BND_FRONT, h->reply, h->reply_size);
		return true;
	case HEARD_WRONG:
		if (jwt_hear_may_retry(
			&s->hear, &h->verdict, waiting - h->used))
			seat_challenge(s, &h->verdict, h->used);
		else
			seat_refuse(s, &h->verdict);
		return s->state == SEAT_HEARING;
	case HEARD_TOKEN:
		rc = seat_present(
		    s, h->token, h->token_size, h->used, waiting, &r);
		if (rc < 0)
			return s->state == SEAT_HEARING;
		seat_eat(s, h->used);
		if (s->hear.dialect != DIALECT_SOCKS5) {
			seat_go(s, h->destination, &r);
			return false;
		}
		bnd_out(s->st, BND_FRONT, out, jwt_answer_token(&s->hear, out));
		return true;
	case HEARD_DESTINATION:
		seat_eat(s, h->used);
		/* It may have expired or been revoked since it was shown. */
		if (guard_decide_bearer(s->st, s->token->claims, &r, &v) < 0)
			seat_refuse(s, &v);
		else
			seat_go(s, h->destination, &r);
		return false;
	}
	return false;
}

void
seat_hear(struct seat *s)
{
	struct jwt_heard *h = &seat_desk(s)->heard;
	bool goes_on;
	const char *p;
	uint8_t step;
	size_t n;

	do {
		step = s->hear.step;
		n = bnd_peek(s->st, BND_FRONT, JWT_HEARD_MAX, &p);
		jwt_hear(&s->hear, &seat_guard(s)->hear, p, n,
		    bnd_ended(s->st, BND_FRONT), h);
		goes_on = false;
		if (s->hear.dialect != DIALECT_UNKNOWN &&
		    !guard_is_private(s->st))
			seat_refuse_cleartext(s, step);
		else
			goes_on = seat_heard(s, h, n);
		explicit_bzero(h->room, h->room_size);
	} while (goes_on);
}

/* The token came in a PROXY header: the client says nothing to us. */
void
seat_take_fact(struct seat *s)
{
	struct jwt_verdict v;
	struct right r;
	size_t n;
	const char *token =
	    bnd_fact(s->st, seat_guard(s)->tlv_fact, BND_F_BYTES, &n);

	if (!token) {
		jwt_verdict_set(&v, JWT_MISSING,
		    "the PROXY header has no token in a TLV of the type that "
		    "is expected");
		seat_refuse(s, &v);
	} else if (!guard_is_private(s->st)) {
		seat_refuse_cleartext(s, s->hear.step);
	} else if (seat_present(s, token, n, 0, 0, &r) == 0) {
		seat_go(s, "", &r);
	}
}

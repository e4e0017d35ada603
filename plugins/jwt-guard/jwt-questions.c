/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* jwt-questions.c - what the operator asks a guard: show, explain, tell. */

#include "jwt-guard.h"

#include "jwt-decide.h"
#include "jwt-live.h"
#include "jwt-sources.h"
#include "jwt-tell.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- show */

static void
seat_show(const struct seat *s, struct bnd_answer *a)
{
	static const char *const states[] = { "waits for a token",
		"waits for keys", "opens the way", "open", "over" };
	const struct bearer *b = s->bearer;

	bnd_answer(a, "state", "%s", states[s->state]);
	if (!b)
		return;
	if (*b->identity)
		bnd_answer(a, "identity", "%s", b->identity);
	if (*b->jti)
		bnd_answer(a, "jti", "%s", b->jti);
	if (s->expires_ms == JWT_FOREVER)
		bnd_answer(a, "expires", "never");
	else
		bnd_answer(a, "expires in seconds", "%" PRId64,
		    (s->expires_ms - guard_now()) / 1000);
}

void
guard_show(struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *a)
{
	const struct guard *g = w->binding->self;
	const struct desk *d = w->self;
	int64_t at = sources_read_at(g->sources);

	if (st) {
		seat_show(st->self, a);
		return;
	}
	bnd_answer(a, "keys from", "%s", g->keys ? g->keys : g->keys_url);
	bnd_answer(a, "keys", "%zu", d->keys ? jwt_keys_count(d->keys) : 0);
	if (at)
		bnd_answer(a, "keys read seconds ago", "%" PRId64,
		    (guard_now() - at) / 1000);
	if (g->revoked)
		bnd_answer(a, "revoked", "%zu", jwt_revoked_count(d->revoked));
}

/* ---- explain: from facts such as jwt.role, without a token */

static bool
fact_fits(const void *arg, const struct guard_claim *c)
{
	struct bnd_stage *const *st = arg;
	char key[160];
	const char *text;
	json_t *value;
	bool fits = false;

	snprintf(key, sizeof(key), "jwt.%s", c->claim);
	text = bnd_fact_text(*st, key);
	value = text ? json_string(text) : NULL;
	for (size_t i = 0; value && i < c->has.n && !fits; i++)
		fits = jwt_claim_has(value, c->claim, c->has.v[i]);
	json_decref(value);
	return fits;
}

/* The first row of `require` that does not fit; NULL: none. */
static const struct guard_claim *
explain_lacks(struct bnd_stage *st, const struct guard *g)
{
	const struct guard_claim *rows = g->require.v;

	for (size_t i = 0; i < g->require.n; i++)
		if (!fact_fits(&st, &rows[i]))
			return &rows[i];
	return NULL;
}

void
guard_explain(struct bnd_stage *st, struct bnd_answer *a)
{
	const struct guard *g = st->binding->self;
	const struct guard_claim *lacks = explain_lacks(st, g);
	const struct guard_route *routes = g->routes.v;
	const char *to = bnd_fact_text(st, "jwt.destination");
	struct jwt_verdict v;
	long row = -1;

	bnd_answer(a, "token", "taken as valid, with the claims given");
	if (lacks) {
		bnd_abort(st, -EACCES,
		    "claim '%s' does not have what is "
		    "required",
		    lacks->claim);
		return;
	}
	if (guard_decide_destination(g, to ? to : "", &v) < 0) {
		bnd_abort(st, -EACCES, "%s", v.sentence);
		return;
	}
	if (g->routes.n > 0)
		row = guard_route(g, fact_fits, &st, to ? to : "");
	if (g->routes.n > 0 && row < 0) {
		bnd_abort(st, -EACCES, "no route fits the claims given");
		return;
	}
	if (row >= 0)
		bnd_answer(a, "route", "%ld", row + 1);
	bnd_open_back(st, row >= 0 ? routes[row].exit : NULL);
}

/* ---- tell */

static int
command_keys(struct bnd_worker *w, const char *word, struct bnd_answer *a)
{
	const struct desk *d = w->self;
	char line[256];

	(void)word;
	for (size_t i = 0; d->keys && i < jwt_keys_count(d->keys); i++) {
		jwt_keys_show(d->keys, i, line, sizeof(line));
		bnd_answer(a, "key", "%s", line);
	}
	return 0;
}

static int
command_fetch(struct bnd_worker *w, const char *word, struct bnd_answer *a)
{
	const struct guard *g = w->binding->self;

	(void)word;
	if (!g->keys_url) {
		bnd_answer(a, "refused",
		    "the keys come from a file, which is watched");
		return -EINVAL;
	}
	if (!sources_refresh(w)) {
		bnd_answer(a, "refused",
		    "a fetch is under way, or there were too many of late");
		return -EAGAIN;
	}
	bnd_answer(a, "fetching", "%s", g->keys_url);
	return 0;
}

static int
command_renew(struct bnd_worker *w, const char *word, struct bnd_answer *a)
{
	const struct guard *g = w->binding->self;
	struct desk *d = w->self;
	struct renewal n = { 0 };
	struct jwt_token *t;
	struct jwt_verdict v;
	char kid[GUARD_KID_ROOM];
	int rc;

	rc = desk_verify(d, word, strlen(word), &t, &v, kid);
	if (rc == 0)
		rc = jwt_claims_check(
		    t->claims, &g->expected, guard_now(), &n.expires_ms, &v);
	if (rc == 0 && !guard_identity(g, t->claims))
		rc = jwt_verdict_set(
		    &v, JWT_MALFORMED, "the token names no identity");
	if (rc == 0) {
		n.claims = t->claims;
		n.kid = t->kid ? t->kid : "";
		desk_tell_renewal(d, &n, NULL);
		bnd_answer(a, "renewed", "connections of '%s'",
		    guard_identity(g, t->claims));
	} else {
		bnd_answer(a, "refused", "%s", v.sentence);
	}
	jwt_token_unref(&t);
	return rc;
}

static const struct {
	const char *name;
	size_t words;
	int (*run)(
	    struct bnd_worker *w, const char *word, struct bnd_answer *a);
} commands[] = {
	{ "keys", 1, command_keys },
	{ "fetch", 1, command_fetch },
	{ "renew", 2, command_renew },
};

int
guard_command(
    struct bnd_worker *w, const struct bnd_list *words, struct bnd_answer *a)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (words->n == commands[i].words &&
		    strcmp(words->v[0], commands[i].name) == 0)
			return commands[i].run(
			    w, words->n > 1 ? words->v[1] : NULL, a);
	bnd_answer(a, "refused", "say: keys, fetch, or renew TOKEN");
	return -EINVAL;
}

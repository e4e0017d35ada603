/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-keys.h"
#include "jwt-json.h"
#include "jwt-key.h"
#include "jwt-verdict.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 16 };

struct jwt_keys {
	atomic_uint refs;
	size_t count;
	struct jwt_key v[];
};

/* Who hears of the keys that are left out. */
struct listener {
	void (*say)(void *arg, const char *sentence);
	void *arg;
	char first[320]; /* what was said first */
};

struct jwt_keys *
jwt_keys_ref(struct jwt_keys *k)
{
	atomic_fetch_add_explicit(&k->refs, 1, memory_order_relaxed);
	return k;
}

void
jwt_keys_unref(struct jwt_keys **k)
{
	struct jwt_keys *old = *k;

	*k = NULL;
	if (!old ||
	    atomic_fetch_sub_explicit(&old->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < old->count; i++)
		jwt_key_finish(&old->v[i]);
	free(old);
}

/* ---- reading */

static bool
kid_is(const struct jwt_key *k, const char *kid, size_t n)
{
	return k->kid && k->kid_size == n && memcmp(k->kid, kid, n) == 0;
}

/* "key 3 (kid 'a') FATE: SENTENCE" */
static void
keys_say(struct listener *l, size_t i, const struct jwt_key *k,
    const char *fate, const char *what)
{
	char kid[64], sentence[320];

	jwt_quote(kid, sizeof(kid), k->kid ? k->kid : "", k->kid_size);
	snprintf(sentence, sizeof(sentence), "key %zu%s%s%s %s: %s", i + 1,
	    k->kid ? " (kid '" : "", kid, k->kid ? "')" : "", fate, what);
	if (!l->first[0])
		snprintf(l->first, sizeof(l->first), "%s", sentence);
	if (l->say)
		l->say(l->arg, sentence);
}

/* Is a key there already?  1: yes, and nothing more is to be had from this one;
 * -EINVAL: another one of that kid and kind. */
static int
keys_clash(const struct jwt_keys *set, const struct jwt_key *k, char *why,
    size_t why_size)
{
	const struct jwt_key *other;
	bool is_same, is_named;
	char kid[64];

	for (size_t i = 0; i < set->count; i++) {
		other = &set->v[i];
		is_same = jwt_key_is_same(other, k);
		is_named =
		    k->kid ? kid_is(other, k->kid, k->kid_size) : !other->kid;
		if (is_same && is_named && other->algorithms == k->algorithms)
			return 1;
		if (is_same || !is_named || !k->kid || other->kind != k->kind)
			continue;
		jwt_quote(kid, sizeof(kid), k->kid, k->kid_size);
		snprintf(why, why_size,
		    "two different keys of kind %s have the kid '%s'",
		    jwt_kind_name(k->kind), kid);
		return -EINVAL;
	}
	return 0;
}

/* Read the i-th of a document into the set, unless it is left out. */
static int
keys_add(struct jwt_keys *set, size_t i, const json_t *jwk, struct listener *l,
    char *why, size_t why_size)
{
	struct jwt_key *k = &set->v[set->count];
	char flaw[192] = "";
	int rc = jwt_key_read(k, jwk, flaw, sizeof(flaw));

	if (rc == -EINVAL) {
		keys_say(l, i, k, "is left out", flaw);
		rc = -ENOENT;
	}
	if (rc == 0 && k->has_private)
		keys_say(l, i, k, "has too much",
		    "its private part lies open, only its public part is used; "
		    "keep private keys elsewhere");
	if (rc == 0)
		rc = keys_clash(set, k, why, why_size);
	if (rc == 0)
		set->count++;
	else
		jwt_key_finish(k);
	return rc == -ENOMEM || rc == -EINVAL ? rc : 0;
}

/* The keys of a document: of a set, or the only one. */
static int
keys_list(const json_t *doc, const json_t **list_r, size_t *n_r, char *why,
    size_t why_size)
{
	*list_r = json_object_get(doc, "keys");
	*n_r = *list_r ? json_array_size(*list_r) : 1;
	if (*list_r ? !json_is_array(*list_r) : !json_object_get(doc, "kty")) {
		snprintf(why, why_size,
		    "it is no set of keys: it has neither an array 'keys' nor "
		    "a 'kty'");
		return -EINVAL;
	}
	if (*n_r > JWT_KEYS_MAX) {
		snprintf(why, why_size, "it has %zu keys, more than %d", *n_r,
		    JWT_KEYS_MAX);
		return -E2BIG;
	}
	return 0;
}

static int
keys_fill(struct jwt_keys **r, const json_t *doc, struct listener *l, char *why,
    size_t why_size)
{
	const json_t *list;
	size_t n;
	int rc = keys_list(doc, &list, &n, why, why_size);

	if (rc < 0)
		return rc;
	*r = calloc(1, sizeof(**r) + n * sizeof((*r)->v[0]));
	if (!*r)
		return -ENOMEM;
	atomic_init(&(*r)->refs, 1);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = keys_add(*r, i, list ? json_array_get(list, i) : doc, l,
		    why, why_size);
	if (rc == 0 && (*r)->count == 0) {
		snprintf(why, why_size,
		    "it has no key that can verify a token's signature%s%s",
		    l->first[0] ? "; " : "", l->first);
		rc = -EINVAL;
	}
	if (rc < 0)
		jwt_keys_unref(r);
	return rc;
}

int
jwt_keys_read(struct jwt_keys **r, const char *text, size_t n, char *why,
    size_t why_size, void (*note)(void *arg, const char *sentence), void *arg)
{
	struct listener l = { .say = note, .arg = arg };
	char flaw[160];
	json_t *doc;
	int rc;

	*r = NULL;
	if (n > JWT_KEYS_TEXT_MAX) {
		snprintf(why, why_size, "it has more than %d bytes",
		    JWT_KEYS_TEXT_MAX);
		return -E2BIG;
	}
	doc = jwt_json_read(text, n, DEPTH_MAX, flaw, sizeof(flaw));
	if (!doc) {
		rc = -errno;
		snprintf(why, why_size, "it %s", flaw);
		return rc;
	}
	rc = keys_fill(r, doc, &l, why, why_size);
	json_decref(doc);
	if (rc == -ENOMEM)
		snprintf(why, why_size, "out of memory");
	return rc;
}

/* ---- asking */

size_t
jwt_keys_count(const struct jwt_keys *k)
{
	return k->count;
}

bool
jwt_keys_have_secret(const struct jwt_keys *k)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->v[i].kind == KIND_OCT)
			return true;
	return false;
}

void
jwt_keys_show(
    const struct jwt_keys *set, size_t i, char *text, size_t text_size)
{
	const struct jwt_key *k = &set->v[i];
	const bool has_bits = k->kind == KIND_RSA || k->kind == KIND_OCT;
	char bits[16] = "", kid[64] = "", algs[64] = "";
	size_t at = 0;

	if (has_bits)
		snprintf(bits, sizeof(bits), " %u", k->bits);
	if (k->kid)
		jwt_quote(kid, sizeof(kid), k->kid, k->kid_size);
	for (int a = 0; a < ALG_COUNT; a++)
		if (k->algorithms & UINT32_C(1) << a)
			at += (size_t)snprintf(algs + at, sizeof(algs) - at,
			    "%s%s", at ? "|" : "", jwt_alg_name(a));
	snprintf(text, text_size, "%s%s%s%s%s alg %s", jwt_kind_name(k->kind),
	    bits, k->kid ? " kid '" : "", kid, k->kid ? "'" : "", algs);
}

bool
jwt_keys_has_kid(const struct jwt_keys *k, const char *kid, size_t n)
{
	if (!kid)
		return k->count > 0;
	for (size_t i = 0; i < k->count; i++)
		if (kid_is(&k->v[i], kid, n))
			return true;
	return false;
}

const struct jwt_key *
jwt_keys_find(
    const struct jwt_keys *k, const char *kid, size_t n, enum jwt_alg alg)
{
	const struct jwt_key *found = NULL;

	for (size_t i = 0; i < k->count; i++) {
		if (!(k->v[i].algorithms & UINT32_C(1) << alg))
			continue;
		if (kid && kid_is(&k->v[i], kid, n))
			return &k->v[i];
		if (!kid && found && !jwt_key_is_same(found, &k->v[i]))
			return NULL;
		if (!kid)
			found = &k->v[i];
	}
	return found;
}

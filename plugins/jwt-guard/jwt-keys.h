/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-keys.h - a JWK Set (RFC 7517) as public keys ready to verify with, for
 * RSA, EC (P-256, P-384, P-521), OKP (Ed25519, RFC 8037) and oct.  A set does
 * not change once it was read; any number of threads may verify with it.
 */
#ifndef JWT_KEYS_H
#define JWT_KEYS_H

#include "jwt-alg.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	JWT_KEYS_MAX = 128,         /* keys of a set */
	JWT_KEYS_TEXT_MAX = 1 << 20 /* bytes of a document */
};

struct jwt_key;
struct jwt_keys;

/* Make a set of n bytes of JSON, with one reference; a single JWK is a set of
 * one.  Keys that are not for verifying signatures, of a kind we do not know,
 * or that break a rule (RFC 7517 section 5 lets one ignore them) are left out:
 * `note` (may be NULL) hears one sentence of each that breaks a rule, and of
 * each whose private part is there too.  0, or a negative errno and one
 * sentence in `why`: -EINVAL (not a set, no usable key, two different keys of
 * one kid and kind), -E2BIG, -ENOMEM.  The text is the caller's to wipe; the
 * set wipes its secrets. */
int jwt_keys_read(struct jwt_keys **r, const char *text, size_t n, char *why,
    size_t why_size, void (*note)(void *arg, const char *sentence), void *arg);

struct jwt_keys *jwt_keys_ref(struct jwt_keys *k); /* [any] */
void jwt_keys_unref(struct jwt_keys **k);          /* [any]; accepts NULL */

size_t jwt_keys_count(const struct jwt_keys *k);

/* Is one of them good for signing, too (oct)? */
bool jwt_keys_have_secret(const struct jwt_keys *k);

/* One line of the i-th for the operator: "RSA 2048 kid 'a' alg RS256"; 0. */
void
jwt_keys_show(const struct jwt_keys *k, size_t i, char *text, size_t text_size);

/* Is there a key of that kid (n bytes; NULL: any kid)?  And one that may be
 * used with alg?  With kid NULL: the only one of the set that may be used with
 * alg, and NULL if there are more. */
bool jwt_keys_has_kid(const struct jwt_keys *k, const char *kid, size_t n);
const struct jwt_key *jwt_keys_find(
    const struct jwt_keys *k, const char *kid, size_t n, enum jwt_alg alg);

/* Does the signature fit?  0, -EKEYREJECTED, or -ENOMEM.  alg must be one that
 * jwt_keys_find() gave the key for. */
int
jwt_key_verify(const struct jwt_key *key, enum jwt_alg alg, const void *data,
    size_t data_size, const void *signature, size_t signature_size);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-claims.h - what claims say: the registered ones (RFC 7519 section 4.1),
 * and any other by name.  Names and values are compared with their length: a
 * claim of "a\0b" is not "a".
 */
#ifndef JWT_CLAIMS_H
#define JWT_CLAIMS_H

#include "jwt-verdict.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JWT_FOREVER INT64_MAX

struct jwt_expected {
	const char *issuer;           /* NULL: any, or none */
	const char *const *audiences; /* one of them must be in aud */
	size_t audience_count;        /* 0: a token with aud is refused */
	int64_t leeway_ms;
	bool requires_expiry;
};

/* Check exp, nbf, iat (seconds since 1970, not beyond 2^53 either way), iss,
 * aud, and that sub and jti are strings of at most 255 bytes.  now_ms: since
 * 1970.  0 and *expires_ms_r, when exp is reached, leeway not added (without
 * exp JWT_FOREVER); or -EACCES and the verdict, with ages in words ("expired
 * 42 s ago"). */
int jwt_claims_check(const json_t *claims, const struct jwt_expected *e,
    int64_t now_ms, int64_t *expires_ms_r, struct jwt_verdict *v);

/* The claim of that name: the whole name is tried before it is split at dots
 * ("realm_access.roles"), at each level; the first part of it that names an
 * object is the way, with no way back.  NULL: none. */
const json_t *jwt_claim_find(const json_t *claims, const char *name);

/* Is it, or does it contain, the text?  A string, number (as an integer) or
 * boolean is compared as a whole, an array by its members; a string is also
 * taken as a list parted by spaces when `name`, or what follows its last dot,
 * is scope or scp. */
bool jwt_claim_has(const json_t *value, const char *name, const char *text);

/* The text of a string (without NUL), or NULL. */
const char *jwt_claim_text(const json_t *claims, const char *name);

#endif

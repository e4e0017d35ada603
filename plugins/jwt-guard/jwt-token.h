/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-token.h - a JWT in the compact serialization (RFC 7515 section 7.1, RFC
 * 7519), and whether its signature fits.  Strict: base64url without padding and
 * with zero trailing bits, JSON without duplicate members, bounded in size and
 * depth, no "none", no crit, no b64, no nested token; keys that the header
 * names or embeds (jwk, jku, x5c, x5u) are not looked at.
 */
#ifndef JWT_TOKEN_H
#define JWT_TOKEN_H

#include "jwt-alg.h"
#include "jwt-verdict.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum {
	JWT_TOKEN_MAX = 16384, /* bytes, however large max_token */
	JWT_DEPTH_MAX = 16     /* of JSON in header and payload */
};

struct jwt_keys;

struct jwt_rules {                /* for header and signature */
	uint32_t algorithms;      /* bit 1 << enum jwt_alg */
	const char *const *types; /* what a `typ` may be, if there is one:
				   * media types; "application/" may be
				   * left out */
	size_t type_count;
	size_t max_size;
};

/* A token whose signature was verified.  Made, shared and let go by one worker
 * only: the count is no atomic. */
struct jwt_token {
	unsigned refs;
	enum jwt_alg alg;
	json_t *claims; /* an object */
	size_t size;    /* bytes of memory that it takes, about */
	char *kid;      /* NULL: it had none; may hold any bytes but 0 */
};

/* Parse, find the key, verify: one token with one reference, or -EACCES and the
 * verdict.  JWT_UNKNOWN_KEY means that other keys could help, and that all else
 * which can be seen without a key was right (the payload is no JSON to us until
 * its signature fits).  keys may be NULL: JWT_NO_KEYS.  claimed_kid (32 bytes
 * or more, may be NULL) gets the header's kid made printable, or "", for the
 * log. */
int jwt_token_verify(struct jwt_token **r, const char *text, size_t n,
    const struct jwt_rules *rules, const struct jwt_keys *keys,
    struct jwt_verdict *v, char *claimed_kid, size_t claimed_kid_size);

struct jwt_token *jwt_token_ref(struct jwt_token *t);
void jwt_token_unref(struct jwt_token **t); /* accepts NULL */

#endif

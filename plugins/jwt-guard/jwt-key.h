/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-key.h - one JWK (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section
 * 2) as a key to verify with.  What GnuTLS does not look at is checked here:
 * what the key is for, how strong it is, and that it is written as the RFCs
 * say.  A key does not change once it was read.
 */
#ifndef JWT_KEY_H
#define JWT_KEY_H

#include "jwt-alg.h"

#include <gnutls/abstract.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	JWT_KID_MAX = 1024, /* bytes, of a key and of a token */
	JWT_RSA_BITS_MIN = 2048,
	JWT_RSA_BITS_MAX = 8192
};

enum jwt_kind {
	KIND_RSA,
	KIND_P256,
	KIND_P384,
	KIND_P521,
	KIND_ED25519,
	KIND_OCT,
	KIND_COUNT
};

struct jwt_key {
	enum jwt_kind kind;
	unsigned bits;         /* of the modulus, the curve or the secret */
	uint32_t algorithms;   /* bits 1 << enum jwt_alg it may be used with */
	size_t signature_size; /* bytes; of oct the hash says it */
	char *kid;             /* NULL: none */
	size_t kid_size;
	bool has_private;       /* what we read no further */
	gnutls_pubkey_t public; /* NULL: oct */
	unsigned char *bytes;   /* n and e, x and y, x, or k */
	size_t size;
};

/* Fill a zeroed key.  0; -ENOENT: it is not for verifying, or of a kind we do
 * not know; -EINVAL and one sentence: it breaks a rule; -ENOMEM.  Whatever it
 * says, the key must be given to jwt_key_finish(), and its kid is set if it has
 * one. */
int
jwt_key_read(struct jwt_key *k, const json_t *jwk, char *why, size_t why_size);
void jwt_key_finish(struct jwt_key *k);

const char *jwt_kind_name(enum jwt_kind kind); /* "RSA", "EC P-256" */

/* The same numbers, whatever else the keys say? */
bool jwt_key_is_same(const struct jwt_key *a, const struct jwt_key *b);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-key.h"
#include "jwt-base64.h"
#include "jwt-verdict.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BIT(alg) JWT_ALG_BIT(alg)

enum {
	EXPONENT_SIZE_MAX = 4, /* a larger one only costs time */
	OPERATIONS_MAX = 16,   /* RFC 7517 section 4.3 knows eight */
	ED25519_SIZE = 32
};

/* clang-format off */
static const struct kind {
	const char *name, *kty, *crv;
	const char *members[2]; /* in the order of jwt_key's bytes */
	gnutls_ecc_curve_t curve;
	unsigned bits, size; /* of the curve; bytes of each member */
	uint32_t algorithms;
} kinds[KIND_COUNT] = {
	[KIND_RSA] = { "RSA", "RSA", NULL, { "n", "e" },
	    GNUTLS_ECC_CURVE_INVALID, 0, 0,
	    BIT(ALG_RS256) | BIT(ALG_RS384) | BIT(ALG_RS512) |
	    BIT(ALG_PS256) | BIT(ALG_PS384) | BIT(ALG_PS512) },
	[KIND_P256] = { "EC P-256", "EC", "P-256", { "x", "y" },
	    GNUTLS_ECC_CURVE_SECP256R1, 256, 32, BIT(ALG_ES256) },
	[KIND_P384] = { "EC P-384", "EC", "P-384", { "x", "y" },
	    GNUTLS_ECC_CURVE_SECP384R1, 384, 48, BIT(ALG_ES384) },
	[KIND_P521] = { "EC P-521", "EC", "P-521", { "x", "y" },
	    GNUTLS_ECC_CURVE_SECP521R1, 521, 66, BIT(ALG_ES512) },
	[KIND_ED25519] = { "Ed25519", "OKP", "Ed25519", { "x", NULL },
	    GNUTLS_ECC_CURVE_ED25519, 255, 32,
	    BIT(ALG_EDDSA) | BIT(ALG_ED25519) },
	[KIND_OCT] = { "oct", "oct", NULL, { "k", NULL },
	    GNUTLS_ECC_CURVE_INVALID, 0, 0,
	    BIT(ALG_HS256) | BIT(ALG_HS384) | BIT(ALG_HS512) },
};
/* clang-format on */

struct reading {
	const json_t *jwk;
	struct jwt_key *key;
	char *why;
	size_t why_size;
};

const char *
jwt_kind_name(enum jwt_kind kind)
{
	return kinds[kind].name;
}

void
jwt_key_finish(struct jwt_key *k)
{
	if (k->bytes)
		explicit_bzero(k->bytes, k->size);
	free(k->bytes);
	free(k->kid);
	if (k->public)
		gnutls_pubkey_deinit(k->public);
	*k = (struct jwt_key){ 0 };
}

bool
jwt_key_is_same(const struct jwt_key *a, const struct jwt_key *b)
{
	return a->kind == b->kind && a->bits == b->bits && a->size == b->size &&
	       gnutls_memcmp(a->bytes, b->bytes, a->size) == 0;
}

static int __attribute__((format(printf, 2, 3)))
key_wrong(const struct reading *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, r->why_size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* ---- what it is, and what it is for */

/* 1: the member is there and a string; 0: not there. */
static int
read_string(const struct reading *r, const char *name, const char **text_r)
{
	const json_t *v = json_object_get(r->jwk, name);

	*text_r = json_string_value(v);
	if (v && !*text_r)
		return key_wrong(r, "'%s' is not a string", name);
	return v != NULL;
}

static int
read_kid(const struct reading *r)
{
	const char *kid;
	int rc = read_string(r, "kid", &kid);

	if (rc <= 0)
		return rc;
	if (strlen(kid) > JWT_KID_MAX)
		return key_wrong(
		    r, "'kid' is longer than %d bytes", JWT_KID_MAX);
	r->key->kid = strdup(kid);
	r->key->kid_size = r->key->kid ? strlen(kid) : 0;
	return r->key->kid ? 0 : -ENOMEM;
}

static int
read_kind(const struct reading *r)
{
	const char *kty, *crv;
	int has_kty = read_string(r, "kty", &kty);
	int has_crv = read_string(r, "crv", &crv);

	if (has_kty < 0 || has_crv < 0)
		return -EINVAL;
	if (!has_kty)
		return key_wrong(r, "it has no 'kty'");
	for (int i = 0; i < KIND_COUNT; i++) {
		if (strcmp(kinds[i].kty, kty) != 0)
			continue;
		if (kinds[i].crv && !has_crv)
			return key_wrong(r, "it has no 'crv'");
		if (!kinds[i].crv || strcmp(kinds[i].crv, crv) == 0) {
			r->key->kind = (enum jwt_kind)i;
			return 0;
		}
	}
	return -ENOENT;
}

/* RFC 7517 section 4.3: an array of strings, none of them twice. */
static int
read_operations(const struct reading *r)
{
	const json_t *v = json_object_get(r->jwk, "key_ops");
	const size_t n = json_array_size(v);
	const char *op;
	bool may_verify = !v;

	if (v && (!json_is_array(v) || n > OPERATIONS_MAX))
		return key_wrong(r, "'key_ops' is not an array of at most %d",
		    OPERATIONS_MAX);
	for (size_t i = 0; i < n; i++) {
		op = json_string_value(json_array_get(v, i));
		if (!op)
			return key_wrong(
			    r, "'key_ops' holds what is no string");
		for (size_t k = 0; k < i; k++)
			if (json_equal(
				json_array_get(v, i), json_array_get(v, k)))
				return key_wrong(
				    r, "'key_ops' says a thing twice");
		may_verify = may_verify || strcmp(op, "verify") == 0;
	}
	return may_verify ? 0 : -ENOENT;
}

static int
read_purpose(const struct reading *r)
{
	const char *use;
	int rc = read_string(r, "use", &use);

	if (rc < 0)
		return rc;
	if (rc > 0 && strcmp(use, "sig") != 0)
		return -ENOENT;
	return read_operations(r);
}

static int
read_algorithms(const struct reading *r)
{
	const struct kind *kind = &kinds[r->key->kind];
	char quoted[48];
	const char *name;
	int rc = read_string(r, "alg", &name), alg;

	if (rc < 0)
		return rc;
	r->key->algorithms = kind->algorithms;
	if (rc == 0)
		return 0;
	alg = jwt_alg_find(name, strlen(name));
	jwt_quote(quoted, sizeof(quoted), name, strlen(name));
	if (alg < 0)
		return key_wrong(r, "its algorithm '%s' is not known", quoted);
	r->key->algorithms &= jwt_alg_bits((enum jwt_alg)alg);
	if (!r->key->algorithms)
		return key_wrong(r,
		    "its algorithm %s does not fit a key of kind %s", quoted,
		    kind->name);
	return 0;
}

/* ---- its numbers */

/* Room for all of them, so that they lie in one piece. */
static int
bytes_reserve(const struct reading *r, const struct kind *kind)
{
	size_t room = 0;

	for (int i = 0; i < 2 && kind->members[i]; i++)
		room += JWT_BASE64_ROOM(json_string_length(
		    json_object_get(r->jwk, kind->members[i])));
	r->key->bytes = malloc(room);
	return r->key->bytes ? 0 : -ENOMEM;
}

static int
read_bytes(const struct reading *r, const char *name, gnutls_datum_t *d)
{
	struct jwt_key *k = r->key;
	const size_t exact = kinds[k->kind].size;
	const char *text;
	int rc = read_string(r, name, &text);
	long n;

	if (rc < 0)
		return rc;
	if (rc == 0)
		return key_wrong(r, "it has no '%s'", name);
	d->data = k->bytes + k->size;
	n = jwt_base64url_decode(text, strlen(text), d->data);
	if (n < 0) {
		explicit_bzero(d->data, JWT_BASE64_ROOM(strlen(text)));
		return key_wrong(r, "'%s' is not strict base64url", name);
	}
	if (n == 0)
		return key_wrong(r, "'%s' is empty", name);
	if (exact && (size_t)n != exact)
		return key_wrong(
		    r, "'%s' has %ld bytes, not %zu", name, n, exact);
	d->size = (unsigned)n;
	k->size += d->size;
	return 0;
}

static unsigned
number_bits(const gnutls_datum_t *d)
{
	unsigned bits = d->size * 8;

	for (unsigned top = d->data[0]; !(top & 0x80) && bits > 0; top <<= 1)
		bits--;
	return bits;
}

/* RFC 7518 section 2 (Base64urlUInt): no octets more than the number needs;
 * section 3.3: 2048 bits or more. */
static int
rsa_check(
    const struct reading *r, const gnutls_datum_t *n, const gnutls_datum_t *e)
{
	if (n->data[0] == 0 || e->data[0] == 0)
		return key_wrong(r, "'n' or 'e' begins with a zero byte");
	if (n->size > JWT_RSA_BITS_MAX / 8 || number_bits(n) < JWT_RSA_BITS_MIN)
		return key_wrong(r, "its modulus has %u bits, not %d to %d",
		    number_bits(n), JWT_RSA_BITS_MIN, JWT_RSA_BITS_MAX);
	if (n->data[n->size - 1] % 2 == 0)
		return key_wrong(r, "its modulus is even");
	if (e->size > EXPONENT_SIZE_MAX || e->data[e->size - 1] % 2 == 0 ||
	    (e->size == 1 && e->data[0] < 3))
		return key_wrong(r, "its exponent is even, below 3 or above 32 "
				    "bits");
	return 0;
}

/* RFC 7518 section 3.2: as long as the hash, at least. */
static int
oct_check(const struct reading *r)
{
	struct jwt_key *k = r->key;
	const bool has_alg = k->algorithms != kinds[KIND_OCT].algorithms;

	for (int alg = ALG_HS256; alg <= ALG_HS512; alg++)
		if (k->size < 32 + 16 * (size_t)(alg - ALG_HS256))
			k->algorithms &= ~BIT(alg);
	if (k->algorithms)
		return 0;
	return key_wrong(r, "its secret of %zu bytes is too short for %s",
	    k->size, has_alg ? "its algorithm" : "HS256, which needs 32");
}

/* The points of order 1, 2, 4, 8 and 8 by their y, lowest byte first; the sign
 * of x makes no difference. */
/* clang-format off */
static const unsigned char ed25519_small[][ED25519_SIZE] = {
	{ 1 },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0 },
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0,
	  0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
	  0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39,
	  0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f,
	  0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
	  0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6,
	  0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
};
/* clang-format on */

/* p, which is 2^255 - 19, or more? */
static bool
ed25519_is_beyond(const unsigned char y[ED25519_SIZE])
{
	for (size_t i = 1; i < ED25519_SIZE - 1; i++)
		if (y[i] != 0xff)
			return false;
	return y[0] >= 0xed && y[ED25519_SIZE - 1] == 0x7f;
}

/* GnuTLS takes any 32 bytes. */
static int
ed25519_check(const struct reading *r, const gnutls_datum_t *x)
{
	unsigned char y[ED25519_SIZE];

	memcpy(y, x->data, ED25519_SIZE);
	y[ED25519_SIZE - 1] &= 0x7f; /* the sign of x */
	if (ed25519_is_beyond(y))
		return key_wrong(r, "it is no valid key: its number is larger "
				    "than the field");
	for (size_t i = 0; i < sizeof(ed25519_small) / ED25519_SIZE; i++)
		if (memcmp(y, ed25519_small[i], ED25519_SIZE) == 0)
			return key_wrong(r,
			    "it is no valid key: anybody could sign for it (a "
			    "point of small order)");
	return 0;
}

static int
key_import(const struct reading *r, const gnutls_datum_t d[2])
{
	const struct kind *kind = &kinds[r->key->kind];
	struct jwt_key *k = r->key;
	int rc = gnutls_pubkey_init(&k->public);

	if (rc >= 0 && k->kind == KIND_RSA)
		rc = gnutls_pubkey_import_rsa_raw(k->public, &d[0], &d[1]);
	else if (rc >= 0)
		rc = gnutls_pubkey_import_ecc_raw(k->public, kind->curve, &d[0],
		    k->kind == KIND_ED25519 ? NULL : &d[1]);
	/* That the point lies on the curve is not asked on import. */
	if (rc >= 0 && kind->curve && k->kind != KIND_ED25519)
		rc = gnutls_pubkey_verify_params(k->public);
	if (rc == GNUTLS_E_MEMORY_ERROR)
		return -ENOMEM;
	return rc < 0
		   ? key_wrong(r, "it is no valid key: %s", gnutls_strerror(rc))
		   : 0;
}

static int
read_numbers(const struct reading *r)
{
	const struct kind *kind = &kinds[r->key->kind];
	struct jwt_key *k = r->key;
	gnutls_datum_t d[2] = { 0 };
	int rc = bytes_reserve(r, kind);

	for (int i = 0; rc == 0 && i < 2 && kind->members[i]; i++)
		rc = read_bytes(r, kind->members[i], &d[i]);
	if (rc == 0 && k->kind == KIND_RSA)
		rc = rsa_check(r, &d[0], &d[1]);
	if (rc == 0 && k->kind == KIND_ED25519)
		rc = ed25519_check(r, &d[0]);
	if (rc < 0)
		return rc;
	if (k->kind == KIND_OCT) {
		k->bits = (unsigned)k->size * 8;
		return oct_check(r);
	}
	k->bits = k->kind == KIND_RSA ? number_bits(&d[0]) : kind->bits;
	k->signature_size = k->kind == KIND_RSA ? d[0].size : 2 * kind->size;
	k->has_private = json_object_get(r->jwk, "d") != NULL;
	return key_import(r, d);
}

int
jwt_key_read(struct jwt_key *k, const json_t *jwk, char *why, size_t why_size)
{
	static int (*const steps[])(const struct reading *) = { read_kid,
		read_kind, read_purpose, read_algorithms, read_numbers };
	const struct reading r = { jwk, k, why, why_size };
	int rc = 0;

	if (!json_is_object(jwk))
		return key_wrong(&r, "it is not an object");
	for (size_t i = 0; rc == 0 && i < sizeof(steps) / sizeof(*steps); i++)
		rc = steps[i](&r);
	return rc;
}

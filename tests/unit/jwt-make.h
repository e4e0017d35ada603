/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-make.h - the issuer's side for tests: keys of every kind, their JWKs, and
 * tokens that are right or wrong in just the way that a test wants.  What is
 * returned as text is the caller's to free.  A test's file includes the .c
 * files of the plugin before it.
 */
#ifndef JWT_MAKE_H
#define JWT_MAKE_H

#include "../../plugins/jwt-guard/jwt-alg.h"

#include <check.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct maker {
	enum jwt_alg alg;
	gnutls_privkey_t key; /* NULL: HS */
	unsigned char secret[64];
};

/* clang-format off */
static const struct made_alg {
	gnutls_pk_algorithm_t pk;
	unsigned bits, size; /* of a coordinate, or of a hash for HS */
	gnutls_sign_algorithm_t sign;
	const char *crv;
} made_algs[ALG_COUNT] = {
	[ALG_RS256] = { GNUTLS_PK_RSA, 2048, 0, GNUTLS_SIGN_RSA_SHA256, NULL },
	[ALG_RS384] = { GNUTLS_PK_RSA, 2048, 0, GNUTLS_SIGN_RSA_SHA384, NULL },
	[ALG_RS512] = { GNUTLS_PK_RSA, 2048, 0, GNUTLS_SIGN_RSA_SHA512, NULL },
	[ALG_PS256] = { GNUTLS_PK_RSA, 2048, 0,
	    GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, NULL },
	[ALG_PS384] = { GNUTLS_PK_RSA, 2048, 0,
	    GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, NULL },
	[ALG_PS512] = { GNUTLS_PK_RSA, 2048, 0,
	    GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, NULL },
	[ALG_ES256] = { GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 32,
	    GNUTLS_SIGN_ECDSA_SHA256, "P-256" },
	[ALG_ES384] = { GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1), 48,
	    GNUTLS_SIGN_ECDSA_SHA384, "P-384" },
	[ALG_ES512] = { GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1), 66,
	    GNUTLS_SIGN_ECDSA_SHA512, "P-521" },
	[ALG_EDDSA] = { GNUTLS_PK_EDDSA_ED25519,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519), 32,
	    GNUTLS_SIGN_EDDSA_ED25519, "Ed25519" },
	[ALG_ED25519] = { GNUTLS_PK_EDDSA_ED25519,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519), 32,
	    GNUTLS_SIGN_EDDSA_ED25519, "Ed25519" },
	[ALG_HS256] = { 0, 0, 32, 0, NULL },
	[ALG_HS384] = { 0, 0, 48, 0, NULL },
	[ALG_HS512] = { 0, 0, 64, 0, NULL },
};
/* clang-format on */

/* Two names of one algorithm? */
static inline bool
made_same(int a, int b)
{
	return a == b || (made_algs[a].pk == GNUTLS_PK_EDDSA_ED25519 &&
			     made_algs[b].pk == GNUTLS_PK_EDDSA_ED25519);
}

__attribute__((format(printf, 1, 2))) static inline char *
made_text(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	ck_assert_int_ge(vasprintf(&s, fmt, ap), 0);
	va_end(ap);
	return s;
}

static inline char *
made_base64(const void *data, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
				     "mnopqrstuvwxyz0123456789-_";
	const unsigned char *p = data;
	char *s = malloc(n / 3 * 4 + 5), *at = s;
	unsigned bits;

	ck_assert_ptr_nonnull(s);
	for (size_t i = 0; i < n; i += 3) {
		bits = (unsigned)p[i] << 16;
		bits |= i + 1 < n ? (unsigned)p[i + 1] << 8 : 0;
		bits |= i + 2 < n ? p[i + 2] : 0;
		*at++ = digits[bits >> 18];
		*at++ = digits[bits >> 12 & 63];
		*at++ = digits[bits >> 6 & 63];
		*at++ = digits[bits & 63];
	}
	if (n % 3)
		at -= 3 - n % 3;
	*at = '\0';
	return s;
}

static inline void
maker_init_bits(struct maker *m, enum jwt_alg alg, unsigned bits)
{
	const struct made_alg *a = &made_algs[alg];

	*m = (struct maker){ .alg = alg };
	if (!a->pk) {
		for (size_t i = 0; i < sizeof(m->secret); i++)
			m->secret[i] = (unsigned char)(i * 37 + alg);
		return;
	}
	ck_assert_int_ge(gnutls_privkey_init(&m->key), 0);
	ck_assert_int_ge(gnutls_privkey_generate(m->key, a->pk, bits, 0), 0);
}

static inline void
maker_init(struct maker *m, enum jwt_alg alg)
{
	maker_init_bits(m, alg, made_algs[alg].bits);
}

static inline void
maker_finish(struct maker *m)
{
	if (m->key)
		gnutls_privkey_deinit(m->key);
	m->key = NULL;
}

/* A number with as many bytes as the format wants. */
static inline char *
made_number(gnutls_datum_t *d, size_t size)
{
	unsigned char padded[1024] = { 0 };
	size_t skip = 0;
	char *s;

	while (skip < d->size && d->data[skip] == 0)
		skip++;
	if (size == 0)
		size = d->size - skip;
	ck_assert_uint_le(d->size - skip, size);
	memcpy(
	    padded + size - (d->size - skip), d->data + skip, d->size - skip);
	s = made_base64(padded, size);
	gnutls_free(d->data);
	return s;
}

/* The members that RFC 7518 wants, without braces.  is_private: d as well. */
static inline char *
maker_members(const struct maker *m, bool is_private)
{
	const struct made_alg *a = &made_algs[m->alg];
	gnutls_datum_t x = { 0 }, y = { 0 }, d = { 0 };
	char *text, *s, *t = NULL, *u = NULL;

	if (!m->key) {
		s = made_base64(m->secret, a->size);
		text = made_text("\"kty\":\"oct\",\"k\":\"%s\"", s);
	} else if (a->pk == GNUTLS_PK_RSA) {
		ck_assert_int_ge(gnutls_privkey_export_rsa_raw2(m->key, &x, &y,
				     &d, NULL, NULL, NULL, NULL, NULL, 0),
		    0);
		s = made_number(&x, 0);
		t = made_number(&y, 0);
		u = made_number(&d, 0);
		text = made_text(
		    "\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"", s, t);
	} else {
		ck_assert_int_ge(
		    gnutls_privkey_export_ecc_raw2(m->key, NULL, &x, &y, &d, 0),
		    0);
		if (a->pk == GNUTLS_PK_ECDSA) {
			s = made_number(&x, a->size);
			t = made_number(&y, a->size);
			u = made_number(&d, a->size);
		} else {
			s = made_base64(x.data, x.size);
			u = made_base64(d.data, d.size);
			gnutls_free(x.data);
			gnutls_free(d.data);
		}
		text = made_text("\"kty\":\"%s\",\"crv\":\"%s\",\"x\":\"%s\""
				 "%s%s%s",
		    t ? "EC" : "OKP", a->crv, s, t ? ",\"y\":\"" : "",
		    t ? t : "", t ? "\"" : "");
	}
	free(s);
	free(t);
	if (is_private && u) {
		s = text;
		text = made_text("%s,\"d\":\"%s\"", s, u);
		free(s);
	}
	free(u);
	return text;
}

/* A JWK; more: further members, each with a comma before it. */
static inline char *
maker_jwk(const struct maker *m, const char *more)
{
	char *members = maker_members(m, false);
	char *jwk = made_text("{%s%s}", members, more);

	free(members);
	return jwk;
}

/* The signature as JWS wants it; how many bytes of out (1024). */
static inline size_t
maker_sign_bytes(const struct maker *m, enum jwt_alg alg, const void *text,
    size_t n, unsigned char *out)
{
	const struct made_alg *a = &made_algs[alg];
	gnutls_datum_t data = { (void *)(uintptr_t)text, (unsigned)n };
	gnutls_datum_t sig = { 0 }, rs[2] = { { 0 } };
	size_t size;

	if (!m->key) {
		ck_assert_int_ge(
		    gnutls_hmac_fast(alg == ALG_HS256   ? GNUTLS_MAC_SHA256
				     : alg == ALG_HS384 ? GNUTLS_MAC_SHA384
							: GNUTLS_MAC_SHA512,
			m->secret, made_algs[m->alg].size, text, n, out),
		    0);
		return a->size;
	}
	ck_assert_int_ge(
	    gnutls_privkey_sign_data2(m->key, a->sign, 0, &data, &sig), 0);
	if (a->pk != GNUTLS_PK_ECDSA) {
		memcpy(out, sig.data, sig.size);
		size = sig.size;
	} else {
		ck_assert_int_ge(
		    gnutls_decode_rs_value(&sig, &rs[0], &rs[1]), 0);
		size = made_algs[m->alg].size;
		memset(out, 0, 2 * size);
		for (size_t i = 0; i < 2; i++) {
			size_t skip = rs[i].size > size ? rs[i].size - size : 0;

			memcpy(out + (i + 1) * size - (rs[i].size - skip),
			    rs[i].data + skip, rs[i].size - skip);
			gnutls_free(rs[i].data);
		}
		size *= 2;
	}
	gnutls_free(sig.data);
	return size;
}

/* Of texts that stand for the first two parts as they are. */
static inline char *
maker_sign_parts(const struct maker *m, enum jwt_alg alg, const char *header,
    const char *payload)
{
	unsigned char bytes[1024];
	char *text = made_text("%s.%s", header, payload), *s, *token;

	s = made_base64(
	    bytes, maker_sign_bytes(m, alg, text, strlen(text), bytes));
	token = made_text("%s.%s", text, s);
	free(text);
	free(s);
	return token;
}

static inline char *
maker_sign_as(const struct maker *m, enum jwt_alg alg, const char *header,
    const char *payload)
{
	char *h = made_base64(header, strlen(header));
	char *p = made_base64(payload, strlen(payload));
	char *token = maker_sign_parts(m, alg, h, p);

	free(h);
	free(p);
	return token;
}

/* A token with {"alg":ALG MORE}. */
static inline char *
maker_token(const struct maker *m, const char *more, const char *payload)
{
	char *header =
	    made_text("{\"alg\":\"%s\"%s}", jwt_alg_name(m->alg), more);
	char *token = maker_sign_as(m, m->alg, header, payload);

	free(header);
	return token;
}

#endif

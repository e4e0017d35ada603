/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-check.h - the guard's side for tests: all of its parts that read tokens,
 * and whether one is taken or refused as it should be.
 */
#ifndef JWT_CHECK_H
#define JWT_CHECK_H

#include "../../plugins/jwt-guard/jwt-alg.c"
#include "../../plugins/jwt-guard/jwt-base64.c"
#include "../../plugins/jwt-guard/jwt-json.c"
#include "../../plugins/jwt-guard/jwt-key.c"
#include "../../plugins/jwt-guard/jwt-keys.c"
#include "../../plugins/jwt-guard/jwt-signature.c"
#include "../../plugins/jwt-guard/jwt-token.c"
#include "../../plugins/jwt-guard/jwt-verdict.c"

#include "jwt-make.h"

static const char *const check_types[] = { "JWT", "at+jwt" };
static const struct jwt_rules check_rules = {
	.algorithms = (UINT32_C(1) << ALG_COUNT) - 1,
	.types = check_types,
	.type_count = 2,
	.max_size = JWT_TOKEN_MAX,
};
static char check_kid[64]; /* that the last token claimed */

static inline struct jwt_keys *
check_keys(const char *jwks)
{
	struct jwt_keys *k;
	char why[256] = "";
	int rc =
	    jwt_keys_read(&k, jwks, strlen(jwks), why, sizeof(why), NULL, NULL);

	ck_assert_msg(rc == 0, "%s: %s", jwks, why);
	return k;
}

static inline struct jwt_keys *
check_maker_keys(const struct maker *m, const char *more)
{
	char *jwk = maker_jwk(m, more);
	struct jwt_keys *k = check_keys(jwk);

	free(jwk);
	return k;
}

/* A copy of exactly n bytes, so that reading more is seen. */
static inline int
check_bytes(struct jwt_token **t, const struct jwt_keys *keys,
    const char *token, size_t n, struct jwt_verdict *v)
{
	char *exact = malloc(n ? n : 1);
	int rc;

	memcpy(exact, token, n);
	memset(v, 'x', sizeof(*v));
	memset(check_kid, 'x', sizeof(check_kid));
	rc = jwt_token_verify(
	    t, exact, n, &check_rules, keys, v, check_kid, sizeof(check_kid));
	free(exact);
	ck_assert_int_eq(rc, *t ? 0 : -EACCES);
	ck_assert_int_eq(v->code == JWT_OK, rc == 0);
	ck_assert_uint_lt(strlen(v->sentence), sizeof(v->sentence));
	return rc;
}

static inline void
check_accepts(const struct jwt_keys *keys, const char *token)
{
	struct jwt_verdict v;
	struct jwt_token *t;
	int rc = check_bytes(&t, keys, token, strlen(token), &v);

	ck_assert_msg(rc == 0, "%s: %s", token, v.sentence);
	ck_assert(json_is_object(t->claims));
	ck_assert_uint_gt(t->size, json_object_size(t->claims) * 100);
	jwt_token_unref(&t);
}

static inline void
check_refuses_bytes(const struct jwt_keys *keys, const char *token, size_t n,
    enum jwt_code code, const char *sentence)
{
	struct jwt_verdict v;
	struct jwt_token *t;
	int rc = check_bytes(&t, keys, token, n, &v);

	ck_assert_msg(rc < 0, "%s", token);
	ck_assert_msg(v.code == code && strstr(v.sentence, sentence),
	    "%.200s: %s: %s", token, jwt_code_words(v.code)->name, v.sentence);
}

static inline void
check_refuses(const struct jwt_keys *keys, const char *token,
    enum jwt_code code, const char *sentence)
{
	check_refuses_bytes(keys, token, strlen(token), code, sentence);
}

/* The same for a token that is freed. */
static inline void
check_takes(const struct jwt_keys *keys, char *token)
{
	check_accepts(keys, token);
	free(token);
}

static inline void
check_drops(const struct jwt_keys *keys, char *token, enum jwt_code code,
    const char *sentence)
{
	check_refuses(keys, token, code, sentence);
	free(token);
}

#endif

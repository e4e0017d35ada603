/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Memory that ends while keys and tokens are read, at each allocation of ours
 * and of jansson in turn: a refusal, and nothing is lost. */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static long failing = -1; /* allocations that still go well; -1: all */

static void *
scarce_malloc(size_t n)
{
	return failing == 0 || (failing > 0 && failing-- == 0) ? NULL
							       : malloc(n);
}

static void *
scarce_calloc(size_t n, size_t size)
{
	void *p = scarce_malloc(n * size);

	return p ? memset(p, 0, n * size) : NULL;
}

static char *
scarce_strdup(const char *s)
{
	char *p = scarce_malloc(strlen(s) + 1);

	return p ? strcpy(p, s) : NULL;
}

#define malloc(n)    scarce_malloc(n)
#define calloc(n, s) scarce_calloc(n, s)
#undef strdup
#define strdup(s) scarce_strdup(s)

#include "jwt-check.h"
#include "unit.h"

static struct maker maker;
static char *jwks, *token;

static void
set_up(void)
{
	char *members;

	json_set_alloc_funcs(scarce_malloc, free);
	maker_init(&maker, ALG_ES256);
	members = maker_members(&maker, true);
	jwks = made_text("{\"keys\":[{%s,\"kid\":\"k\"},{\"kty\":\"RSA\"},"
			 "{\"kty\":\"oct\",\"kid\":\"b\",\"k\":"
			 "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}",
	    members);
	token = maker_token(&maker, ",\"kid\":\"k\"",
	    "{\"sub\":\"alice\",\"aud\":[\"a\",\"b\"],\"exp\":1.5}");
	free(members);
}

static void
tear_down(void)
{
	failing = -1;
	free(jwks);
	free(token);
	maker_finish(&maker);
	json_set_alloc_funcs(malloc, free);
}

static void
note(void *arg, const char *sentence)
{
	(void)arg;
	ck_assert_ptr_nonnull(sentence);
}

START_TEST(a_set_of_keys)
{
	struct jwt_keys *k = NULL;
	char why[200];
	long n;
	int rc, told = 0;

	set_up();
	for (n = 0; n < 10000 && !k; n++) {
		failing = n;
		why[0] = '\0';
		rc = jwt_keys_read(
		    &k, jwks, strlen(jwks), why, sizeof(why), note, NULL);
		failing = -1;
		ck_assert_int_eq(rc == 0, k != NULL);
		ck_assert(rc == 0 || rc == -ENOMEM || rc == -EINVAL);
		ck_assert(rc == 0 || why[0]);
		told += rc == -ENOMEM;
	}
	ck_assert_ptr_nonnull(k);
	ck_assert_uint_eq(jwt_keys_count(k), 2);
	ck_assert_int_gt(told, n / 2);
	jwt_keys_unref(&k);
	tear_down();
}
END_TEST

START_TEST(a_token)
{
	struct jwt_keys *keys;
	struct jwt_token *t = NULL;
	struct jwt_verdict v;
	int rc, told = 0;
	long n;

	set_up();
	keys = check_keys(jwks);
	for (n = 0; n < 10000 && !t; n++) {
		failing = n;
		rc = jwt_token_verify(
		    &t, token, strlen(token), &check_rules, keys, &v, NULL, 0);
		failing = -1;
		ck_assert_int_eq(rc == 0, t != NULL);
		ck_assert(
		    rc == 0 || v.code == JWT_MEMORY || v.code == JWT_MALFORMED);
		told += v.code == JWT_MEMORY;
	}
	ck_assert_ptr_nonnull(t);
	ck_assert_int_gt(told, n / 2);
	jwt_token_unref(&t);
	jwt_keys_unref(&keys);
	tear_down();
}
END_TEST

UNIT_TESTS("jwt memory", a_set_of_keys, a_token)

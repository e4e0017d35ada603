/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The cache of verified tokens: what it finds, forgets, and never holds. */

#include "unit.h"

#include "../../plugins/jwt-guard/jwt-cache.c"

#include <stdbool.h>
#include <stdio.h>

enum { NOW = 1000000, LIMIT = 1 << 20 };

/* Only what the cache needs of a token. */
static unsigned alive;

struct jwt_token *
jwt_token_ref(struct jwt_token *t)
{
	t->refs++;
	return t;
}

void
jwt_token_unref(struct jwt_token **t)
{
	if (*t && --(*t)->refs == 0) {
		alive--;
		free(*t);
	}
	*t = NULL;
}

static struct jwt_token *
token_create(size_t size)
{
	struct jwt_token *t = calloc(1, sizeof(*t));

	ck_assert_ptr_nonnull(t);
	t->refs = 1;
	t->size = size;
	alive++;
	return t;
}

static bool
cache_has(struct jwt_cache *c, const char *text, int64_t now)
{
	uint8_t mac[CACHE_MAC];
	struct jwt_token *t = jwt_cache_find(c, text, strlen(text), now, mac);
	bool has = t;

	jwt_token_unref(&t);
	return has;
}

static void
cache_put(struct jwt_cache *c, const char *text, size_t size, int64_t expires)
{
	struct jwt_token *t = token_create(size), *found;
	uint8_t mac[CACHE_MAC];

	found = jwt_cache_find(c, text, strlen(text), NOW, mac);
	ck_assert_ptr_null(found);
	jwt_cache_add(c, mac, t, expires);
	jwt_token_unref(&t);
}

START_TEST(finds_what_was_added_until_it_expires)
{
	struct jwt_cache c;

	ck_assert_int_eq(jwt_cache_init(&c, LIMIT), 0);
	ck_assert(!cache_has(&c, "a", NOW));
	cache_put(&c, "a", 500, NOW + 10);
	cache_put(&c, "b", 500, INT64_MAX);
	ck_assert(cache_has(&c, "a", NOW + 9));
	ck_assert(!cache_has(&c, "a ", NOW));
	ck_assert(!cache_has(&c, "", NOW));
	ck_assert(!cache_has(&c, "a", NOW + 10));
	ck_assert(!cache_has(&c, "a", NOW)); /* gone for good */
	ck_assert(cache_has(&c, "b", INT64_MAX - 1));
	ck_assert_uint_eq(c.bytes, 500);
	jwt_cache_finish(&c);
	ck_assert_uint_eq(alive, 0);
	ck_assert_uint_eq(c.bytes, 0);
	cache_put(&c, "a", 500, NOW + 10); /* it can be used again */
	ck_assert(cache_has(&c, "a", NOW));
	jwt_cache_finish(&c);
	ck_assert_uint_eq(alive, 0);
}
END_TEST

START_TEST(stays_within_its_bounds)
{
	struct jwt_cache c;
	char text[20];

	ck_assert_int_eq(jwt_cache_init(&c, LIMIT), 0);
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "token %d", i);
		cache_put(&c, text, 300 + (size_t)i % 3000, NOW + 1 + i);
		ck_assert(cache_has(&c, text, NOW));
		ck_assert_uint_le(alive, CACHE_ENTRIES);
		ck_assert_uint_le(c.bytes, LIMIT);
	}
	cache_put(&c, "large", JWT_TOKEN_MAX, NOW + 1);
	ck_assert_uint_le(c.bytes, LIMIT);
	cache_put(&c, "all of it", LIMIT, NOW + 1);
	ck_assert_uint_eq(c.bytes, LIMIT);
	ck_assert_uint_eq(alive, 1);
	ck_assert(cache_has(&c, "all of it", NOW));
	cache_put(&c, "too large", LIMIT + 1, NOW + 1);
	ck_assert(!cache_has(&c, "too large", NOW));
	ck_assert(cache_has(&c, "all of it", NOW));
	jwt_cache_finish(&c);
	ck_assert_uint_eq(alive, 0);
}
END_TEST

START_TEST(may_hold_nothing)
{
	struct jwt_cache c;

	ck_assert_int_eq(jwt_cache_init(&c, 0), 0);
	cache_put(&c, "a", 1, INT64_MAX);
	ck_assert(!cache_has(&c, "a", NOW));
	ck_assert_uint_eq(alive, 0);
	ck_assert_ptr_null(c.entries);
	jwt_cache_finish(&c);
}
END_TEST

/* Nobody can know in which place a token will be. */
START_TEST(hashes_are_keyed)
{
	struct jwt_cache a, b;
	uint8_t of_a[CACHE_MAC], of_b[CACHE_MAC];

	ck_assert_int_eq(jwt_cache_init(&a, LIMIT), 0);
	ck_assert_int_eq(jwt_cache_init(&b, LIMIT), 0);
	jwt_cache_find(&a, "x", 1, NOW, of_a);
	jwt_cache_find(&b, "x", 1, NOW, of_b);
	ck_assert_mem_ne(of_a, of_b, CACHE_MAC);
	jwt_cache_finish(&a);
	jwt_cache_finish(&b);
}
END_TEST

UNIT_TESTS("jwt-cache", finds_what_was_added_until_it_expires,
    stays_within_its_bounds, may_hold_nothing, hashes_are_keyed)

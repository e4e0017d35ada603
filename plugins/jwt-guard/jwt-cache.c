/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-cache.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS = 4, SETS = CACHE_ENTRIES / WAYS };

struct jwt_cache_entry {
	uint8_t mac[CACHE_MAC];
	struct jwt_token *token; /* NULL: free */
	int64_t expires_ms;
};

int
jwt_cache_init(struct jwt_cache *c, size_t limit)
{
	*c = (struct jwt_cache){ .limit = limit };
	return gnutls_rnd(GNUTLS_RND_KEY, c->key, sizeof(c->key)) < 0 ? -EIO
								      : 0;
}

static void
entry_empty(struct jwt_cache *c, struct jwt_cache_entry *e)
{
	if (!e->token)
		return;
	c->bytes -= e->token->size;
	jwt_token_unref(&e->token);
}

void
jwt_cache_finish(struct jwt_cache *c)
{
	for (unsigned i = 0; c->entries && i < CACHE_ENTRIES; i++)
		entry_empty(c, &c->entries[i]);
	free(c->entries);
	c->entries = NULL;
}

/* The few entries in which a token of this hash may be. */
static struct jwt_cache_entry *
cache_set(const struct jwt_cache *c, const uint8_t *mac)
{
	size_t set;

	memcpy(&set, mac, sizeof(set));
	return &c->entries[set % SETS * WAYS];
}

struct jwt_token *
jwt_cache_find(struct jwt_cache *c, const char *text, size_t n, int64_t now_ms,
    uint8_t mac[static CACHE_MAC])
{
	struct jwt_cache_entry *e;

	if (c->limit == 0)
		return NULL;
	if (gnutls_hmac_fast(
		GNUTLS_MAC_SHA256, c->key, sizeof(c->key), text, n, mac) < 0) {
		gnutls_rnd(GNUTLS_RND_NONCE, mac, CACHE_MAC); /* fits nobody */
		return NULL;
	}
	if (!c->entries)
		return NULL;
	e = cache_set(c, mac);
	for (unsigned i = 0; i < WAYS; i++, e++) {
		if (!e->token || gnutls_memcmp(e->mac, mac, CACHE_MAC) != 0)
			continue;
		if (now_ms < e->expires_ms)
			return jwt_token_ref(e->token);
		entry_empty(c, e);
	}
	return NULL;
}

/* One that is free, or else the first that expires. */
static struct jwt_cache_entry *
cache_place(const struct jwt_cache *c, const uint8_t *mac)
{
	struct jwt_cache_entry *e = cache_set(c, mac), *first = e;

	for (unsigned i = 0; i < WAYS; i++, e++) {
		if (!e->token)
			return e;
		if (e->expires_ms < first->expires_ms)
			first = e;
	}
	return first;
}

void
jwt_cache_add(struct jwt_cache *c, const uint8_t mac[static CACHE_MAC],
    struct jwt_token *t, int64_t expires_ms)
{
	struct jwt_cache_entry *e;

	if (t->size > c->limit)
		return;
	if (!c->entries)
		c->entries = calloc(CACHE_ENTRIES, sizeof(*c->entries));
	if (!c->entries)
		return;
	e = cache_place(c, mac);
	entry_empty(c, e);
	while (c->bytes + t->size > c->limit) {
		entry_empty(c, &c->entries[c->hand]);
		c->hand = (c->hand + 1) % CACHE_ENTRIES;
	}
	memcpy(e->mac, mac, CACHE_MAC);
	e->token = jwt_token_ref(t);
	e->expires_ms = expires_ms;
	c->bytes += t->size;
}

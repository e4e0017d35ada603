/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-cache.h - tokens of one worker whose signature was verified, so that a
 * client that comes again costs a hash and not a signature.  It does not hold
 * the tokens' text but a keyed hash of each; what depends on the time or on
 * options is decided anew every time.  Its owner empties it when the keys
 * change.
 */
#ifndef JWT_CACHE_H
#define JWT_CACHE_H

#include "jwt-token.h"

#include <stdint.h>

enum { CACHE_ENTRIES = 1024, CACHE_MAC = 32 };

struct jwt_cache_entry;

struct jwt_cache {
	struct jwt_cache_entry *entries; /* NULL until the first is added */
	size_t limit;  /* of bytes; 0: nothing is remembered */
	size_t bytes;  /* that the tokens take, about */
	unsigned hand; /* the next that makes room */
	uint8_t key[CACHE_MAC];
};

/* Empty, with a key of its own, for so many bytes of tokens.  0, or -EIO: no
 * random bytes. */
int jwt_cache_init(struct jwt_cache *c, size_t limit);

/* Forget all, and free. */
void jwt_cache_finish(struct jwt_cache *c);

/* A new reference to the token of n bytes of text; NULL: not here, or expired.
 * mac gets what jwt_cache_add() wants. */
struct jwt_token *jwt_cache_find(struct jwt_cache *c, const char *text,
    size_t n, int64_t now_ms, uint8_t mac[static CACHE_MAC]);

/* Remember a token that was not found, until expires_ms; the cache takes a
 * reference of its own.  When memory is short, and when the token alone is
 * beyond the limit, nothing is remembered. */
void jwt_cache_add(struct jwt_cache *c, const uint8_t mac[static CACHE_MAC],
    struct jwt_token *t, int64_t expires_ms);

#endif

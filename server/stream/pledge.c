/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/pledge.h"

#include "base/siphash.h"
#include "stream/conn.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { SHARDS = 64, BUCKETS_FIRST = 16 };

/* One key and how many hold it; freed with the last. */
struct tally {
	struct tally *next;
	uint64_t hash;
	uint32_t count, size;
	uint32_t table_size; /* of the first part: claim id, table name, 0 */
	char key[];
};

struct pledge {
	struct pledge *next;
	struct tally *tally;
};

struct shard {
	pthread_mutex_t lock;
	struct tally **buckets;
	size_t bucket_count, tally_count;
};

static struct shard shards[SHARDS];
static uint8_t hash_key[16];

int
pledges_init(void)
{
	if (getrandom(hash_key, sizeof(hash_key), 0) !=
	    (ssize_t)sizeof(hash_key))
		return -EIO;
	for (unsigned i = 0; i < SHARDS; i++)
		pthread_mutex_init(&shards[i].lock, NULL);
	return 0;
}

static struct shard *
shard_of(uint64_t hash)
{
	return &shards[hash % SHARDS];
}

static struct tally **
shard_bucket(struct shard *s, uint64_t hash)
{
	return &s->buckets[hash / SHARDS & (s->bucket_count - 1)];
}

/* Twice the buckets, or the first ones; staying as it is when memory is short.
 */
static void
shard_grow(struct shard *s)
{
	size_t old_count = s->bucket_count;
	struct tally **old = s->buckets, **fresh;

	fresh = calloc(
	    old_count ? old_count * 2 : BUCKETS_FIRST, sizeof(struct tally *));
	if (!fresh)
		return;
	s->buckets = fresh;
	s->bucket_count = old_count ? old_count * 2 : BUCKETS_FIRST;
	for (size_t i = 0; i < old_count; i++) {
		while (old[i]) {
			struct tally *t = old[i], **b;

			old[i] = t->next;
			b = shard_bucket(s, t->hash);
			t->next = *b;
			*b = t;
		}
	}
	free(old);
}

static struct tally *
shard_find(struct shard *s, uint64_t hash, const char *key, uint32_t size)
{
	struct tally *t = s->buckets ? *shard_bucket(s, hash) : NULL;

	while (t && (t->hash != hash || t->size != size ||
			memcmp(t->key, key, size) != 0))
		t = t->next;
	return t;
}

static struct tally *
shard_add(struct shard *s, uint64_t hash, const char *key, uint32_t size,
    uint32_t table_size)
{
	struct tally *t, **b;

	if (s->tally_count >= s->bucket_count)
		shard_grow(s);
	t = s->buckets ? malloc(sizeof(*t) + size) : NULL;
	if (!t)
		return NULL;
	b = shard_bucket(s, hash);
	*t = (struct tally){ *b, hash, 0, size, table_size };
	memcpy(t->key, key, size);
	*b = t;
	s->tally_count++;
	return t;
}

static int
shard_count(struct shard *s, uint64_t hash, const char *key, uint32_t size,
    uint32_t table_size, uint32_t max, struct tally **r)
{
	struct tally *t = shard_find(s, hash, key, size);

	if (max == 0 || (t && t->count >= max))
		return -EDQUOT;
	if (!t)
		t = shard_add(s, hash, key, size, table_size);
	if (!t)
		return -ENOMEM;
	t->count++;
	*r = t;
	return 0;
}

static void
tally_drop(struct tally *t)
{
	struct shard *s = shard_of(t->hash);

	pthread_mutex_lock(&s->lock);
	if (--t->count == 0) {
		struct tally **b = shard_bucket(s, t->hash);

		while (*b != t)
			b = &(*b)->next;
		*b = t->next;
		s->tally_count--;
		free(t);
	}
	pthread_mutex_unlock(&s->lock);
}

/* The key's first part: whose table it is.  0: the name is too long. */
static uint32_t
pledge_table(char *r, size_t max, uint32_t claim_id, const char *table)
{
	size_t n = strlen(table) + 1;

	if (sizeof(claim_id) + n > max)
		return 0;
	memcpy(r, &claim_id, sizeof(claim_id));
	memcpy(r + sizeof(claim_id), table, n);
	return (uint32_t)(sizeof(claim_id) + n);
}

static bool
pledge_is_held(const struct conn *c, const char *key, size_t size)
{
	for (const struct pledge *p = c->pledges; p; p = p->next)
		if (p->tally->size == size &&
		    memcmp(p->tally->key, key, size) == 0)
			return true;
	return false;
}

int
pledge_take(struct conn *c, uint32_t claim_id, const char *table,
    const void *key, size_t n, uint32_t max)
{
	char whole[PLEDGE_KEY_MAX];
	uint32_t size = pledge_table(whole, sizeof(whole), claim_id, table);
	struct pledge *p;
	struct shard *s;
	uint64_t hash;
	int rc;

	if (!size || n > sizeof(whole) - size || (!key && n))
		return -EINVAL;
	if (n)
		memcpy(whole + size, key, n);
	if (pledge_is_held(c, whole, size + n))
		return 0;
	p = malloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	hash = siphash(hash_key, whole, size + n);
	s = shard_of(hash);
	pthread_mutex_lock(&s->lock);
	rc = shard_count(
	    s, hash, whole, (uint32_t)(size + n), size, max, &p->tally);
	pthread_mutex_unlock(&s->lock);
	if (rc < 0) {
		free(p);
		return rc;
	}
	pledge_give(c, claim_id, table);
	p->next = c->pledges;
	c->pledges = p;
	return 0;
}

void
pledge_give(struct conn *c, uint32_t claim_id, const char *table)
{
	char whole[PLEDGE_KEY_MAX];
	uint32_t size = pledge_table(whole, sizeof(whole), claim_id, table);

	for (struct pledge **at = &c->pledges; *at; at = &(*at)->next) {
		struct pledge *p = *at;

		if (p->tally->table_size != size ||
		    memcmp(p->tally->key, whole, size) != 0)
			continue;
		*at = p->next;
		tally_drop(p->tally);
		free(p);
		return;
	}
}

void
pledges_free(struct conn *c)
{
	struct pledge *p;

	while ((p = c->pledges) != NULL) {
		c->pledges = p->next;
		tally_drop(p->tally);
		free(p);
	}
}

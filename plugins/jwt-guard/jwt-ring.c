/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-ring.h"

#include <gnutls/crypto.h>
#include <string.h>
#include <time.h>

enum {
	WANT_MS = 10000, /* what each wanted fetch costs */
	WANT_IN_A_ROW = 4,
	AGAIN_MS = 1000, /* after a failure, doubled with each */
	AGAIN_MOST_MS = 60000
};

static void *
keys_ref(void *item)
{
	return jwt_keys_ref(item);
}

static void
keys_unref(void *item)
{
	struct jwt_keys *k = item;

	jwt_keys_unref(&k);
}

void
ring_init(struct ring *r)
{
	if (r->is_made)
		return;
	jwt_shelf_init(&r->keys, keys_ref, keys_unref);
	pthread_mutex_init(&r->lock, NULL);
	r->is_made = true;
}

void
ring_finish(void *ring)
{
	struct ring *r = ring;

	if (!r->is_made)
		return;
	jwt_shelf_finish(&r->keys);
	pthread_mutex_destroy(&r->lock);
	r->is_made = false;
}

void
ring_put(struct ring *r, struct jwt_keys **keys, const char *text, size_t n)
{
	unsigned char digest[sizeof(r->digest)] = { 0 };
	struct timespec now;
	bool is_other;

	clock_gettime(CLOCK_REALTIME, &now);
	is_other = gnutls_hash_fast(GNUTLS_DIG_SHA256, text, n, digest) < 0;
	pthread_mutex_lock(&r->lock);
	is_other = is_other || r->read_at_ms == 0 ||
		   memcmp(digest, r->digest, sizeof(digest)) != 0;
	memcpy(r->digest, digest, sizeof(digest));
	r->read_at_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	pthread_mutex_unlock(&r->lock);
	if (is_other)
		jwt_shelf_put(&r->keys, *keys);
	else
		jwt_keys_unref(keys);
	*keys = NULL;
}

/* What was spent is paid back by time. */
static bool
ring_may_want(struct ring *r, int64_t now)
{
	if (r->spent_ms < now)
		r->spent_ms = now;
	if (r->spent_ms - now > (WANT_IN_A_ROW - 1) * WANT_MS)
		return false;
	r->spent_ms += WANT_MS;
	return true;
}

bool
ring_begin(struct ring *r, bool is_due)
{
	int64_t now = bnd_now();
	bool may = false;

	pthread_mutex_lock(&r->lock);
	if (!r->is_fetching)
		may = is_due ? now >= r->due_ms : ring_may_want(r, now);
	r->is_fetching |= may;
	pthread_mutex_unlock(&r->lock);
	return may;
}

unsigned
ring_ended(struct ring *r, bool *is_fetching_r)
{
	unsigned ended;

	pthread_mutex_lock(&r->lock);
	*is_fetching_r = r->is_fetching;
	ended = r->ended;
	pthread_mutex_unlock(&r->lock);
	return ended;
}

void
ring_end(struct ring *r, bool was_good, int64_t refresh_ms)
{
	int64_t again = AGAIN_MS;

	pthread_mutex_lock(&r->lock);
	r->is_fetching = false;
	r->ended++;
	for (unsigned i = 0; i < r->failures && again < AGAIN_MOST_MS; i++)
		again *= 2;
	if (again > AGAIN_MOST_MS)
		again = AGAIN_MOST_MS;
	r->failures = was_good ? 0 : r->failures + 1;
	r->due_ms =
	    bnd_now() + (was_good || again > refresh_ms ? refresh_ms : again);
	pthread_mutex_unlock(&r->lock);
}

void
ring_enter(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->keepers++;
	pthread_mutex_unlock(&r->lock);
}

void
ring_leave(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->keepers--;
	pthread_mutex_unlock(&r->lock);
}

bool
ring_give_back(struct ring *r)
{
	bool goes_on;

	pthread_mutex_lock(&r->lock);
	r->is_fetching = false;
	r->due_ms = bnd_now();
	goes_on = r->keepers > 0;
	pthread_mutex_unlock(&r->lock);
	return goes_on;
}

int64_t
ring_wait(struct ring *r)
{
	int64_t ms;

	pthread_mutex_lock(&r->lock);
	ms = r->due_ms - bnd_now();
	if (r->is_fetching && ms < AGAIN_MS)
		ms = AGAIN_MS;
	pthread_mutex_unlock(&r->lock);
	return ms > 0 ? ms : 0;
}

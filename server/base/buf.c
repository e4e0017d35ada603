/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

/* Large buffers come and go with every read of a busy stream; fresh memory of
 * that size costs page faults. */
enum { CACHE_MAX = 16 };

static _Thread_local struct {
	struct bnd_buf *kept[CACHE_MAX];
	unsigned count;
} cache;

static struct bnd_buf *
buf_large(void)
{
	struct bnd_buf *b;

	if (cache.count)
		return cache.kept[--cache.count];
	b = malloc(sizeof(*b) + BUF_LARGE);
	if (b)
		b->size = BUF_LARGE;
	return b;
}

struct bnd_buf *
buf_alloc(size_t n)
{
	struct bnd_buf *b;

	if (n > BUF_MAX)
		return NULL;
	if (n > BUF_LARGE / 2 && n <= BUF_LARGE) {
		b = buf_large();
	} else {
		b = malloc(sizeof(*b) + n);
		if (b)
			b->size = (uint32_t)n;
	}
	if (!b)
		return NULL;
	atomic_init(&b->refs, 1);
	b->used = (uint32_t)n;
	return b;
}

struct bnd_buf *
buf_copy(const void *data, size_t n)
{
	struct bnd_buf *b = buf_alloc(n);

	if (b && n)
		memcpy(b->data, data, n);
	return b;
}

struct bnd_buf *
buf_ref(struct bnd_buf *b)
{
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	return b;
}

void
buf_unref(struct bnd_buf *b)
{
	if (!b)
		return;
	if (!buf_is_own(b) &&
	    atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (b->size == BUF_LARGE && cache.count < CACHE_MAX)
		cache.kept[cache.count++] = b;
	else
		free(b);
}

void
buf_cache_empty(void)
{
	while (cache.count)
		free(cache.kept[--cache.count]);
}

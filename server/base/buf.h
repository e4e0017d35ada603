/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * buf.h - reference-counted bytes: what queues hold, and what plugins take,
 * keep and put (struct bnd_buf of the SDK).  Counting is atomic, so that a
 * buffer may travel between workers.  [any thread; one owner a reference]
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <bindery/plugin.h>

#include <stdatomic.h>

struct bnd_buf {
	atomic_uint refs;
	uint32_t size; /* bytes of data[] */
	uint32_t used; /* of them written; fixed once two hold it */
	char data[];
};

/* The room of a buffer for a large piece, allocation overhead included. */
enum { BUF_LARGE = 65536 - 64, BUF_MAX = 1 << 30 };

/* n bytes to fill, used = n; NULL: no memory, or n > BUF_MAX. */
struct bnd_buf *buf_alloc(size_t n);
struct bnd_buf *buf_copy(const void *data, size_t n);
struct bnd_buf *buf_ref(struct bnd_buf *b);

/* NULL is harmless. */
void buf_unref(struct bnd_buf *b);

/* May the bytes be changed in place: does nobody else hold it? */
static inline _Bool
buf_is_own(const struct bnd_buf *b)
{
	return atomic_load_explicit(&b->refs, memory_order_acquire) == 1;
}

/* The calling thread keeps a few large buffers for reuse; give them back. */
void buf_cache_empty(void);

#endif

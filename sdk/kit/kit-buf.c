/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * kit-buf.c - buffers: who holds one is counted, what is in one may not change
 * once somebody else can see it, and one that is gone stays gone.
 */

#include "kit-calls.h"
#include "kit-inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct bnd_buf {
	LIST_ENTRY(bnd_buf) link; /* of the kit's, as long as it is held */
	struct bndk *k;
	unsigned refs;  /* 0: gone; it lies in the graveyard */
	bool is_sealed; /* somebody else may have seen it */
	uint32_t sum;
	struct kit_lens bytes;
};

/* Heads are never given back, so that one that is gone can be told; they are
 * not malloc()ed, so that whoever counts sees the plugin's memory. */
enum { GRAVES = 256, SLAB = 256, BUFS_MAX = 5000 };
static struct bnd_buf *graves[GRAVES]; /* the last ones that went */
static size_t grave_next, slab_left;
static struct bnd_buf *slab;

static struct bnd_buf *
head_take(void)
{
	struct bnd_buf **oldest = &graves[grave_next % GRAVES], *b = *oldest;

	if (b) {
		*oldest = NULL;
		memset(b, 0, sizeof(*b));
		return b;
	}
	if (!slab_left) {
		slab = mmap(NULL, SLAB * sizeof(*slab), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (slab == MAP_FAILED)
			abort();
		slab_left = SLAB;
	}
	return &slab[--slab_left];
}

static uint32_t
buf_sum(const struct bnd_buf *b)
{
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < b->bytes.n; i++)
		sum = (sum ^ (unsigned char)b->bytes.data[i]) * 16777619u;
	return sum;
}

static void
buf_seal(struct bnd_buf *b)
{
	if (b->is_sealed) {
		if (buf_sum(b) != b->sum)
			kit_wrong(b->k, "buffer",
			    "a buffer was changed after it had been handed "
			    "over");
	}
	b->is_sealed = true;
	b->sum = buf_sum(b);
}

struct bnd_buf *
buf_make(struct bndk *k, const void *data, size_t n)
{
	struct bnd_buf *b = head_take();

	b->k = k;
	b->refs = 1;
	lens_show(&b->bytes, data, n, 1, true);
	LIST_INSERT_HEAD(&k->bufs, b, link);
	if (++k->buf_count == BUFS_MAX)
		kit_wrong(k, "buffer",
		    "%d buffers are held at once: is one forgotten each time?",
		    BUFS_MAX);
	return b;
}

static bool
buf_is_good(struct bndk *k, const struct bnd_buf *b, const char *what)
{
	if (b && b->refs > 0)
		return true;
	kit_wrong(k, "buffer", "%s a buffer that %s", what,
	    b ? "nobody holds any more" : "is NULL");
	return false;
}

const char *
buf_bytes(struct bndk *k, struct bnd_buf *b, size_t *n)
{
	*n = 0;
	if (!buf_is_good(k, b, "bnd_put() of"))
		return "";
	buf_seal(b);
	*n = b->bytes.n;
	return b->bytes.data;
}

struct bnd_buf *
call_buf_new(const void *data, size_t n)
{
	if (kit_call(kit_current, "buf_new", TAG_ANY))
		return NULL;
	return buf_make(kit_current, data, n);
}

struct bnd_buf *
call_buf_alloc(size_t n, char **p)
{
	struct bnd_buf *b = NULL;

	if (!kit_call(kit_current, "buf_alloc", TAG_ANY))
		b = buf_make(kit_current, NULL, n);
	*p = b ? b->bytes.data : NULL;
	return b;
}

struct bnd_buf *
buf_hold(struct bnd_buf *b)
{
	b->refs++;
	return b;
}

struct bnd_buf *
call_buf_ref(struct bnd_buf *b)
{
	kit_call(kit_current, "buf_ref", TAG_ANY);
	if (!b || !buf_is_good(kit_current, b, "bnd_buf_ref() of"))
		return b;
	buf_seal(b);
	return buf_hold(b);
}

void
buf_drop(struct bnd_buf *b)
{
	struct bnd_buf **grave;

	if (--b->refs)
		return;
	if (b->is_sealed)
		buf_seal(b);
	LIST_REMOVE(b, link);
	b->k->buf_count--;
	lens_hide(&b->bytes);
	grave = &graves[grave_next++ % GRAVES];
	*grave = b;
}

void
call_buf_unref(struct bnd_buf *b)
{
	kit_call(kit_current, "buf_unref", TAG_ANY);
	if (b && buf_is_good(kit_current, b, "bnd_buf_unref() of"))
		buf_drop(b);
}

const char *
call_buf_data(const struct bnd_buf *b, size_t *n)
{
	*n = 0;
	if (!buf_is_good(kit_current, b, "bnd_buf_data() of"))
		return "";
	*n = b->bytes.n;
	return b->bytes.data;
}

/* At the end: who still holds one will never give it back. */
void
bufs_check(struct bndk *k)
{
	struct bnd_buf *b;
	unsigned held = 0;

	while ((b = LIST_FIRST(&k->bufs)) != NULL) {
		held++;
		b->refs = 1;
		buf_drop(b);
	}
	if (held)
		kit_wrong(k, "buffer", "%u buffer%s never given back", held,
		    held == 1 ? " was" : "s were");
}

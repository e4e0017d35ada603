/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * limit-bucket.h - a token bucket: it fills by `rate` bytes a second up to
 * `burst`, and whoever passes bytes on takes as many out.  It counts in
 * thousandths of a byte, so that at a clock of milliseconds nothing is lost to
 * rounding, however slow it is.  No clock of its own; times are monotonic ms.
 */
#ifndef LIMIT_BUCKET_H
#define LIMIT_BUCKET_H

#include <stdint.h>

enum { BUCKET_BYTE = 1000 };

/* What rate and burst may be, so that nothing overflows. */
#define BUCKET_MOST ((int64_t)1 << 40)

struct bucket {
	int64_t rate, burst; /* 1 .. BUCKET_MOST */
	int64_t level;       /* thousandths of a byte */
	int64_t at_ms;       /* when that was so */
};

/* A full one. */
static inline void
bucket_init(struct bucket *b, int64_t rate, int64_t burst, int64_t now_ms)
{
	*b = (struct bucket){ rate, burst, burst * BUCKET_BYTE, now_ms };
}

static inline void
bucket_fill(struct bucket *b, int64_t now_ms)
{
	int64_t missing = b->burst * BUCKET_BYTE - b->level;
	int64_t passed = now_ms - b->at_ms;

	if (passed <= 0)
		return;
	if (passed > missing / b->rate)
		b->level = b->burst * BUCKET_BYTE;
	else
		b->level += passed * b->rate;
	b->at_ms = now_ms;
}

/* Bytes that may pass now. */
static inline int64_t
bucket_bytes(const struct bucket *b)
{
	return b->level / BUCKET_BYTE;
}

static inline void
bucket_take(struct bucket *b, int64_t bytes)
{
	b->level -= bytes * BUCKET_BYTE;
}

/* ms until that many may pass, at most a burst; 0: they may now. */
static inline int64_t
bucket_wait(const struct bucket *b, int64_t bytes)
{
	int64_t missing;

	if (bytes > b->burst)
		bytes = b->burst;
	missing = bytes * BUCKET_BYTE - b->level;
	return missing > 0 ? (missing + b->rate - 1) / b->rate : 0;
}

#endif

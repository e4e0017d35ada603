/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * arena.h - memory that is given back all at once: what one reading of the
 * configuration made.  [one thread at a time]
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/compiler.h"

#include <stddef.h>

struct arena_block;
struct arena {
	struct arena_block *blocks;
};

/* Zero is a valid empty arena. */
void arena_finish(struct arena *a);

/* n zeroed bytes, aligned for any object; NULL: no memory. */
void *arena_alloc(struct arena *a, size_t n);

/* count * size zeroed bytes; NULL also when that overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);

/* A copy of n bytes with a 0 behind it; of a string. */
char *arena_copy(struct arena *a, const char *s, size_t n);
char *arena_string(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * keep.h - memory of a binding that survives reloads (bnd_keep() of the SDK):
 * found by pipeline, name, type, state version, worker and key.  Every
 * generation that asked holds it; the last one that goes frees it.  [any
 * thread; locked]
 */
#ifndef PIPELINE_KEEP_H
#define PIPELINE_KEEP_H

#include <stddef.h>

struct binding;

enum { KEEP_ALL_WORKERS = -1 };

/* NULL: no memory, or it exists with another size. */
void *keep_get(struct binding *b, int worker, const char *key, size_t size,
    void (*fini)(void *));

/* The binding gives up what it asked for on that worker (or for all). */
void keep_release(struct binding *b, int worker);

#endif

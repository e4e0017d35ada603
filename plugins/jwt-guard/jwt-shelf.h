/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-shelf.h - a place in which threads find something that is replaced now
 * and then: the keys, the list of what is revoked.  A reader compares the
 * version, which costs one load, and takes a reference when it has changed.
 * [any]
 */
#ifndef JWT_SHELF_H
#define JWT_SHELF_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct jwt_shelf {
	pthread_mutex_t lock;
	void *item;               /* one reference is ours; NULL: none yet */
	_Atomic uint64_t version; /* 0: none yet; one more with each item */
	void *(*ref)(void *item);
	void (*unref)(void *item);
};

/* The functions count references of items; both may be called on any thread. */
void jwt_shelf_init(
    struct jwt_shelf *s, void *(*ref)(void *item), void (*unref)(void *item));
void jwt_shelf_finish(struct jwt_shelf *s);

/* Put an item there; the caller's reference becomes the shelf's. */
void jwt_shelf_put(struct jwt_shelf *s, void *item);

/* If there is a newer one than *version, take a reference to it, set *version,
 * and give back the reference in *item, which may be NULL.  Says whether. */
_Bool jwt_shelf_look(struct jwt_shelf *s, void **item, uint64_t *version);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-shelf.h"

#include <stddef.h>

void
jwt_shelf_init(
    struct jwt_shelf *s, void *(*ref)(void *item), void (*unref)(void *item))
{
	pthread_mutex_init(&s->lock, NULL);
	s->item = NULL;
	atomic_init(&s->version, 0);
	s->ref = ref;
	s->unref = unref;
}

void
jwt_shelf_finish(struct jwt_shelf *s)
{
	if (s->item)
		s->unref(s->item);
	s->item = NULL;
	pthread_mutex_destroy(&s->lock);
}

void
jwt_shelf_put(struct jwt_shelf *s, void *item)
{
	void *old;

	pthread_mutex_lock(&s->lock);
	old = s->item;
	s->item = item;
	atomic_fetch_add(&s->version, 1);
	pthread_mutex_unlock(&s->lock);
	if (old)
		s->unref(old);
}

_Bool
jwt_shelf_look(struct jwt_shelf *s, void **item, uint64_t *version)
{
	void *old = *item;

	if (atomic_load_explicit(&s->version, memory_order_acquire) == *version)
		return 0;
	pthread_mutex_lock(&s->lock);
	*item = s->ref(s->item);
	*version = atomic_load(&s->version);
	pthread_mutex_unlock(&s->lock);
	if (old)
		s->unref(old);
	return 1;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "box.h"

#include <stddef.h>

void
box_put(struct box *b, struct news *n)
{
	pthread_mutex_lock(&b->lock);
	if (!n->is_in) {
		n->is_in = true;
		n->next = b->first;
		b->first = n;
	}
	pthread_mutex_unlock(&b->lock);
}

bool
box_must_be_told(struct box *b)
{
	bool must;

	pthread_mutex_lock(&b->lock);
	must = b->first && !b->is_told;
	if (must)
		b->is_told = true;
	pthread_mutex_unlock(&b->lock);
	return must;
}

void
box_was_not_told(struct box *b)
{
	pthread_mutex_lock(&b->lock);
	b->is_told = false;
	pthread_mutex_unlock(&b->lock);
}

struct news *
box_take(struct box *b)
{
	struct news *n;

	pthread_mutex_lock(&b->lock);
	n = b->first;
	if (n) {
		b->first = n->next;
		n->is_in = false;
	} else {
		b->is_told = false;
	}
	pthread_mutex_unlock(&b->lock);
	return n;
}

void
box_remove(struct box *b, struct news *n)
{
	struct news **at = &b->first;

	pthread_mutex_lock(&b->lock);
	while (n->is_in && *at != n)
		at = &(*at)->next;
	if (n->is_in)
		*at = n->next;
	n->is_in = false;
	pthread_mutex_unlock(&b->lock);
}

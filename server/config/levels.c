/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/levels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct level *
levels_top(const struct levels *l)
{
	return &l->stack[l->depth];
}

int
levels_open(struct levels *l, char open, const char *file, unsigned line)
{
	if (l->depth == LEVELS_DEPTH_MAX)
		return -E2BIG;
	l->stack[++l->depth] = (struct level){ open, file, line, l->key_count };
	return 0;
}

int
levels_add(struct levels *l, const struct level_key *key)
{
	size_t capacity = l->key_capacity ? l->key_capacity * 2 : 64;

	if (l->key_count - levels_top(l)->first_key == LEVELS_KEYS_MAX)
		return -E2BIG;
	if (l->key_count == l->key_capacity) {
		void *p = reallocarray(l->keys, capacity, sizeof(*l->keys));

		if (!p)
			return -ENOMEM;
		l->keys = p;
		l->key_capacity = capacity;
	}
	l->keys[l->key_count] = *key;
	l->keys[l->key_count].order = l->key_count;
	l->key_count++;
	return 0;
}

static bool
levels_is_same(const struct level_key *a, const struct level_key *b)
{
	return a->length == b->length && !memcmp(a->name, b->name, a->length);
}

static int
levels_by_name(const void *va, const void *vb)
{
	const struct level_key *a = va, *b = vb;
	int rc;

	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	rc = memcmp(a->name, b->name, a->length);
	return rc ? rc : a->order < b->order ? -1 : a->order > b->order;
}

static void
levels_find_doubled(
    struct level_key *keys, size_t count, struct report *doubled)
{
	const struct level_key *first = keys;

	qsort(keys, count, sizeof(*keys), levels_by_name);
	for (size_t i = 1; i < count; i++) {
		if (levels_is_same(&keys[i], first))
			report_error(doubled, keys[i].file, keys[i].line,
			    "'%.*s' is already set at %s:%u",
			    (int)first->length, first->name, first->file,
			    first->line);
		else
			first = &keys[i];
	}
}

void
levels_close(struct levels *l, struct report *doubled)
{
	size_t first = levels_top(l)->first_key;

	if (l->key_count - first > 1)
		levels_find_doubled(
		    l->keys + first, l->key_count - first, doubled);
	l->key_count = first;
	if (l->depth)
		l->depth--;
}

void
levels_finish(struct levels *l)
{
	free(l->keys);
	l->keys = NULL;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "pipeline/keep.h"

#include "pipeline/pipeline.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One binding (of one generation) that holds an object. */
struct holder {
	struct holder *next;
	const struct binding *binding;
};

struct kept {
	struct kept *next;
	char *name; /* pipeline/name/type/version/worker/key */
	int worker;
	size_t size;
	void (*fini)(void *);
	struct holder *holders;
	alignas(max_align_t) char object[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept *all;

static struct kept **
kept_find(const char *name)
{
	struct kept **at = &all;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

static void
kept_free(struct kept *k)
{
	free(k->name);
	free(k);
}

static struct kept *
kept_create(char *name, int worker, size_t size)
{
	struct kept *k = calloc(1, sizeof(*k) + size);

	if (!k)
		return NULL;
	k->name = strdup(name);
	if (!k->name) {
		free(k);
		return NULL;
	}
	k->worker = worker;
	k->size = size;
	return k;
}

static bool
kept_hold(struct kept *k, const struct binding *b)
{
	struct holder *h;

	for (h = k->holders; h; h = h->next)
		if (h->binding == b)
			return true;
	h = malloc(sizeof(*h));
	if (!h)
		return false;
	*h = (struct holder){ k->holders, b };
	k->holders = h;
	return true;
}

static void *
keep_get_locked(struct binding *b, int worker, char *name, size_t size,
    void (*fini)(void *))
{
	struct kept **at = kept_find(name), *k = *at;

	if (k && k->size != size)
		return NULL;
	if (!k)
		k = kept_create(name, worker, size);
	if (!k)
		return NULL;
	if (!kept_hold(k, b)) {
		if (!*at)
			kept_free(k);
		return NULL;
	}
	k->fini = fini;
	*at = k;
	return k->object;
}

void *
keep_get(struct binding *b, int worker, const char *key, size_t size,
    void (*fini)(void *))
{
	char *name;
	void *object;

	if (asprintf(&name, "%s/%s/%s/%u/%d/%s", b->pub.pipeline, b->pub.name,
		b->type->name, b->type->state_version, worker, key) < 0)
		return NULL;
	pthread_mutex_lock(&lock);
	object = keep_get_locked(b, worker, name, size, fini);
	pthread_mutex_unlock(&lock);
	free(name);
	return object;
}

static void
kept_release(struct kept *k, const struct binding *b)
{
	for (struct holder **h = &k->holders; *h; h = &(*h)->next) {
		struct holder *gone = *h;

		if (gone->binding != b)
			continue;
		*h = gone->next;
		free(gone);
		return;
	}
}

/* Take the next one that nobody holds off the list. */
static struct kept *
kept_take_orphan(const struct binding *b, int worker)
{
	for (struct kept **at = &all; *at; at = &(*at)->next) {
		struct kept *k = *at;

		if (k->worker != worker || !k->holders)
			continue;
		kept_release(k, b);
		if (k->holders)
			continue;
		*at = k->next;
		return k;
	}
	return NULL;
}

void
keep_release(struct binding *b, int worker)
{
	for (;;) {
		struct kept *k;

		pthread_mutex_lock(&lock);
		k = kept_take_orphan(b, worker);
		pthread_mutex_unlock(&lock);
		if (!k)
			return;
		if (k->fini)
			k->fini(k->object);
		kept_free(k);
	}
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-keep.c - memory that outlives a generation. */

#include "kit-calls.h"
#include "kit-inner.h"

#include <stdlib.h>
#include <string.h>

static struct kit_kept **
kept_find(struct bndk *k, const char *key, int worker, uint32_t state_version)
{
	struct kit_kept **at = &k->kept;

	while (*at && ((*at)->worker != worker ||
			  (*at)->state_version != state_version ||
			  strcmp((*at)->key, key) != 0))
		at = &(*at)->next;
	return at;
}

static struct kit_kept *
kept_make(struct kit_generation *g, const char *key, int worker, size_t size)
{
	struct kit_kept *o = kit_alloc(sizeof(*o));

	o->key = strdup(key);
	o->worker = worker;
	o->state_version = g->image->type.state_version;
	o->size = size;
	o->object = kit_alloc(size);
	o->next = g->k->kept;
	g->k->kept = o;
	return o;
}

static void
kept_hold(struct kit_kept *o, unsigned number)
{
	unsigned *grown = kit_alloc((o->holder_count + 1) * sizeof(*grown));

	for (size_t i = 0; i < o->holder_count; i++) {
		if (o->holders[i] == number) {
			free(grown);
			return;
		}
		grown[i] = o->holders[i];
	}
	grown[o->holder_count++] = number;
	free(o->holders);
	o->holders = grown;
}

static void *
keep_get(struct kit_generation *g, int worker, const char *key, size_t size,
    void (*fini)(void *))
{
	struct kit_kept *o =
	    *kept_find(g->k, key, worker, g->image->type.state_version);

	if (o && o->size != size)
		return NULL;
	if (!o)
		o = kept_make(g, key, worker, size);
	kept_hold(o, g->number);
	o->fini = fini;
	return o->object;
}

void *
call_keep(
    struct bnd_binding *b, const char *key, size_t size, void (*fini)(void *))
{
	struct kit_generation *g = generation_of(b);

	if (kit_call(g->k, "keep", TAG_MAIN))
		return NULL;
	return keep_get(g, -1, key, size, fini);
}

void *
call_worker_keep(
    struct bnd_worker *w, const char *key, size_t size, void (*fini)(void *))
{
	struct kit_desk *d = desk_of(w);

	if (kit_call(d->generation->k, "worker_keep", TAG_WORKER))
		return NULL;
	return keep_get(d->generation, (int)w->index, key, size, fini);
}

/* false: it does not hold it, or others do too. */
static bool
kept_is_orphaned(struct kit_kept *o, unsigned number)
{
	for (size_t i = 0; i < o->holder_count; i++) {
		if (o->holders[i] != number)
			continue;
		o->holders[i] = o->holders[--o->holder_count];
		return o->holder_count == 0;
	}
	return false;
}

/* The generation gives up what it has asked for on that worker; -1: for all. */
void
keep_release(struct kit_generation *g, int worker)
{
	struct kit_kept **at = &g->k->kept, *o;
	struct kit_context before;

	while ((o = *at) != NULL) {
		if (o->worker != worker || !kept_is_orphaned(o, g->number)) {
			at = &o->next;
			continue;
		}
		*at = o->next;
		if (o->fini) {
			before =
			    kit_enter(g->k, worker < 0 ? TAG_MAIN : TAG_WORKER,
				"fini", NULL, NULL);
			o->fini(o->object);
			kit_leave(g->k, before);
		}
		free(o->object);
		free(o->holders);
		free(o->key);
		free(o);
	}
}

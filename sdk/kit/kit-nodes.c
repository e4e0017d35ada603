/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-nodes.c - pieces of the configuration, and exits. */

#include "kit-calls.h"
#include "kit-inner.h"

#include <stdlib.h>
#include <string.h>

struct bnd_exit {
	struct kit_exit_name head;
};

const struct bnd_node *
call_node_get(const struct bnd_node *n, const char *key, size_t i)
{
	if (!n)
		return NULL;
	if (key)
		return n->kind == BND_N_MAP ? node_find(n, key) : NULL;
	return i < call_node_count(n) ? &n->items[i] : NULL;
}

const char *
call_node_text(const struct bnd_node *n)
{
	return n && n->text ? n->text : "";
}

const char *
call_node_key(const struct bnd_node *n)
{
	return n ? n->key : NULL;
}

unsigned
call_node_kind(const struct bnd_node *n)
{
	return n ? n->kind : 0;
}

size_t
call_node_count(const struct bnd_node *n)
{
	if (!n || (n->kind != BND_N_LIST && n->kind != BND_N_MAP))
		return 0;
	return n->count;
}

/* Every name is a pipeline here. */
const struct bnd_exit *
exit_find(struct bndk *k, const char *name)
{
	struct bnd_exit *x;

	for (struct kit_exit_name *e = k->exits; e; e = e->next)
		if (strcmp(e->name, name) == 0)
			return CONTAINER_OF(e, struct bnd_exit, head);
	x = kit_alloc(sizeof(*x));
	x->head.name = strdup(name);
	x->head.next = k->exits;
	k->exits = &x->head;
	return x;
}

const char *
exit_name(const struct bnd_exit *e)
{
	return e->head.name;
}

const struct bnd_exit *
call_node_exit(struct bnd_binding *b, const struct bnd_node *n)
{
	struct bndk *k = generation_of(b)->k;

	kit_call(k, "node_exit", TAG_MAIN);
	if (!n || n->kind != BND_N_TEXT)
		return NULL;
	return exit_find(k, n->text);
}

void
exits_free(struct bndk *k)
{
	struct kit_exit_name *e;

	while ((e = k->exits) != NULL) {
		k->exits = e->next;
		free((char *)(uintptr_t)e->name);
		free(CONTAINER_OF(e, struct bnd_exit, head));
	}
}

static struct bnd_buf *
metrics_text(void)
{
	return call_buf_new("", 0);
}

const void *
call_ext(const char *id)
{
	static const struct bnd_ext_metrics metrics = { .size = sizeof(metrics),
		.text = metrics_text };

	if (kit_call(kit_current, "ext", TAG_MAIN))
		return NULL;
	return strcmp(id, "bindery.metrics/1") == 0 ? &metrics : NULL;
}

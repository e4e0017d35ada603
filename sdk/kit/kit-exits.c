/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-exits.c - exits, and what bnd_ext() gives. */

#include "kit-calls.h"
#include "kit-inner.h"

#include <stdlib.h>
#include <string.h>

struct bnd_exit {
	struct kit_exit_name head;
};

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

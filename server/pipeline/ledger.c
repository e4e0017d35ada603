/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "pipeline/ledger.h"

#include "plugins/negotiate.h"

#include <stdlib.h>
#include <string.h>

enum { LINE = 64 };

static _Atomic(struct ledger *) ledgers;

static bool
text_is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool
metric_is_same(const struct bnd_metric *a, const struct bnd_metric *b)
{
	return a->kind == b->kind && text_is_same(a->name, b->name) &&
	       text_is_same(a->unit, b->unit) &&
	       text_is_same(a->label, b->label);
}

/* Do they count the same things in the same order? */
static bool
layout_is_same(const struct ledger_key *a, const struct ledger_key *b)
{
	struct bnd_metric x, y;
	bool has_x, has_y;
	size_t i = 0;

	do {
		has_x =
		    a->metrics && metric_at(a->metrics, a->metric_size, i, &x);
		has_y =
		    b->metrics && metric_at(b->metrics, b->metric_size, i, &y);
		if (has_x != has_y || (has_x && !metric_is_same(&x, &y)))
			return false;
		i++;
	} while (has_x);
	return true;
}

static bool
key_is_same(const struct ledger_key *a, const struct ledger_key *b)
{
	return a->cells == b->cells && a->count == b->count &&
	       text_is_same(a->pipeline, b->pipeline) &&
	       text_is_same(a->binding, b->binding) &&
	       text_is_same(a->type, b->type) && layout_is_same(a, b);
}

/* Copy a name to *at, behind which the next one goes. */
static const char *
name_copy(char **at, const char *name)
{
	char *copy = *at;

	if (!name)
		return NULL;
	*at = stpcpy(copy, name) + 1;
	return copy;
}

static size_t
name_size(const char *name)
{
	return name ? strlen(name) + 1 : 0;
}

static struct ledger *
ledger_create(const struct ledger_key *k)
{
	size_t size = sizeof(struct sheet) + k->cells * sizeof(struct cell);
	struct ledger *l =
	    calloc(1, sizeof(*l) + name_size(k->pipeline) +
			  name_size(k->binding) + name_size(k->type));
	char *names = (char *)(l + 1);

	if (!l)
		return NULL;
	l->sheet_size = (size + LINE - 1) & ~(size_t)(LINE - 1);
	l->sheets = aligned_alloc(LINE, l->sheet_size * (k->count + 1));
	if (!l->sheets) {
		free(l);
		return NULL;
	}
	memset(l->sheets, 0, l->sheet_size * (k->count + 1));
	l->key = *k;
	l->key.pipeline = name_copy(&names, k->pipeline);
	l->key.binding = name_copy(&names, k->binding);
	l->key.type = name_copy(&names, k->type);
	return l;
}

struct ledger *
ledger_open(const struct ledger_key *k)
{
	struct ledger *first =
	    atomic_load_explicit(&ledgers, memory_order_relaxed);
	struct ledger *l;

	for (const struct ledger *i = first; i; i = i->next)
		if (key_is_same(&i->key, k))
			return (struct ledger *)(uintptr_t)i;
	l = ledger_create(k);
	if (!l)
		return NULL;
	l->next = first;
	atomic_store_explicit(&ledgers, l, memory_order_release);
	return l;
}

void
ledger_use(struct ledger *l, uint32_t generation)
{
	atomic_store_explicit(&l->generation, generation, memory_order_relaxed);
	atomic_fetch_add_explicit(&l->users, 1, memory_order_release);
}

void
ledger_unuse(struct ledger *l)
{
	atomic_fetch_sub_explicit(&l->users, 1, memory_order_release);
}

const struct ledger *
ledger_first(void)
{
	return atomic_load_explicit(&ledgers, memory_order_acquire);
}

int64_t
ledger_sum(const struct ledger *l, size_t cell)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < l->key.count; i++)
		sum += (uint64_t)cell_read(&ledger_sheet(l, i)->cells[cell]);
	return (int64_t)sum;
}

int64_t
ledger_greatest(const struct ledger *l, size_t cell)
{
	int64_t greatest = LEDGER_UNSET;
	uint32_t newest = 0;

	for (unsigned i = 0; i < l->key.count; i++) {
		const struct sheet *s = ledger_sheet(l, i);
		uint32_t generation =
		    atomic_load_explicit(&s->generation, memory_order_acquire);
		int64_t value = cell_read(&s->cells[cell]);

		if (generation == 0 || generation < newest)
			continue;
		if (generation > newest || value > greatest)
			greatest = value;
		newest = generation;
	}
	return greatest;
}

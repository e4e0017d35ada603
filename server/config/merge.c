/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct merge {
	struct arena *arena;
	struct report *report;
	bool has_doubled;
};

struct merge_entry {
	const struct node *node;
	struct node merged; /* what stands in its place, if is_merged */
	size_t order;
	bool is_merged;
};

static int merge_maps(struct merge *m, const struct node *const *maps,
    size_t count, const char *path, struct node *r);

static int
merge_by_key(const void *va, const void *vb)
{
	const struct merge_entry *a = va, *b = vb;
	int rc = strcmp(a->node->key, b->node->key);

	return rc ? rc : a->order < b->order ? -1 : a->order > b->order;
}

static int
merge_by_order(const void *va, const void *vb)
{
	const struct merge_entry *a = va, *b = vb;

	return a->order < b->order ? -1 : a->order > b->order;
}

static bool
merge_is_all_maps(const struct merge_entry *e, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (e[i].node->kind != NODE_MAP)
			return false;
	return true;
}

/* The first of them stays, for what comes after to be checked too. */
static void
merge_report(struct merge *m, const struct merge_entry *e, size_t count,
    const char *path)
{
	const struct node *first = e->node;

	m->has_doubled = true;
	for (size_t i = 1; i < count; i++)
		report_error(m->report, e[i].node->file, e[i].node->line,
		    "'%s' is already set at %s:%u", path, first->file,
		    first->line);
}

/* count entries have the same key.  Pipelines are whole: the groups below
 * `pipelines` are not merged. */
static int
merge_same(
    struct merge *m, struct merge_entry *e, size_t count, const char *parent)
{
	const struct node **maps;
	const char *path =
	    *parent ? arena_printf(m->arena, "%s.%s", parent, e->node->key)
		    : e->node->key;

	if (!path)
		return -ENOMEM;
	if (!strcmp(parent, "pipelines") || !merge_is_all_maps(e, count)) {
		merge_report(m, e, count, path);
		return 0;
	}
	maps = arena_array(m->arena, count, sizeof(const void *));
	if (!maps)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		maps[i] = e[i].node;
	e->is_merged = true;
	return merge_maps(m, maps, count, path, &e->merged);
}

/* Leave one entry for each key; *count_r of them, in their first order. */
static int
merge_entries(
    struct merge *m, struct merge_entry *e, size_t *count_r, const char *path)
{
	size_t kept = 0, next;

	qsort(e, *count_r, sizeof(*e), merge_by_key);
	for (size_t i = 0; i < *count_r; i = next) {
		for (next = i + 1; next < *count_r; next++)
			if (strcmp(e[next].node->key, e[i].node->key))
				break;
		if (next - i > 1) {
			int rc = merge_same(m, e + i, next - i, path);

			if (rc)
				return rc;
		}
		e[kept++] = e[i];
	}
	qsort(e, kept, sizeof(*e), merge_by_order);
	*count_r = kept;
	return 0;
}

static struct merge_entry *
merge_collect(const struct node *const *maps, size_t count, size_t *total_r)
{
	size_t total = 0, n = 0;
	struct merge_entry *e;

	for (size_t i = 0; i < count; i++)
		total += maps[i]->count;
	e = calloc(total + 1, sizeof(*e));
	if (!e)
		return NULL;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < maps[i]->count; k++, n++)
			e[n] = (struct merge_entry){ &maps[i]->items[k],
				.order = n };
	*total_r = total;
	return e;
}

static void
merge_free(struct merge_entry **e)
{
	free(*e);
}

static int
merge_maps(struct merge *m, const struct node *const *maps, size_t count,
    const char *path, struct node *r)
{
	size_t total;
	struct merge_entry *e CLEANUP(merge_free) =
	    merge_collect(maps, count, &total);
	int rc;

	if (!e)
		return -ENOMEM;
	rc = merge_entries(m, e, &total, path);
	if (rc)
		return rc;
	*r = *maps[0];
	r->count = total;
	r->items = arena_array(m->arena, total, sizeof(*r->items));
	if (!r->items)
		return -ENOMEM;
	for (size_t i = 0; i < total; i++)
		r->items[i] = e[i].is_merged ? e[i].merged : *e[i].node;
	return 0;
}

int
node_merge(const struct node *const *maps, size_t count, struct arena *arena,
    struct report *report, struct node *r)
{
	struct merge m = { .arena = arena, .report = report };
	int rc = 0;

	if (count == 1)
		*r = *maps[0];
	else
		rc = merge_maps(&m, maps, count, "", r);
	return rc ? rc : m.has_doubled ? -EINVAL : 0;
}

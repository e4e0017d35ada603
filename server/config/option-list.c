/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* option-list.c - options of many values: lists, endpoints, networks, rows. */
#include "config/option-kind.h"

#include <errno.h>
#include <string.h>

/* One value alone is a list too. */
static const struct node *
option_items(const struct node *value, size_t *n)
{
	*n = value->kind == NODE_LIST ? value->count : 1;
	return value->kind == NODE_LIST ? value->items : value;
}

static int
option_check_count(
    const struct option_place *p, const struct node *value, size_t n)
{
	if (n == 0 && (p->option->flags & BND_O_REQUIRED))
		return option_error(p, value, "must not be empty");
	return option_check_range(p, value, (int64_t)n);
}

static int
option_check_item(const struct option_place *p, const struct node *item)
{
	const char *choices = p->option->choices;

	if (item->kind != NODE_TEXT)
		return option_kind_error(p, item, "a string or a list of them");
	if (choices && option_choice_find(choices, item->text) < 0)
		return option_choice_error(p, item);
	return 0;
}

/* The texts of all items, in the arena; those that are none are reported. */
static int
option_texts(
    const struct option_place *p, const struct node *value, struct bnd_list *r)
{
	const struct node *items = option_items(value, &r->n);
	const char **texts = arena_array(p->ctx->arena, r->n, sizeof(*texts));
	int rc = 0;

	if (!texts)
		return option_no_memory(p);
	for (size_t i = 0; i < r->n; i++) {
		texts[i] = items[i].text;
		if (option_check_item(p, &items[i]) < 0)
			rc = -EINVAL;
	}
	r->v = texts;
	return rc;
}

int
option_set_list(
    const struct option_place *p, const struct node *value, void *field)
{
	struct bnd_list *r = field, list;
	const char **texts;

	if (option_texts(p, value, &list) < 0)
		return -EINVAL;
	texts = arena_array(p->ctx->arena, list.n, sizeof(*texts));
	for (size_t i = 0; texts && i < list.n; i++) {
		texts[i] = arena_string(p->ctx->arena, list.v[i]);
		if (!texts[i])
			return option_no_memory(p);
	}
	if (!texts)
		return option_no_memory(p);
	*r = (struct bnd_list){ list.n, texts };
	return option_check_count(p, value, list.n);
}

int
option_set_endpoints(
    const struct option_place *p, const struct node *value, void *field)
{
	struct bnd_endpoints *r = field;
	const struct bnd_endpoint **all;
	const struct node *items;
	size_t n;
	int rc = 0;

	items = option_items(value, &n);
	all = arena_array(p->ctx->arena, n, sizeof(*all));
	if (!all)
		return option_no_memory(p);
	for (size_t i = 0; i < n; i++)
		if (option_set_endpoint(p, &items[i], &all[i]) < 0)
			rc = -EINVAL;
	if (rc < 0)
		return rc;
	*r = (struct bnd_endpoints){ n, all };
	return option_check_count(p, value, n);
}

int
option_set_nets(
    const struct option_place *p, const struct node *value, void *field)
{
	const struct node *items;
	struct bnd_list list;
	char quote[OPTION_QUOTE];
	size_t n, bad = 0;
	const char *err;
	int rc = 0;

	items = option_items(value, &n);
	if (option_texts(p, value, &list) < 0)
		return -EINVAL;
	/* All that are wrong in one run: go on behind each. */
	for (; (err = value_nets(list.v, list.n, p->ctx->arena, field, &bad));
	     items += bad + 1) {
		if (bad == list.n || err == value_no_memory)
			return option_no_memory(p);
		rc = option_error(p, &items[bad], "value '%s' %s",
		    option_quote(list.v[bad], quote), err);
		list.v += bad + 1;
		list.n -= bad + 1;
	}
	return rc < 0 ? rc : option_check_count(p, value, n);
}

int
option_set_rows(
    const struct option_place *p, const struct node *value, void *field)
{
	struct option_place at = {
		.ctx = p->ctx, .outer = p, .element_size = p->element_size
	};
	const struct bnd_option *o = p->option;
	struct bnd_rows *r = field;
	int rc = 0;

	if (value->kind == NODE_MAP)
		return option_error(p, value,
		    "must be a list of groups, not a group: write ( { ... } )");
	if (value->kind != NODE_LIST)
		return option_kind_error(p, value, "a list of groups");
	r->v = arena_array(p->ctx->arena, value->count, o->row_size);
	if (!r->v)
		return option_no_memory(p);
	r->n = value->count;
	for (size_t i = 0; i < r->n; i++) {
		const struct node *item = &value->items[i];
		void *row = (char *)r->v + i * o->row_size;

		at.row = i + 1;
		if (item->kind != NODE_MAP)
			rc = option_kind_error(&at, item, "a group");
		else if (option_parse_map(&at, o->rows, item, row) < 0)
			rc = -EINVAL;
	}
	return rc < 0 ? rc : option_check_count(p, value, r->n);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* option-row.c - what a binding itself finds wrong with its options: the place
 * of an option, or of a column of a row that is known by its address. */
#include "config/option-kind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct option_finding {
	const char *key; /* NULL: none in particular */
	const void *row;
	const char *text;
};

static int
option_find_key(const struct option_place *of, const struct node *map,
    const struct option_finding *f)
{
	const struct bnd_option named = { .name = f->key };
	struct option_place at = *of;
	const struct node *value = f->key ? node_find(map, f->key) : NULL;

	at.option = f->key ? &named : NULL;
	return option_error(&at, value ? value : map, "%s", f->text);
}

static int
option_find_row(const struct option_place *of, const struct bnd_option *table,
    const struct node *map, const void *self, const struct option_finding *f);

/* The rows of p->option.  -EINVAL: found and reported. */
static int
option_find_in_rows(const struct option_place *p, const struct node *value,
    const struct bnd_rows *rows, const struct option_finding *f)
{
	struct option_place at = {
		.ctx = p->ctx, .outer = p, .element_size = p->element_size
	};

	for (size_t i = 0; i < rows->n; i++) {
		const void *row = (char *)rows->v + i * p->option->row_size;

		at.row = i + 1;
		if (row == f->row)
			return option_find_key(&at, &value->items[i], f);
		if (option_find_row(
			&at, p->option->rows, &value->items[i], row, f) < 0)
			return -EINVAL;
	}
	return 0;
}

static int
option_find_row(const struct option_place *of, const struct bnd_option *table,
    const struct node *map, const void *self, const struct option_finding *f)
{
	struct option_place at = *of;
	struct bnd_option o;

	for (size_t i = 0; option_at(table, at.element_size, i, &o); i++) {
		const struct bnd_rows *rows =
		    (const void *)((const char *)self + o.offset);
		const struct node *value = node_find(map, o.name);

		at.option = &o;
		if (o.kind == BND_T_ROWS && value && value->count == rows->n &&
		    option_find_in_rows(&at, value, rows, f) < 0)
			return -EINVAL;
	}
	return 0;
}

int
option_report(const struct option_context *ctx, const struct option_values *v,
    const char *key, const void *row, const char *fmt, va_list ap)
{
	const struct option_place at = { .ctx = ctx,
		.element_size = v->element_size };
	struct option_finding f = { key, row, NULL };
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		return option_no_memory(&at);
	f.text = text;
	if (!row || option_find_row(&at, v->table, v->map, v->self, &f) == 0)
		option_find_key(&at, v->map, &f);
	free(text);
	return -EINVAL;
}

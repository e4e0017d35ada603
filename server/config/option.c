/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/option.h"

#include "config/option-kind.h"

#include <errno.h>
#include <string.h>

bool
option_at(const struct bnd_option *table, size_t element_size, size_t i,
    struct bnd_option *r)
{
	size_t n = element_size < sizeof(*r) ? element_size : sizeof(*r);

	memset(r, 0, sizeof(*r));
	if (!table || element_size < sizeof(r->name) || i >= OPTION_MAX)
		return false;
	memcpy(r, (const char *)table + i * element_size, n);
	return r->name != NULL;
}

static bool
option_find(const struct option_place *p, const struct bnd_option *table,
    const char *key, size_t *index_r)
{
	struct bnd_option o;

	for (size_t i = 0; option_at(table, p->element_size, i, &o); i++) {
		if (strcmp(o.name, key) != 0)
			continue;
		*index_r = i;
		return true;
	}
	return false;
}

/* Only the outermost map has keys that are none of the option code's business.
 */
static bool
option_is_skipped(const struct option_place *p, const char *key)
{
	const char *const *skip = p->outer ? NULL : p->ctx->skip;

	for (; skip && *skip; skip++)
		if (strcmp(*skip, key) == 0)
			return true;
	return false;
}

static const char *
option_suggest(const struct option_place *p, const struct bnd_option *table,
    const char *key)
{
	const char *names[OPTION_MAX + OPTION_SKIP_MAX + 1];
	const char *const *skip = p->outer ? NULL : p->ctx->skip;
	struct bnd_option o;
	size_t n = 0;

	for (size_t i = 0; option_at(table, p->element_size, i, &o); i++)
		if (!(o.flags & BND_O_DEPRECATED))
			names[n++] = o.name;
	for (size_t i = 0; skip && skip[i] && i < OPTION_SKIP_MAX; i++)
		names[n++] = skip[i];
	names[n] = NULL;
	return suggest(key, names);
}

static int
option_unknown(const struct option_place *p, const struct bnd_option *table,
    const struct node *at)
{
	const char *prefix = p->ctx->prefix && !p->outer ? p->ctx->prefix : "";
	char key[OPTION_QUOTE];
	const char *near;

	if (!option_may_suggest(p))
		return option_error(p, at, "unknown option");
	near = option_suggest(p, table, at->key);
	option_quote(at->key, key);
	if (!near)
		return option_error(
		    p, at, "unknown option '%s%s'", prefix, key);
	return option_error(p, at,
	    "unknown option '%s%s', did you mean '%s%s'?", prefix, key, prefix,
	    near);
}

/* seen[i]: the node of the table's i-th option, if the map has one. */
static int
option_match(const struct option_place *p, const struct bnd_option *table,
    const struct node *map, const struct node **seen)
{
	char key[OPTION_QUOTE];
	size_t index;
	int rc = 0;

	for (size_t i = 0; i < map->count; i++) {
		const struct node *item = &map->items[i];

		if (option_is_skipped(p, item->key))
			continue;
		if (!option_find(p, table, item->key, &index))
			rc = option_unknown(p, table, item);
		else if (seen[index])
			rc = option_error(p, item,
			    "option '%s' is set twice, first at %s:%u",
			    option_quote(item->key, key), seen[index]->file,
			    seen[index]->line);
		else
			seen[index] = item;
	}
	return rc;
}

static int
option_set_default(
    const struct option_place *p, const struct node *map, void *field)
{
	struct node value;

	if (!p->option->def)
		return 0;
	if (option_default(p->option, map, p->ctx->arena, &value) < 0)
		return option_no_memory(p);
	return option_kind(p->option->kind)->set(p, &value, field);
}

/* given NULL: the option is not in the map. */
static int
option_set(const struct option_place *p, const struct node *map,
    const struct node *given, void *self)
{
	const struct bnd_option *o = p->option;
	void *field = (char *)self + o->offset;

	if (!given && (o->flags & BND_O_REQUIRED))
		return option_error(p, map, "is required but missing");
	if (!given)
		return option_set_default(p, map, field);
	if (o->flags & BND_O_DEPRECATED)
		option_warn(p, given, "is deprecated%s%s", o->doc ? ": " : "",
		    o->doc ? o->doc : "");
	return option_kind(o->kind)->set(p, given, field);
}

int
option_parse_map(const struct option_place *p, const struct bnd_option *table,
    const struct node *map, void *self)
{
	const struct node *seen[OPTION_MAX];
	struct option_place at = *p;
	struct bnd_option o;
	size_t count = 0;
	int rc = 0;

	while (option_at(table, p->element_size, count, &o))
		seen[count++] = NULL;
	if (map)
		rc = option_match(p, table, map, seen);
	at.option = &o;
	/* Defaults first: a deprecated name may share its field. */
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < count; i++) {
			option_at(table, p->element_size, i, &o);
			if (!seen[i] == !pass &&
			    option_set(&at, map, seen[i], self) < 0)
				rc = -EINVAL;
		}
	return rc;
}

int
option_parse(const struct bnd_option *table, size_t element_size,
    const struct node *map, void *self, const struct option_context *ctx)
{
	const struct option_place p = { .ctx = ctx,
		.element_size = element_size };

	return option_parse_map(&p, table, map, self);
}

static void
option_wipe_rows(const struct bnd_option *o, size_t element_size, void *field)
{
	struct bnd_rows *rows = field;

	for (size_t i = 0; i < rows->n; i++)
		option_wipe(
		    o->rows, element_size, (char *)rows->v + i * o->row_size);
}

void
option_wipe(const struct bnd_option *table, size_t element_size, void *self)
{
	struct bnd_option o;

	for (size_t i = 0; option_at(table, element_size, i, &o); i++) {
		void *field = (char *)self + o.offset;

		if (o.kind == BND_T_ROWS)
			option_wipe_rows(&o, element_size, field);
		if (o.kind == BND_T_SECRET && *(char **)field)
			explicit_bzero(
			    *(char **)field, strlen(*(char **)field));
	}
}

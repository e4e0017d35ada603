/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * option-check.c - is a plugin's table sound?  A plugin is somebody else's
 * code: what it says is checked once, here, so that the rest can rely on it.
 * Each option_check_*() returns NULL, or what is wrong.
 */
#include "config/option-kind.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct option_check {
	const struct bnd_option *table;
	size_t element_size, self_size;
	struct arena *arena;
	const char *where; /* "" or "option 'routes', ": the rows' own option */
	unsigned depth;
};

typedef const char *
option_check_fn(const struct option_check *c, const struct bnd_option *o);

static const char *option_check_table(const struct option_check *c);

PRINTF(3, 4)
static const char *
option_fault(const struct option_check *c, const struct bnd_option *o,
    const char *fmt, ...)
{
	const char *text = NULL;
	char name[OPTION_QUOTE];
	va_list ap;
	char *rest;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&rest, fmt, ap);
	va_end(ap);
	if (n >= 0) {
		text = arena_printf(c->arena, "%soption '%s' %s", c->where,
		    option_quote(o->name, name), rest);
		free(rest);
	}
	return text ? text : "no memory to check the option table";
}

static const char *
option_check_name(const struct option_check *c, const struct bnd_option *o)
{
	struct bnd_option other;
	unsigned count = 0;

	if (!value_is_name(o->name))
		return option_fault(c, o, "has a name that no file can spell");
	if (!c->depth &&
	    (strcmp(o->name, "type") == 0 || strcmp(o->name, "name") == 0))
		return option_fault(
		    c, o, "has a name that every binding has already");
	for (size_t i = 0; option_at(c->table, c->element_size, i, &other); i++)
		if (strcmp(other.name, o->name) == 0 && ++count > 1)
			return option_fault(c, o, "is there twice");
	return NULL;
}

static const char *
option_check_flags(const struct option_check *c, const struct bnd_option *o)
{
	const unsigned known = BND_O_REQUIRED | BND_O_DEPRECATED | BND_O_LISTEN;

	if (o->kind == OPTION_T_NODE || !option_kind(o->kind))
		return option_fault(c, o,
		    "is of kind %u, which this host (SDK %d.%d) does not know",
		    o->kind, BND_MAJOR, BND_MINOR);
	if (o->flags & ~known)
		return option_fault(c, o,
		    "has flags 0x%x, which this host (SDK %d.%d) does not know",
		    o->flags & ~known, BND_MAJOR, BND_MINOR);
	return NULL;
}

static const char *
option_check_field(const struct option_check *c, const struct bnd_option *o)
{
	const struct option_kind *kind = option_kind(o->kind);

	if (o->size != kind->size)
		return option_fault(c, o,
		    "is of kind %s, whose field has %u bytes, but the "
		    "field has %u",
		    kind->name, kind->size, o->size);
	if (o->offset > c->self_size || c->self_size - o->offset < o->size)
		return option_fault(c, o,
		    "has a field at offset %u, outside of the struct's %zu "
		    "bytes",
		    o->offset, c->self_size);
	if (o->offset % kind->align || c->self_size % kind->align)
		return option_fault(c, o, "has a field that is not aligned");
	return NULL;
}

/* A deprecated name may fill the field of the one that took its place. */
static bool
option_may_share(const struct bnd_option *a, const struct bnd_option *b)
{
	return ((a->flags | b->flags) & BND_O_DEPRECATED) &&
	       a->kind == b->kind && a->offset == b->offset;
}

static const char *
option_check_overlap(const struct option_check *c, const struct bnd_option *o)
{
	struct bnd_option other;

	for (size_t i = 0; option_at(c->table, c->element_size, i, &other);
	     i++) {
		if (strcmp(other.name, o->name) == 0)
			break;
		if (o->offset >= (uint64_t)other.offset + other.size ||
		    other.offset >= (uint64_t)o->offset + o->size)
			continue;
		if (!option_may_share(o, &other))
			return option_fault(c, o,
			    "shares its field with option '%s'", other.name);
	}
	return NULL;
}

static const char *
option_check_limits(const struct option_check *c, const struct bnd_option *o)
{
	const struct option_kind *kind = option_kind(o->kind);

	if (o->min == 0 && o->max == 0)
		return NULL;
	if (!kind->text && !kind->unit)
		return option_fault(c, o,
		    "is of kind %s, which has no min and max", kind->name);
	if (o->min > o->max)
		return option_fault(c, o, "has a min above its max");
	return NULL;
}

static const char *
option_check_choices(const struct option_check *c, const struct bnd_option *o)
{
	const char *rest = o->choices, *choice;
	size_t n;

	if (!rest)
		return o->kind == BND_T_ENUM
			   ? option_fault(c, o, "has no choices")
			   : NULL;
	if (o->kind != BND_T_ENUM && o->kind != BND_T_LIST)
		return option_fault(c, o, "is of kind %s, which has no choices",
		    option_kind(o->kind)->name);
	while (option_choice_next(&rest, &choice, &n)) {
		const char *later = rest, *other;
		size_t m;

		if (n == 0)
			return option_fault(c, o, "has an empty choice");
		while (option_choice_next(&later, &other, &m))
			if (m == n && memcmp(choice, other, n) == 0)
				return option_fault(c, o,
				    "has the choice '%.*s' twice", (int)n,
				    choice);
	}
	return NULL;
}

static const char *
option_check_rows(const struct option_check *c, const struct bnd_option *o)
{
	struct option_check rows = *c;

	if (o->kind != BND_T_ROWS && (o->rows || o->row_size))
		return option_fault(c, o, "has rows but is of kind %s",
		    option_kind(o->kind)->name);
	if (o->kind != BND_T_ROWS)
		return NULL;
	if (!o->rows || !o->row_size)
		return option_fault(c, o, "has no table or size of its rows");
	if (c->depth + 1 >= OPTION_DEPTH_MAX)
		return option_fault(
		    c, o, "has rows nested deeper than %d", OPTION_DEPTH_MAX);
	rows.table = o->rows;
	rows.self_size = o->row_size;
	rows.depth++;
	rows.where =
	    arena_printf(c->arena, "%soption '%s', ", c->where, o->name);
	if (!rows.where)
		rows.where = "";
	return option_check_table(&rows);
}

/* Parse the default as if it stood in a file. */
static const char *
option_check_value(const struct option_check *c, const struct bnd_option *o)
{
	struct report report CLEANUP(report_finish) = { 0 };
	const struct option_context ctx = { .arena = c->arena,
		.report = &report };
	const struct option_place p = {
		.ctx = &ctx, .element_size = c->element_size, .option = o
	};
	union {
		int number;
		int64_t large;
		void *pointer;
		struct bnd_list list;
		struct bnd_endpoints endpoints;
	} field = { 0 };
	struct node value;

	if (option_default(o, NULL, c->arena, &value) < 0 ||
	    (option_kind(o->kind)->set(&p, &value, &field) < 0 &&
		!report.count))
		return option_fault(c, o, "cannot be checked: out of memory");
	if (report.count)
		return option_fault(c, o, "has a default that does not fit: %s",
		    report.entries[0].text);
	return NULL;
}

static const char *
option_check_default(const struct option_check *c, const struct bnd_option *o)
{
	const struct option_kind *kind = option_kind(o->kind);

	if (!o->def)
		return NULL;
	if (!kind->has_default)
		return option_fault(
		    c, o, "is of kind %s, which has no default", kind->name);
	if (o->flags & BND_O_REQUIRED)
		return option_fault(c, o, "is required but has a default");
	/* Whether it can be read is for the run that uses it. */
	if (o->kind == BND_T_FILE)
		return o->def[0] == '/'
			   ? NULL
			   : option_fault(
				 c, o, "has a default that is not absolute");
	return option_check_value(c, o);
}

/* What a newer header added must be unused. */
static const char *
option_check_tail(
    const struct option_check *c, size_t i, const struct bnd_option *o)
{
	const char *element = (const char *)c->table + i * c->element_size;

	/* What is reserved, and the padding behind it, may be a field one day.
	 */
	for (size_t at = offsetof(struct bnd_option, reserved_);
	     at < c->element_size; at++)
		if (element[at])
			return option_fault(c, o,
			    "uses something at offset %zu that this host (SDK "
			    "%d.%d) does not know",
			    at, BND_MAJOR, BND_MINOR);
	return NULL;
}

static const char *
option_check_one(const struct option_check *c, const struct bnd_option *o)
{
	static option_check_fn *const checks[] = { option_check_flags,
		option_check_name, option_check_field, option_check_overlap,
		option_check_limits, option_check_choices, option_check_rows,
		option_check_default };
	const char *err = NULL;

	for (size_t i = 0; !err && i < ARRAY_COUNT(checks); i++)
		err = checks[i](c, o);
	return err;
}

static const char *
option_check_table(const struct option_check *c)
{
	const char *err = NULL;
	struct bnd_option o;
	size_t i;

	for (i = 0; !err && option_at(c->table, c->element_size, i, &o); i++) {
		err = option_check_tail(c, i, &o);
		if (!err)
			err = option_check_one(c, &o);
	}
	if (!err && i == OPTION_MAX)
		err = "the option table has no end within 256 options";
	return err;
}

const char *
option_table_check(const struct bnd_option *table, size_t element_size,
    size_t self_size, struct arena *arena)
{
	const struct option_check c = { .table = table,
		.element_size = element_size,
		.self_size = self_size,
		.arena = arena,
		.where = "" };

	if (!table)
		return NULL;
	if (element_size < offsetof(struct bnd_option, doc) ||
	    element_size % _Alignof(struct bnd_option) ||
	    element_size > 16 * sizeof(struct bnd_option))
		return "the option table has elements of a size that no SDK "
		       "has had";
	return option_check_table(&c);
}

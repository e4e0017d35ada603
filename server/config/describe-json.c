/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* describe-json.c - a plugin's options as its table has them, for programs. */
#include "config/dump.h"

#include "config/option-kind.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

static json_t *json_table(const struct bnd_option *table, size_t element_size);

/* "a|b|c" as a list. */
static json_t *
json_choices(const char *choices)
{
	json_t *list = json_array();
	const char *choice;
	size_t n;

	while (option_choice_next(&choices, &choice, &n))
		if (json_array_append_new(list, json_stringn(choice, n)) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* Takes the value.  NULL as a value means that memory ran out. */
static void
json_add(json_t **o, const char *key, json_t *value)
{
	if (json_object_set_new(*o, key, value) == 0)
		return;
	json_decref(*o);
	*o = NULL;
}

static void
json_option_more(json_t **r, const struct bnd_option *o, size_t element_size)
{
	const struct option_kind *kind = option_kind(o->kind);
	char range[OPTION_RANGE] = "";

	if (kind)
		option_range_text(o, range);
	if (o->choices)
		json_add(r, "choices", json_choices(o->choices));
	if (*range)
		json_add(r, "range", json_string(range));
	if (*range && kind->unit)
		json_add(r, "unit", json_string(kind->unit));
	if (o->def)
		json_add(r, "default", json_choices(o->def));
	if (o->doc)
		json_add(r, "doc", json_string(o->doc));
	if (o->kind == BND_T_ROWS)
		json_add(r, "rows", json_table(o->rows, element_size));
}

static json_t *
json_option(const struct bnd_option *o, size_t element_size)
{
	const struct option_kind *kind = option_kind(o->kind);
	json_t *r = json_pack("{s:s, s:s, s:b, s:b}", "name", o->name, "kind",
	    kind ? kind->name : "unknown", "required",
	    (o->flags & BND_O_REQUIRED) != 0, "deprecated",
	    (o->flags & BND_O_DEPRECATED) != 0);

	json_option_more(&r, o, element_size);
	return r;
}

static json_t *
json_table(const struct bnd_option *table, size_t element_size)
{
	json_t *list = json_array();
	struct bnd_option o;

	for (size_t i = 0; list && option_at(table, element_size, i, &o); i++)
		if (json_array_append_new(list, json_option(&o, element_size)) <
		    0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

json_t *
describe_options_json(const struct bnd_type *type)
{
	return json_pack("{s:s?, s:s?, s:s, s:s?, s:o}", "name", type->name,
	    "version", type->version, "role", describe_role(type->role),
	    "summary", type->summary, "options",
	    json_table(type->options, type->option_size));
}

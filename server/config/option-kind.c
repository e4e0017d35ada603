/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/option-kind.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OPTION_FIELD(type) .size = sizeof(type), .align = _Alignof(type)

static const struct option_kind option_kinds[] = {
	[BND_T_BOOL] = { "boolean", OPTION_FIELD(int), option_set_bool,
	    .has_default = true },
	[BND_T_INT] = { "integer", OPTION_FIELD(int64_t), option_set_int,
	    value_int_text, .has_default = true },
	[BND_T_SIZE] = { "size", OPTION_FIELD(int64_t), option_set_size,
	    value_size_text, .has_default = true },
	[BND_T_TIME] = { "time", OPTION_FIELD(int64_t), option_set_time,
	    value_time_text, .has_default = true },
	[BND_T_STRING] = { "string", OPTION_FIELD(char *), option_set_string,
	    .unit = "bytes", .has_default = true },
	[BND_T_SECRET] = { "secret", OPTION_FIELD(char *), option_set_secret,
	    .unit = "bytes" },
	[BND_T_FILE] = { "file", OPTION_FIELD(char *), option_set_file,
	    .unit = "bytes", .has_default = true },
	[BND_T_ENUM] = { "choice", OPTION_FIELD(int), option_set_enum,
	    .has_default = true },
	[BND_T_LIST] = { "list", OPTION_FIELD(struct bnd_list), option_set_list,
	    .unit = "values", .has_default = true },
	[BND_T_EXIT] = { "exit", OPTION_FIELD(void *), option_set_exit },
	[OPTION_T_NODE] = { "any", OPTION_FIELD(void *), option_set_node },
	[BND_T_ENDPOINT] = { "endpoint", OPTION_FIELD(void *),
	    option_set_endpoint, .has_default = true },
	[BND_T_ENDPOINTS] = { "endpoints", OPTION_FIELD(struct bnd_endpoints),
	    option_set_endpoints, .unit = "endpoints", .has_default = true },
	[BND_T_NETS] = { "networks", OPTION_FIELD(void *), option_set_nets,
	    .unit = "networks", .has_default = true },
	[BND_T_ROWS] = { "rows", OPTION_FIELD(struct bnd_rows), option_set_rows,
	    .unit = "rows" },
};

const struct option_kind *
option_kind(uint32_t kind)
{
	if (kind >= ARRAY_COUNT(option_kinds) || !option_kinds[kind].set)
		return NULL;
	return &option_kinds[kind];
}

static bool
option_is_list(uint32_t kind)
{
	return kind == BND_T_LIST || kind == BND_T_ENDPOINTS ||
	       kind == BND_T_NETS;
}

static int
option_default_list(const char *def, struct arena *arena, struct node *r)
{
	const char *rest = *def ? def : NULL, *text;
	size_t n, count = 0;

	while (option_choice_next(&rest, &text, &n))
		count++;
	r->kind = NODE_LIST;
	r->text = "";
	r->count = count;
	r->items = arena_array(arena, count, sizeof(*r->items));
	if (!r->items)
		return -ENOMEM;
	rest = def;
	for (size_t i = 0; i < count; i++) {
		option_choice_next(&rest, &text, &n);
		r->items[i] = (struct node){ .kind = NODE_TEXT,
			.file = r->file,
			.line = r->line,
			.text = arena_copy(arena, text, n) };
		if (!r->items[i].text)
			return -ENOMEM;
	}
	return 0;
}

int
option_default(const struct bnd_option *o, const struct node *map,
    struct arena *arena, struct node *r)
{
	*r = (struct node){ .kind = NODE_TEXT,
		.file = map ? map->file : NULL,
		.line = map ? map->line : 0,
		.key = o->name,
		.text = o->def };
	return option_is_list(o->kind) ? option_default_list(o->def, arena, r)
				       : 0;
}

void
option_range_text(const struct bnd_option *o, char r[OPTION_RANGE])
{
	const struct option_kind *kind = option_kind(o->kind);
	char min[VALUE_TEXT_SIZE], max[VALUE_TEXT_SIZE];

	r[0] = 0;
	if (o->min == 0 && o->max == 0)
		return;
	if (!kind->text && !kind->unit)
		return;
	(kind->text ? kind->text : value_int_text)(o->min, min);
	(kind->text ? kind->text : value_int_text)(o->max, max);
	if (o->max == INT64_MAX)
		snprintf(r, OPTION_RANGE, "at least %s", min);
	else if (o->min == INT64_MIN)
		snprintf(r, OPTION_RANGE, "at most %s", max);
	else if (o->min == o->max)
		snprintf(r, OPTION_RANGE, "exactly %s", min);
	else
		snprintf(r, OPTION_RANGE, "%s to %s", min, max);
}

int
option_check_range(
    const struct option_place *p, const struct node *value, int64_t number)
{
	const struct bnd_option *o = p->option;
	const struct option_kind *kind = option_kind(o->kind);
	char range[OPTION_RANGE], quote[OPTION_QUOTE];

	if ((o->min == 0 && o->max == 0) ||
	    (number >= o->min && number <= o->max))
		return 0;
	option_range_text(o, range);
	if (kind->unit)
		return option_error(p, value, "must have %s %s, has %lld",
		    range, kind->unit, (long long)number);
	return option_error(p, value, "value '%s' is out of range: must be %s",
	    option_quote(value->text, quote), range);
}

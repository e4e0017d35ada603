/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* describe.c - a plugin's options as its table has them. */
#include "config/dump.h"

#include "config/option-kind.h"

#include <string.h>

static void describe_table(
    FILE *out, const struct bnd_option *table, size_t element_size, int indent);

static void
describe_choices(FILE *out, const char *choices)
{
	const char *choice, *comma = " of ";
	size_t n;

	while (option_choice_next(&choices, &choice, &n)) {
		fprintf(out, "%s\"%.*s\"", comma, (int)n, choice);
		comma = ", ";
	}
}

static void
describe_range(FILE *out, const struct bnd_option *o)
{
	const char *unit = option_kind(o->kind)->unit;
	char range[OPTION_RANGE];

	option_range_text(o, range);
	if (*range)
		fprintf(
		    out, ", %s%s%s", range, unit ? " " : "", unit ? unit : "");
}

static void
describe_default(FILE *out, const struct bnd_option *o)
{
	const char *rest = o->def, *text, *comma = ", default ";
	size_t n;

	while (option_choice_next(&rest, &text, &n)) {
		fprintf(out, "%s\"%.*s\"", comma, (int)n, text);
		comma = ", ";
	}
}

static void
describe_option(
    FILE *out, const struct bnd_option *o, size_t element_size, int indent)
{
	const struct option_kind *kind = option_kind(o->kind);

	fprintf(out, "%*s%s: %s", indent, "", o->name,
	    kind ? kind->name : "unknown");
	describe_choices(out, o->choices);
	if (kind)
		describe_range(out, o);
	describe_default(out, o);
	fprintf(out, "%s%s\n", o->flags & BND_O_REQUIRED ? ", required" : "",
	    o->flags & BND_O_DEPRECATED ? ", deprecated" : "");
	if (o->doc)
		fprintf(out, "%*s%s\n", indent + 4, "", o->doc);
	if (o->kind == BND_T_ROWS)
		describe_table(out, o->rows, element_size, indent + 4);
}

static void
describe_table(
    FILE *out, const struct bnd_option *table, size_t element_size, int indent)
{
	struct bnd_option o;

	for (size_t i = 0; option_at(table, element_size, i, &o); i++)
		describe_option(out, &o, element_size, indent);
}

const char *
describe_role(uint32_t role)
{
	switch (role) {
	case BND_FILTER:
		return "filter";
	case BND_SINK:
		return "sink";
	case BND_SOURCE:
		return "source";
	default:
		return "unknown role";
	}
}

void
describe_options(FILE *out, const struct bnd_type *type)
{
	struct bnd_option o;

	fprintf(out, "%s %s (%s)\n", type->name ? type->name : "(no name)",
	    type->version ? type->version : "(no version)",
	    describe_role(type->role));
	if (type->summary)
		fprintf(out, "%s\n", type->summary);
	fprintf(out, "\n%s\n",
	    option_at(type->options, type->option_size, 0, &o) ? "Options:"
							       : "No options.");
	describe_table(out, type->options, type->option_size, 2);
}

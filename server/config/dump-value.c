/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/dump-value.h"

#include "config/option-kind.h"

#include <string.h>

/* An option that is being printed. */
struct dump_value {
	FILE *out;
	unsigned depth;
	const struct bnd_option *option;
	size_t element_size;
	const void *field;
	const struct node *given; /* NULL: not in the file */
};

typedef void dump_value_fn(const struct dump_value *v);

void
dump_indent(FILE *out, unsigned depth)
{
	fprintf(out, "%*s", (int)depth * 2, "");
}

void
dump_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

void
dump_origin(FILE *out, const struct node *node)
{
	fprintf(out, "  # ");
	if (!node || !node->file) {
		fprintf(out, "default\n");
		return;
	}
	/* A newline in a file's name must not end the comment. */
	for (const char *p = node->file; *p; p++)
		fputc((unsigned char)*p < ' ' ? '?' : *p, out);
	fprintf(out, ":%u\n", node->line);
}

/* Large numbers in quotes: libconfig would wrap them, an option would not. */
static void
dump_integer(FILE *out, int64_t value)
{
	bool is_large = value > INT32_MAX || value < INT32_MIN;
	const char *quote = is_large ? "\"" : "";

	fprintf(out, "%s%lld%s", quote, (long long)value, quote);
}

static void
dump_items(FILE *out, unsigned depth, const struct node *node)
{
	bool is_map = node->kind == NODE_MAP;

	fprintf(out, is_map ? "{ " : "( ");
	for (size_t i = 0; i < node->count; i++) {
		if (is_map)
			fprintf(out, "%s = ", node->items[i].key);
		dump_node(out, depth + 1, &node->items[i]);
		fprintf(out, is_map ? "; " : i + 1 < node->count ? ", " : " ");
	}
	fputc(is_map ? '}' : ')', out);
}

void
dump_node(FILE *out, unsigned depth, const struct node *node)
{
	switch (node->kind) {
	case NODE_LIST:
	case NODE_MAP:
		dump_items(out, depth, node);
		break;
	case NODE_TEXT:
		dump_text(out, node->text);
		break;
	case NODE_INT:
		dump_integer(out, node->integer);
		break;
	default:
		fputs(node->text, out);
	}
}

static void
dump_bool(const struct dump_value *v)
{
	fputs(*(const int *)v->field ? "true" : "false", v->out);
}

static void
dump_int(const struct dump_value *v)
{
	dump_integer(v->out, *(const int64_t *)v->field);
}

static void
dump_unit(const struct dump_value *v)
{
	char text[VALUE_TEXT_SIZE];

	option_kind(v->option->kind)->text(*(const int64_t *)v->field, text);
	dump_text(v->out, text);
}

static void
dump_string(const struct dump_value *v)
{
	dump_text(v->out, *(const char *const *)v->field);
}

static void
dump_secret(const struct dump_value *v)
{
	dump_text(v->out, "***");
}

static void
dump_enum(const struct dump_value *v)
{
	const char *rest = v->option->choices, *choice;
	size_t n;

	for (int i = *(const int *)v->field;
	     option_choice_next(&rest, &choice, &n); i--)
		if (i == 0)
			fprintf(v->out, "\"%.*s\"", (int)n, choice);
}

static void
dump_list(const struct dump_value *v)
{
	const struct bnd_list *list = v->field;

	fprintf(v->out, "[");
	for (size_t i = 0; i < list->n; i++) {
		fprintf(v->out, "%s", i ? ", " : " ");
		dump_text(v->out, list->v[i]);
	}
	fprintf(v->out, " ]");
}

static void
dump_endpoint(const struct dump_value *v)
{
	const struct bnd_endpoint *const *endpoint = v->field;

	dump_text(v->out, (*endpoint)->text);
}

static void
dump_endpoints(const struct dump_value *v)
{
	const struct bnd_endpoints *all = v->field;

	fprintf(v->out, "[");
	for (size_t i = 0; i < all->n; i++) {
		fprintf(v->out, "%s", i ? ", " : " ");
		dump_text(v->out, all->v[i]->text);
	}
	fprintf(v->out, " ]");
}

/* What has no text of its own any more is printed as it was written. */
static void
dump_given(const struct dump_value *v)
{
	const char *rest = v->option->def, *text;
	const char *comma = " ";
	size_t n;

	if (v->given) {
		dump_node(v->out, v->depth, v->given);
		return;
	}
	if (rest && !*rest)
		rest = NULL;
	fprintf(v->out, "[");
	for (; option_choice_next(&rest, &text, &n); comma = ", ")
		fprintf(v->out, "%s\"%.*s\"", comma, (int)n, text);
	fprintf(v->out, " ]");
}

static void
dump_row(const struct dump_value *v, const void *self, const struct node *map,
    bool is_last)
{
	const struct dump_options options = { .table = v->option->rows,
		.element_size = v->element_size,
		.self = self };
	struct bnd_option o;

	dump_indent(v->out, v->depth + 1);
	fprintf(v->out, "{");
	dump_origin(v->out, map);
	for (size_t i = 0; option_at(options.table, v->element_size, i, &o);
	     i++)
		dump_option(
		    v->out, v->depth + 2, &o, &options, node_find(map, o.name));
	dump_indent(v->out, v->depth + 1);
	fprintf(v->out, "}%s\n", is_last ? "" : ",");
}

static void
dump_rows(const struct dump_value *v)
{
	const struct bnd_rows *rows = v->field;

	if (!rows->n) {
		fprintf(v->out, "( )");
		return;
	}
	fprintf(v->out, "(\n");
	for (size_t i = 0; i < rows->n; i++)
		dump_row(v, (const char *)rows->v + i * v->option->row_size,
		    v->given && i < v->given->count ? &v->given->items[i]
						    : NULL,
		    i + 1 == rows->n);
	dump_indent(v->out, v->depth);
	fputc(')', v->out);
}

static dump_value_fn *const dump_values[] = {
	[BND_T_BOOL] = dump_bool,
	[BND_T_INT] = dump_int,
	[BND_T_SIZE] = dump_unit,
	[BND_T_TIME] = dump_unit,
	[BND_T_STRING] = dump_string,
	[BND_T_SECRET] = dump_secret,
	[BND_T_FILE] = dump_string,
	[BND_T_ENUM] = dump_enum,
	[BND_T_LIST] = dump_list,
	[BND_T_EXIT] = dump_given,
	[OPTION_T_NODE] = dump_given,
	[BND_T_ENDPOINT] = dump_endpoint,
	[BND_T_ENDPOINTS] = dump_endpoints,
	[BND_T_NETS] = dump_given,
	[BND_T_ROWS] = dump_rows,
};

/* Would the value, written down, mean what not writing it means? */
static bool
dump_has_value(const struct dump_value *v)
{
	const struct bnd_option *o = v->option;
	const bool has_range = o->min != 0 || o->max != 0;
	int64_t number;

	if (v->given || o->def)
		return true;
	switch (o->kind) {
	case BND_T_BOOL:
	case BND_T_ENUM:
		return true;
	case BND_T_INT:
	case BND_T_SIZE:
	case BND_T_TIME:
		number = *(const int64_t *)v->field;
		return !has_range || (number >= o->min && number <= o->max);
	default:
		return false;
	}
}

void
dump_option(FILE *out, unsigned depth, const struct bnd_option *o,
    const struct dump_options *options, const struct node *given)
{
	const struct dump_value v = {
		.out = out,
		.depth = depth,
		.option = o,
		.element_size = options->element_size,
		.field = (const char *)options->self + o->offset,
		.given = given,
	};

	/* Its value is that of the name that took its place. */
	if (!given && (o->flags & BND_O_DEPRECATED))
		return;
	dump_indent(out, depth);
	if (!dump_has_value(&v)) {
		fprintf(out, "# %s is not set\n", o->name);
		return;
	}
	fprintf(out, "%s = ", o->name);
	dump_values[o->kind](&v);
	fputc(';', out);
	dump_origin(out, given);
}

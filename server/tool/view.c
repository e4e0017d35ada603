/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/view.h"

#include "base/utf8.h"
#include "tool/format.h"

#include <stdlib.h>
#include <string.h>

const char *
view_text(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

int64_t
view_int(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > VIEW_INT_MAX    ? VIEW_INT_MAX
	       : n < -VIEW_INT_MAX ? -VIEW_INT_MAX
				   : n;
}

bool
view_flag(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

json_t *
view_list(const json_t *o, const char *key)
{
	json_t *list = json_object_get(o, key);

	return json_is_array(list) ? list : NULL;
}

static json_t *
tamed_string(const json_t *o)
{
	char *text = strdup(json_string_value(o));
	json_t *copy = NULL;

	if (text) {
		utf8_tame(text);
		copy = json_string(text);
	}
	free(text);
	return copy;
}

static json_t *
tamed_list(const json_t *o)
{
	json_t *copy = json_array(), *item;
	size_t i;

	json_array_foreach(
	    o, i, item) if (json_array_append_new(copy, view_tamed(item)) < 0)
	{
		json_decref(copy);
		return NULL;
	}
	return copy;
}

static json_t *
tamed_object(const json_t *o)
{
	json_t *copy = json_object(), *member;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)o, key,
	    member) if (json_object_set_new(copy, key, view_tamed(member)) < 0)
	{
		json_decref(copy);
		return NULL;
	}
	return copy;
}

json_t *
view_tamed(const json_t *o)
{
	if (!o || json_is_array(o))
		return tamed_list(o);
	if (json_is_object(o))
		return tamed_object(o);
	return json_is_string(o) ? tamed_string(o) : json_deep_copy(o);
}

/* A stream that ends as a string. */
struct memory {
	char *text;
	size_t size;
	FILE *out;
};

static FILE *
memory_open(struct memory *m)
{
	return m->out = open_memstream(&m->text, &m->size);
}

static char *
memory_take(struct memory *m)
{
	int is_broken = ferror(m->out);

	if (fclose(m->out) == 0 && !is_broken)
		return m->text;
	free(m->text);
	return NULL;
}

char *
view_join(const json_t *list, const char *between)
{
	struct memory m = { 0 };
	const json_t *item;
	size_t i;

	if (!memory_open(&m))
		return NULL;
	json_array_foreach(list, i, item)
	{
		fputs(i ? between : "", m.out);
		if (json_is_integer(item))
			fprintf(
			    m.out, "%lld", (long long)json_integer_value(item));
		else if (json_is_string(item))
			fputs(json_string_value(item), m.out);
	}
	return memory_take(&m);
}

static void
view_value(FILE *out, const char *value)
{
	const char *quote = *value && !strpbrk(value, " \"=") ? "" : "\"";

	fprintf(out, "%s%s%s", quote, value, quote);
}

char *
view_says(const char *before, const json_t *says)
{
	struct memory m = { 0 };
	const json_t *said;
	size_t i;

	if (!memory_open(&m))
		return NULL;
	fputs(before, m.out);
	json_array_foreach(says, i, said)
	{
		fprintf(m.out, " %s=", view_text(said, "key"));
		view_value(m.out, view_text(said, "value"));
	}
	return memory_take(&m);
}

void
view_count_cell(struct table *t, const json_t *o, const char *key)
{
	if (json_object_get(o, key))
		table_cell(t, "%lld", (long long)view_int(o, key));
	else
		table_cell(t, "-");
}

void
view_bytes_cell(struct table *t, const json_t *o, const char *key)
{
	if (json_object_get(o, key))
		table_cell(t, "%s", format_bytes(view_int(o, key)).s);
	else
		table_cell(t, "-");
}

void
view_says_rows(struct table *t, const json_t *says)
{
	const json_t *said;
	size_t i;

	json_array_foreach(says, i, said)
	{
		table_cell(t, "%s", view_text(said, "key"));
		table_cell(t, "%s", view_text(said, "value"));
	}
}

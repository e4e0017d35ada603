/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "control/control-inner.h"

#include "base/compiler.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAYS_TEXT = 4096, SAYS_MOST = 1024 };

json_t *
json_of_text(const char *text)
{
	json_t *j;
	char *copy;

	if (!text)
		return json_null();
	j = json_string(text);
	if (j)
		return j;
	copy = strdup(text); /* not UTF-8, or no memory */
	if (!copy)
		return NULL;
	utf8_tame(copy);
	j = json_string(copy);
	free(copy);
	return j;
}

PRINTF(3, 0)
static void
says_add(struct bnd_answer *a, const char *key, const char *fmt, va_list ap)
{
	struct says *s = CONTAINER_OF(a, struct says, pub);
	char text[SAYS_TEXT];
	json_t *row;

	/* A plugin that cannot stop must not eat the host. */
	if (json_array_size(s->list) >= SAYS_MOST)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	row = json_pack("{s:o, s:o}", "key", json_of_text(key ? key : ""),
	    "value", json_of_text(text));
	json_array_append_new(s->list, row);
}

void
says_begin(struct says *s)
{
	s->pub.add = says_add;
	s->list = json_array();
}

json_t *
says_take(struct says *s)
{
	json_t *list = s->list;

	s->list = NULL;
	return list;
}

json_t *
json_of_report(const struct report *r, bool warnings)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->count; i++)
		if (r->entries[i].is_warning == warnings)
			json_array_append_new(
			    list, json_of_text(r->entries[i].text));
	if (!warnings && r->lost)
		json_array_append_new(
		    list, json_sprintf("and %zu more error%s", r->lost,
			      r->lost == 1 ? "" : "s"));
	if (!warnings && r->out_of_memory)
		json_array_append_new(list, json_string("out of memory"));
	return list;
}

const char *
role_name(uint32_t role)
{
	switch (role) {
	case BND_SOURCE:
		return "source";
	case BND_SINK:
		return "sink";
	default:
		return "filter";
	}
}

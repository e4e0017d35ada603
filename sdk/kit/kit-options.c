/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * kit-options.c - options of a test, in the words of the configuration:
 *
 *     key = value; key = [ value, value ]; key = ( { key = value; } )
 *
 * A newline or a comma separates as ';' does, and a word of letters, digits and
 * marks that mean nothing here needs no quotes.  It makes the nodes that the
 * host would have read from a file.
 */

#include "kit-inner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 256, DEPTH_MAX = 16 };

struct reader {
	const char *at;
	struct arena *arena;
	const char *wrong;
	unsigned depth, line;
};

static bool read_value(struct reader *r, struct node *n);

static bool
fail(struct reader *r, const char *wrong)
{
	if (!r->wrong)
		r->wrong = wrong;
	return false;
}

/* Blanks, and what separates. */
static void
skip(struct reader *r, const char *also)
{
	while (*r->at &&
	       (isspace((unsigned char)*r->at) || strchr(also, *r->at))) {
		r->line += *r->at == '\n';
		r->at++;
	}
}

static size_t
word_length(const char *s)
{
	size_t n = 0;

	while (s[n] && !isspace((unsigned char)s[n]) &&
	       !strchr(";,()[]{}\"=", s[n]))
		n++;
	return n;
}

static bool
read_string(struct reader *r, struct node *n)
{
	const char *from = ++r->at;
	char *text = arena_alloc(r->arena, strlen(from) + 1), *to = text;

	if (!text)
		return fail(r, "memory ran out");
	for (; *r->at && *r->at != '"'; r->at++) {
		if (*r->at == '\\' && r->at[1]) {
			r->at++;
			*to++ = *r->at == 'n' ? '\n' : *r->at;
		} else {
			*to++ = *r->at;
		}
	}
	if (*r->at++ != '"')
		return fail(r, "a string has no end");
	n->kind = NODE_TEXT;
	n->text = text;
	return true;
}

static bool
read_word(struct reader *r, struct node *n)
{
	size_t size = word_length(r->at);
	char *end;

	if (size == 0)
		return fail(r, "a value is missing");
	n->text = arena_copy(r->arena, r->at, size);
	if (!n->text)
		return fail(r, "memory ran out");
	r->at += size;
	n->kind = NODE_TEXT;
	if (strcmp(n->text, "true") == 0 || strcmp(n->text, "false") == 0) {
		n->kind = NODE_BOOL;
		n->integer = *n->text == 't';
		return true;
	}
	n->integer = strtoll(n->text, &end, 10);
	if (!*end) {
		n->kind = NODE_INT;
		return true;
	}
	n->integer = 0;
	return true;
}

static bool
read_item(struct reader *r, struct node *n, bool has_key)
{
	size_t size;

	*n = (struct node){ .file = "options", .line = r->line };
	if (has_key) {
		size = word_length(r->at);
		if (size == 0)
			return fail(r, "a key is missing");
		n->key = arena_copy(r->arena, r->at, size);
		if (!n->key)
			return fail(r, "memory ran out");
		r->at += size;
		skip(r, "");
		if (*r->at != '=' && *r->at != ':')
			return fail(r, "a key has no '=' behind it");
		r->at++;
		skip(r, "");
	}
	return read_value(r, n);
}

/* Up to the bracket that closes, or the end of the text. */
static bool
read_items(struct reader *r, struct node *n, char close)
{
	bool has_key = close == '}' || close == '\0';
	struct node *items = arena_array(r->arena, ITEMS_MAX, sizeof(*items));

	if (!items)
		return fail(r, "memory ran out");
	n->kind = has_key ? NODE_MAP : NODE_LIST;
	n->text = "";
	n->items = items;
	for (skip(r, ";,"); *r->at && *r->at != close; skip(r, ";,")) {
		if (n->count == ITEMS_MAX)
			return fail(r, "too many values");
		if (!read_item(r, &items[n->count++], has_key))
			return false;
	}
	if (*r->at != close)
		return fail(r, "a bracket is not closed");
	r->at += close != '\0';
	return true;
}

static bool
read_value(struct reader *r, struct node *n)
{
	bool is_good;

	if (*r->at == '"')
		return read_string(r, n);
	if (!*r->at || !strchr("([{", *r->at))
		return read_word(r, n);
	if (++r->depth > DEPTH_MAX)
		return fail(r, "too many brackets in each other");
	is_good = read_items(r, n,
	    *r->at++ == '{'    ? '}'
	    : r->at[-1] == '[' ? ']'
			       : ')');
	r->depth--;
	return is_good;
}

const char *
options_read(const char *text, struct arena *arena, struct node *map)
{
	struct reader r = { .at = text ? text : "", .arena = arena, .line = 1 };

	*map = (struct node){ .file = "options", .line = 1 };
	read_items(&r, map, '\0');
	return r.wrong;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tls-names.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_SIZE = 255 };

/* Without the dot that may stand behind a full name. */
static size_t
name_size(const char *name)
{
	size_t n = strlen(name);

	return n > 1 && name[n - 1] == '.' ? n - 1 : n;
}

/* What follows the first label, with its dot; NULL: nothing, or no label. */
static const char *
name_parent(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot && dot != name && dot[1] ? dot : NULL;
}

bool
name_fits(const char *pattern, const char *name)
{
	size_t n;

	if (strncmp(pattern, "*.", 2) == 0) {
		pattern++;
		name = name_parent(name);
		if (!name)
			return false;
	}
	n = name_size(name);
	return name_size(pattern) == n && strncasecmp(pattern, name, n) == 0;
}

bool
name_fits_any(const struct bnd_list *patterns, const char *name)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (name_fits(patterns->v[i], name))
			return true;
	return false;
}

bool
name_is_pattern(const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n > NAME_MAX_SIZE)
		return false;
	if (strncmp(text, "*.", 2) == 0)
		text += 2;
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			return false;
	return *text && *text != '.';
}

int
names_add(struct names *n, const char *pattern, unsigned value)
{
	struct name_entry *e;
	char *copy;

	if (n->n == n->room) {
		size_t room = n->room ? 2 * n->room : 4;

		e = reallocarray(n->v, room, sizeof(*e));
		if (!e)
			return -ENOMEM;
		n->v = e;
		n->room = room;
	}
	pattern += strncmp(pattern, "*.", 2) == 0;
	copy = strndup(pattern, name_size(pattern));
	if (!copy)
		return -ENOMEM;
	for (char *p = copy; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	n->v[n->n++] = (struct name_entry){ copy, value };
	return 0;
}

static int
name_entry_compare(const void *a, const void *b)
{
	const struct name_entry *x = a, *y = b;
	int rc = strcmp(x->pattern, y->pattern);

	if (rc == 0)
		rc = (x->value > y->value) - (x->value < y->value);
	return rc;
}

void
names_sort(struct names *n)
{
	if (n->n)
		qsort(n->v, n->n, sizeof(*n->v), name_entry_compare);
}

void
names_free(struct names *n)
{
	for (size_t i = 0; i < n->n; i++)
		free(n->v[i].pattern);
	free(n->v);
	*n = (struct names){ 0 };
}

/* The first entry that is not less than the key, and how many equal it. */
static const struct name_entry *
names_search(const struct names *n, const char *key, size_t *count_r)
{
	size_t low = 0, high = n->n, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(n->v[middle].pattern, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	end = low;
	while (end < n->n && strcmp(n->v[end].pattern, key) == 0)
		end++;
	*count_r = end - low;
	return end > low ? &n->v[low] : NULL;
}

const struct name_entry *
names_find(const struct names *n, const char *name, size_t *count_r)
{
	char key[NAME_MAX_SIZE + 1];
	const struct name_entry *e;
	size_t size = name_size(name);
	const char *parent;

	*count_r = 0;
	if (size == 0 || size > NAME_MAX_SIZE || *name == '.')
		return NULL;
	for (size_t i = 0; i < size; i++)
		key[i] = (char)tolower((unsigned char)name[i]);
	key[size] = '\0';
	e = names_search(n, key, count_r);
	parent = e ? NULL : name_parent(key);
	return parent ? names_search(n, parent, count_r) : e;
}

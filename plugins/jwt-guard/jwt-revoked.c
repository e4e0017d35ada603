/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-revoked.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct jwt_revoked {
	atomic_uint refs;
	size_t count;
	const char **sorted; /* texts in `text`, a prefix included */
	char text[];
};

static int
name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "jti: ID" is "jti:ID": a space too many must not let anybody in. */
static char *
line_join(char *line)
{
	static const char *const prefixes[] = { "jti:", "identity:" };

	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(prefixes[i]);

		if (strncmp(line, prefixes[i], n) == 0) {
			char *name = line + n + strspn(line + n, " \t");

			return memmove(name - n, prefixes[i], n);
		}
	}
	return line;
}

/* Cut the text into lines, and point to those that count. */
static size_t
revoked_lines(char *text, const char **lines)
{
	size_t count = 0;
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		char *end = line + strlen(line);

		line += strspn(line, " \t\r");
		while (end > line && strchr(" \t\r", end[-1]))
			*--end = '\0';
		if (*line && *line != '#')
			lines[count++] = line_join(line);
	}
	return count;
}

static size_t
text_lines(const char *text, size_t n)
{
	size_t count = 1;

	for (size_t i = 0; i < n; i++)
		count += text[i] == '\n';
	return count;
}

int
jwt_revoked_read(struct jwt_revoked **r, const char *text, size_t n)
{
	struct jwt_revoked *l;

	*r = NULL;
	if (memchr(text, '\0', n))
		return -EINVAL;
	l = calloc(1, sizeof(*l) + n + 1);
	if (!l)
		return -ENOMEM;
	atomic_init(&l->refs, 1);
	memcpy(l->text, text, n);
	l->sorted = calloc(text_lines(text, n), sizeof(*l->sorted));
	if (!l->sorted) {
		free(l);
		return -ENOMEM;
	}
	l->count = revoked_lines(l->text, l->sorted);
	qsort(l->sorted, l->count, sizeof(*l->sorted), name_compare);
	*r = l;
	return 0;
}

struct jwt_revoked *
jwt_revoked_ref(struct jwt_revoked *r)
{
	if (r)
		atomic_fetch_add(&r->refs, 1);
	return r;
}

void
jwt_revoked_unref(struct jwt_revoked **r)
{
	struct jwt_revoked *l = *r;

	*r = NULL;
	if (!l || atomic_fetch_sub(&l->refs, 1) > 1)
		return;
	free(l->sorted);
	free(l);
}

size_t
jwt_revoked_count(const struct jwt_revoked *r)
{
	return r ? r->count : 0;
}

static bool
revoked_lists(const struct jwt_revoked *r, const char *name)
{
	return bsearch(
	    &name, r->sorted, r->count, sizeof(*r->sorted), name_compare);
}

/* Listed as it is, or behind its prefix. */
static bool
revoked_names(const struct jwt_revoked *r, const char *prefix, const char *name)
{
	char whole[512];
	size_t n = strlen(prefix), m = strlen(name);

	if (revoked_lists(r, name))
		return true;
	if (n + m >= sizeof(whole))
		return false;
	memcpy(whole, prefix, n);
	memcpy(whole + n, name, m + 1);
	return revoked_lists(r, whole);
}

bool
jwt_revoked_has(
    const struct jwt_revoked *r, const char *jti, const char *identity)
{
	if (!r || r->count == 0)
		return false;
	return (jti && revoked_names(r, "jti:", jti)) ||
	       (identity && revoked_names(r, "identity:", identity));
}

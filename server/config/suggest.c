/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * suggest.c - which of the known words was meant?  The distance is the number
 * of letters added, left out, changed or swapped with their neighbour; case is
 * free.
 */
#include "config/value.h"

#include <string.h>
#include <strings.h>

enum { SUGGEST_MAX = 48, SUGGEST_PREFIX = 3 };

static unsigned
suggest_min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned char
suggest_lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* One row of the table of distances, from the two rows above it. */
static void
suggest_row(const char *a, const char *b, size_t n, size_t i,
    unsigned (*rows)[SUGGEST_MAX + 1])
{
	unsigned *row = rows[i % 3];
	const unsigned *one = rows[(i + 2) % 3], *two = rows[(i + 1) % 3];

	row[0] = (unsigned)i;
	for (size_t j = 1; j <= n; j++) {
		unsigned char x = suggest_lower(a[i - 1]);
		unsigned char y = suggest_lower(b[j - 1]);

		row[j] = suggest_min(
		    suggest_min(one[j], row[j - 1]) + 1, one[j - 1] + (x != y));
		if (i > 1 && j > 1 && x == suggest_lower(b[j - 2]) &&
		    y == suggest_lower(a[i - 2]))
			row[j] = suggest_min(row[j], two[j - 2] + 1);
	}
}

static unsigned
suggest_distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned rows[3][SUGGEST_MAX + 1];

	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++)
		suggest_row(a, b, nb, i, rows);
	return rows[na % 3][nb];
}

/* How far may a candidate be?  A third of the letters, at least one, but never
 * so far that no letter would be left. */
static unsigned
suggest_limit(size_t na, size_t nb)
{
	size_t most = na > nb ? na : nb, least = na > nb ? nb : na;
	size_t limit = most < 6 ? 1 : most / 3;

	return (unsigned)(limit < least ? limit : least - 1);
}

/* "cert" for "certificate": not near, but surely meant. */
static const char *
suggest_prefix(const char *word, size_t n, const char *const *candidates)
{
	const char *found = NULL;

	if (n < SUGGEST_PREFIX)
		return NULL;
	for (; *candidates; candidates++) {
		if (strncasecmp(word, *candidates, n) != 0)
			continue;
		if (found)
			return NULL;
		found = *candidates;
	}
	return found;
}

const char *
suggest(const char *word, const char *const *candidates)
{
	size_t n = strnlen(word, SUGGEST_MAX + 1);
	unsigned best = UINT32_MAX;
	const char *found = NULL;

	if (n == 0 || n > SUGGEST_MAX)
		return NULL;
	for (const char *const *c = candidates; *c; c++) {
		size_t m = strnlen(*c, SUGGEST_MAX + 1);
		unsigned distance;

		if (m == 0 || m > SUGGEST_MAX)
			continue;
		distance = suggest_distance(word, n, *c, m);
		if (distance > suggest_limit(n, m) || distance >= best)
			continue;
		best = distance;
		found = *c;
	}
	return found ? found : suggest_prefix(word, n, candidates);
}

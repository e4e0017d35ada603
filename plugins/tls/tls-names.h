/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-names.h - server names: does one fit a pattern, and which of many
 * patterns fits it.  "*.example.org" stands for one label in front of
 * ".example.org"; nothing else is a wildcard, and case does not count.
 */
#ifndef TLS_NAMES_H
#define TLS_NAMES_H

#include <bindery/plugin.h>
#include <stdbool.h>
#include <stddef.h>

struct name_entry {
	char *pattern;  /* lower case; a wildcard without its '*' */
	unsigned value; /* the owner's */
};

/* Patterns in order, to be searched by halves. */
struct names {
	struct name_entry *v;
	size_t n, room;
};

bool name_fits(const char *pattern, const char *name);
bool name_fits_any(const struct bnd_list *patterns, const char *name);

/* Is it a name, or a wildcard, as it may stand in an option? */
bool name_is_pattern(const char *text);

/* 0 or -ENOMEM.  Of equal patterns all stay, in the order in which they came;
 * call names_sort() before the first search. */
int names_add(struct names *n, const char *pattern, unsigned value);
void names_sort(struct names *n);
void names_free(struct names *n);

/* The run of entries that fit best: exact ones, else wildcards.  NULL: none. */
const struct name_entry *
names_find(const struct names *n, const char *name, size_t *count_r);

#endif

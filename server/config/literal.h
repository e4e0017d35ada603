/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * literal.h - a number as it is written.  libconfig 1.5 wraps one that is too
 * large without a word, and takes "80g" for a number and a name; here both are
 * found.  [any thread]
 */
#ifndef CONFIG_LITERAL_H
#define CONFIG_LITERAL_H

#include <stdbool.h>
#include <stddef.h>

/* Does a number begin at s, of n bytes? */
bool literal_is_number(const char *s, size_t n);

/* The length of the word at s, which begins a number.  *wrong_r is NULL, or a
 * constant clause that follows "'WORD' ". */
size_t literal_check(const char *s, size_t n, const char **wrong_r);

#endif

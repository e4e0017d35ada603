/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * number.h - numbers as text, for the tree and for the reader's pipe: exact,
 * and quick enough for millions of them.  [any thread]
 */
#ifndef CONFIG_NUMBER_H
#define CONFIG_NUMBER_H

#include <stddef.h>
#include <stdint.h>

enum { NUMBER_TEXT_MAX = 32 };

/* Write the number and a 0; returns the length. */
size_t number_from_integer(int64_t value, char r[NUMBER_TEXT_MAX]);

/* The fewest digits that give the same number again, always with a '.' or an
 * 'e'.  The value is finite. */
size_t number_from_real(double value, char r[NUMBER_TEXT_MAX]);

#endif

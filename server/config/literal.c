/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/literal.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* More digits than this are no number that anybody means. */
enum { LITERAL_MAX = 100 };

static bool
literal_at(const char *s, size_t n, size_t i, const char *set)
{
	return i < n && s[i] && strchr(set, s[i]);
}

static size_t
literal_digits(const char *s, size_t n, size_t i)
{
	while (i < n && isdigit((unsigned char)s[i]))
		i++;
	return i;
}

bool
literal_is_number(const char *s, size_t n)
{
	size_t i = n && (*s == '+' || *s == '-') ? 1 : 0;

	return i < n && (s[i] == '.' || isdigit((unsigned char)s[i]));
}

static size_t
literal_word(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n &&
	       (isalnum((unsigned char)s[i]) || literal_at(s, n, i, "+-._*")))
		i++;
	return i;
}

static size_t
literal_suffix(const char *s, size_t n, size_t i)
{
	for (int l = 0; l < 2 && literal_at(s, n, i, "L"); l++)
		i++;
	return i;
}

/* The length of an exponent at i, if there is a whole one. */
static size_t
literal_exponent(const char *s, size_t n, size_t i)
{
	size_t digits = i + 1;

	if (!literal_at(s, n, i, "eE"))
		return i;
	if (literal_at(s, n, digits, "+-"))
		digits++;
	if (literal_digits(s, n, digits) == digits)
		return i;
	return literal_digits(s, n, digits);
}

/* Whole numbers: the value's magnitude, or false when it exceeds 64 bits. */
static bool
literal_magnitude(const char *s, size_t n, int base, uint64_t *value_r)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n && isxdigit((unsigned char)s[i]); i++) {
		int c = tolower((unsigned char)s[i]);
		unsigned digit =
		    isdigit(c) ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);

		if (__builtin_mul_overflow(value, (unsigned)base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*value_r = value;
	return true;
}

static const char *
literal_check_whole(const char *s, size_t n, int base)
{
	bool is_long = s[n - 1] == 'L', is_negative = *s == '-';
	size_t skip = base == 16 ? 2 : (*s == '-' || *s == '+');
	uint64_t value, max = is_long ? INT64_MAX : INT32_MAX;

	if (!literal_magnitude(s + skip, n - skip, base, &value) ||
	    value > (uint64_t)INT64_MAX + is_negative)
		return "does not fit into 64 bits";
	if (value > max + is_negative)
		return "does not fit into 32 bits: write a size as a string "
		       "(\"80g\"), any other large number with an L behind it";
	return NULL;
}

static const char *
literal_check_real(const char *s, size_t n)
{
	char copy[LITERAL_MAX + 1];

	memcpy(copy, s, n);
	copy[n] = 0;
	return isfinite(strtod(copy, NULL)) ? NULL : "is too large a number";
}

/* The number at s as libconfig takes it, by the longest match. */
static size_t
literal_number(const char *s, size_t n, int *base_r, bool *is_real_r)
{
	size_t i, whole, end;

	*is_real_r = false;
	*base_r = 10;
	if (literal_at(s, n, 0, "0") && literal_at(s, n, 1, "xX") && n > 2 &&
	    isxdigit((unsigned char)s[2])) {
		*base_r = 16;
		for (i = 2; i < n && isxdigit((unsigned char)s[i]); i++)
			;
		return literal_suffix(s, n, i);
	}
	whole = literal_digits(s, n, literal_at(s, n, 0, "+-") ? 1 : 0);
	end = whole;
	if (literal_at(s, n, whole, "."))
		end = literal_digits(s, n, whole + 1);
	end = literal_exponent(s, n, end);
	*is_real_r = end > whole;
	return *is_real_r ? end : literal_suffix(s, n, whole);
}

size_t
literal_check(const char *s, size_t n, const char **wrong_r)
{
	size_t word = literal_word(s, n), number;
	bool is_real;
	int base;

	number = literal_number(s, word, &base, &is_real);
	if (number < word)
		*wrong_r = "is not a number: write sizes, times and addresses "
			   "as strings, in double quotes";
	else if (number > LITERAL_MAX)
		*wrong_r = "is too long a number";
	else if (is_real)
		*wrong_r = literal_check_real(s, number);
	else
		*wrong_r = literal_check_whole(s, number, base);
	return word;
}

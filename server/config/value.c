/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/value.h"

#include "base/compiler.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char value_no_memory[] = "cannot be kept: out of memory";

struct value_unit {
	const char *name;
	int64_t factor;
};

/* Smallest first: the *_text() functions take the largest that divides. */
static const struct value_unit value_sizes[] = {
	{ "", 1 },
	{ "k", INT64_C(1) << 10 },
	{ "m", INT64_C(1) << 20 },
	{ "g", INT64_C(1) << 30 },
	{ "t", INT64_C(1) << 40 },
};

static const struct value_unit value_times[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60 * 1000 },
	{ "h", 60 * 60 * 1000 },
	{ "d", 24 * 60 * 60 * 1000 },
};

/* Digits from the start of text; where they end, or NULL when there are none or
 * the number does not fit. */
static const char *
value_digits(const char *text, int64_t *r)
{
	const char *p;

	*r = 0;
	for (p = text; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(*r, 10, r) ||
		    __builtin_add_overflow(*r, *p - '0', r))
			return NULL;
	return p == text ? NULL : p;
}

static bool
value_starts_with_digit(const char *text)
{
	return text[0] >= '0' && text[0] <= '9';
}

const char *
value_int(const char *text, int64_t *r)
{
	bool is_negative = text[0] == '-';
	const char *end = value_digits(text + is_negative, r);

	if (!end && value_starts_with_digit(text + is_negative))
		return "is too large";
	if (!end || *end)
		return "is not an integer";
	if (is_negative)
		*r = -*r;
	return NULL;
}

/* "KiB" and "k" are the same. */
static bool
value_is_size_unit(const char *text, const char *unit)
{
	size_t n = strlen(unit);

	return strncasecmp(text, unit, n) == 0 &&
	       (!text[n] || (n && strcasecmp(text + n, "ib") == 0));
}

const char *
value_size(const char *text, int64_t *bytes_r)
{
	const char *end = value_digits(text, bytes_r);

	if (!end && value_starts_with_digit(text))
		return "is too large";
	for (size_t i = 0; end && i < ARRAY_COUNT(value_sizes); i++) {
		const struct value_unit *u = &value_sizes[i];

		if (!value_is_size_unit(end, u->name))
			continue;
		if (__builtin_mul_overflow(*bytes_r, u->factor, bytes_r))
			return "is too large";
		return NULL;
	}
	return "is not a size: write bytes, or a number with k, m, g or t "
	       "such as \"64k\"";
}

const char *
value_time(const char *text, int64_t *ms_r)
{
	const char *end = value_digits(text, ms_r);

	if (!end && value_starts_with_digit(text))
		return "is too large";
	for (size_t i = 0; end && i < ARRAY_COUNT(value_times); i++) {
		const struct value_unit *u = &value_times[i];

		if (strcmp(end, u->name) != 0)
			continue;
		if (__builtin_mul_overflow(*ms_r, u->factor, ms_r))
			return "is too large";
		return NULL;
	}
	if (end && !*end && *ms_r == 0)
		return NULL;
	if (end && !*end)
		return "has no unit: add ms, s, m, h or d, as in \"5s\"";
	return "is not a time: write a number with ms, s, m, h or d such as "
	       "\"5s\"";
}

static void
value_unit_text(
    int64_t value, const struct value_unit *u, size_t count, char *r)
{
	size_t i = count - 1;

	while (i && (!value || value % u[i].factor))
		i--;
	snprintf(r, VALUE_TEXT_SIZE, "%" PRId64 "%s", value / u[i].factor,
	    value ? u[i].name : "");
}

void
value_int_text(int64_t value, char r[VALUE_TEXT_SIZE])
{
	snprintf(r, VALUE_TEXT_SIZE, "%" PRId64, value);
}

void
value_size_text(int64_t bytes, char r[VALUE_TEXT_SIZE])
{
	value_unit_text(bytes, value_sizes, ARRAY_COUNT(value_sizes), r);
}

void
value_time_text(int64_t ms, char r[VALUE_TEXT_SIZE])
{
	value_unit_text(ms, value_times, ARRAY_COUNT(value_times), r);
}

static bool
value_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

bool
value_is_name(const char *text)
{
	size_t n = strnlen(text, VALUE_NAME_MAX + 1);

	if (!n || n > VALUE_NAME_MAX || !value_is_letter(text[0]))
		return false;
	for (const char *p = text + 1; *p; p++)
		if (!value_is_letter(*p) && !value_starts_with_digit(p) &&
		    *p != '-' && *p != '_')
			return false;
	return true;
}

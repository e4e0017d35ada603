/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "metrics/scribe.h"

#include "base/compiler.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

enum { LE_TEXT = 32 };

/* In the help text a quote stands for itself. */
static void
scribe_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '\\')
			fputs("\\\\", out);
		else
			fputc(*text, out);
	}
}

void
scribe_family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s ", name);
	scribe_escaped(out, help ? help : "");
	fprintf(out, "\n# TYPE %s %s\n", name, type);
}

/* Whole seconds of milliseconds, and the rest: 10 to the power of decimals. */
static int64_t
power_of_ten(unsigned decimals)
{
	int64_t p = 1;

	while (decimals-- > 0)
		p *= 10;
	return p;
}

static void
number_text(char text[LE_TEXT], int64_t value, unsigned decimals)
{
	int64_t p = power_of_ten(decimals), whole = value / p, rest = value % p;

	if (decimals == 0)
		snprintf(text, LE_TEXT, "%" PRId64, value);
	else
		snprintf(text, LE_TEXT, "%s%" PRId64 ".%0*" PRId64,
		    value < 0 ? "-" : "", whole < 0 ? -whole : whole,
		    (int)decimals, rest < 0 ? -rest : rest);
}

void
scribe_sample(FILE *out, const char *name, const char *labels, int64_t value,
    unsigned decimals)
{
	const char *open = *labels ? "{" : "", *close = *labels ? "}" : "";
	char text[LE_TEXT];

	number_text(text, value, decimals);
	fprintf(out, "%s%s%s%s %s\n", name, open, labels, close, text);
}

/* The escaped value to *at, as far as it goes before end. */
static char *
label_value(char *at, const char *end, const char *value)
{
	for (; *value && at + 2 < end; value++) {
		if (strchr("\\\"\n", *value))
			*at++ = '\\';
		*at++ = *value == '\n' ? 'n' : *value;
	}
	return *value ? NULL : at;
}

bool
scribe_label(char *labels, size_t size, const char *key, const char *value)
{
	char *begin = labels + strlen(labels), *at = begin;
	const char *end = labels + size;

	at += snprintf(
	    at, (size_t)(end - at), "%s%s=\"", at > labels ? "," : "", key);
	if (at < end)
		at = label_value(at, end, value);
	if (!at || at + 1 >= end) {
		*begin = 0;
		return false;
	}
	*at++ = '"';
	*at = 0;
	return true;
}

/* --------------------------------------------------------------- histograms */

/* Bucket i holds what is below 2^i and not below 2^(i-1).  Which of these
 * borders are shown; ended by a 0 that is not the first. */
#define EVERY_TO_10 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
static const uint8_t scale_borders[][32] = {
	[SCALE_COUNT] = { EVERY_TO_10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30,
	    32, 34, 36, 38 },
	[SCALE_MS] = { EVERY_TO_10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 22, 24,
	    26 },
	[SCALE_MS_SHORT] = { EVERY_TO_10, 11, 12, 13, 14 },
	[SCALE_US] = { 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20,
	    22, 24 },
};

unsigned
scale_decimals(enum scale scale)
{
	switch (scale) {
	case SCALE_MS:
	case SCALE_MS_SHORT:
		return 3;
	case SCALE_US:
		return 6;
	default:
		return 0;
	}
}

/* "le" is inclusive.  A number below 16 is at most 15; a time that was cut to
 * 15 ms was below 16 ms. */
static int64_t
scale_border(enum scale scale, unsigned i)
{
	return (INT64_C(1) << i) - (scale == SCALE_COUNT);
}

static void
scribe_bucket(
    FILE *out, const char *name, const char *labels, const char *le, int64_t n)
{
	fprintf(out, "%s_bucket{%s%sle=\"%s\"} %" PRId64 "\n", name, labels,
	    *labels ? "," : "", le, n);
}

void
scribe_histogram(FILE *out, const char *name, const char *labels,
    const int64_t *cells, enum scale scale)
{
	const uint8_t *border = scale_borders[scale];
	unsigned decimals = scale_decimals(scale);
	char text[LE_TEXT];
	int64_t n = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		n += cells[HISTOGRAM_BUCKET + i];
		if (*border != i)
			continue;
		number_text(text, scale_border(scale, i), decimals);
		scribe_bucket(out, name, labels, text, n);
		border++;
	}
	/* The count is what the buckets say, though more may have come while
	 * they were read. */
	scribe_bucket(out, name, labels, "+Inf", n);
	number_text(text, cells[HISTOGRAM_SUM], decimals);
	fprintf(out, "%s_sum%s%s%s %s\n", name, *labels ? "{" : "", labels,
	    *labels ? "}" : "", text);
	fprintf(out, "%s_count%s%s%s %" PRId64 "\n", name, *labels ? "{" : "",
	    labels, *labels ? "}" : "", n);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * scribe.h - writing the text format of Prometheus: heads of families, samples
 * with labels, numbers with decimals, histograms.  [one thread a stream]
 */
#ifndef METRICS_SCRIBE_H
#define METRICS_SCRIBE_H

#include "base/cell.h"

#include <stdio.h>

/* HELP and TYPE, once a family, before its samples. */
void
scribe_family(FILE *out, const char *name, const char *type, const char *help);

/* name{labels} value.  labels: as scribe_label() wrote them, or "".  decimals:
 * the value is in so many tenth powers of the family's unit: with 3, 1500 is
 * "1.500". */
void scribe_sample(FILE *out, const char *name, const char *labels,
    int64_t value, unsigned decimals);

/* Append key="value" to labels, escaped and with a comma before it where
 * needed; false: it does not fit, and labels is as it was. */
_Bool
scribe_label(char *labels, size_t size, const char *key, const char *value);

/* What values of a histogram are, and so which of its buckets are shown. */
enum scale {
	SCALE_COUNT,    /* numbers or bytes */
	SCALE_MS,       /* milliseconds that were cut to whole ones */
	SCALE_MS_SHORT, /* the same, up to a quarter of a minute */
	SCALE_US        /* microseconds, likewise */
};

/* How many decimals such a histogram's sum has. */
unsigned scale_decimals(enum scale scale);

/* A histogram's samples, from its cells (HISTOGRAM_CELLS, added up). */
void scribe_histogram(FILE *out, const char *name, const char *labels,
    const int64_t *cells, enum scale scale);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * histogram.h - counts of values in buckets that grow with the value: 64 for
 * each power of two, so that a percentile is wrong by 1.6 % at most, from 0 to
 * 2^40.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
	HISTOGRAM_SUB_BITS = 6,
	HISTOGRAM_MAX_BITS = 40,
	HISTOGRAM_BUCKETS = (HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS + 1)
			    << HISTOGRAM_SUB_BITS
};

struct histogram { /* all zero is empty */
	uint64_t count, max;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t value);

/* The value that a share of 0..1 of all values do not exceed; 0 when empty. */
uint64_t histogram_quantile(const struct histogram *h, double share);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "histogram.h"

/* Below 2^SUB_BITS a bucket is one value; above, the highest bit chooses a row
 * of buckets and the SUB_BITS bits below it the bucket. */
static uint32_t
histogram_index(uint64_t value)
{
	uint32_t high;

	if (value >> HISTOGRAM_SUB_BITS == 0)
		return (uint32_t)value;
	if (value >> HISTOGRAM_MAX_BITS != 0)
		return HISTOGRAM_BUCKETS - 1;
	high = 63 - (uint32_t)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
	return ((high + 1) << HISTOGRAM_SUB_BITS) +
	       (uint32_t)((value >> high) - (1u << HISTOGRAM_SUB_BITS));
}

/* The greatest value of a bucket. */
static uint64_t
histogram_upper(uint32_t index)
{
	uint32_t row = index >> HISTOGRAM_SUB_BITS;
	uint64_t sub = index & ((1u << HISTOGRAM_SUB_BITS) - 1);

	if (row == 0)
		return sub;
	return ((sub + (1u << HISTOGRAM_SUB_BITS) + 1) << (row - 1)) - 1;
}

void
histogram_add(struct histogram *h, uint64_t value)
{
	h->buckets[histogram_index(value)]++;
	h->count++;
	if (value > h->max)
		h->max = value;
}

uint64_t
histogram_quantile(const struct histogram *h, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)h->count + 0.5);
	uint64_t seen = 0, upper;

	if (wanted == 0)
		wanted = 1;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen >= wanted) {
			upper = histogram_upper(i);
			return upper < h->max ? upper : h->max;
		}
	}
	return h->max;
}

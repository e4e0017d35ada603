/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * dice.h - chance that can be had again: SplitMix64 (Steele, Lea, Flood 2014),
 * which turns every seed, also small and neighbouring ones, into numbers that
 * have nothing to do with each other.  Not for secrets.
 */
#ifndef TEST_COMMON_DICE_H
#define TEST_COMMON_DICE_H

#include <bindery/plugin.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

static inline uint64_t
dice_roll(struct dice *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* One of 0 .. n - 1, for an n that is small beside 2^64; n 0 counts as 1. */
static inline uint64_t
dice_below(struct dice *d, uint64_t n)
{
	uint64_t z = dice_roll(d);

	return n ? z % n : 0;
}

/* The seed of the next connection: that of the binding, and one more with each.
 * *count belongs to the worker and begins with 0.  So a connection is had again
 * as the first one of a daemon with one worker and this seed. */
static inline uint64_t
dice_seed(const struct bnd_worker *w, uint64_t *count, int64_t seed)
{
	return (uint64_t)seed + (*count)++ * w->binding->workers + w->index;
}

#endif

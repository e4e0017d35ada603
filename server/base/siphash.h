/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * siphash.h - a keyed hash for tables whose keys a peer chooses: without the
 * key nobody can make keys that collide.  SipHash-1-3, by Aumasson and
 * Bernstein.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* [any] The key is 16 random bytes; p may be NULL when n is 0. */
uint64_t siphash(const uint8_t key[16], const void *p, size_t n);

/* The same with other numbers of rounds: per word, and at the end. */
uint64_t siphash_rounds(unsigned per_word, unsigned at_end,
    const uint8_t key[16], const void *p, size_t n);

#endif

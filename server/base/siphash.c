/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "base/siphash.h"

struct siphash {
	uint64_t a, b, c, d;
};

static inline uint64_t
siphash_rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static inline void
siphash_mix(struct siphash *s, unsigned rounds)
{
	while (rounds--) {
		s->a += s->b;
		s->c += s->d;
		s->b = siphash_rotate(s->b, 13) ^ s->a;
		s->d = siphash_rotate(s->d, 16) ^ s->c;
		s->a = siphash_rotate(s->a, 32) + s->d;
		s->c += s->b;
		s->d = siphash_rotate(s->d, 21) ^ s->a;
		s->b = siphash_rotate(s->b, 17) ^ s->c;
		s->c = siphash_rotate(s->c, 32);
	}
}

/* Up to eight bytes, the first is the lowest. */
static inline uint64_t
siphash_word(const uint8_t *p, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)p[i] << 8 * i;
	return word;
}

static inline void
siphash_add(struct siphash *s, uint64_t word, unsigned rounds)
{
	s->d ^= word;
	siphash_mix(s, rounds);
	s->a ^= word;
}

static inline uint64_t
siphash_all(unsigned per_word, unsigned at_end, const uint8_t key[16],
    const uint8_t *p, size_t n)
{
	uint64_t k0 = siphash_word(key, 8), k1 = siphash_word(key + 8, 8);
	uint64_t last = (uint64_t)n << 56;
	struct siphash s = {
		k0 ^ UINT64_C(0x736f6d6570736575),
		k1 ^ UINT64_C(0x646f72616e646f6d),
		k0 ^ UINT64_C(0x6c7967656e657261),
		k1 ^ UINT64_C(0x7465646279746573),
	};

	for (; n >= 8; n -= 8, p += 8)
		siphash_add(&s, siphash_word(p, 8), per_word);
	siphash_add(&s, last | siphash_word(p, n), per_word);
	s.c ^= 0xff;
	siphash_mix(&s, at_end);
	return s.a ^ s.b ^ s.c ^ s.d;
}

uint64_t
siphash(const uint8_t key[16], const void *p, size_t n)
{
	return siphash_all(1, 3, key, p, n);
}

uint64_t
siphash_rounds(unsigned per_word, unsigned at_end, const uint8_t key[16],
    const void *p, size_t n)
{
	return siphash_all(per_word, at_end, key, p, n);
}

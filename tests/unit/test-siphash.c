/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "base/siphash.h"

#include "unit.h"

static uint8_t key[16], text[64];

static void
test_fill(void)
{
	for (unsigned i = 0; i < 64; i++)
		text[i] = (uint8_t)i;
	for (unsigned i = 0; i < 16; i++)
		key[i] = (uint8_t)i;
}

/* The paper's, appendix A, and its authors' table for other lengths. */
START_TEST(siphash_2_4_gives_the_published_values)
{
	test_fill();
	ck_assert(siphash_rounds(2, 4, key, text, 15) ==
		  UINT64_C(0xa129ca6149be45e5));
	ck_assert(
	    siphash_rounds(2, 4, key, NULL, 0) == UINT64_C(0x726fdb47dd0e0e31));
	ck_assert(
	    siphash_rounds(2, 4, key, text, 1) == UINT64_C(0x74f839c593dc67fd));
	ck_assert(
	    siphash_rounds(2, 4, key, text, 8) == UINT64_C(0x93f5f5799a932462));
}
END_TEST

START_TEST(siphash_1_3_gives_known_values)
{
	static const uint8_t zero[16];

	test_fill();
	ck_assert(siphash(key, NULL, 0) == UINT64_C(0xabac0158050fc4dc));
	ck_assert(siphash(zero, "bindery", 7) == UINT64_C(0xe372d4c11f6c0653));
	ck_assert(siphash(zero, "bindery-bindery!", 16) ==
		  UINT64_C(0x495c7f13a69a1654));
}
END_TEST

START_TEST(every_byte_and_the_length_count)
{
	test_fill();
	for (size_t n = 0; n < 63; n++) {
		uint64_t h = siphash(key, text, n);

		ck_assert(h != siphash(key, text, n + 1));
		ck_assert(h == siphash_rounds(1, 3, key, text, n));
		for (size_t i = 0; i < n; i++) {
			text[i] ^= 0x10;
			ck_assert(h != siphash(key, text, n));
			text[i] ^= 0x10;
		}
		for (size_t i = 0; i < 16; i++) {
			key[i] ^= 0x80;
			ck_assert(h != siphash(key, text, n));
			key[i] ^= 0x80;
		}
	}
}
END_TEST

UNIT_TESTS("siphash", siphash_2_4_gives_the_published_values,
    siphash_1_3_gives_known_values, every_byte_and_the_length_count)

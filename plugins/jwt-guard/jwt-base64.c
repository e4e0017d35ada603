/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * Eight characters at a time, one in each byte of a word.  What they stand for
 * is computed, not looked up: neither a branch nor the address of a load
 * depends on it.
 */

#include "jwt-base64.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#define EACH(byte) (UINT64_C(0x0101010101010101) * (uint8_t)(byte))

/* 0x80 in each byte of x that is one of first to last; none is above 127. */
static uint64_t
base64_range(uint64_t x, unsigned first, unsigned last)
{
	return (x + EACH(0x80 - first)) & ~(x + EACH(0x7f - last)) & EACH(0x80);
}

/* Characters to digits, of which c62 and c63 are the last two.  What is none
 * leaves a bit in bad. */
static uint64_t
base64_digits(uint64_t x, unsigned c62, unsigned c63, uint64_t *bad)
{
	const uint64_t ascii = x & EACH(0x7f);
	const uint64_t upper = base64_range(ascii, 'A', 'Z');
	const uint64_t lower = base64_range(ascii, 'a', 'z');
	const uint64_t number = base64_range(ascii, '0', '9');
	const uint64_t is_62 = base64_range(ascii, c62, c62);
	const uint64_t is_63 = base64_range(ascii, c63, c63);
	const uint64_t add = (upper >> 7) * (uint8_t)(0 - 'A') +
			     (lower >> 7) * (uint8_t)(26 - 'a') +
			     (number >> 7) * (uint8_t)(52 - '0') +
			     (is_62 >> 7) * (uint8_t)(62 - c62) +
			     (is_63 >> 7) * (uint8_t)(63 - c63);

	*bad |= (x & EACH(0x80)) |
		((upper | lower | number | is_62 | is_63) ^ EACH(0x80));
	/* a sum in each byte that carries nothing into the next */
	return ((ascii + (add & EACH(0x7f))) ^ (add & EACH(0x80))) & EACH(0x3f);
}

/* The first of eight digits is in the highest byte; their 48 bits, the first
 * of them on top of the word. */
static uint64_t
base64_pack(uint64_t d)
{
	d = (d & UINT64_C(0x3f003f003f003f00)) >> 2 |
	    (d & UINT64_C(0x003f003f003f003f));
	d = (d & UINT64_C(0x0fff00000fff0000)) >> 4 |
	    (d & UINT64_C(0x00000fff00000fff));
	return (d & UINT64_C(0x00ffffff00000000)) << 8 |
	       (d & UINT64_C(0x0000000000ffffff)) << 16;
}

static uint64_t
base64_word(const char *text, unsigned c62, unsigned c63, uint64_t *bad)
{
	uint64_t x;

	memcpy(&x, text, sizeof(x));
	return base64_pack(base64_digits(be64toh(x), c62, c63, bad));
}

static long
base64_decode(
    const char *text, size_t n, unsigned char *out, unsigned c62, unsigned c63)
{
	const size_t rest = n % 8, whole = n - rest, tail = rest * 6 / 8;
	uint64_t bad = rest % 4 == 1, word, bytes;
	unsigned char *p = out;
	char last[8];

	for (size_t i = 0; i < whole; i += 8, p += 6) {
		word = htobe64(base64_word(text + i, c62, c63, &bad));
		memcpy(p, &word, sizeof(word)); /* two too many, in the room */
	}
	if (rest > 0) {
		memset(last, 'A', sizeof(last));
		memcpy(last, text + whole, rest);
		word = base64_word(last, c62, c63, &bad);
		bad |= word << 8 * tail; /* bits that are in no byte */
		bytes = htobe64(word);
		memcpy(p, &bytes, tail);
		p += tail;
	}
	return bad ? -EINVAL : p - out;
}

long
jwt_base64url_decode(const char *text, size_t n, unsigned char *out)
{
	return base64_decode(text, n, out, '-', '_');
}

long
jwt_base64_decode(const char *text, size_t n, unsigned char *out)
{
	size_t padding = 0;

	if (n % 4 == 0)
		while (padding < 2 && n > 0 && text[n - 1] == '=') {
			padding++;
			n--;
		}
	return base64_decode(text, n, out, '+', '/');
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/utf8.h"

static void
utf8_expect(
    struct utf8 *u, unsigned char need, unsigned char low, unsigned char high)
{
	*u = (struct utf8){ need, low, high };
}

/* The first byte also bounds the second: no overlong forms, no surrogates,
 * nothing above U+10FFFF (RFC 3629). */
static bool
utf8_begin(struct utf8 *u, unsigned char b)
{
	if (b < 0x80)
		return true;
	if (b < 0xc2 || b > 0xf4)
		return false;
	if (b < 0xe0)
		utf8_expect(u, 1, 0x80, 0xbf);
	else if (b < 0xf0)
		utf8_expect(
		    u, 2, b == 0xe0 ? 0xa0 : 0x80, b == 0xed ? 0x9f : 0xbf);
	else
		utf8_expect(
		    u, 3, b == 0xf0 ? 0x90 : 0x80, b == 0xf4 ? 0x8f : 0xbf);
	return true;
}

bool
utf8_feed(struct utf8 *u, unsigned char b)
{
	if (!u->need)
		return utf8_begin(u, b);
	if (b < u->low || b > u->high)
		return false;
	utf8_expect(u, (unsigned char)(u->need - 1), 0x80, 0xbf);
	return true;
}

size_t
utf8_length(const char *s, size_t n)
{
	struct utf8 u = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (!utf8_feed(&u, (unsigned char)s[i]))
			return 0;
		if (!u.need)
			return i + 1;
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "base/utf8.h"

#include "base/compiler.h"

#include <string.h>

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

/* The character of n bytes at s: may it be shown as it is? */
static bool
utf8_is_tame(const char *s, size_t n)
{
	/* U+061C, U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069, U+FEFF:
	 * the first and the last of each range. */
	static const char odd[][2][4] = {
		{ "\xd8\x9c", "\xd8\x9c" },
		{ "\xe2\x80\x8e", "\xe2\x80\x8f" },
		{ "\xe2\x80\xa8", "\xe2\x80\xae" },
		{ "\xe2\x81\xa6", "\xe2\x81\xa9" },
		{ "\xef\xbb\xbf", "\xef\xbb\xbf" },
	};

	if (n == 1)
		return (unsigned char)*s >= ' ' && *s != 0x7f;
	if (memcmp(s, "\xc2\x80", 2) >= 0 && memcmp(s, "\xc2\x9f", 2) <= 0)
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(odd); i++)
		if (n == strlen(odd[i][0]) && memcmp(s, odd[i][0], n) >= 0 &&
		    memcmp(s, odd[i][1], n) <= 0)
			return false;
	return true;
}

void
utf8_tame(char *text)
{
	size_t left = strlen(text), n;
	char *to = text;

	for (const char *s = text; left; s += n, left -= n) {
		n = utf8_length(s, left);
		if (n && utf8_is_tame(s, n)) {
			memmove(to, s, n);
			to += n;
			continue;
		}
		*to++ = '?';
		n = n ? n : 1;
	}
	*to = '\0';
}

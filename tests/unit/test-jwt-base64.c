/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* base64url as JWS wants it, and base64 as HTTP's Basic does. */

#include "../../plugins/jwt-guard/jwt-alg.c"
#include "../../plugins/jwt-guard/jwt-base64.c"

#include "jwt-make.h"
#include "unit.h"

static long
url(const char *text, unsigned char *out)
{
	return jwt_base64url_decode(text, strlen(text), out);
}

START_TEST(what_rfc_4648_shows)
{
	static const char *const pairs[][2] = { { "", "" }, { "Zg", "f" },
		{ "Zm8", "fo" }, { "Zm9v", "foo" }, { "Zm9vYg", "foob" },
		{ "Zm9vYmE", "fooba" }, { "Zm9vYmFy", "foobar" } };
	unsigned char out[JWT_BASE64_ROOM(8)];

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		ck_assert_int_eq(
		    url(pairs[i][0], out), (long)strlen(pairs[i][1]));
		ck_assert_mem_eq(out, pairs[i][1], strlen(pairs[i][1]));
	}
}
END_TEST

START_TEST(what_rfc_7515_appendix_c_shows)
{
	static const unsigned char bytes[] = { 3, 236, 255, 224, 193 };
	unsigned char out[JWT_BASE64_ROOM(7)];

	ck_assert_int_eq(url("A-z_4ME", out), 5);
	ck_assert_mem_eq(out, bytes, 5);
}
END_TEST

START_TEST(whatever_bytes_come_back)
{
	unsigned char bytes[67], out[JWT_BASE64_ROOM(92)];
	char *text;

	for (unsigned n = 0; n <= sizeof(bytes); n++)
		for (unsigned seed = 0; seed < 64; seed++) {
			for (unsigned i = 0; i < n; i++)
				bytes[i] =
				    (unsigned char)((seed * 4 + 3) * (i + 1) *
						    (i + 7) / 3);
			text = made_base64(bytes, n);
			ck_assert_int_eq(url(text, out), n);
			ck_assert_mem_eq(out, bytes, n);
			ck_assert_uint_le(n, JWT_BASE64_ROOM(strlen(text)));
			free(text);
		}
}
END_TEST

/* Any byte at any place: 64 of them are digits, all others are refused. */
START_TEST(no_other_character_passes)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij"
				       "klmnopqrstuvwxyz0123456789-_";
	unsigned char out[JWT_BASE64_ROOM(7)];
	char text[8];

	for (unsigned at = 0; at < 7; at++)
		for (int c = 0; c < 256; c++) {
			memcpy(text, "AAAAAAA", 8);
			text[at] = (char)c;
			if (c && strchr(alphabet, c) &&
			    (at < 6 || strchr("AEIMQUYcgkosw048", c)))
				ck_assert_int_eq(
				    jwt_base64url_decode(text, 7, out), 5);
			else
				ck_assert_int_eq(
				    jwt_base64url_decode(text, 7, out),
				    -EINVAL);
		}
}
END_TEST

/* So that nobody can write one token in two ways. */
START_TEST(trailing_bits_must_be_zero)
{
	unsigned char out[JWT_BASE64_ROOM(8)];

	ck_assert_int_eq(url("QQ", out), 1);
	ck_assert_int_eq(url("QR", out), -EINVAL);
	ck_assert_int_eq(url("Qf", out), -EINVAL);
	ck_assert_int_eq(url("QUE", out), 2);
	ck_assert_int_eq(url("QUF", out), -EINVAL);
	ck_assert_int_eq(url("QUG", out), -EINVAL);
}
END_TEST

START_TEST(lengths_and_padding_that_cannot_be)
{
	unsigned char out[JWT_BASE64_ROOM(8)];

	ck_assert_int_eq(url("Q", out), -EINVAL);
	ck_assert_int_eq(url("A", out), -EINVAL);
	ck_assert_int_eq(url("QUFBA", out), -EINVAL);
	ck_assert_int_eq(url("QUFBQ", out), -EINVAL);
	ck_assert_int_eq(url("QQ==", out), -EINVAL);
	ck_assert_int_eq(url("QUE=", out), -EINVAL);
	ck_assert_int_eq(url("====", out), -EINVAL);
	ck_assert_int_eq(url("QUE ", out), -EINVAL);
	ck_assert_int_eq(url("QU\nE", out), -EINVAL);
	ck_assert_int_eq(url("Q+/_", out), -EINVAL);
}
END_TEST

START_TEST(base64_may_be_padded)
{
	unsigned char out[JWT_BASE64_ROOM(8)];

	ck_assert_int_eq(jwt_base64_decode("Zg==", 4, out), 1);
	ck_assert_int_eq(jwt_base64_decode("Zg", 2, out), 1);
	ck_assert_int_eq(jwt_base64_decode("Zm8=", 4, out), 2);
	ck_assert_int_eq(jwt_base64_decode("+/+/", 4, out), 3);
	ck_assert_mem_eq(out, "\xfb\xff\xbf", 3);
	ck_assert_int_eq(jwt_base64_decode("", 0, out), 0);
	ck_assert_int_eq(jwt_base64_decode("Zg=", 3, out), -EINVAL);
	ck_assert_int_eq(jwt_base64_decode("Z===", 4, out), -EINVAL);
	ck_assert_int_eq(jwt_base64_decode("====", 4, out), -EINVAL);
	ck_assert_int_eq(jwt_base64_decode("Zg==Zg==", 8, out), -EINVAL);
	ck_assert_int_eq(jwt_base64_decode("Zh==", 4, out), -EINVAL);
	ck_assert_int_eq(jwt_base64_decode("-_-_", 4, out), -EINVAL);
	ck_assert_int_eq(jwt_base64_decode("Zm9v=", 5, out), -EINVAL);
}
END_TEST

UNIT_TESTS("base64", what_rfc_4648_shows, what_rfc_7515_appendix_c_shows,
    whatever_bytes_come_back, no_other_character_passes,
    trailing_bits_must_be_zero, lengths_and_padding_that_cannot_be,
    base64_may_be_padded)

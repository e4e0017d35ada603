/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Sets of keys: what is taken, what is left out, and which key it is. */

#include "../../plugins/jwt-guard/jwt-alg.c"
#include "../../plugins/jwt-guard/jwt-base64.c"
#include "../../plugins/jwt-guard/jwt-json.c"
#include "../../plugins/jwt-guard/jwt-key.c"
#include "../../plugins/jwt-guard/jwt-keys.c"
#include "../../plugins/jwt-guard/jwt-signature.c"
#include "../../plugins/jwt-guard/jwt-verdict.c"

#include "jwt-make.h"
#include "unit.h"

static char why[300], notes[2000];
static unsigned note_count;

static void
note(void *arg, const char *sentence)
{
	ck_assert_ptr_eq(arg, notes);
	note_count++;
	strncat(notes, sentence, sizeof(notes) - strlen(notes) - 2);
	strcat(notes, "\n");
}

static int
read_keys(struct jwt_keys **r, const char *text)
{
	int rc;

	notes[0] = why[0] = '\0';
	note_count = 0;
	rc =
	    jwt_keys_read(r, text, strlen(text), why, sizeof(why), note, notes);
	ck_assert_int_eq(rc == 0, *r != NULL);
	ck_assert_int_eq(rc == 0, why[0] == '\0');
	return rc;
}

/* Is read, and has so many keys. */
static struct jwt_keys *
good(const char *text, size_t count)
{
	struct jwt_keys *k;
	int rc = read_keys(&k, text);

	ck_assert_msg(rc == 0, "%d %s; %s", rc, why, notes);
	ck_assert_uint_eq(jwt_keys_count(k), count);
	return k;
}

static void
refused(const char *text, int error, const char *sentence)
{
	struct jwt_keys *k;
	int rc = read_keys(&k, text);

	ck_assert_msg(rc == error, "%s: %d %s", text, rc, why);
	ck_assert_msg(strstr(why, sentence), "%s", why);
}

/* Is left out, and this is said; NULL: nothing is. */
static void
left_out(const char *jwk, const char *sentence)
{
	refused(jwk, -EINVAL, "no key that can verify");
	ck_assert_uint_eq(note_count, sentence ? 1 : 0);
	if (sentence)
		ck_assert_msg(strstr(notes, sentence), "%s", notes);
}

static void
taken(char *jwk)
{
	struct jwt_keys *k = good(jwk, 1);

	jwt_keys_unref(&k);
	free(jwk);
}

static void
left_out_free(char *jwk, const char *sentence)
{
	left_out(jwk, sentence);
	free(jwk);
}

#define X32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define OCT "{\"kty\":\"oct\",\"k\":\"" X32 "\""

START_TEST(documents_that_are_no_sets)
{
	struct jwt_keys *k;
	char *big = malloc(JWT_KEYS_TEXT_MAX + 2);

	refused("", -EINVAL, "it is not strict JSON");
	refused("[]", -EINVAL, "no set of keys");
	refused("{}", -EINVAL, "no set of keys");
	refused("{\"keys\":{}}", -EINVAL, "no set of keys");
	refused("{\"keys\":null,\"kty\":\"oct\"}", -EINVAL, "no set of keys");
	refused("{\"keys\":[]}", -EINVAL, "no key");
	refused("{\"keys\":[1]}", -EINVAL, "no key");
	ck_assert_str_eq(notes, "key 1 is left out: it is not an object\n");
	refused("{\"keys\":[],\"keys\":[]}", -EINVAL, "twice");
	refused(OCT ",\"k\":\"" X32 "\"}", -EINVAL, "twice");
	memset(big, ' ', JWT_KEYS_TEXT_MAX + 1);
	big[JWT_KEYS_TEXT_MAX + 1] = '\0';
	refused(big, -E2BIG, "more than");
	memcpy(big, OCT "}", strlen(OCT "}"));
	big[JWT_KEYS_TEXT_MAX] = '\0';
	k = good(big, 1);
	jwt_keys_unref(&k);
	jwt_keys_unref(&k);
	free(big);
}
END_TEST

START_TEST(as_many_as_said)
{
	char *text = malloc((JWT_KEYS_MAX + 2) * 100), *at = text;
	struct jwt_keys *k;

	at += sprintf(at, "{\"keys\":[");
	for (int i = 0; i < JWT_KEYS_MAX; i++)
		at += sprintf(at, "%s" OCT ",\"kid\":\"%d\"}", i ? "," : "", i);
	strcpy(at, "]}");
	k = good(text, JWT_KEYS_MAX);
	ck_assert(jwt_keys_has_kid(k, "127", 3));
	ck_assert(!jwt_keys_has_kid(k, "128", 3));
	jwt_keys_unref(&k);
	strcpy(at, "," OCT "}]}");
	refused(text, -E2BIG, "129 keys");
	free(text);
}
END_TEST

START_TEST(what_they_are_for)
{
	taken(strdup(OCT ",\"use\":\"sig\"}"));
	taken(strdup(OCT ",\"key_ops\":[\"sign\",\"verify\"]}"));
	left_out(OCT ",\"use\":\"enc\"}", NULL);
	left_out(OCT ",\"use\":\"SIG\"}", NULL);
	left_out(OCT ",\"use\":1}", "'use' is not a string");
	left_out(OCT ",\"key_ops\":[]}", NULL);
	left_out(OCT ",\"key_ops\":[\"sign\"]}", NULL);
	left_out(OCT ",\"key_ops\":\"verify\"}", "not an array");
	left_out(OCT ",\"key_ops\":[\"verify\",1]}", "no string");
	left_out(OCT ",\"key_ops\":[\"verify\",\"verify\"]}", "twice");
	left_out(OCT ",\"use\":\"enc\",\"key_ops\":[\"verify\"]}", NULL);
	left_out("{\"kty\":\"AKP\",\"pub\":\"AA\"}", NULL);
	left_out("{\"kty\":\"EC\",\"crv\":\"secp256k1\"}", NULL);
	left_out(
	    "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" X32 "\"}", NULL);
	left_out("{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"" X32 "\"}", NULL);
	left_out("{\"kty\":\"Oct\",\"k\":\"" X32 "\"}", NULL);
	left_out("{\"kty\":1}", "'kty' is not a string");
	left_out("{\"kty\":\"EC\"}", "it has no 'crv'");
	left_out("{\"keys\":[{\"k\":\"" X32 "\"}]}", "it has no 'kty'");
	left_out(OCT ",\"kid\":7}", "'kid' is not a string");
	left_out(OCT ",\"alg\":\"none\"}", "'none' is not known");
	left_out(OCT ",\"alg\":\"RS256\"}", "does not fit");
	left_out(OCT ",\"alg\":false}", "'alg' is not a string");
}
END_TEST

START_TEST(operations_have_their_bound)
{
	char *text = malloc(JWT_KEYS_TEXT_MAX + 100), *at;
	unsigned n;

	for (unsigned most = 15; most <= 100000; most += 1 + most / 16) {
		at = stpcpy(text, OCT ",\"key_ops\":[\"verify\"");
		for (n = 1; n < most; n++)
			at += sprintf(at, ",\"%x\"", n);
		strcpy(at, "]}");
		if (n <= 16)
			taken(strdup(text));
		else
			left_out(text, "not an array of at most 16");
	}
	free(text);
}
END_TEST

START_TEST(a_kid_has_its_bound)
{
	char kid[JWT_KID_MAX + 2];

	memset(kid, 'k', sizeof(kid));
	kid[JWT_KID_MAX + 1] = '\0';
	left_out_free(made_text(OCT ",\"kid\":\"%s\"}", kid), "longer");
	kid[JWT_KID_MAX] = '\0';
	taken(made_text(OCT ",\"kid\":\"%s\"}", kid));
}
END_TEST

START_TEST(secrets_that_are_short)
{
	static const struct {
		unsigned size;
		const char *alg;
		bool is_good;
	} cases[] = { { 31, "", false }, { 32, "", true },
		{ 31, "HS256", false }, { 32, "HS256", true },
		{ 47, "HS384", false }, { 48, "HS384", true },
		{ 63, "HS512", false }, { 64, "HS512", true }, { 0, "", false },
		{ 1, "HS256", false } };
	unsigned char bytes[64] = { 0 };
	char *k, *jwk;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		k = made_base64(bytes, cases[i].size);
		jwk = made_text("{\"kty\":\"oct\",\"k\":\"%s\"%s%s%s}", k,
		    *cases[i].alg ? ",\"alg\":\"" : "", cases[i].alg,
		    *cases[i].alg ? "\"" : "");
		if (cases[i].is_good)
			taken(jwk);
		else
			left_out_free(
			    jwk, cases[i].size ? "too short" : "is empty");
		free(k);
	}
	left_out("{\"kty\":\"oct\"}", "it has no 'k'");
	left_out("{\"kty\":\"oct\",\"k\":\"" X32 "=\"}", "base64url");
	left_out("{\"kty\":\"oct\",\"k\":5}", "'k' is not a string");
}
END_TEST

/* Without an algorithm of its own a secret is for those it is long enough
 * for. */
START_TEST(secrets_say_for_what)
{
	struct jwt_keys *k = good(OCT "}", 1);

	ck_assert_ptr_nonnull(jwt_keys_find(k, NULL, 0, ALG_HS256));
	ck_assert_ptr_null(jwt_keys_find(k, NULL, 0, ALG_HS384));
	ck_assert_ptr_null(jwt_keys_find(k, NULL, 0, ALG_HS512));
	ck_assert_ptr_null(jwt_keys_find(k, NULL, 0, ALG_RS256));
	jwt_keys_unref(&k);
}
END_TEST

static char *
rsa(unsigned size, unsigned char first, unsigned char last, const char *e)
{
	unsigned char *n = malloc(size);
	char *text, *jwk;

	memset(n, 0x5a, size);
	n[0] = first;
	n[size - 1] = last;
	text = made_base64(n, size);
	jwk = made_text("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"}", text, e);
	free(text);
	free(n);
	return jwk;
}

START_TEST(rsa_keys_that_are_weak)
{
	taken(rsa(256, 0x80, 1, "AQAB"));
	taken(rsa(1024, 0xff, 1, "AQAB"));
	taken(rsa(257, 0x01, 1, "Aw"));
	taken(rsa(256, 0x80, 1, "_____w")); /* 2^32 - 1 */
	left_out_free(rsa(256, 0x7f, 1, "AQAB"), "has 2047 bits");
	left_out_free(rsa(128, 0x80, 1, "AQAB"), "has 1024 bits");
	left_out_free(rsa(1025, 0x01, 1, "AQAB"), "has 8193 bits");
	left_out_free(rsa(256, 0x80, 2, "AQAB"), "is even");
	left_out_free(rsa(257, 0x00, 1, "AQAB"), "zero byte");
	left_out_free(rsa(256, 0x80, 1, "AAEAAQ"), "zero byte");
	left_out_free(rsa(256, 0x80, 1, "AA"), "zero byte");
	left_out_free(rsa(256, 0x80, 1, "AQ"), "exponent");
	left_out_free(rsa(256, 0x80, 1, "Ag"), "exponent");
	left_out_free(rsa(256, 0x80, 1, "AQAA"), "exponent");
	left_out_free(rsa(256, 0x80, 1, "AQAAAAE"), "exponent");
	left_out_free(rsa(256, 0x80, 1, ""), "'e' is empty");
	left_out_free(rsa(256, 0x80, 1, "AQAB="), "base64url");
	left_out("{\"kty\":\"RSA\",\"n\":\"AQAB\"}", "no 'e'");
	left_out("{\"kty\":\"RSA\",\"e\":\"AQAB\"}", "no 'n'");
}
END_TEST

static char *
ec(const char *crv, size_t x_size, size_t y_size, int byte)
{
	unsigned char x[80], y[80];
	char *s, *t, *jwk;

	memset(x, byte, sizeof(x));
	memset(y, byte, sizeof(y));
	s = made_base64(x, x_size);
	t = made_base64(y, y_size);
	jwk = made_text("{\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%s\","
			"\"y\":\"%s\"}",
	    crv, s, t);
	free(s);
	free(t);
	return jwk;
}

/* (1, 1) is on none of the curves, and (0, 0), which stands for the point at
 * infinity elsewhere, neither. */
START_TEST(points_that_are_on_no_curve)
{
	static const struct {
		const char *crv;
		size_t size;
	} curves[] = { { "P-256", 32 }, { "P-384", 48 }, { "P-521", 66 } };

	for (size_t i = 0; i < 3; i++) {
		size_t n = curves[i].size;

		left_out_free(ec(curves[i].crv, n, n, 1), "no valid key");
		left_out_free(ec(curves[i].crv, n, n, 0), "no valid key");
		left_out_free(ec(curves[i].crv, n, n, 0xff), "no valid key");
		left_out_free(ec(curves[i].crv, n - 1, n, 1), "'x' has");
		left_out_free(ec(curves[i].crv, n + 1, n, 0), "'x' has");
		left_out_free(ec(curves[i].crv, n, n - 1, 1), "'y' has");
		left_out_free(ec(curves[i].crv, n, n + 1, 0), "'y' has");
		left_out_free(ec(curves[i].crv, n, 0, 0), "'y' is empty");
	}
	left_out("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}",
	    "'x' has 1 bytes, not 32");
	left_out("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X32 "AA\"}",
	    "base64url");
	left_out("{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}", "no 'x'");
}
END_TEST

/* A point of P-256 is none of another curve, and a bit can matter. */
START_TEST(a_point_is_of_its_curve)
{
	char *members, *jwk, *at;
	struct maker m;

	maker_init(&m, ALG_ES256);
	members = maker_members(&m, false);
	taken(made_text("{%s}", members));
	jwk = made_text("{%s}", members);
	at = strstr(jwk, "\"x\":\"") + 5;
	*at = *at == 'A' ? 'B' : 'A';
	left_out_free(jwk, "no valid key");
	jwk = made_text("{%s}", members);
	memcpy(strstr(jwk, "P-256"), "P-384", 5);
	left_out_free(jwk, "'x' has 32 bytes, not 48");
	free(members);
	maker_finish(&m);
}
END_TEST

START_TEST(every_kind_is_read_and_shown)
{
	static const struct {
		enum jwt_alg alg;
		const char *shown;
	} cases[] = {
		{ ALG_RS256, "RSA 2048 kid 'a?b' alg RS256" },
		{ ALG_PS512, "RSA 2048 kid 'a?b' alg PS512" },
		{ ALG_ES256, "EC P-256 kid 'a?b' alg ES256" },
		{ ALG_ES384, "EC P-384 kid 'a?b' alg ES384" },
		{ ALG_ES512, "EC P-521 kid 'a?b' alg ES512" },
		{ ALG_EDDSA, "Ed25519 kid 'a?b' alg EdDSA|Ed25519" },
		{ ALG_ED25519, "Ed25519 kid 'a?b' alg EdDSA|Ed25519" },
		{ ALG_HS384, "oct 384 kid 'a?b' alg HS384" },
	};
	struct jwt_keys *k, *again;
	char text[200], *jwk, *more;
	struct maker m;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		maker_init(&m, cases[i].alg);
		more = made_text(",\"kid\":\"a\\nb\",\"alg\":\"%s\"",
		    jwt_alg_name(cases[i].alg));
		jwk = maker_jwk(&m, more);
		k = good(jwk, 1);
		ck_assert_uint_eq(note_count, 0);
		again = jwt_keys_ref(k);
		jwt_keys_unref(&again);
		jwt_keys_show(k, 0, text, sizeof(text));
		ck_assert_str_eq(text, cases[i].shown);
		for (int alg = 0; alg < ALG_COUNT; alg++)
			ck_assert_int_eq(made_same(alg, cases[i].alg),
			    jwt_keys_find(k, "a\nb", 3, alg) != NULL);
		ck_assert_ptr_null(jwt_keys_find(k, "a", 1, cases[i].alg));
		jwt_keys_unref(&k);
		free(more);
		free(jwk);
		maker_finish(&m);
	}
	k = good(OCT "}", 1);
	jwt_keys_show(k, 0, text, sizeof(text));
	ck_assert_str_eq(text, "oct 256 alg HS256");
	jwt_keys_show(k, 0, text, 8);
	ck_assert_str_eq(text, "oct 256");
	jwt_keys_unref(&k);
}
END_TEST

START_TEST(an_rsa_key_without_alg_is_for_all_of_rsa)
{
	struct maker m;
	struct jwt_keys *k;
	char *jwk;

	maker_init(&m, ALG_RS256);
	jwk = maker_jwk(&m, "");
	k = good(jwk, 1);
	for (int alg = 0; alg < ALG_COUNT; alg++)
		ck_assert_int_eq(
		    alg <= ALG_PS512, jwt_keys_find(k, NULL, 0, alg) != NULL);
	jwt_keys_unref(&k);
	free(jwk);
	maker_finish(&m);
}
END_TEST

START_TEST(private_keys_are_not_used_but_told_of)
{
	static const enum jwt_alg algs[] = { ALG_RS256, ALG_ES256, ALG_EDDSA };
	struct jwt_keys *k;
	char *jwk, *members;
	struct maker m;

	for (size_t i = 0; i < 3; i++) {
		maker_init(&m, algs[i]);
		members = maker_members(&m, true);
		jwk = made_text("{%s,\"kid\":\"a\"}", members);
		k = good(jwk, 1);
		ck_assert_uint_eq(note_count, 1);
		ck_assert_msg(
		    strstr(notes,
			"key 1 (kid 'a') has too much: its private part"),
		    "%s", notes);
		jwt_keys_unref(&k);
		free(jwk);
		free(members);
		maker_finish(&m);
	}
}
END_TEST

START_TEST(two_keys_of_one_name)
{
	struct maker a, b, p384;
	char *one, *two, *three, *set;
	struct jwt_keys *k;

	maker_init(&a, ALG_ES256);
	maker_init(&b, ALG_ES256);
	maker_init(&p384, ALG_ES384);
	one = maker_jwk(&a, ",\"kid\":\"x\"");
	two = maker_jwk(&b, ",\"kid\":\"x\"");
	three = maker_jwk(&p384, ",\"kid\":\"x\"");

	set = made_text("{\"keys\":[%s,%s]}", one, two);
	refused(set, -EINVAL, "two different keys of kind EC P-256");
	free(set);
	set = made_text("{\"keys\":[%s,%s,%s]}", one, one, three);
	k = good(set, 2);
	ck_assert_ptr_nonnull(jwt_keys_find(k, "x", 1, ALG_ES256));
	ck_assert_ptr_nonnull(jwt_keys_find(k, "x", 1, ALG_ES384));
	ck_assert_ptr_nonnull(jwt_keys_find(k, NULL, 0, ALG_ES384));
	ck_assert_ptr_null(jwt_keys_find(k, "y", 1, ALG_ES256));
	ck_assert_ptr_null(jwt_keys_find(k, "", 0, ALG_ES256));
	ck_assert(jwt_keys_has_kid(k, "x", 1));
	ck_assert(jwt_keys_has_kid(k, NULL, 0));
	ck_assert(!jwt_keys_has_kid(k, "X", 1));
	ck_assert(!jwt_keys_has_kid(k, "x\0", 2));
	jwt_keys_unref(&k);
	free(set);
	free(one);
	free(two);
	free(three);
	maker_finish(&a);
	maker_finish(&b);
	maker_finish(&p384);
}
END_TEST

START_TEST(without_a_name_there_must_be_one)
{
	struct maker a, b;
	char *one, *two, *set;
	struct jwt_keys *k;

	maker_init(&a, ALG_ES256);
	maker_init(&b, ALG_ES256);
	one = maker_jwk(&a, "");
	two = maker_jwk(&b, "");
	set = made_text("{\"keys\":[%s,%s,%s]}", one, two, one);
	k = good(set, 2);
	ck_assert_ptr_null(jwt_keys_find(k, NULL, 0, ALG_ES256));
	jwt_keys_unref(&k);
	free(set);
	free(two);
	two = maker_jwk(&a, ",\"kid\":\"a\"");
	set = made_text("{\"keys\":[%s,%s]}", one, two);
	k = good(set, 2);
	ck_assert_ptr_nonnull(jwt_keys_find(k, NULL, 0, ALG_ES256));
	ck_assert_ptr_null(jwt_keys_find(k, NULL, 0, ALG_ES384));
	jwt_keys_unref(&k);
	free(set);
	free(one);
	free(two);
	maker_finish(&a);
	maker_finish(&b);
}
END_TEST

START_TEST(the_others_are_left_out)
{
	struct jwt_keys *k =
	    good("{\"keys\":[" OCT ",\"kid\":\"a\"},{\"kty\":\"RSA\","
		 "\"kid\":\"\\u001b[31m\",\"n\":\"AQAB\",\"e\":\"AQAB\"},"
		 "{\"kty\":\"new\"}]}",
		1);

	ck_assert_str_eq(notes,
	    "key 2 (kid '?[31m') is left out: its modulus has 17 bits, "
	    "not 2048 to 8192\n");
	jwt_keys_unref(&k);
	ck_assert_int_eq(
	    jwt_keys_read(&k, "{}", 2, why, sizeof(why), NULL, NULL), -EINVAL);
	ck_assert_int_eq(
	    jwt_keys_read(&k, "{\"kty\":1}", 9, why, sizeof(why), NULL, NULL),
	    -EINVAL);
}
END_TEST

UNIT_TESTS("jwt keys", documents_that_are_no_sets, as_many_as_said,
    what_they_are_for, operations_have_their_bound, a_kid_has_its_bound,
    secrets_that_are_short, secrets_say_for_what, rsa_keys_that_are_weak,
    points_that_are_on_no_curve, a_point_is_of_its_curve,
    every_kind_is_read_and_shown, an_rsa_key_without_alg_is_for_all_of_rsa,
    private_keys_are_not_used_but_told_of, two_keys_of_one_name,
    without_a_name_there_must_be_one, the_others_are_left_out)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* What claims say, and for how long. */

#include "../../plugins/jwt-guard/jwt-claims.c"
#include "../../plugins/jwt-guard/jwt-verdict.c"

#include "unit.h"

#define NOW    INT64_C(1800000000000)
#define LEEWAY 30000

static const char *const audiences[] = { "gw", "https://gw.example" };
static struct jwt_expected expected;
static struct jwt_verdict verdict;
static int64_t expires;

/* Whatever comes from elsewhere, only times matter. */
static void
expect_times(void)
{
	expected = (struct jwt_expected){ .leeway_ms = LEEWAY };
}

static void
expect_all(void)
{
	expected = (struct jwt_expected){ .issuer = "https://idp.example",
		.audiences = audiences,
		.audience_count = 2,
		.leeway_ms = LEEWAY,
		.requires_expiry = true };
}

__attribute__((format(printf, 1, 0))) static int
check(const char *fmt, va_list ap)
{
	json_t *claims;
	char *text;
	int rc;

	ck_assert_int_ge(vasprintf(&text, fmt, ap), 0);
	claims = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_msg(claims, "%s", text);
	memset(&verdict, 0, sizeof(verdict));
	rc = jwt_claims_check(claims, &expected, NOW, &expires, &verdict);
	ck_assert(rc == 0 || rc == -EACCES);
	ck_assert_int_eq(rc == 0, verdict.code == JWT_OK);
	json_decref(claims);
	free(text);
	return rc;
}

__attribute__((format(printf, 1, 2))) static void
good(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ck_assert_msg(check(fmt, ap) == 0, "%s", verdict.sentence);
	va_end(ap);
}

__attribute__((format(printf, 3, 4))) static void
bad(enum jwt_code code, const char *sentence, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ck_assert_msg(check(fmt, ap) < 0, "%s", fmt);
	va_end(ap);
	ck_assert_msg(
	    verdict.code == code && strstr(verdict.sentence, sentence),
	    "%s: %s: %s", fmt, jwt_code_words(verdict.code)->name,
	    verdict.sentence);
}

START_TEST(nothing_is_wrong)
{
	expect_all();
	good("{\"iss\":\"https://idp.example\",\"aud\":\"gw\","
	     "\"exp\":1800000600,\"nbf\":1800000000,\"iat\":1800000000,"
	     "\"sub\":\"alice\",\"jti\":\"1\",\"more\":[{}]}");
	ck_assert_int_eq(expires, INT64_C(1800000600000));
}
END_TEST

START_TEST(expiry_to_the_second)
{
	expect_times();
	good("{\"exp\":1800000000}");
	ck_assert_int_eq(expires, NOW);
	good("{\"exp\":1799999971}");
	good("{\"exp\":1799999970.001}");
	ck_assert_int_eq(expires, INT64_C(1799999970001));
	bad(JWT_EXPIRED, "token expired 30 s ago", "{\"exp\":1799999970}");
	bad(JWT_EXPIRED, "token expired 42 s ago", "{\"exp\":1799999958}");
	bad(JWT_EXPIRED, "token expired 2 min ago", "{\"exp\":1799999880}");
	bad(JWT_EXPIRED, "token expired 59 min ago", "{\"exp\":1799996450}");
	bad(JWT_EXPIRED, "token expired 5 h ago", "{\"exp\":1799982000}");
	bad(JWT_EXPIRED, "token expired 20833 days ago", "{\"exp\":0}");
	bad(JWT_EXPIRED, "ago", "{\"exp\":-1}");
	bad(JWT_EXPIRED, "ago", "{\"exp\":-9007199254740992}");
	expected.leeway_ms = 0;
	bad(JWT_EXPIRED, "token expired 0 s ago", "{\"exp\":1800000000}");
	good("{\"exp\":1800000000.001}");
}
END_TEST

START_TEST(expiry_may_be_needed)
{
	expect_times();
	good("{}");
	ck_assert_int_eq(expires, JWT_FOREVER);
	expected.requires_expiry = true;
	bad(JWT_MALFORMED, "no 'exp'", "{}");
	good("{\"exp\":1800000001}");
}
END_TEST

START_TEST(not_before_to_the_second)
{
	expect_times();
	good("{\"nbf\":1800000030}");
	good("{\"nbf\":0}");
	bad(JWT_NOT_YET, "not valid until 31 s from now (nbf)",
	    "{\"nbf\":1800000031}");
	bad(JWT_NOT_YET, "not valid until 30 s from now",
	    "{\"nbf\":1800000030.001}");
	bad(JWT_NOT_YET, "days", "{\"nbf\":9007199254740992}");
}
END_TEST

START_TEST(issued_not_in_the_future)
{
	expect_times();
	good("{\"iat\":1800000030}");
	good("{\"iat\":1}");
	bad(JWT_NOT_YET, "issued 31 s in the future (iat)",
	    "{\"iat\":1800000031}");
	good("{\"iat\":1.8e9}");
}
END_TEST

START_TEST(times_that_are_none)
{
	static const char *const names[] = { "exp", "nbf", "iat" };
	static const char *const others[] = { "\"1800000600\"", "null", "true",
		"[1800000600]", "{}", "\"\"" };
	static const char *const far[] = { "1e308", "-1e308", "1e16",
		"9007199254740993", "-9007199254740994", "9223372036854775807",
		"-9223372036854775808" };

	expect_times();
	for (size_t n = 0; n < 3; n++) {
		for (size_t i = 0; i < 6; i++)
			bad(JWT_MALFORMED, "is not a number", "{\"%s\":%s}",
			    names[n], others[i]);
		for (size_t i = 0; i < 7; i++)
			bad(JWT_MALFORMED, "is out of range", "{\"%s\":%s}",
			    names[n], far[i]);
	}
	good("{\"exp\":9007199254740992}");
	ck_assert_int_eq(expires, INT64_C(9007199254740992000));
	good("{\"exp\":9007199254740991.0}");
	good("{\"exp\":1800000600.999}");
	ck_assert_int_eq(expires, INT64_C(1800000600999));
}
END_TEST

START_TEST(the_issuer)
{
	expect_times();
	good("{\"iss\":\"anybody\"}");
	good("{}");
	bad(JWT_MALFORMED, "'iss' is not a string", "{\"iss\":7}");
	expected.issuer = "a";
	good("{\"iss\":\"a\"}");
	bad(JWT_ISSUER, "names no issuer (iss), 'a' is needed", "{}");
	bad(JWT_ISSUER, "from issuer 'b', not 'a'", "{\"iss\":\"b\"}");
	bad(JWT_ISSUER, "from issuer '', not 'a'", "{\"iss\":\"\"}");
	bad(JWT_ISSUER, "from issuer 'A'", "{\"iss\":\"A\"}");
	bad(JWT_ISSUER, "from issuer 'a/'", "{\"iss\":\"a/\"}");
	bad(JWT_ISSUER, "from issuer 'a?', not", "{\"iss\":\"a\\n\"}");
	bad(JWT_MALFORMED, "'iss' is not a string", "{\"iss\":[\"a\"]}");
	bad(JWT_MALFORMED, "'iss' is not a string", "{\"iss\":null}");
}
END_TEST

START_TEST(the_audience)
{
	expect_times();
	good("{}");
	bad(JWT_AUDIENCE, "for audience 'gw', and none is set up here",
	    "{\"aud\":\"gw\"}");
	bad(JWT_AUDIENCE, "for no audience", "{\"aud\":[]}");
	expected.audiences = audiences;
	expected.audience_count = 2;
	good("{\"aud\":\"gw\"}");
	good("{\"aud\":[\"x\",\"https://gw.example\"]}");
	good("{\"aud\":[\"gw\"]}");
	bad(JWT_AUDIENCE, "names no audience (aud), 'gw' is needed", "{}");
	bad(JWT_AUDIENCE, "for audience 'x', not 'gw'", "{\"aud\":\"x\"}");
	bad(JWT_AUDIENCE, "for audience 'x', not 'gw'",
	    "{\"aud\":[\"x\",\"y\"]}");
	bad(JWT_AUDIENCE, "for no audience", "{\"aud\":[]}");
	bad(JWT_AUDIENCE, "not 'gw'", "{\"aud\":\"GW\"}");
	bad(JWT_AUDIENCE, "not 'gw'", "{\"aud\":\"g\"}");
	bad(JWT_AUDIENCE, "not 'gw'", "{\"aud\":\"gw \"}");
	bad(JWT_AUDIENCE, "not 'gw'", "{\"aud\":\"x gw\"}");
	bad(JWT_MALFORMED, "neither", "{\"aud\":null}");
	bad(JWT_MALFORMED, "neither", "{\"aud\":1}");
	bad(JWT_MALFORMED, "neither", "{\"aud\":{\"gw\":\"gw\"}}");
	bad(JWT_MALFORMED, "neither", "{\"aud\":[\"gw\",1]}");
	bad(JWT_MALFORMED, "neither", "{\"aud\":[[\"gw\"]]}");
}
END_TEST

START_TEST(names_have_their_bounds)
{
	char name[NAME_SIZE_MAX + 2];

	expect_times();
	memset(name, 'n', sizeof(name));
	name[NAME_SIZE_MAX + 1] = '\0';
	bad(JWT_MALFORMED, "'sub' has 256 bytes", "{\"sub\":\"%s\"}", name);
	bad(JWT_MALFORMED, "'jti' has 256 bytes", "{\"jti\":\"%s\"}", name);
	good("{\"iss\":\"%s\"}", name);
	good("{\"sub\":\"%s\",\"jti\":\"%s\"}", name + 1, name + 1);
	bad(JWT_MALFORMED, "'sub' is not a string", "{\"sub\":1}");
	bad(JWT_MALFORMED, "'jti' is not a string", "{\"jti\":{}}");
}
END_TEST

/* Whatever is quoted, the sentence stays one line of bounded size. */
START_TEST(sentences_stay_short)
{
	char name[1000];

	memset(name, 'n', sizeof(name));
	name[999] = '\0';
	expect_all();
	expected.issuer = name;
	bad(JWT_ISSUER, "nnn', not 'nnn",
	    "{\"exp\":1800000600,\"aud\":\"gw\",\"iss\":\"x%s\"}", name);
	ck_assert_uint_lt(strlen(verdict.sentence), 200);
}
END_TEST

static json_t *claims;

static void
set_claims(const char *text)
{
	claims = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(claims);
}

START_TEST(claims_are_found_by_name)
{
	static const char *const there[][2] = { { "a", "1" }, { "a.b", "2" },
		{ "o.p", "3" }, { "o.q.r", "4" }, { "o.q.r.s", "5" },
		{ "https://x.example/c", "6" },
		{ "https://x.example/o.roles", "7" }, { "o.x.y", "8" } };
	static const char *const missing[] = { "", ".", "b", "a.", ".a", "o.",
		"o..p", "a.b.c", "o.p.q", "l.0", "s.t", "o.q.", "A" };

	set_claims("{\"a\":1,\"a.b\":2,\"o\":{\"p\":3,\"q\":{\"r\":4,"
		   "\"r.s\":5},\"x.y\":8},\"https://x.example/c\":6,"
		   "\"https://x.example/o\":{\"roles\":7},\"l\":[1],"
		   "\"s\":\"t\"}");
	for (size_t i = 0; i < sizeof(there) / sizeof(*there); i++)
		ck_assert_msg(jwt_claim_has(jwt_claim_find(claims, there[i][0]),
				  there[i][0], there[i][1]),
		    "%s", there[i][0]);
	for (size_t i = 0; i < sizeof(missing) / sizeof(*missing); i++)
		ck_assert_msg(
		    !jwt_claim_find(claims, missing[i]), "%s", missing[i]);
	json_decref(claims);
}
END_TEST

/* A name of many dots and claims made for it. */
START_TEST(finding_takes_no_long_way)
{
	char name[2 * 200 + 1], *at = name;
	json_t *inner = json_object(), *outer;

	for (int i = 0; i < 200; i++)
		at = stpcpy(at, i ? ".a" : "a");
	for (int i = 0; i < 100; i++) {
		outer = json_object();
		json_object_set_new(outer, "a", inner);
		inner = outer;
	}
	ck_assert_ptr_null(jwt_claim_find(inner, name));
	name[2 * 100 - 1] = '\0';
	ck_assert_ptr_nonnull(jwt_claim_find(inner, name));
	json_decref(inner);
}
END_TEST

static bool
has(const char *name, const char *text)
{
	return jwt_claim_has(jwt_claim_find(claims, name), name, text);
}

START_TEST(what_a_claim_has)
{
	set_claims("{\"s\":\"a b\",\"i\":42,\"n\":-1,\"r\":42.0,\"h\":0.5,"
		   "\"t\":true,\"f\":false,\"z\":null,\"big\":1e300,"
		   "\"l\":[\"a\",\"b c\",7,true,[\"x\"],{\"y\":1},null],"
		   "\"o\":{\"a\":1},\"e\":\"\"}");
	ck_assert(has("s", "a b"));
	ck_assert(!has("s", "a"));
	ck_assert(!has("s", "a b c"));
	ck_assert(!has("s", ""));
	ck_assert(has("e", ""));
	ck_assert(has("i", "42"));
	ck_assert(!has("i", "042"));
	ck_assert(!has("i", "42.0"));
	ck_assert(has("n", "-1"));
	ck_assert(has("r", "42"));
	ck_assert(!has("h", "0"));
	ck_assert(!has("h", "0.5"));
	ck_assert(!has("big", "1"));
	ck_assert(has("t", "true"));
	ck_assert(!has("t", "false"));
	ck_assert(has("f", "false"));
	ck_assert(!has("z", "null"));
	ck_assert(!has("z", ""));
	ck_assert(has("l", "a"));
	ck_assert(has("l", "b c"));
	ck_assert(!has("l", "b"));
	ck_assert(has("l", "7"));
	ck_assert(has("l", "true"));
	ck_assert(!has("l", "x"));
	ck_assert(!has("l", "y"));
	ck_assert(!has("l", "null"));
	ck_assert(!has("o", "a"));
	ck_assert(!has("missing", ""));
	json_decref(claims);
}
END_TEST

START_TEST(scopes_are_lists_of_words)
{
	set_claims("{\"scope\":\"read write  admin:x \",\"scp\":\"one\","
		   "\"app\":{\"scope\":\"in app\"},\"scopes\":\"read write\","
		   "\"l\":{\"scp\":[\"a b\",\"c\"]},\"x.scp\":\"p q\"}");
	ck_assert(has("scope", "read"));
	ck_assert(has("scope", "write"));
	ck_assert(has("scope", "admin:x"));
	ck_assert(!has("scope", "admin"));
	ck_assert(!has("scope", ""));
	ck_assert(!has("scope", " "));
	ck_assert(!has("scope", "read write"));
	ck_assert(!has("scope", "rea"));
	ck_assert(!has("scope", "READ"));
	ck_assert(has("scope", "read write  admin:x "));
	ck_assert(has("scp", "one"));
	ck_assert(has("app.scope", "app"));
	ck_assert(!has("scopes", "read"));
	ck_assert(has("l.scp", "c"));
	ck_assert(has("l.scp", "a b"));
	ck_assert(!has("l.scp", "a"));
	ck_assert(has("x.scp", "q"));
	json_decref(claims);
}
END_TEST

/* jansson's reader refuses a NUL; its other doors do not. */
START_TEST(a_nul_cuts_nothing_off)
{
	claims = json_object();
	json_object_set_new(claims, "sub", json_stringn("a\0b", 3));
	json_object_set_new(claims, "iss", json_stringn("i\0b", 3));
	json_object_set_new(claims, "scope", json_stringn("x a\0b", 5));
	ck_assert(!has("sub", "a"));
	ck_assert(!has("scope", "a"));
	ck_assert(has("scope", "x"));
	ck_assert_ptr_null(jwt_claim_text(claims, "sub"));
	expect_times();
	expected.issuer = "i";
	ck_assert_int_eq(
	    jwt_claims_check(claims, &expected, NOW, &expires, &verdict),
	    -EACCES);
	ck_assert_str_eq(
	    verdict.sentence, "token is from issuer 'i?b', not 'i'");
	json_decref(claims);
}
END_TEST

START_TEST(the_text_of_a_claim)
{
	set_claims("{\"sub\":\"alice\",\"n\":1,\"o\":{\"name\":\"bob\"}}");
	ck_assert_str_eq(jwt_claim_text(claims, "sub"), "alice");
	ck_assert_str_eq(jwt_claim_text(claims, "o.name"), "bob");
	ck_assert_ptr_null(jwt_claim_text(claims, "n"));
	ck_assert_ptr_null(jwt_claim_text(claims, "o"));
	ck_assert_ptr_null(jwt_claim_text(claims, "none"));
	json_decref(claims);
}
END_TEST

UNIT_TESTS("jwt claims", nothing_is_wrong, expiry_to_the_second,
    expiry_may_be_needed, not_before_to_the_second, issued_not_in_the_future,
    times_that_are_none, the_issuer, the_audience, names_have_their_bounds,
    sentences_stay_short, claims_are_found_by_name, finding_takes_no_long_way,
    what_a_claim_has, scopes_are_lists_of_words, a_nul_cuts_nothing_off,
    the_text_of_a_claim)

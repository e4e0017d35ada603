/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* How a token must be written: its three parts and its header. */

#include "jwt-check.h"
#include "unit.h"

#define PAYLOAD "{\"sub\":\"alice\",\"exp\":4102444800}"

static struct maker maker;
static struct jwt_keys *keys; /* kid "k" */

static void
set_up(enum jwt_alg alg)
{
	maker_init(&maker, alg);
	keys = check_maker_keys(&maker, ",\"kid\":\"k\"");
}

static void
tear_down(void)
{
	jwt_keys_unref(&keys);
	maker_finish(&maker);
}

/* Signed by the right key, whatever the header says. */
static char *
headed(const char *header)
{
	return maker_sign_as(&maker, maker.alg, header, PAYLOAD);
}

static void
header_taken(const char *header)
{
	check_takes(keys, headed(header));
}

static void
header_refused(const char *header, enum jwt_code code, const char *sentence)
{
	check_drops(keys, headed(header), code, sentence);
}

START_TEST(every_algorithm_is_verified)
{
	struct jwt_verdict v;
	struct jwt_token *t;
	char *token;

	for (int alg = 0; alg < ALG_COUNT; alg++) {
		set_up(alg);
		token = maker_token(&maker, ",\"kid\":\"k\"", PAYLOAD);
		check_accepts(keys, token);
		check_bytes(&t, keys, token, strlen(token), &v);
		ck_assert_int_eq(t->alg, (enum jwt_alg)alg);
		ck_assert_str_eq(t->kid, "k");
		ck_assert_str_eq(check_kid, "k");
		ck_assert_str_eq(
		    json_string_value(json_object_get(t->claims, "sub")),
		    "alice");
		jwt_token_unref(&t);
		ck_assert_ptr_null(t);
		jwt_token_unref(&t);
		free(token);
		tear_down();
	}
}
END_TEST

START_TEST(a_token_is_counted)
{
	struct jwt_token *t, *again;
	struct jwt_verdict v;
	char *token;

	set_up(ALG_HS256);
	token = maker_token(&maker, "", PAYLOAD);
	ck_assert_int_eq(check_bytes(&t, keys, token, strlen(token), &v), 0);
	ck_assert_ptr_null(t->kid);
	ck_assert_str_eq(check_kid, "");
	again = jwt_token_ref(t);
	jwt_token_unref(&t);
	ck_assert_uint_eq(again->refs, 1);
	ck_assert(json_is_object(again->claims));
	jwt_token_unref(&again);
	free(token);
	tear_down();
}
END_TEST

START_TEST(there_are_three_parts)
{
	static const struct {
		const char *token, *sentence;
	} cases[] = {
		{ "", "token is empty" },
		{ "e30", "has 1 part," },
		{ "e30.e30", "has 2 parts" },
		{ "e30.e30.AA.AA", "has 4 parts" },
		{ "e30.AA.AA.AA.AA", "encrypted" },
		{ "e30.e30.AA.AA.AA.AA", "has 6 parts" },
		{ "..", "no header" },
		{ ".e30.AA", "no header" },
		{ "e30..AA", "no payload" },
		{ "e30.e30.", "no signature" },
		{ "....", "encrypted" },
		{ ".", "has 2 parts" },
	};
	char dots[JWT_TOKEN_MAX];

	set_up(ALG_HS256);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check_refuses(
		    keys, cases[i].token, JWT_MALFORMED, cases[i].sentence);
	memset(dots, '.', sizeof(dots));
	check_refuses_bytes(
	    keys, dots, sizeof(dots), JWT_MALFORMED, "has 16385 parts");
	tear_down();
}
END_TEST

/* At every place of a good token: none of these may stand there. */
START_TEST(nothing_else_stands_between)
{
	static const char intruders[] = " \t\r\n=+/.,\"\\%\x7f\x80\xff";
	char *token, *changed;
	struct jwt_verdict v;
	struct jwt_token *t;
	size_t n;

	set_up(ALG_HS256);
	token = maker_token(&maker, "", PAYLOAD);
	n = strlen(token);
	changed = malloc(n + 1);
	for (size_t at = 0; at <= n; at++)
		for (size_t i = 0; i < sizeof(intruders); i++) {
			memcpy(changed, token, at);
			changed[at] = intruders[i];
			memcpy(changed + at + 1, token + at, n - at);
			ck_assert_int_eq(
			    check_bytes(&t, keys, changed, n + 1, &v), -EACCES);
			ck_assert_int_eq(v.code, JWT_MALFORMED);
		}
	free(changed);
	free(token);
	tear_down();
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	struct jwt_verdict v;
	struct jwt_token *t;
	char *token;

	set_up(ALG_ES256);
	token = maker_token(&maker, "", PAYLOAD);
	for (size_t n = 0; n < strlen(token); n++) {
		ck_assert_int_eq(check_bytes(&t, keys, token, n, &v), -EACCES);
		ck_assert_int_eq(check_bytes(&t, keys, token + n + 1,
				     strlen(token) - n - 1, &v),
		    -EACCES);
	}
	free(token);
	tear_down();
}
END_TEST

/* In the text, and in what the text stands for. */
START_TEST(every_flipped_bit_is_refused)
{
	static const enum jwt_alg algs[] = { ALG_HS256, ALG_ES256, ALG_EDDSA,
		ALG_RS256 };
	struct jwt_verdict v;
	struct jwt_token *t;
	char *token;
	size_t n;

	for (size_t a = 0; a < 4; a++) {
		set_up(algs[a]);
		token = maker_token(&maker, "", "{\"sub\":\"x\"}");
		n = strlen(token);
		for (size_t bit = 0; bit < 8 * n; bit++) {
			token[bit / 8] ^= (char)(1 << bit % 8);
			ck_assert_msg(check_bytes(&t, keys, token, n, &v) < 0,
			    "bit %zu: %s", bit, token);
			token[bit / 8] ^= (char)(1 << bit % 8);
		}
		check_takes(keys, token);
		tear_down();
	}
}
END_TEST

START_TEST(a_token_that_is_too_long)
{
	char *long_payload = malloc(1 << 20), *token;
	struct jwt_rules rules = check_rules;
	struct jwt_verdict v;
	struct jwt_token *t;

	set_up(ALG_HS256);
	memset(long_payload, 'a', 1 << 20);
	memcpy(long_payload, "{\"a\":\"", 6);
	memcpy(long_payload + (1 << 20) - 3, "\"}", 3);
	token = maker_token(&maker, "", long_payload);
	check_drops(keys, token, JWT_TOO_LONG, "is longer than 16384");
	memcpy(long_payload + 13000, "\"}", 3);
	token = maker_token(&maker, "", long_payload);
	rules.max_size = SIZE_MAX;
	ck_assert_int_eq(jwt_token_verify(&t, token, strlen(token), &rules,
			     keys, &v, NULL, 0),
	    -EACCES);
	ck_assert_int_eq(v.code, JWT_TOO_LONG);
	free(token);
	memcpy(long_payload + 12000, "\"}", 3);
	check_takes(keys, maker_token(&maker, "", long_payload));

	token = maker_token(&maker, "", PAYLOAD);
	rules.max_size = strlen(token);
	ck_assert_int_eq(jwt_token_verify(&t, token, strlen(token), &rules,
			     keys, &v, NULL, 0),
	    0);
	jwt_token_unref(&t);
	rules.max_size--;
	ck_assert_int_eq(jwt_token_verify(&t, token, strlen(token), &rules,
			     keys, &v, NULL, 0),
	    -EACCES);
	ck_assert_int_eq(v.code, JWT_TOO_LONG);
	free(token);
	free(long_payload);
	tear_down();
}
END_TEST

START_TEST(the_header_is_a_strict_object)
{
	set_up(ALG_HS256);
	header_taken(" {\"alg\" : \"HS256\"}\n");
	header_taken("{\"\\u0061lg\":\"HS256\"}");
	header_refused("", JWT_MALFORMED, "no header");
	header_refused("[]", JWT_MALFORMED, "header is not an object");
	header_refused("\"HS256\"", JWT_MALFORMED, "not strict JSON");
	header_refused("{\"alg\":\"HS256\"", JWT_MALFORMED, "ends too early");
	header_refused("{\"alg\":\"HS256\"}{}", JWT_MALFORMED, "follows");
	header_refused(
	    "\xef\xbb\xbf{\"alg\":\"HS256\"}", JWT_MALFORMED, "syntax");
	header_refused(
	    "{\"alg\":\"HS256\",\"alg\":\"HS256\"}", JWT_MALFORMED, "twice");
	header_refused("{\"alg\":\"none\",\"\\u0061lg\":\"HS256\"}",
	    JWT_MALFORMED, "twice");
	header_refused("{\"alg\":\"HS256\",\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]"
		       "]]]}",
	    JWT_MALFORMED, "deeper than 16");
	header_taken("{\"alg\":\"HS256\",\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]"
		     "}");
	tear_down();
}
END_TEST

START_TEST(the_header_names_a_known_algorithm)
{
	static const char *const unknown[] = { "none", "None", "NONE", "nOnE",
		"", "hs256", "HS256 ", " HS256", "HS2567", "HS25", "HS1", "RS1",
		"ES256K", "RSA-OAEP", "dir" };
	char *header;

	set_up(ALG_HS256);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		header = made_text("{\"alg\":\"%s\"}", unknown[i]);
		header_refused(header, JWT_ALGORITHM, "is not taken here");
		free(header);
	}
	header_refused("{}", JWT_MALFORMED, "no 'alg'");
	header_refused("{\"alg\":null}", JWT_MALFORMED, "not a string");
	header_refused("{\"alg\":256}", JWT_MALFORMED, "not a string");
	header_refused("{\"alg\":[\"HS256\"]}", JWT_MALFORMED, "not a string");
	header_refused("{\"ALG\":\"HS256\"}", JWT_MALFORMED, "no 'alg'");
	header_refused("{\"alg\":\"HS256\\u0000\"}", JWT_MALFORMED, "NUL");
	tear_down();
}
END_TEST

START_TEST(only_the_algorithms_of_the_rules)
{
	struct jwt_rules rules = check_rules;
	struct jwt_verdict v;
	struct jwt_token *t;
	char *token;

	set_up(ALG_HS256);
	token = maker_token(&maker, "", PAYLOAD);
	rules.algorithms &= ~(UINT32_C(1) << ALG_HS256);
	ck_assert_int_eq(jwt_token_verify(&t, token, strlen(token), &rules,
			     keys, &v, NULL, 0),
	    -EACCES);
	ck_assert_int_eq(v.code, JWT_ALGORITHM);
	ck_assert_str_eq(
	    v.sentence, "token's algorithm 'HS256' is not taken here");
	free(token);
	tear_down();
}
END_TEST

START_TEST(what_changes_the_meaning_is_refused)
{
	static const char *const members[] = { "\"crit\":[\"b64\"]",
		"\"crit\":[]", "\"crit\":[\"exp\"],\"exp\":1", "\"b64\":false",
		"\"b64\":true", "\"b64\":false,\"crit\":[\"b64\"]",
		"\"enc\":\"A128GCM\"", "\"zip\":\"DEF\"", "\"cty\":\"JWT\"",
		"\"cty\":\"application/jwt\"" };
	char *more;

	set_up(ALG_HS256);
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		more = made_text("{\"alg\":\"HS256\",%s}", members[i]);
		header_refused(more, JWT_MALFORMED, "token");
		free(more);
	}
	header_refused("{\"alg\":\"HS256\",\"cty\":1}", JWT_MALFORMED,
	    "'cty' that is not a string");
	header_taken("{\"alg\":\"HS256\",\"cty\":\"json\",\"new\":[1]}");
	tear_down();
}
END_TEST

START_TEST(the_type_is_one_of_the_rules)
{
	static const char *const good[] = { "JWT", "jwt", "Jwt", "at+jwt",
		"AT+JWT", "application/at+jwt", "APPLICATION/JWT" };
	static const char *const bad[] = { "", "JWE", "secevent+jwt",
		"application/", "text/jwt", "application/application/jwt",
		"JWT ", "application/x/jwt", "dpop+jwt" };
	char *header;

	set_up(ALG_HS256);
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		header =
		    made_text("{\"alg\":\"HS256\",\"typ\":\"%s\"}", good[i]);
		header_taken(header);
		free(header);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		header =
		    made_text("{\"alg\":\"HS256\",\"typ\":\"%s\"}", bad[i]);
		header_refused(header, JWT_TYPE, "which is not taken");
		free(header);
	}
	header_refused("{\"alg\":\"HS256\",\"typ\":7}", JWT_MALFORMED,
	    "'typ' that is not a string");
	tear_down();
}
END_TEST

/* RFC 7515 section 4.1.9: "application/" goes without saying where there is no
 * other slash. */
START_TEST(types_may_be_written_in_full)
{
	static const char *const types[] = { "application/x", "a/b" };
	static const struct {
		const char *type;
		bool is_good;
	} cases[] = { { "x", true }, { "application/X", true }, { "a/b", true },
		{ "application/a/b", false }, { "b", false },
		{ "a/x", false } };
	struct jwt_rules rules = check_rules;
	struct jwt_verdict v;
	struct jwt_token *t;
	char *token, *more;

	set_up(ALG_HS256);
	rules.types = types;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		more = made_text(",\"typ\":\"%s\"", cases[i].type);
		token = maker_token(&maker, more, PAYLOAD);
		jwt_token_verify(
		    &t, token, strlen(token), &rules, keys, &v, NULL, 0);
		ck_assert_msg(cases[i].is_good == (t != NULL), "%s", more);
		jwt_token_unref(&t);
		free(token);
		free(more);
	}
	tear_down();
}
END_TEST

START_TEST(a_kid_is_matched_byte_for_byte)
{
	static const char *const others[] = { "", "K", "k ", " k", "kk",
		"k/../k", "../../dev/null", "' OR '1'='1", "k\\n", "k\\t",
		"\\u212a", "http://k" };
	char *header;

	set_up(ALG_HS256);
	header_taken("{\"alg\":\"HS256\",\"kid\":\"k\"}");
	header_taken("{\"alg\":\"HS256\",\"kid\":\"\\u006b\"}");
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		header =
		    made_text("{\"alg\":\"HS256\",\"kid\":\"%s\"}", others[i]);
		header_refused(header, JWT_UNKNOWN_KEY, "is not known");
		free(header);
	}
	header_refused(
	    "{\"alg\":\"HS256\",\"kid\":\"k\\u0000\"}", JWT_MALFORMED, "NUL");
	header_refused("{\"alg\":\"HS256\",\"kid\":1}", JWT_MALFORMED,
	    "'kid' that is not a string");
	header_refused("{\"alg\":\"HS256\",\"kid\":\"a\\n'\\u001b[1m\"}",
	    JWT_UNKNOWN_KEY, "token's key 'a?'?[1m' is not known");
	ck_assert_str_eq(check_kid, "a?'?[1m");
	tear_down();
}
END_TEST

START_TEST(a_kid_has_its_bound)
{
	char kid[JWT_KID_MAX + 2], *header;

	set_up(ALG_HS256);
	memset(kid, 'k', sizeof(kid));
	kid[JWT_KID_MAX + 1] = '\0';
	header = made_text("{\"alg\":\"HS256\",\"kid\":\"%s\"}", kid);
	header_refused(header, JWT_MALFORMED, "has 1025 bytes");
	free(header);
	kid[JWT_KID_MAX] = '\0';
	header = made_text("{\"alg\":\"HS256\",\"kid\":\"%s\"}", kid);
	header_refused(header, JWT_UNKNOWN_KEY, "is not known");
	ck_assert_uint_eq(strlen(check_kid), 63);
	free(header);
	tear_down();
}
END_TEST

START_TEST(which_key_it_was)
{
	struct maker a, b;
	char *one, *two, *set, *token;

	maker_init(&a, ALG_ES256);
	maker_init(&b, ALG_ES384);
	one = maker_jwk(&a, ",\"kid\":\"a\"");
	two = maker_jwk(&b, ",\"kid\":\"b\"");
	set = made_text("{\"keys\":[%s,%s]}", one, two);
	keys = check_keys(set);
	check_takes(keys, maker_token(&a, "", PAYLOAD));
	check_takes(keys, maker_token(&b, ",\"kid\":\"b\"", PAYLOAD));
	check_drops(keys, maker_token(&a, ",\"kid\":\"b\"", PAYLOAD),
	    JWT_ALGORITHM, "key 'b' is not for its algorithm ES256");
	check_drops(keys, maker_token(&a, ",\"kid\":\"c\"", PAYLOAD),
	    JWT_UNKNOWN_KEY, "token's key 'c' is not known");
	token = maker_sign_as(&a, ALG_ES256, "{\"alg\":\"RS256\"}", PAYLOAD);
	check_drops(keys, token, JWT_UNKNOWN_KEY, "names no key (kid)");
	check_drops(NULL, maker_token(&a, "", PAYLOAD), JWT_NO_KEYS,
	    "no keys to verify tokens with");
	check_refuses(NULL, "e30.e30.AA", JWT_MALFORMED, "no 'alg'");
	jwt_keys_unref(&keys);
	free(set);
	free(one);
	free(two);
	maker_finish(&a);
	maker_finish(&b);
}
END_TEST

/* The payload is looked at only when its signature fits. */
START_TEST(the_payload_is_a_strict_object)
{
	static const struct {
		const char *payload, *sentence;
	} cases[] = {
		{ "[]", "payload is not an object" },
		{ "[{\"sub\":\"a\"}]", "payload is not an object" },
		{ "\"a\"", "payload is not strict JSON" },
		{ "a", "payload is not strict JSON" },
		{ "{\"a\":1,\"a\":2}", "twice" },
		{ "{\"exp\":1,\"\\u0065xp\":2}", "twice" },
		{ "{\"a\":1e400}", "too large" },
		{ "{} ,", "follows" },
		{ "\xef\xbb\xbf{}", "payload is not strict JSON" },
		{ "{\"a\":\"\xff\"}", "UTF-8" },
		{ "{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", "deeper" },
	};
	char *token, *at;

	set_up(ALG_HS256);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		token = maker_token(&maker, "", cases[i].payload);
		check_refuses(keys, token, JWT_MALFORMED, cases[i].sentence);
		at = strrchr(token, '.') + 1;
		*at = *at == 'A' ? 'B' : 'A';
		check_drops(keys, token, JWT_SIGNATURE,
		    "token's signature does not fit the key");
	}
	check_takes(keys, maker_token(&maker, "", "{}"));
	tear_down();
}
END_TEST

/* Deeper than any stack, longer than most buffers. */
START_TEST(json_of_ten_thousand_levels)
{
	char *deep = malloc(12000);

	set_up(ALG_HS256);
	memset(deep, '[', 11999);
	deep[11999] = '\0';
	header_refused(deep, JWT_MALFORMED, "header is nested deeper");
	memcpy(deep, "{\"a\":", 5);
	check_drops(keys, maker_token(&maker, "", deep), JWT_MALFORMED,
	    "payload is nested deeper");
	free(deep);
	tear_down();
}
END_TEST

/* RFC 8725 section 3.10 and 3.11: keys that a token brings along are not even
 * looked at. */
START_TEST(a_key_in_the_header_is_no_key)
{
	struct maker attacker;
	char *members, *header;

	set_up(ALG_ES256);
	maker_init(&attacker, ALG_ES256);
	members = maker_members(&attacker, false);
	header = made_text("{\"alg\":\"ES256\",\"jwk\":{%s},"
			   "\"jku\":\"https://a.example/\",\"x5u\":\"/\","
			   "\"x5c\":[\"AA==\"],\"x5t\":\"AA\"}",
	    members);
	check_drops(keys, maker_sign_as(&attacker, ALG_ES256, header, PAYLOAD),
	    JWT_SIGNATURE, "does not fit the key");
	header_taken(header);
	free(header);
	free(members);
	maker_finish(&attacker);
	tear_down();
}
END_TEST

UNIT_TESTS("jwt token", every_algorithm_is_verified, a_token_is_counted,
    there_are_three_parts, nothing_else_stands_between,
    every_truncation_is_refused, every_flipped_bit_is_refused,
    a_token_that_is_too_long, the_header_is_a_strict_object,
    the_header_names_a_known_algorithm, only_the_algorithms_of_the_rules,
    what_changes_the_meaning_is_refused, the_type_is_one_of_the_rules,
    types_may_be_written_in_full, a_kid_is_matched_byte_for_byte,
    a_kid_has_its_bound, which_key_it_was, the_payload_is_a_strict_object,
    json_of_ten_thousand_levels, a_key_in_the_header_is_no_key)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* JSON of strangers. */

#include "../../plugins/jwt-guard/jwt-json.c"

#include "unit.h"

#include <string.h>

static char why[200];

static json_t *
read_some(const char *text, size_t n)
{
	memset(why, 'x', sizeof(why));
	errno = 0;
	return jwt_json_read(text, n, 16, why, sizeof(why));
}

static void
good(const char *text)
{
	json_t *j = read_some(text, strlen(text));

	ck_assert_msg(j, "%s: %s", text, why);
	json_decref(j);
}

static void
bad_bytes(const char *text, size_t n, const char *sentence)
{
	ck_assert_ptr_null(read_some(text, n));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_msg(strstr(why, sentence), "%s", why);
}

static void
bad(const char *text, const char *sentence)
{
	bad_bytes(text, strlen(text), sentence);
}

START_TEST(what_is_taken)
{
	good("{}");
	good("[]");
	good(" \t\r\n{\"a\": [1, -1.5e3, true, false, null, \"\\u0061\"]}\n");
	good("{\"\\u0061lg\":\"\\ud83d\\ude00\"}");
	good("{\"a\":9223372036854775807}");
}
END_TEST

START_TEST(what_is_not)
{
	bad("", "ends too early");
	bad("{", "ends too early");
	bad("{}x", "follows its end");
	bad("{}{}", "follows its end");
	bad_bytes("{}\0", 3, "is not strict JSON");
	bad("\xef\xbb\xbf{}", "is not strict JSON");
	bad("1", "is not strict JSON");
	bad("\"a\"", "is not strict JSON");
	bad("{'a':1}", "is not strict JSON");
	bad("{\"a\":1,}", "is not strict JSON");
	bad("{\"a\":01}", "is not strict JSON");
	bad("{\"a\":NaN}", "is not strict JSON");
	bad("{\"a\":Infinity}", "is not strict JSON");
	bad("{/**/}", "is not strict JSON");
	bad("{\"a\":1e400}", "too large");
	bad("{\"a\":9223372036854775808}", "too large");
	bad("{\"a\":\"\xff\"}", "not UTF-8");
	bad("{\"a\":\"\xc0\x80\"}", "not UTF-8");
	bad("{\"a\":\"\\ud800\"}", "is not strict JSON");
	bad("{\"a\":\"\\u0000\"}", "NUL");
	bad("{\"a\\u0000\":1}", "NUL");
	bad_bytes("{\"a\":\"\0\"}", 9, "is not strict JSON");
	bad("{\"a\":\"\n\"}", "is not strict JSON");
}
END_TEST

/* The library takes one behind a number or a word for nothing. */
START_TEST(no_zero_byte)
{
	static const char text[] = " {\"a\": [1, -1.5, true, null, \"b\"]} ";
	const size_t n = sizeof(text) - 1;
	char with[sizeof(text)];

	good(text);
	for (size_t i = 0; i <= n; i++) {
		memcpy(with, text, i);
		with[i] = '\0';
		memcpy(with + i + 1, text + i, n - i);
		bad_bytes(with, n + 1, "is not strict JSON");
	}
}
END_TEST

START_TEST(no_member_twice)
{
	bad("{\"a\":1,\"a\":1}", "twice");
	bad("{\"a\":1,\"\\u0061\":2}", "twice");
	bad("{\"b\":{\"a\":1,\"a\":1}}", "twice");
	good("{\"a\":1,\"A\":1,\"b\":{\"a\":1}}");
}
END_TEST

/* The text of a stranger's token is not repeated. */
START_TEST(the_sentence_does_not_quote)
{
	bad("{\"secret\":secret}", "line 1, column");
	ck_assert_ptr_null(strstr(why, "secret"));
	bad("{\"secret\":1,\"secret\":2}", "line 1, column");
	ck_assert_ptr_null(strstr(why, "secret"));
}
END_TEST

static char *
nested(unsigned depth, char open, char close)
{
	char *s = malloc(2 * depth + 1);

	ck_assert_ptr_nonnull(s);
	memset(s, open, depth);
	memset(s + depth, close, depth);
	s[2 * depth] = '\0';
	return s;
}

START_TEST(not_too_deep)
{
	char *s = nested(16, '[', ']');

	good(s);
	free(s);
	s = nested(17, '[', ']');
	bad(s, "deeper than 16");
	free(s);
	s = nested(10000, '[', ']');
	bad(s, "deeper than 16");
	s[5000] = '\0';
	bad(s, "deeper than 16");
	free(s);
	s = nested(10000, ']', '[');
	bad(s, "deeper than 16");
	free(s);
}
END_TEST

/* What stands in a string is no structure, wherever a quote is escaped. */
START_TEST(strings_do_not_count)
{
	good("{\"[[[[[[[[[[[[[[[[[[[[[[[\":\"{{{{{{{{{{{{{{{{{{{{{{{{{{\"}");
	good("{\"\\\"[[[[[[[[[[[[[[[[[[[[[\":\"\\\\\",\"b\":\"{{{{{{{{{{{{{\\"
	     "\\\"}");
	bad("{\"a\\\\\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "deeper");
	bad("\"\\", "is not strict JSON");
	bad("\"", "is not strict JSON");
}
END_TEST

START_TEST(not_too_many_parts)
{
	char *s = malloc(3 * CONTAINERS_MAX + 16);

	ck_assert_ptr_nonnull(s);
	s[0] = '[';
	for (size_t i = 0; i < CONTAINERS_MAX; i++)
		memcpy(s + 1 + 3 * i, "{},", 3);
	memcpy(s + 3 * (CONTAINERS_MAX - 1), "]", 2);
	good(s);
	memcpy(s + 3 * (CONTAINERS_MAX - 1), ",{}]", 5);
	bad(s, "more than");
	free(s);
}
END_TEST

static int failing;

static void *
failing_malloc(size_t n)
{
	return failing-- == 0 ? NULL : malloc(n);
}

START_TEST(memory_that_is_not_there)
{
	static const char text[] = "{\"a\":[1,2,{\"b\":\"c\"}],\"d\":1.5}";
	json_t *j = NULL;
	int n, told = 0;

	json_set_alloc_funcs(failing_malloc, free);
	for (n = 0; n < 1000 && !j; n++) {
		failing = n;
		j = read_some(text, strlen(text));
		told += !j && errno == ENOMEM;
	}
	ck_assert_ptr_nonnull(j);
	ck_assert_int_gt(told, n / 2); /* jansson takes some for bad syntax */
	failing = -1;
	json_decref(j);
	json_set_alloc_funcs(malloc, free);
}
END_TEST

static size_t held;

/* A piece of memory has eight bytes before it, and is a multiple of 16. */
static void *
counting_malloc(size_t n)
{
	size_t *p = malloc(n + 16);

	ck_assert_ptr_nonnull(p);
	*p = n < 24 ? 32 : (n + 8 + 15) & ~(size_t)15;
	held += *p;
	return p + 2;
}

static void
counting_free(void *p)
{
	size_t *before = p;

	if (!p)
		return;
	before -= 2;
	held -= *before;
	free(before);
}

static void
takes_what_it_says(const char *text, size_t n)
{
	size_t says;
	json_t *j;

	held = 0;
	j = read_some(text, n);
	ck_assert_msg(j, "%s: %s", text, why);
	says = jwt_json_memory(j, n);
	ck_assert_msg(held <= says && says <= 2 * held + n,
	    "%zu, not %zu: %.40s", says, held, text);
	json_decref(j);
	ck_assert_uint_eq(held, 0);
}

/* What the cache of tokens is bounded by. */
START_TEST(how_much_it_takes)
{
	static const char *const texts[] = { "{}", "[]", "{\"a\":{}}",
		"[[],{},[{}]]", "{\"a\":1,\"b\":1.5,\"c\":true,\"d\":null}",
		"{\"iss\":\"https://id.example.org\",\"aud\":[\"gate\"],"
		"\"sub\":\"alice\",\"exp\":1900000000,\"roles\":[1,2]}" };
	static const char *const many[] = { "{},", "[],", "\"\",", "1,",
		"\"\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\",",
		"true,", "\"some more of a text than a short one is\"," };
	char text[16384];
	size_t n;

	json_set_alloc_funcs(counting_malloc, counting_free);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		takes_what_it_says(texts[i], strlen(texts[i]));
	for (size_t i = 0; i < sizeof(many) / sizeof(*many); i++) {
		n = 0;
		text[n++] = '[';
		for (unsigned k = 0; k < 300; k++)
			n += (size_t)sprintf(text + n, "%s", many[i]);
		text[n - 1] = ']';
		text[n] = '\0';
		takes_what_it_says(text, n);
	}
	n = 0;
	for (unsigned k = 0; k < 700; k++)
		n += (size_t)sprintf(text + n, "%c\"%u\":{}", k ? ',' : '{', k);
	text[n++] = '}';
	text[n] = '\0';
	takes_what_it_says(text, n);
	json_set_alloc_funcs(malloc, free);
}
END_TEST

UNIT_TESTS("jwt json", how_much_it_takes, what_is_taken, what_is_not,
    no_zero_byte, no_member_twice, the_sentence_does_not_quote, not_too_deep,
    strings_do_not_count, not_too_many_parts, memory_that_is_not_there)

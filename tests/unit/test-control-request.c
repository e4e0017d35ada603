/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* What the control socket makes of a request, of an address that a question
 * names, and of the rows of several workers. */

#include "control/control-inner.h"

#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "unit.h"

/* ----------------------------------------------------------------- requests */

static const char *
refusal(const char *text)
{
	static struct request r;
	int rc = request_parse(&r, text, strlen(text));

	json_decref(r.arguments);
	ck_assert_int_eq(rc, r.refusal[0] ? -EINVAL : 0);
	return r.refusal;
}

#define ASSERT_SAYS(request, sentence) \
	ck_assert_pstr_eq(refusal(request), sentence)

START_TEST(good_request)
{
	static const char text[] =
	    "{\"bindery\": 1, \"command\": \"connections\", \"arguments\": "
	    "{\"limit\": 7, \"stages\": false, \"source\": \"::/0\"}} ";
	struct request r;

	ck_assert_int_eq(request_parse(&r, text, strlen(text)), 0);
	ck_assert_str_eq(r.refusal, "");
	ck_assert_str_eq(r.command->name, "connections");
	ck_assert_uint_eq(json_object_size(r.arguments), 3);
	json_decref(r.arguments);

	/* Only the bytes that it was given. */
	ck_assert_int_eq(request_parse(&r, text, strlen(text) - 2), -EINVAL);
	ck_assert_ptr_null(r.arguments);
	ck_assert_int_eq(request_parse(&r, "", 0), -EINVAL);
}
END_TEST

START_TEST(every_command_is_found)
{
	char text[200];

	for (const struct command *c = control_commands; c->name; c++) {
		ck_assert(c->run);
		snprintf(text, sizeof(text),
		    "{\"bindery\": 1, \"command\": \"%s\", \"arguments\": "
		    "{\"x\": 1}}",
		    c->name);
		ck_assert(strstr(refusal(text), "has no argument 'x'"));
		ck_assert(strstr(refusal(text), c->name));
	}
}
END_TEST

START_TEST(what_is_wrong_with_members)
{
	ASSERT_SAYS("[]", "the request is no JSON object");
	ck_assert(strstr(refusal("{"), "the request is no JSON object: "));
	ASSERT_SAYS(
	    "{}", "member 'bindery', the version of the protocol, is not 1");
	ASSERT_SAYS("{\"bindery\":2, \"command\":\"status\"}",
	    "member 'bindery', the version of the protocol, is not 1");
	ASSERT_SAYS("{\"bindery\":1, \"commands\":\"status\"}",
	    "a request has no member 'commands'");
	ASSERT_SAYS("{\"bindery\":1, \"x\":1, \"command\":\"status\"}",
	    "a request has no member 'x'");
	ASSERT_SAYS("{\"bindery\":1, \"command\":\"statsu\"}",
	    "there is no command 'statsu', is 'status' meant?");
	ASSERT_SAYS(
	    "{\"bindery\":1, \"command\":\"\"}", "there is no command ''");
	ASSERT_SAYS("{\"bindery\":1, \"command\":\"status\", \"arguments\":0}",
	    "member 'command' is not a string, or 'arguments' not an object");
}
END_TEST

START_TEST(what_is_wrong_with_arguments)
{
#define TELL "{\"bindery\":1, \"command\":\"tell\", \"arguments\":"
	ASSERT_SAYS(TELL "{\"pipeline\":\"p\", \"binding\":\"b\"}}",
	    "command 'tell' needs argument 'words'");
	ASSERT_SAYS(TELL "{\"pipeline\":\"p\", \"binding\":\"b\","
			 "\"words\":[]}}",
	    "");
	ASSERT_SAYS(TELL "{\"pipeline\":\"p\", \"binding\":\"b\","
			 "\"words\":[\"a\",1]}}",
	    "command 'tell': argument 'words' is not a list of strings");
	ASSERT_SAYS(TELL "{\"pipeline\":null}}",
	    "command 'tell': argument 'pipeline' is not a string");
	ASSERT_SAYS("{\"bindery\":1, \"command\":\"tell\"}",
	    "command 'tell' needs argument 'pipeline'");
	ASSERT_SAYS("{\"bindery\":1, \"command\":\"stop\", \"arguments\":"
		    "{\"now\":1}}",
	    "command 'stop': argument 'now' is not true or false");
	ASSERT_SAYS("{\"bindery\":1, \"command\":\"kill\", \"arguments\":"
		    "{\"id\":-1}}",
	    "command 'kill': argument 'id' is not an integer that is not "
	    "negative");
	ASSERT_SAYS("{\"bindery\":1, \"command\":\"explain\", \"arguments\":"
		    "{\"pipeline\":\"p\", \"claims\":{\"a\":1}}}",
	    "command 'explain': argument 'claims' is not an object with "
	    "strings");
}
END_TEST

START_TEST(long_names_are_cut)
{
	char text[5000], *at = text + sprintf(text, "{\"bindery\":1,\"");

	memset(at, 'm', 4000);
	strcpy(at + 4000, "\":1}");
	ck_assert_uint_lt(strlen(refusal(text)), 200);
}
END_TEST

/* ------------------------------------------------------------ out of memory */

static int allocations_left; /* then one fails, and all behind it */

static void *
scarce_malloc(size_t n)
{
	return allocations_left-- > 0 ? malloc(n) : NULL;
}

/* It is refused, or good: never half of it. */
START_TEST(memory_fails_at_each_place)
{
	static const char text[] =
	    "{\"bindery\": 1, \"command\": \"explain\", \"arguments\": "
	    "{\"pipeline\": \"p\", \"claims\": {\"a\": \"b\"}}}";
	struct request r;
	int i, rc = -1;

	json_set_alloc_funcs(scarce_malloc, free);
	for (i = 0; rc < 0 && i < 1000; i++) {
		allocations_left = i;
		rc = request_parse(&r, text, strlen(text));
		ck_assert_int_eq(rc, r.refusal[0] ? -EINVAL : 0);
		json_decref(r.arguments);
	}
	ck_assert_int_gt(i, 5);
	ck_assert_int_lt(i, 1000);
	json_set_alloc_funcs(malloc, free);
}
END_TEST

/* ---------------------------------------------------------------- addresses */

static const char *
again(const char *text)
{
	static char shown[ADDRESS_TEXT];
	struct sockaddr_in6 a;

	if (address_parse(text, &a) < 0)
		return NULL;
	return address_text((const void *)&a, shown);
}

START_TEST(addresses)
{
	static const char *const none[] = { "", ":", ":80", "1", "192.0.2",
		"192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:+1",
		"192.0.2.1: 1", "192.0.2.1:1x",
		"192.0.2.1:99999999999999999999", "[", "]", "[]", "[]:80",
		"[::1", "::1]", "::1]:80", "[::1]80", "[::1]:", "[::1]:x",
		"localhost", ":::", "1:2:3:4:5:6:7:8:9",
		"0000:0000:0000:0000:0000:0000:255.255.255.2555555555" };

	ck_assert_pstr_eq(again("192.0.2.1"), "192.0.2.1:0");
	ck_assert_pstr_eq(again("192.0.2.1:65535"), "192.0.2.1:65535");
	ck_assert_pstr_eq(again("::"), "[::]:0");
	ck_assert_pstr_eq(again("2001::1:80"), "[2001::1:80]:0");
	ck_assert_pstr_eq(again("[2001:db8::1]"), "[2001:db8::1]:0");
	ck_assert_pstr_eq(again("[2001:db8::1]:80"), "[2001:db8::1]:80");
	ck_assert_pstr_eq(again("::ffff:192.0.2.1"), "192.0.2.1:0");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_msg(!again(none[i]), "'%s'", none[i]);
}
END_TEST

/* --------------------------------------------------------------------- rows */

static json_t *
rows(const char *ids)
{
	json_t *list = json_array();

	for (; *ids; ids++)
		json_array_append_new(
		    list, json_pack("{s:i}", "id", *ids - '0'));
	return list;
}

/* What is there of them when memory fails. */
START_TEST(memory_fails_while_merging)
{
	json_set_alloc_funcs(scarce_malloc, free);
	for (int i = 0; i < 10; i++) {
		json_t *a, *b;

		allocations_left = 1000;
		a = rows("987654321");
		b = rows("98765");
		allocations_left = i;
		json_decref(rows_merge(a, b, 9));
	}
	json_set_alloc_funcs(malloc, free);
}
END_TEST

static const char *
merged(const char *a, const char *b, size_t most)
{
	static char text[20];
	json_t *r = rows_merge(rows(a), rows(b), most), *row;
	size_t i;

	json_array_foreach(r, i, row) text[i] =
	    (char)('0' + json_integer_value(json_object_get(row, "id")));
	text[json_array_size(r)] = '\0';
	json_decref(r);
	return text;
}

START_TEST(rows_are_merged_in_order)
{
	ck_assert_str_eq(merged("", "", 9), "");
	ck_assert_str_eq(merged("531", "", 9), "531");
	ck_assert_str_eq(merged("", "531", 9), "531");
	ck_assert_str_eq(merged("531", "642", 9), "654321");
	ck_assert_str_eq(merged("987", "123", 4), "9871");
	ck_assert_str_eq(merged("12", "98", 2), "98");
	ck_assert_str_eq(merged("531", "642", 0), "");
}
END_TEST

UNIT_TESTS("control-request", good_request, every_command_is_found,
    what_is_wrong_with_members, what_is_wrong_with_arguments,
    long_names_are_cut, memory_fails_at_each_place, addresses,
    rows_are_merged_in_order, memory_fails_while_merging)

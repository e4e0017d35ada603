/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* SOCKS5 with the token as password. */

#include "hearing.h"

static const struct jwt_hear at_first;
static const struct jwt_hear at_auth = { .dialect = DIALECT_SOCKS5,
	.step = STEP_AUTH };
static const struct jwt_hear at_request = { .dialect = DIALECT_SOCKS5,
	.step = STEP_REQUEST };

START_TEST(offers_are_read)
{
	static const struct hear_row rows[] = {
		/* curl, ncat, others */
		{ HEAR_BYTES("\5\3\0\1\2"), .kind = HEARD_REPLY },
		{ HEAR_BYTES("\5\2\0\2"), .kind = HEARD_REPLY },
		{ HEAR_BYTES("\5\1\2"), .kind = HEARD_REPLY },
		{ HEAR_BYTES("\5\1\2\1"), .kind = HEARD_REPLY, .behind = 1 },
		/* nc */
		{ HEAR_BYTES("\5\1\0"), HEARD_WRONG, JWT_MISSING, 0, 0, 0 },
		{ HEAR_BYTES("\5\1\0\2"), HEARD_WRONG, JWT_MISSING, 0, 0, 0 },
		{ HEAR_BYTES("\5\0"), HEARD_WRONG, JWT_MISSING, 0, 0, 0 },
		{ HEAR_BYTES("\5\2\2"), .kind = HEARD_MORE },
		{ HEAR_BYTES("\5"), .kind = HEARD_MORE },
	};
	struct jwt_hear h = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		hear_row(&rows[i], &at_first);
	hear(&h, &hear_rules, "\5\1\2", 3);
	ck_assert_uint_eq(heard.reply_size, 2);
	ck_assert_mem_eq(heard.reply, "\5\2", 2);
	ck_assert_int_eq(h.step, STEP_AUTH);
}
END_TEST

START_TEST(passwords_are_read)
{
	static const struct hear_row rows[] = {
		{ HEAR_BYTES("\1\3jwt\13abc.def.ghi"), HEARD_TOKEN, 0, 0,
		    "abc.def.ghi", NULL },
		{ HEAR_BYTES("\1\0\1x"), HEARD_TOKEN, 0, 0, "x", NULL },
		{ HEAR_BYTES("\1\3jwt\1x\5\1\0"), HEARD_TOKEN, 0, 3, "x",
		    NULL },
		{ HEAR_BYTES("\1\3jwt\0"), HEARD_WRONG, JWT_MISSING, 0, 0, 0 },
		{ HEAR_BYTES("\5\1\0"), HEARD_WRONG, JWT_PROTOCOL, 0, 0, 0 },
		{ HEAR_BYTES("\0"), HEARD_WRONG, JWT_PROTOCOL, 0, 0, 0 },
		{ HEAR_BYTES("\1\3jwt"), .kind = HEARD_MORE },
		{ HEAR_BYTES("\1\3jwt\2x"), .kind = HEARD_MORE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		hear_row(&rows[i], &at_auth);
}
END_TEST

START_TEST(a_cut_is_noticed)
{
	for (unsigned size = 254; size <= 255; size++) {
		struct jwt_hear h = at_auth;
		char in[2 + 255 + 1 + 255];

		memset(in, 'x', sizeof(in));
		in[0] = 1;
		in[1] = (char)255;
		in[2 + 255] = (char)size;
		ck_assert_int_eq(
		    hear(&h, &hear_rules, in, 2 + 255 + 1 + size), HEARD_TOKEN);
		ck_assert_uint_eq(heard.token_size, size);
		ck_assert(h.was_cut == (size == 255));
	}
}
END_TEST

START_TEST(destinations_are_read)
{
	static const struct hear_row rows[] = {
		{ HEAR_BYTES("\5\1\0\3\2db\x15\x38"), HEARD_DESTINATION, 0, 0,
		    NULL, "db:5432" },
		{ HEAR_BYTES("\5\1\0\3\13Db.Example-\0\1"), HEARD_DESTINATION,
		    0, 0, NULL, "db.example-:1" },
		{ HEAR_BYTES("\5\1\0\1\12\0\0\xff\xff\xff"), HEARD_DESTINATION,
		    0, 0, NULL, "10.0.0.255:65535" },
		{ HEAR_BYTES("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\x16"),
		    HEARD_DESTINATION, 0, 0, NULL, "[::1]:22" },
		{ HEAR_BYTES("\5\1\0\4\xfe\x80\0\0\0\0\0\0"
			     "\xAB\xCD\xEF\0\0\0\0\1\0\x16"
			     "SSH-2.0"),
		    HEARD_DESTINATION, 0, 7, NULL, "[fe80::abcd:ef00:0:1]:22" },
		{ HEAR_BYTES("\5\1\0\3\2db\x15"), .kind = HEARD_MORE },
		{ HEAR_BYTES("\5\1\0\3"), .kind = HEARD_MORE },
		{ HEAR_BYTES("\5\1\0"), .kind = HEARD_MORE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		hear_row(&rows[i], &at_request);
}
END_TEST

START_TEST(wrong_requests_are_refused)
{
	static const struct {
		struct hear_row row;
		uint8_t reply;
	} rows[] = {
		{ { HEAR_BYTES("\5\2\0\1\12\0\0\1\0\1"), .code = JWT_METHOD },
		    7 },
		{ { HEAR_BYTES("\5\3\0\1\0\0\0\0\0\0"), .code = JWT_METHOD },
		    7 },
		{ { HEAR_BYTES("\5\1\0\2xxx"), .code = JWT_PROTOCOL }, 8 },
		{ { HEAR_BYTES("\5\1\0\0"), .code = JWT_PROTOCOL }, 8 },
		{ { HEAR_BYTES("\4\1\0\1"), .code = JWT_PROTOCOL }, 1 },
		{ { HEAR_BYTES("\1"), .code = JWT_PROTOCOL }, 1 },
		{ { HEAR_BYTES("\5\1\0\1\12\0\0\1\0\0"), .code = JWT_PROTOCOL },
		    1 },
		{ { HEAR_BYTES("\5\1\0\3\0\0\1"), .code = JWT_PROTOCOL }, 1 },
		{ { HEAR_BYTES("\5\1\0\3\3a b\0\1"), .code = JWT_PROTOCOL },
		    1 },
		{ { HEAR_BYTES("\5\1\0\3\3a\0b\0\1"), .code = JWT_PROTOCOL },
		    1 },
		{ { HEAR_BYTES("\5\1\0\3\3a:b\0\1"), .code = JWT_PROTOCOL },
		    1 },
		{ { HEAR_BYTES("\5\1\0\3\4a..b\0\1"), .code = JWT_PROTOCOL },
		    1 },
		{ { HEAR_BYTES("\5\1\0\3\2.b\0\1"), .code = JWT_PROTOCOL }, 1 },
		{ { HEAR_BYTES("\5\1\0\3\3\xc3\xbcx\0\1"),
		      .code = JWT_PROTOCOL },
		    1 },
	};
	char answer[JWT_ANSWER];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hear_row row = rows[i].row;
		struct jwt_hear h = at_request;

		row.kind = HEARD_WRONG;
		hear_row(&row, &at_request);
		hear(&h, &hear_rules, row.in, row.n);
		ck_assert_uint_eq(
		    jwt_answer_refuse(&h, &heard.verdict, "", false, answer),
		    10);
		ck_assert_int_eq(answer[1], rows[i].reply);
	}
}
END_TEST

/* The longest name there can be has room. */
START_TEST(long_names_have_room)
{
	struct jwt_hear h = at_request;
	char in[5 + 255 + 2];

	memset(in, 'N', sizeof(in));
	memcpy(in, "\5\1\0\3\377", 5);
	memset(in + 5 + 255, 0xff, 2);
	ck_assert_int_eq(
	    hear(&h, &hear_rules, in, sizeof(in)), HEARD_DESTINATION);
	ck_assert_uint_eq(strlen(heard.destination), 255 + 6);
	ck_assert_str_eq(heard.destination + 254, "n:65535");
}
END_TEST

/* All at once, as no client has to wait for the answers. */
START_TEST(everything_may_come_at_once)
{
	static const char in[] = "\5\1\2\1\3jwt\1x\5\1\0\3\2db\0\1payload";
	struct jwt_hear h = { 0 };
	size_t n = sizeof(in) - 1, at = 0;
	char answer[JWT_ANSWER];

	ck_assert_int_eq(hear(&h, &hear_rules, in, n), HEARD_REPLY);
	at += heard.used;
	ck_assert_int_eq(hear(&h, &hear_rules, in + at, n - at), HEARD_TOKEN);
	at += heard.used;
	ck_assert_uint_eq(jwt_answer_token(&h, answer), 2);
	ck_assert_mem_eq(answer, "\1\0", 2);
	ck_assert_uint_eq(jwt_answer_token(&h, answer), 0);
	ck_assert_int_eq(
	    hear(&h, &hear_rules, in + at, n - at), HEARD_DESTINATION);
	at += heard.used;
	ck_assert_str_eq(in + at, "payload");
	ck_assert_uint_eq(jwt_answer_open(&h, false, answer), 10);
}
END_TEST

UNIT_TESTS("jwt-hear-socks", offers_are_read, passwords_are_read,
    a_cut_is_noticed, destinations_are_read, wrong_requests_are_refused,
    long_names_have_room, everything_may_come_at_once)

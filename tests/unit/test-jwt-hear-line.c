/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* AUTH, in a line and in RESP. */

#include "hearing.h"

static const struct jwt_hear nothing;
static char text[20000];

/* "AUTH [user] <n bytes>", and the end. */
static size_t
make_line(size_t user, size_t token, const char *end)
{
	size_t n = 0;

	memcpy(text, "AUTH ", n = 5);
	memset(text + n, 'u', user);
	n += user;
	if (user)
		text[n++] = ' ';
	memset(text + n, 'x', token);
	n += token;
	memcpy(text + n, end, strlen(end));
	return n + strlen(end);
}

static enum jwt_code
code_of(const char *p, size_t n)
{
	struct jwt_hear h = { 0 };

	hear(&h, &hear_rules, p, n);
	return heard.verdict.code;
}

START_TEST(lines_are_read)
{
	static const struct hear_row rows[] = {
		{ .in = "AUTH " TOKEN "\r\n", .token = TOKEN },
		{ .in = "AUTH " TOKEN "\n", .token = TOKEN },
		{ .in = "auth " TOKEN "\n", .token = TOKEN },
		{ .in = "Auth alice " TOKEN "\r\n", .token = TOKEN },
		{ .in = "AUTH   j\xc3\xbcrgen    " TOKEN "  \r\n",
		    .token = TOKEN },
		{ .in = "AUTH a\n", .token = "a" },
		{ .in = "AUTH a\nAUTH b\n", .token = "a", .behind = 7 },
		{ .in = "AUTH a\r\n\nSSH-2.0-x\r\n",
		    .token = "a",
		    .behind = 12 },
		{ HEAR_BYTES("AUTH a\n\0\r\r\n"), .token = "a", .behind = 4 },
		/* It is AUTH whatever follows. */
		{ .in = "AUTH /x HTTP/1.1\r\n", .token = "HTTP/1.1" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hear_row row = rows[i];

		row.kind = HEARD_TOKEN;
		hear_row(&row, &nothing);
	}
}
END_TEST

START_TEST(wrong_lines_are_refused)
{
	static const struct hear_row rows[] = {
		{ .in = "AUTH\r\n", .code = JWT_MISSING },
		{ .in = "AUTH\n", .code = JWT_MISSING },
		{ .in = "AUTH  \n", .code = JWT_MISSING },
		{ .in = "AUTH a b c\n", .code = JWT_PROTOCOL },
		{ .in = "AUTH a b c d e f\n", .code = JWT_PROTOCOL },
		{ .in = "AUTH a\rb\n", .code = JWT_PROTOCOL },
		{ .in = "AUTH a\r\r\n", .code = JWT_PROTOCOL },
		{ .in = "AUTH\ra\n", .code = JWT_PROTOCOL },
		{ .in = "AUTH a\tb\n", .code = JWT_PROTOCOL },
		{ .in = "AUTH a\033[2J", .code = JWT_PROTOCOL },
		{ .in = "AUTH a\177", .code = JWT_PROTOCOL },
		{ HEAR_BYTES("AUTH a\0b\n"), .code = JWT_PROTOCOL },
		{ HEAR_BYTES("AUTH a\0"), .code = JWT_PROTOCOL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hear_row row = rows[i];

		row.kind = HEARD_WRONG;
		hear_row(&row, &nothing);
	}
}
END_TEST

START_TEST(lines_are_bounded)
{
	size_t most = hear_rules.max_token, limit = most + LINE_EXTRA, n;
	struct jwt_hear h = { 0 };

	ck_assert_int_eq(code_of(text, make_line(0, most, "\r\n")), JWT_OK);
	ck_assert_int_eq(code_of(text, make_line(256, most, "\r\n")), JWT_OK);
	ck_assert_int_eq(
	    code_of(text, make_line(0, most + 1, "\n")), JWT_TOO_LONG);
	ck_assert_int_eq(
	    code_of(text, make_line(257, most, "\n")), JWT_PROTOCOL);
	ck_assert_int_eq(code_of(text, make_line(257, 1, "\n")), JWT_PROTOCOL);
	/* Refused as soon as it is too long, newline or not. */
	n = make_line(0, limit, "");
	ck_assert_int_eq(hear(&h, &hear_rules, text, limit - 1), HEARD_MORE);
	ck_assert_uint_eq(h.scanned, limit - 1);
	ck_assert_int_eq(hear(&h, &hear_rules, text, limit), HEARD_WRONG);
	ck_assert_int_eq(heard.verdict.code, JWT_TOO_LONG);
	ck_assert_int_eq(code_of(text, n), JWT_TOO_LONG);
	ck_assert_int_eq(
	    code_of(text, make_line(0, 2 * limit, "\n")), JWT_TOO_LONG);
}
END_TEST

/* ---- RESP */

START_TEST(resp_is_read)
{
	static const struct hear_row rows[] = {
		/* redis-cli -a, and with --user */
		{ .in = "*2\r\n$4\r\nAUTH\r\n$54\r\n" TOKEN "\r\n",
		    .token = TOKEN },
		{ .in = "*3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$54\r\n" TOKEN "\r\n",
		    .token = TOKEN },
		{ .in = "*2\r\n$4\r\nauth\r\n$1\r\nx\r\n*1\r\n$4\r\nPING\r\n",
		    .token = "x",
		    .behind = 14 },
		{ .in = "*3\r\n$4\r\nAuth\r\n$0\r\n\r\n$1\r\nx\r\n",
		    .token = "x" },
		{ .in = "*3\r\n$4\r\nAUTH\r\n$4\r\n\r\n\r\n\r\n$1\r\nx\r\n",
		    .token = "x" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hear_row row = rows[i];

		row.kind = HEARD_TOKEN;
		hear_row(&row, &nothing);
	}
}
END_TEST

START_TEST(wrong_resp_is_refused)
{
	static const struct hear_row rows[] = {
		{ .in = "*1\r\n$4\r\nPING\r\n", .code = JWT_MISSING },
		{ .in = "*2\r\n$7\r\nCOMMAND\r\n", .code = JWT_MISSING },
		{ .in = "*9999\r\n$4\r\nMGET\r\n", .code = JWT_MISSING },
		{ .in = "*8\r\n$5\r\nHELLO\r\n", .code = JWT_MISSING },
		{ .in = "*2\r\n$4\r\nAUTH\r\n$0\r\n\r\n", .code = JWT_MISSING },
		{ .in = "*1\r\n$0\r\n\r\n", .code = JWT_MISSING },
		{ .in = "*1\r\n$4\r\nAUTH\r\n", .code = JWT_PROTOCOL },
		{ .in = "*4\r\n$4\r\nAUTH\r\n", .code = JWT_PROTOCOL },
		{ .in = "*0\r\n", .code = JWT_PROTOCOL },
		{ .in = "*-1\r\n", .code = JWT_PROTOCOL },
		{ .in = "*02\r\n", .code = JWT_PROTOCOL },
		{ .in = "*+2\r\n", .code = JWT_PROTOCOL },
		{ .in = "* 2\r\n", .code = JWT_PROTOCOL },
		{ .in = "*\r\n", .code = JWT_PROTOCOL },
		{ .in = "*2\n", .code = JWT_PROTOCOL },
		{ .in = "*2\r*", .code = JWT_PROTOCOL },
		{ .in = "*100000", .code = JWT_PROTOCOL },
		{ .in = "*2\r\n:4\r\n", .code = JWT_PROTOCOL },
		{ .in = "*2\r\n*1\r\n", .code = JWT_PROTOCOL },
		{ .in = "*2\r\n$-1\r\n", .code = JWT_PROTOCOL },
		{ .in = "*2\r\n$\r\n", .code = JWT_PROTOCOL },
		{ .in = "*2\r\n$4x", .code = JWT_PROTOCOL },
		{ .in = "*2\r\n$4\r\nAUTHx", .code = JWT_PROTOCOL },
		{ .in = "*2\r\n$4\r\nAUTH\r\r", .code = JWT_PROTOCOL },
		{ .in = "*2\r\n$4\r\nAUTH\r\n$1\r\nxy", .code = JWT_PROTOCOL },
		{ .in = "*2\r\n$4\r\nAUTH\r\n$18446744073709551617\r\n",
		    .code = JWT_PROTOCOL },
		{ .in = "*2\r\n$4\r\nAUTH\r\n$99999\r\n",
		    .code = JWT_TOO_LONG },
		{ .in = "*2\r\n$99999\r\n", .code = JWT_TOO_LONG },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hear_row row = rows[i];

		row.kind = HEARD_WRONG;
		hear_row(&row, &nothing);
	}
}
END_TEST

START_TEST(resp_is_bounded)
{
	size_t most = hear_rules.max_token;

	for (size_t size = most - 1; size <= most + 1; size++) {
		int n = sprintf(text, "*2\r\n$4\r\nAUTH\r\n$%zu\r\n", size);

		memset(text + n, 'x', size);
		memcpy(text + (size_t)n + size, "\r\n", 2);
		ck_assert_int_eq(code_of(text, (size_t)n + size + 2),
		    size > most ? JWT_TOO_LONG : JWT_OK);
	}
}
END_TEST

/* Clients that begin with HELLO fall back to AUTH when it is not known. */
START_TEST(hello_is_answered_once)
{
	static const struct hear_row row = {
		.in = "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n"
		      "$7\r\ndefault\r\n$54\r\n" TOKEN "\r\n",
		.kind = HEARD_REPLY,
	};
	static const char plain[] = "*2\r\n$5\r\nhello\r\n$1\r\n3\r\n*";
	static const char then[] = "*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n";
	struct jwt_hear h = { 0 };

	hear_row(&row, &nothing);
	ck_assert_int_eq(hear(&h, &hear_rules, HEAR_TEXT(plain)), HEARD_REPLY);
	ck_assert_uint_eq(heard.used, sizeof(plain) - 2);
	ck_assert_mem_eq(heard.reply, "-ERR unknown command ", 21);
	ck_assert_mem_eq(heard.reply + heard.reply_size - 2, "\r\n", 2);
	ck_assert_int_eq(hear(&h, &hear_rules, HEAR_TEXT(then)), HEARD_TOKEN);
	ck_assert_int_eq(hear(&h, &hear_rules, "AUTH x\n", 7), HEARD_WRONG);
	ck_assert_int_eq(hear(&h, &hear_rules, HEAR_TEXT(plain)), HEARD_WRONG);
	ck_assert_int_eq(heard.verdict.code, JWT_MISSING);
}
END_TEST

UNIT_TESTS("jwt-hear-line", lines_are_read, wrong_lines_are_refused,
    lines_are_bounded, resp_is_read, wrong_resp_is_refused, resp_is_bounded,
    hello_is_answered_once)

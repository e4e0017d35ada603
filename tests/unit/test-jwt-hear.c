/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Which way a client takes to present its token, told by its first bytes, and
 * what it is told in its own words. */

#include "hearing.h"

static const struct jwt_hear nothing;

static enum jwt_dialect
dialect_of(const char *p, size_t n, unsigned ways)
{
	struct jwt_hear_rules rules = { ways, 8192 };
	struct jwt_hear h = { 0 };
	size_t i = 0;

	while (i < n && hear(&h, &rules, p, ++i) == HEARD_MORE)
		continue;
	return h.dialect;
}

/* ---- first bytes */

START_TEST(strangers_are_refused)
{
	static const struct hear_row rows[] = {
		{ .in = "SSH-2.0-OpenSSH_9.2p1\r\n" },
		{ .in = "EHLO client.example\r\n" },
		{ .in = "PING\r\n" },
		{ .in = "AUTHENTICATE " TOKEN "\r\n" },
		{ .in = "AUTH\t" TOKEN "\r\n" },
		{ .in = " AUTH " TOKEN "\r\n" },
		{ .in = "CONNECT\r\n" },
		{ .in = "CONNECT\tdb:1 HTTP/1.1\r\n" },
		{ .in = "GET /\r\n" },
		{ .in = "GET / HTTP/1.x\r\n" },
		{ .in = "x HTTP/1.1"
			"\x01" },
		{ .in = TOKEN "\r\n" },
		{ HEAR_BYTES("\0\0\0\10\4\322\026\057") }, /* PostgreSQL */
		{ HEAR_BYTES("\x10\x20\0\4MQTT") },
		{ HEAR_BYTES("\x16\3\1\2\0\1\0\1\xfc\3\3") },
		{ HEAR_BYTES("\4\1\x15\x38\0\0\0\1\0db\0") },
		{ HEAR_BYTES("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\f") },
		{ HEAR_BYTES("\r\n\r\n\0\r\nQUIT!") },
		{ .in = "\r\nCONNECT db:1 HTTP/1.1\r\n\r\n" },
		{ .in = "\n" },
		{ .in = "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" },
		{ .in = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
		{ HEAR_BYTES("\xff\xfe") },
		{ HEAR_BYTES("\0") },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hear_row row = rows[i];

		row.kind = HEARD_WRONG;
		row.code = JWT_PROTOCOL;
		hear_row(&row, &nothing);
	}
}
END_TEST

START_TEST(beginnings_are_waited_for)
{
	static const char *const beginnings[] = { "A", "auth", "AUTH ",
		"AUTH a b", "C", "CONNECT", "CONNECT ", "CONNECT x HTTP/1.1",
		"G", "GET / HTTP/1.1", "*", "*2\r", "\x05", "\r\n", "\r\n\r\n",
		"PROXY" };

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(char *); i++)
		hear_row(&(struct hear_row){ .in = beginnings[i] }, &nothing);
}
END_TEST

START_TEST(the_dialect_is_told)
{
	ck_assert_int_eq(dialect_of(HEAR_TEXT("AUTH x\n"), 7), DIALECT_LINE);
	ck_assert_int_eq(dialect_of(HEAR_TEXT("*1\r\n"), 7), DIALECT_RESP);
	ck_assert_int_eq(dialect_of(HEAR_TEXT("CONNECT "), 7), DIALECT_CONNECT);
	ck_assert_int_eq(
	    dialect_of(HEAR_TEXT("GET / HTTP/1.1\r\n"), 7), DIALECT_CONNECT);
	ck_assert_int_eq(
	    dialect_of(HEAR_TEXT("GET / HTTP/1.1"), 7), DIALECT_UNKNOWN);
	ck_assert_int_eq(dialect_of(HEAR_TEXT("\5"), 7), DIALECT_SOCKS5);
	ck_assert_int_eq(dialect_of(HEAR_TEXT("\4"), 7), DIALECT_SOCKS4);
	ck_assert_int_eq(dialect_of(HEAR_TEXT("\x16"), 7), DIALECT_SILENT);
	ck_assert_int_eq(dialect_of(HEAR_TEXT("PROXY "), 7), DIALECT_SILENT);
	ck_assert_int_eq(dialect_of(HEAR_TEXT("HELO x\r\n"), 7), DIALECT_LINE);
}
END_TEST

/* A way that is not taken is refused at once, in its own words. */
START_TEST(other_ways_are_refused)
{
	static const struct {
		const char *in;
		unsigned ways;
		enum jwt_dialect dialect;
		const char *says;
	} rows[] = {
		{ "AUTH ", WAY_CONNECT | WAY_SOCKS5, DIALECT_LINE, "'line'" },
		{ "*", WAY_CONNECT, DIALECT_RESP, "'line'" },
		{ "CONNECT ", WAY_LINE, DIALECT_CONNECT, "'connect'" },
		{ "GET / HTTP/1.0\r\n", WAY_LINE, DIALECT_CONNECT, "HTTP" },
		{ "\5", WAY_LINE | WAY_CONNECT, DIALECT_SOCKS5, "'socks5'" },
		{ "\5", 0, DIALECT_SOCKS5, "'socks5'" },
		{ "HELO ", WAY_PROXY_TLV, DIALECT_UNKNOWN, "" },
		{ "HELO\r\n", WAY_LINE, DIALECT_LINE, "'AUTH <token>')" },
		{ "HELO\r\n", WAY_SOCKS5, DIALECT_LINE, "SOCKS5)" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(
		    dialect_of(rows[i].in, strlen(rows[i].in), rows[i].ways),
		    rows[i].dialect);
		if (rows[i].dialect == DIALECT_UNKNOWN)
			continue;
		ck_assert_int_eq(heard.kind, HEARD_WRONG);
		ck_assert_int_eq(heard.verdict.code, JWT_PROTOCOL);
		ck_assert_ptr_nonnull(
		    strstr(heard.verdict.sentence, rows[i].says));
	}
}
END_TEST

/* One byte more than is waited for is not waited for. */
START_TEST(other_lines_are_bounded)
{
	static char line[OTHER_MAX + 1];
	struct jwt_hear h = { 0 };

	memset(line, 'x', sizeof(line));
	memcpy(line, "GET ", 4);
	ck_assert_int_eq(
	    hear(&h, &hear_rules, line, OTHER_MAX - 1), HEARD_MORE);
	ck_assert_int_eq(hear(&h, &hear_rules, line, OTHER_MAX), HEARD_WRONG);
	memcpy(line + OTHER_MAX - 11, " HTTP/1.1\r\n", 11);
	h = nothing;
	ck_assert_int_eq(hear(&h, &hear_rules, line, OTHER_MAX), HEARD_MORE);
	ck_assert_int_eq(h.dialect, DIALECT_CONNECT);
}
END_TEST

START_TEST(an_end_is_heard)
{
	static const struct {
		const char *in;
		uint8_t dialect, step;
		enum jwt_code code;
	} rows[] = {
		{ "", 0, 0, JWT_MISSING },
		{ "AUTH x", 0, 0, JWT_PROTOCOL },
		{ "CONNECT ", 0, 0, JWT_PROTOCOL },
		{ "\5", 0, 0, JWT_PROTOCOL },
		{ "", DIALECT_CONNECT, 0, JWT_MISSING },
		{ "", DIALECT_SOCKS5, STEP_AUTH, JWT_MISSING },
		{ "", DIALECT_SOCKS5, STEP_REQUEST, JWT_PROTOCOL },
		{ "\5\1", DIALECT_SOCKS5, STEP_REQUEST, JWT_PROTOCOL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct jwt_hear h = { .dialect = rows[i].dialect,
			.step = rows[i].step };

		jwt_hear(&h, &hear_rules, rows[i].in, strlen(rows[i].in), false,
		    &heard);
		ck_assert_int_eq(heard.kind, HEARD_MORE);
		jwt_hear(&h, &hear_rules, rows[i].in, strlen(rows[i].in), true,
		    &heard);
		ck_assert_int_eq(heard.kind, HEARD_WRONG);
		ck_assert_int_eq(heard.verdict.code, rows[i].code);
		ck_assert(!jwt_hear_may_retry(&h, &heard.verdict, 0));
	}
	/* What is whole is taken, even if it is the last. */
	ck_assert_int_eq(jwt_hear(&(struct jwt_hear){ 0 }, &hear_rules,
			     HEAR_TEXT("AUTH x\n"), true, &heard),
	    HEARD_TOKEN);
}
END_TEST

/* ---- answers */

static char answer[JWT_ANSWER];

static size_t
refuse(struct jwt_hear *h, enum jwt_code code, const char *sentence)
{
	struct jwt_verdict v;

	jwt_verdict_set(&v, code, "%s", sentence);
	return jwt_answer_refuse(h, &v, "gate", false, answer);
}

static void
check_refusal(enum jwt_dialect dialect, enum jwt_code code,
    const char *sentence, const char *expected)
{
	struct jwt_hear h = { .dialect = (uint8_t)dialect };
	size_t n = refuse(&h, code, sentence);

	ck_assert_msg(n == strlen(expected) && memcmp(answer, expected, n) == 0,
	    "%.*s", (int)n, answer);
}

START_TEST(lines_are_refused)
{
	check_refusal(DIALECT_LINE, JWT_EXPIRED, "token expired 42 s ago",
	    "ERR expired \"token expired 42 s ago\"\r\n");
	check_refusal(DIALECT_UNKNOWN, JWT_TIMEOUT, "no token",
	    "ERR timeout \"no token\"\r\n");
	check_refusal(DIALECT_LINE, JWT_ISSUER, "\"a\\b\"",
	    "ERR issuer \"\\\"a\\\\b\\\"\"\r\n");
	check_refusal(DIALECT_SILENT, JWT_ISSUER, "who?", "");
}
END_TEST

START_TEST(resp_is_refused)
{
	check_refusal(DIALECT_RESP, JWT_SIGNATURE, "bad", "-WRONGPASS bad\r\n");
	check_refusal(DIALECT_RESP, JWT_REVOKED, "gone", "-WRONGPASS gone\r\n");
	check_refusal(DIALECT_RESP, JWT_MISSING, "none", "-NOAUTH none\r\n");
	check_refusal(DIALECT_RESP, JWT_FORBIDDEN, "no", "-NOPERM no\r\n");
	check_refusal(DIALECT_RESP, JWT_DESTINATION, "no", "-NOPERM no\r\n");
	check_refusal(DIALECT_RESP, JWT_BACKEND, "down", "-ERR down\r\n");
	check_refusal(DIALECT_RESP, JWT_TOO_LONG, "long", "-ERR long\r\n");
}
END_TEST

START_TEST(http_is_refused)
{
	check_refusal(DIALECT_CONNECT, JWT_EXPIRED, "the \"token\\\" expired",
	    "HTTP/1.1 407 Proxy Authentication Required: "
	    "the \"token\\\" expired\r\n"
	    "Proxy-Authenticate: Bearer realm=\"gate\", "
	    "error=\"invalid_token\", "
	    "error_description=\"the 'token/' expired\"\r\n"
	    "Proxy-Authenticate: Basic realm=\"gate\"\r\n"
	    "Content-Type: text/plain\r\n"
	    "Content-Length: 21\r\n"
	    "Connection: close\r\n"
	    "\r\n"
	    "the \"token\\\" expired\n");
	check_refusal(DIALECT_CONNECT, JWT_MISSING, "none",
	    "HTTP/1.1 407 Proxy Authentication Required: none\r\n"
	    "Proxy-Authenticate: Bearer realm=\"gate\"\r\n"
	    "Proxy-Authenticate: Basic realm=\"gate\"\r\n"
	    "Content-Type: text/plain\r\n"
	    "Content-Length: 5\r\n"
	    "Connection: close\r\n"
	    "\r\n"
	    "none\n");
	check_refusal(DIALECT_CONNECT, JWT_METHOD, "no",
	    "HTTP/1.1 405 Method Not Allowed: no\r\n"
	    "Allow: CONNECT\r\n"
	    "Content-Type: text/plain\r\n"
	    "Content-Length: 3\r\n"
	    "Connection: close\r\n"
	    "\r\n"
	    "no\n");
	check_refusal(DIALECT_CONNECT, JWT_BUSY, "later",
	    "HTTP/1.1 503 Service Unavailable: later\r\n"
	    "Retry-After: 5\r\n"
	    "Content-Type: text/plain\r\n"
	    "Content-Length: 6\r\n"
	    "Connection: close\r\n"
	    "\r\n"
	    "later\n");
}
END_TEST

/* Each status has its words, and the longest of all answers is whole. */
START_TEST(answers_fit)
{
	struct jwt_hear h = { .dialect = DIALECT_CONNECT };
	char realm[1000];
	struct jwt_verdict v;
	size_t n;

	memset(realm, '"', sizeof(realm) - 1);
	realm[sizeof(realm) - 1] = 0;
	memset(v.sentence, '"', sizeof(v.sentence) - 1);
	v.sentence[sizeof(v.sentence) - 1] = 0;
	for (int code = JWT_OK + 1; code < JWT_CODES; code++) {
		v.code = (enum jwt_code)code;
		n = jwt_answer_refuse(&h, &v, realm, true, answer);
		ck_assert(answer_has(answer, n, "Content-Length: 256\r\n"));
		ck_assert(!answer_has(answer, n, "Refused"));
		ck_assert_uint_gt(n, 256 + 4);
		ck_assert_mem_eq(answer + n - 256 - 4, "\r\n\r\n\"", 5);
		ck_assert_int_eq(answer[n - 1], '\n');
	}
	v.code = JWT_EXPIRED;
	n = jwt_answer_refuse(&h, &v, "a\r\nb\177", true, answer);
	ck_assert(answer_has(answer, n, "Bearer realm=\"a??b?\""));
	h.dialect = DIALECT_LINE;
	n = jwt_answer_refuse(&h, &v, realm, true, answer);
	ck_assert_mem_eq(answer + n - 5, "\\\"\"\r\n", 5);
}
END_TEST

START_TEST(socks_is_refused)
{
	struct jwt_hear h = { .dialect = DIALECT_SOCKS5 };

	ck_assert_uint_eq(refuse(&h, JWT_MISSING, "no"), 2);
	ck_assert_mem_eq(answer, "\5\xff", 2);
	h.step = STEP_AUTH;
	ck_assert_uint_eq(refuse(&h, JWT_EXPIRED, "no"), 2);
	ck_assert_mem_eq(answer, "\1\1", 2);
	h.step = STEP_REQUEST;
	ck_assert_uint_eq(refuse(&h, JWT_DESTINATION, "no"), 10);
	ck_assert_mem_eq(answer, "\5\2\0\1\0\0\0\0\0\0", 10);
	refuse(&h, JWT_BACKEND, "no");
	ck_assert_mem_eq(answer, "\5\5\0\1\0\0\0\0\0\0", 10);
	refuse(&h, JWT_BACKEND_TIMEOUT, "no");
	ck_assert_mem_eq(answer, "\5\4\0\1\0\0\0\0\0\0", 10);
	h.reply = 8;
	refuse(&h, JWT_PROTOCOL, "no");
	ck_assert_mem_eq(answer, "\5\10\0\1\0\0\0\0\0\0", 10);
	h.dialect = DIALECT_SOCKS4;
	ck_assert_uint_eq(refuse(&h, JWT_PROTOCOL, "no"), 8);
	ck_assert_mem_eq(answer, "\0\x5b\0\0\0\0\0\0", 8);
}
END_TEST

START_TEST(open_ways_are_told)
{
	static const struct {
		enum jwt_dialect dialect;
		bool ack;
		const char *text;
		size_t n;
	} rows[] = {
		{ DIALECT_LINE, false, "", 0 },
		{ DIALECT_LINE, true, "OK\r\n", 4 },
		{ DIALECT_RESP, false, "+OK\r\n", 5 },
		{ DIALECT_CONNECT, false,
		    HEAR_TEXT("HTTP/1.1 200 Connection established\r\n\r\n") },
		{ DIALECT_SOCKS5, false, "\5\0\0\1\0\0\0\0\0\0", 10 },
		{ DIALECT_SILENT, true, "", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct jwt_hear h = { .dialect = (uint8_t)rows[i].dialect };

		ck_assert_uint_eq(
		    jwt_answer_open(&h, rows[i].ack, answer), rows[i].n);
		ck_assert_mem_eq(answer, rows[i].text, rows[i].n);
		if (rows[i].dialect != DIALECT_SOCKS5)
			ck_assert_uint_eq(jwt_answer_token(&h, answer), 0);
	}
}
END_TEST

UNIT_TESTS("jwt-hear", strangers_are_refused, beginnings_are_waited_for,
    the_dialect_is_told, other_ways_are_refused, other_lines_are_bounded,
    an_end_is_heard, lines_are_refused, resp_is_refused, http_is_refused,
    answers_fit, socks_is_refused, open_ways_are_told)

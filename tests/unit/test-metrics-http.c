/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The plugin metrics: what it takes for a request, and the heads of its
 * answers. */

#include "unit.h"

#include "../../plugins/metrics/metrics-answer.c"
#include "../../plugins/metrics/metrics-http.c"

#define HOST "Host: a\r\n"
#define GET  "GET /metrics HTTP/1.1\r\n" HOST

static struct http_request r;
static char path[HTTP_TARGET_MOST + 1];

/* The head in memory of just its size, so that a sanitizer sees reads beyond.
 */
static int
parse_n(const char *text, size_t n)
{
	char *copy = malloc(n + !n);
	int rc;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, n);
	rc = http_parse(copy, n, &r);
	if (rc > 0)
		snprintf(
		    path, sizeof(path), "%.*s", (int)r.path_length, r.path);
	r.path = NULL;
	free(copy);
	return rc;
}

static int
parse(const char *text)
{
	return parse_n(text, strlen(text));
}

static void
path_is(const char *request, const char *is)
{
	ck_assert_int_eq(parse(request), (int)strlen(request));
	ck_assert_uint_eq(r.path_length, strlen(is));
	ck_assert_str_eq(path, is);
}

START_TEST(good_requests)
{
	path_is(GET "\r\n", "/metrics");
	ck_assert_int_eq(r.method, HTTP_GET);
	ck_assert(r.keeps && !r.is_1_0 && !r.expects && r.body == 0);
	path_is("HEAD /?a=/b HTTP/1.1\r\nhost:a\r\n\r\n", "/");
	ck_assert_int_eq(r.method, HTTP_HEAD);
	path_is("GET http://x.example:9/m HTTP/1.1\r\n" HOST "\r\n", "/m");
	path_is("GET HTTP://x HTTP/1.1\r\n" HOST "\r\n", "/");
	path_is("\r\n" GET "\r\n", "/metrics");
	path_is(
	    "POST /m HTTP/1.1\r\n" HOST "Content-Length: 65536\r\n\r\n", "/m");
	ck_assert_int_eq(r.method, HTTP_OTHER);
	ck_assert_uint_eq(r.body, 65536);
	path_is("get / HTTP/1.1\r\n" HOST "\r\n", "/");
	ck_assert_int_eq(r.method, HTTP_OTHER);
	path_is("OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "*");
	path_is("CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", "a:1");
	path_is("GET / HTTP/1.9\r\nHOST: \t a \t\r\nX-Y: \xff\t!\r\n\r\n", "/");
	path_is("GET / HTTP/1.1\r\nHost:\r\nEmpty:\r\n\r\n", "/");
	path_is(GET "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n",
	    "/metrics");
	ck_assert(r.expects);
}
END_TEST

START_TEST(who_keeps_the_connection)
{
	static const struct {
		const char *version, *fields;
		bool keeps;
	} cases[] = {
		{ "1.1", "", true },
		{ "1.1", "Connection: close\r\n", false },
		{ "1.1", "Connection: x, CLOSE ,y\r\n", false },
		{ "1.1", "Connection: x\r\nconnection: close\r\n", false },
		{ "1.1", "Connection: closer\r\n", true },
		{ "1.1", "Connection: ,\r\n", true },
		{ "1.0", "", false },
		{ "1.0", "Connection: Keep-Alive\r\n", true },
		{ "1.0", "Connection: keep-alive, close\r\n", false },
	};
	char text[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "GET / HTTP/%s\r\n" HOST "%s\r\n",
		    cases[i].version, cases[i].fields);
		ck_assert_int_eq(parse(text), (int)strlen(text));
		ck_assert_msg(r.keeps == cases[i].keeps, "%s", text);
	}
	ck_assert_int_gt(parse("GET / HTTP/1.0\r\n\r\n"), 0); /* no Host */
	ck_assert(r.is_1_0);
}
END_TEST

START_TEST(bad_requests)
{
	static const struct {
		int status;
		const char *text;
	} cases[] = {
		{ 400, "\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\n" },
		{ 400, "GET /\r\n" },
		{ 400, "GET  / HTTP/1.1\r\n" },
		{ 400, "GET /  HTTP/1.1\r\n" },
		{ 400, " GET / HTTP/1.1\r\n" },
		{ 400, "GE\tT / HTTP/1.1\r\n" },
		{ 400, "GET / HTTP/1.1 \r\n" },
		{ 400, "GET / http/1.1\r\n" },
		{ 400, "GET / HTTP/1.x\r\n" },
		{ 400, "GET / HTTP/11\r\n" },
		{ 400, "GET /\x01 HTTP/1.1\r\n" },
		{ 400, "GET /\xc3\xa4 HTTP/1.1\r\n" },
		{ 400, "GET m HTTP/1.1\r\n" },
		{ 400, "GET * HTTP/1.1\r\n" },
		{ 400, "GET / HT\rTP/1.1\r\n" },
		{ 400, "\x16\x03\x01\x02\n" },
		{ 400, "GET / HTTP/1.1\r\n\r\n" },
		{ 400, GET HOST "\r\n" },
		{ 400, GET "A : b\r\n" },
		{ 400, GET "A\r\n" },
		{ 400, GET ": b\r\n" },
		{ 400, GET " folded\r\n" },
		{ 400, GET "A: b\x01\r\n" },
		{ 400, GET "A: b\x7f\r\n" },
		{ 400, GET "A: b\n" },
		{ 400, GET "A: b\rc\r\n" },
		{ 400, GET "Content-Length:\r\n" },
		{ 400, GET "Content-Length: -1\r\n" },
		{ 400, GET "Content-Length: +1\r\n" },
		{ 400, GET "Content-Length: 1 2\r\n" },
		{ 400, GET "Content-Length: 0x1\r\n" },
		{ 400, GET "Content-Length: 1\r\nContent-Length: 1\r\n" },
		{ 400, GET "Content-Length: 1\r\n"
			   "Transfer-Encoding: chunked\r\n\r\n" },
		{ 400, "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" },
		{ 400, GET "Connection: a b\r\n" },
		{ 413, GET "Content-Length: 65537\r\n\r\n" },
		{ 413, GET "Content-Length: 99999999999999999999999\r\n\r\n" },
		{ 417, GET "Expect: tea\r\n" },
		{ 501, GET "Transfer-Encoding: chunked\r\n\r\n" },
		{ 505, "GET / HTTP/2.0\r\n" },
		{ 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(parse(cases[i].text) == -cases[i].status,
		    "%d for: %s", parse(cases[i].text), cases[i].text);
	ck_assert_int_eq(parse_n("GET /\0 HTTP/1.1\r\n", 17), -400);
	ck_assert_int_eq(parse_n(GET "A: \0\r\n", sizeof(GET) + 5), -400);
}
END_TEST

START_TEST(a_head_is_waited_for)
{
	static const char text[] = GET "A: b\r\nContent-Length: 3\r\n\r\n";

	for (size_t n = 0; n < sizeof(text) - 1; n++)
		ck_assert_int_eq(parse_n(text, n), 0);
	ck_assert_int_eq(parse_n("\r", 1), 0);
	/* What follows is no part of it. */
	ck_assert_int_eq(parse(GET "\r\n" GET), (int)sizeof(GET "\r\n") - 1);
}
END_TEST

START_TEST(a_head_has_an_end)
{
	enum { MOST = HTTP_HEAD_MOST };
	char *text = malloc(2 * MOST);
	size_t head = sizeof(GET) - 1;

	memcpy(text, GET "A: ", head + 3);
	memset(text + head + 3, 'x', 2 * MOST - head - 3);
	memcpy(text + MOST - 4, "\r\n\r\n", 4);
	ck_assert_int_eq(parse_n(text, 2 * MOST), MOST);
	memcpy(text + MOST - 4, "x\r\n\r\n", 5);
	ck_assert_int_eq(parse_n(text, MOST - 1), 0);
	ck_assert_int_eq(parse_n(text, MOST), -431);
	ck_assert_int_eq(parse_n(text, 2 * MOST), -431);
	memset(text, 'x', 2 * MOST);
	ck_assert_int_eq(parse_n(text, MOST - 1), 0);
	ck_assert_int_eq(parse_n(text, MOST), -414);

	memcpy(text, "GET /", 5);
	memcpy(text + 4 + HTTP_TARGET_MOST, " HTTP/1.1\r\n" HOST "\r\n", 23);
	ck_assert_int_gt(parse_n(text, 4 + HTTP_TARGET_MOST + 22), 0);
	memcpy(text + 4 + HTTP_TARGET_MOST, "x HTTP/1.1\r\n" HOST "\r\n", 24);
	ck_assert_int_eq(parse_n(text, 4 + HTTP_TARGET_MOST + 23), -414);
	free(text);
}
END_TEST

START_TEST(heads_of_answers)
{
	char head[ANSWER_HEAD_MOST];
	struct answer a = { 200, "text/plain", 1234, true, false };

	answer_head(head, &a, 784111777);
	ck_assert_str_eq(head, "HTTP/1.1 200 OK\r\n"
			       "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
			       "Content-Type: text/plain\r\n"
			       "Content-Length: 1234\r\n"
			       "\r\n");
	a.is_1_0 = true;
	answer_head(head, &a, 0);
	ck_assert_ptr_nonnull(strstr(head, "\r\nConnection: keep-alive\r\n"));
	a.keeps = false;
	a.status = 405;
	ck_assert_uint_eq(answer_head(head, &a, 0), strlen(head));
	ck_assert_ptr_nonnull(strstr(head, " 405 Method Not Allowed\r\n"));
	ck_assert_ptr_nonnull(strstr(head, "\r\nAllow: GET, HEAD\r\n"));
	ck_assert_ptr_nonnull(strstr(head, "\r\nConnection: close\r\n"));
	ck_assert_str_eq(http_reason(299), "Unknown");
}
END_TEST

UNIT_TESTS("metrics-http", good_requests, who_keeps_the_connection,
    bad_requests, a_head_is_waited_for, a_head_has_an_end, heads_of_answers)

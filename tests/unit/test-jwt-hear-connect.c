/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* HTTP CONNECT: what stock clients send is understood, and whatever two readers
 * could understand in two ways is refused. */

#include "hearing.h"

#define FIRST "CONNECT db:5432 HTTP/1.1\r\n"
#define AUTH  "Proxy-Authorization: Bearer " TOKEN "\r\n"

static const struct jwt_hear nothing;
static char text[2 * JWT_HEARD_MAX];

static enum jwt_code
code_of(const char *p, size_t n)
{
	struct jwt_hear h = { 0 };

	hear(&h, &hear_rules, p, n);
	return heard.verdict.code;
}

/* As they were seen on the wire. */
START_TEST(stock_clients_are_understood)
{
	static const char *const clients[] = {
		/* curl -p --proxy-header */
		"CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\n"
		"User-Agent: curl/7.88.1\r\n"
		"Proxy-Connection: Keep-Alive\r\n" AUTH "\r\n",
		/* curl -p --proxy-user */
		"CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\n"
		"Proxy-Authorization: Basic " BASIC "\r\n"
		"User-Agent: curl/7.88.1\r\nProxy-Connection: Keep-Alive\r\n"
		"\r\n",
		/* proxytunnel */
		"CONNECT db:5432 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
		"Proxy-Connection: Keep-Alive\r\n" AUTH "\r\n",
		/* socat */
		"CONNECT db:5432 HTTP/1.0\r\n"
		"Proxy-authorization: Basic " BASIC "\r\n\r\n",
		/* ncat, corkscrew */
		"CONNECT db:5432 HTTP/1.0\r\n"
		"Proxy-Authorization: Basic " BASIC "\r\n\r\n",
		/* openssl s_client */
		"CONNECT db:5432 HTTP/1.0\r\nProxy-Connection: Keep-Alive\r\n"
		"Proxy-Authorization: Basic " BASIC "\r\n\r\n",
		/* stunnel */
		"CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\n" AUTH "\r\n",
	};

	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++)
		hear_row(&(struct hear_row){ clients[i], 0, HEARD_TOKEN, JWT_OK,
			     0, TOKEN, "db:5432" },
		    &nothing);
	/* ncat and nc, at first */
	hear_row(&(struct hear_row){ .in = "CONNECT db:5432 HTTP/1.0\r\n\r\n",
		     .kind = HEARD_WRONG,
		     .code = JWT_MISSING },
	    &nothing);
}
END_TEST

START_TEST(targets_are_read)
{
	static const struct {
		const char *target, *destination;
	} rows[] = {
		{ "db:5432", "db:5432" },
		{ "DB.Example.COM:1", "db.example.com:1" },
		{ "a_b-c.d.:65535", "a_b-c.d.:65535" },
		{ "10.0.0.1:00080", "10.0.0.1:80" },
		{ "[::1]:22", "[::1]:22" },
		{ "[FE80:0:0:0::1]:22", "[fe80::1]:22" },
		{ "[::ffff:10.0.0.1]:22", "[::ffff:10.0.0.1]:22" },
		{ "db", NULL },
		{ "db:", NULL },
		{ ":1", NULL },
		{ "db:0", NULL },
		{ "db:65536", NULL },
		{ "db:000001", NULL },
		{ "db:4294967297", NULL },
		{ "db:-1", NULL },
		{ "db:+1", NULL },
		{ "db:1:2", NULL },
		{ "db:1/", NULL },
		{ "user@db:1", NULL },
		{ "http://db:1", NULL },
		{ "http://db:1/", NULL },
		{ "/", NULL },
		{ "*", NULL },
		{ "*:1", NULL },
		{ "d%62:1", NULL },
		{ "a..b:1", NULL },
		{ ".b:1", NULL },
		{ "d\xc3\xbc:1", NULL },
		{ "::1:22", NULL },
		{ "[::1]", NULL },
		{ "[::1]22", NULL },
		{ "[::1:22", NULL },
		{ "[]:22", NULL },
		{ "[db]:22", NULL },
		{ "[::1%eth0]:22", NULL },
		{ "[10.0.0.1]:22", NULL },
		{ "[0000:0000:0000:0000:0000:0000:0000:0000:0000:000]:1",
		    NULL },
		{ "[::1]:", NULL },
		{ "[::1]:0", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hear_row row = { text, 0, HEARD_TOKEN, JWT_OK, 0, TOKEN,
			rows[i].destination };

		sprintf(text, "CONNECT %s HTTP/1.1\r\n" AUTH "\r\n",
		    rows[i].target);
		if (!rows[i].destination)
			row = (struct hear_row){ .in = text,
				.kind = HEARD_WRONG,
				.code = JWT_PROTOCOL };
		hear_row(&row, &nothing);
	}
}
END_TEST

START_TEST(targets_are_bounded)
{
	for (int size = 250; size <= 260; size++) {
		int n = sprintf(text, "CONNECT %0*d:1 HTTP/1.1\r\n" AUTH "\r\n",
		    size - 2, 0);

		ck_assert_int_eq(code_of(text, (size_t)n),
		    size > 255 ? JWT_PROTOCOL : JWT_OK);
	}
}
END_TEST

START_TEST(odd_requests_are_understood)
{
	static const char *const requests[] = {
		FIRST "pRoXy-AuThOrIzAtIoN:bEaReR " TOKEN "\r\n\r\n",
		FIRST "Proxy-Authorization: \t BEARER   " TOKEN " \t\r\n\r\n",
		FIRST "Proxy-Authorization: BASIC " BASIC "\r\n\r\n",
		FIRST "Content-Length: 0\r\n" AUTH "\r\n",
		FIRST "Authorization: Bearer wrong\r\n" AUTH
		      "Authorization: Basic x\r\n\r\n",
		FIRST "Host:\r\n" AUTH "\r\n",
		FIRST "X:\r\nY: \xc3\xbc\t.\r\n" AUTH "\r\n",
		"CONNECT db:5432 HTTP/1.9\r\n" AUTH "\r\n",
	};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		hear_row(&(struct hear_row){ requests[i], 0, HEARD_TOKEN,
			     JWT_OK, 0, TOKEN, "db:5432" },
		    &nothing);
	hear_row(&(struct hear_row){ FIRST AUTH "\r\n" FIRST AUTH "\r\n", 0,
		     HEARD_TOKEN, JWT_OK, strlen(FIRST AUTH "\r\n"), TOKEN,
		     "db:5432" },
	    &nothing);
}
END_TEST

START_TEST(wrong_requests_are_refused)
{
	static const struct hear_row rows[] = {
		{ .in = FIRST AUTH AUTH "\r\n" },
		{ .in = FIRST AUTH "Proxy-Authorization: Basic eA==\r\n\r\n" },
		{ .in = FIRST AUTH "Proxy-Authorization:\r\n\r\n" },
		{ .in = FIRST "Proxy-Authorization:\r\n" AUTH "\r\n" },
		{ .in = FIRST "Host: a\r\nHost: a\r\n" AUTH "\r\n" },
		{ .in = FIRST "Content-Length: 5\r\n" AUTH "\r\n" },
		{ .in = FIRST "Content-Length: 00\r\n" AUTH "\r\n" },
		{ .in = FIRST "Content-Length: 0, 5\r\n" AUTH "\r\n" },
		{ .in = FIRST "Content-Length:\r\n" AUTH "\r\n" },
		{ .in = FIRST "Transfer-Encoding: chunked\r\n" AUTH "\r\n" },
		{ .in = FIRST "transfer-encoding:\r\n" AUTH "\r\n" },
		/* folded, blanks before the colon, no name */
		{ .in = FIRST "A: b\r\n c\r\n" AUTH "\r\n" },
		{ .in = FIRST "A: b\r\n\tc\r\n" AUTH "\r\n" },
		{ .in = FIRST " " AUTH "\r\n" },
		{ .in = FIRST "A : b\r\n" AUTH "\r\n" },
		{ .in = FIRST ": b\r\n" AUTH "\r\n" },
		{ .in = FIRST "A\r\n" AUTH "\r\n" },
		{ .in = FIRST "A(b): c\r\n" AUTH "\r\n" },
		{ .in = FIRST "\xc3\xbc: c\r\n" AUTH "\r\n" },
		/* ends of lines */
		{ .in = "CONNECT db:5432 HTTP/1.1\n" },
		{ .in = FIRST "A: b\n" },
		{ .in = FIRST "\n" },
		{ .in = FIRST "A: b\rc" },
		{ .in = FIRST "A: b\r\r" },
		{ .in = FIRST "\r\r" },
		{ HEAR_BYTES(FIRST "A: b\0") },
		{ .in = FIRST "A: \033[2J" },
		{ .in = FIRST "A: \177" },
		/* the first line */
		{ .in = "CONNECT  db:5432 HTTP/1.1\r\n\r\n" },
		{ .in = "CONNECT db:5432  HTTP/1.1\r\n\r\n" },
		{ .in = "CONNECT db:5432\tHTTP/1.1\r\n\r\n" },
		{ .in = "CONNECT db:5432 HTTP/1.1 \r\n\r\n" },
		{ .in = "CONNECT db:5432 x HTTP/1.1\r\n\r\n" },
		{ .in = "CONNECT db:5432 http/1.1\r\n\r\n" },
		{ .in = "CONNECT db:5432 HTTP/2.0\r\n\r\n" },
		{ .in = "CONNECT db:5432 HTTP/0.9\r\n\r\n" },
		{ .in = "CONNECT db:5432 HTTP/1.10\r\n\r\n" },
		{ .in = "CONNECT db:5432 HTTP/1\r\n\r\n" },
		{ .in = "CONNECT db:5432\r\n\r\n" },
		{ .in = "CONNECT \r\n\r\n" },
		{ .in = "CONNECT HTTP/1.1\r\n\r\n" },
		{ .in = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
		{ .in = "GET / HTTP/1.1\n" },
		{ .in = "GET / HTTP/1.1\r\n\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hear_row row = rows[i];

		row.kind = HEARD_WRONG;
		row.code = JWT_PROTOCOL;
		hear_row(&row, &nothing);
	}
}
END_TEST

START_TEST(other_methods_are_refused)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET http://db/ HTTP/1.0\r\n\r\n",
		"POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
		"OPTIONS * HTTP/1.1\r\n\r\n",
		"M-SEARCH * HTTP/1.1\r\n\r\n",
		"connect db:5432 HTTP/1.1\r\n" AUTH "\r\n",
		"Connect db:5432 HTTP/1.1\r\n" AUTH "\r\n",
	};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		hear_row(&(struct hear_row){ .in = requests[i],
			     .kind = HEARD_WRONG,
			     .code = JWT_METHOD },
		    &nothing);
}
END_TEST

START_TEST(credentials_are_read)
{
	static const struct {
		const char *field;
		enum jwt_code code;
		const char *token;
	} rows[] = {
		{ "Bearer x", 0, "x" },
		{ "Bearer a-._~+/b==", 0, "a-._~+/b==" },
		{ "Basic Ong=", 0, "x" },         /* :x */
		{ "Basic Ong", 0, "x" },          /* no padding */
		{ "Basic dTpwOnE=", 0, "p:q" },   /* u:p:q */
		{ "Basic asO8cmdlbjp4", 0, "x" }, /* a user in UTF-8 */
		{ "Bearer", JWT_MISSING, 0 }, { "Bearer ", JWT_MISSING, 0 },
		{ "Basic dTo=", JWT_MISSING, 0 }, /* u: */
		{ "", JWT_MISSING, 0 }, { TOKEN, JWT_MISSING, 0 },
		{ "Digest " TOKEN, JWT_MISSING, 0 },
		{ "BearerX x", JWT_MISSING, 0 },
		{ "Bearer\tx", JWT_MISSING, 0 },
		{ "Bearer a b", JWT_MALFORMED, 0 },
		{ "Bearer a,b", JWT_MALFORMED, 0 },
		{ "Bearer \"a\"", JWT_MALFORMED, 0 },
		{ "Bearer a=b", JWT_MALFORMED, 0 },
		{ "Bearer ==", JWT_MALFORMED, 0 },
		{ "Bearer x\xc3\xbc", JWT_MALFORMED, 0 },
		{ "Basic", JWT_MALFORMED, 0 },
		{ "Basic dQ==", JWT_MALFORMED, 0 }, /* u */
		{ "Basic !!!!", JWT_MALFORMED, 0 },
		{ "Basic Ong= Ong=", JWT_MALFORMED, 0 },
		{ "Basic CTp4", JWT_MALFORMED, 0 }, /* a tab */
		{ "Basic ADp4", JWT_MALFORMED, 0 }, /* a 0 */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_basic = strncmp(rows[i].field, "Basic", 5) == 0;
		struct hear_row row = { text, 0, HEARD_TOKEN, JWT_OK, 0,
			rows[i].token, "db:5432" };

		sprintf(text, FIRST "Proxy-Authorization: %s\r\n\r\n",
		    rows[i].field);
		row.code = rows[i].code;
		if (row.code)
			row.kind = HEARD_WRONG;
		hear_row(&row, &nothing);
		/* All that was decoded can be wiped. */
		ck_assert((heard.room_size > 0) == is_basic);
		if (is_basic && heard.token)
			ck_assert(heard.token + heard.token_size <=
				  heard.room + heard.room_size);
	}
}
END_TEST

/* ---- limits */

START_TEST(heads_are_bounded)
{
	struct jwt_hear h = { 0 };
	size_t n = (size_t)sprintf(text, FIRST AUTH "X: ");

	memset(text + n, 'x', HEAD_MAX);
	memcpy(text + HEAD_MAX - 4, "\r\n\r\n", 4);
	ck_assert_int_eq(code_of(text, HEAD_MAX), JWT_OK);
	memcpy(text + HEAD_MAX - 4, "x\r\n\r\n", 5);
	ck_assert_int_eq(code_of(text, HEAD_MAX + 1), JWT_TOO_LONG);
	ck_assert_int_eq(code_of(text, HEAD_MAX), JWT_TOO_LONG);
	ck_assert_int_eq(hear(&h, &hear_rules, text, HEAD_MAX - 1), HEARD_MORE);
	ck_assert_uint_eq(h.scanned, HEAD_MAX - 1);
	ck_assert_int_eq(hear(&h, &hear_rules, text, HEAD_MAX), HEARD_WRONG);
}
END_TEST

START_TEST(fields_are_bounded)
{
	for (int count = FIELDS_MAX; count <= FIELDS_MAX + 1; count++) {
		size_t n = (size_t)sprintf(text, FIRST AUTH);

		for (int i = 1; i < count; i++)
			n += (size_t)sprintf(text + n, "X: %d\r\n", i);
		n += (size_t)sprintf(text + n, "\r\n");
		ck_assert_int_eq(code_of(text, n),
		    count > FIELDS_MAX ? JWT_TOO_LONG : JWT_OK);
	}
}
END_TEST

/* The longest token that can be allowed comes through, as Basic too. */
START_TEST(long_tokens_come_through)
{
	struct jwt_hear_rules rules = { WAY_CONNECT, 16384 };
	struct jwt_hear h;

	for (size_t over = 0; over <= 1; over++) {
		size_t n = (size_t)sprintf(
		    text, FIRST "Proxy-Authorization: Basic YWFhYWE6");

		/* Five letters and the colon make 8 digits, "xxx" is eHh4. */
		for (size_t i = 0; i < (rules.max_token + 2) / 3; i++)
			n += (size_t)sprintf(text + n, "eHh4");
		n -= 2; /* of the last three, but one byte */
		if (over)
			n += (size_t)sprintf(text + n, "h4");
		else
			text[n - 1] = 'A';
		n += (size_t)sprintf(text + n, "\r\n\r\n");
		h = nothing;
		hear(&h, &rules, text, n);
		ck_assert_int_eq(
		    heard.verdict.code, over ? JWT_TOO_LONG : JWT_OK);
		if (!over)
			ck_assert_uint_eq(heard.token_size, rules.max_token);
	}
	memset(text, 'x', sizeof(text));
	memcpy(text, "CONNECT ", 8);
	rules.max_token = SIZE_MAX / 8;
	h = nothing;
	ck_assert_int_eq(hear(&h, &rules, text, JWT_HEARD_MAX - 1), HEARD_MORE);
	ck_assert_int_eq(hear(&h, &rules, text, JWT_HEARD_MAX), HEARD_WRONG);
}
END_TEST

/* ---- again on the same connection */

static bool
may_retry(const char *request, struct jwt_hear *h, size_t surplus)
{
	hear(h, &hear_rules, request, strlen(request));
	ck_assert_int_eq(heard.kind, HEARD_WRONG);
	return jwt_hear_may_retry(h, &heard.verdict, surplus);
}

START_TEST(a_client_may_try_again)
{
	static const char without[] = FIRST "\r\n";
	static const char with[] = FIRST AUTH "\r\n";
	struct jwt_hear h = { 0 };
	char answer[JWT_ANSWER];
	size_t n;

	for (int i = 1; i < JWT_TRIES; i++) {
		ck_assert(may_retry(without, &h, 0));
		ck_assert_uint_eq(heard.used, sizeof(without) - 1);
		n = jwt_answer_refuse(&h, &heard.verdict, "gate", true, answer);
		ck_assert(answer_has(answer, n, "\r\nConnection: keep-alive"));
	}
	/* It may leave, and it may be slow. */
	jwt_hear(&(struct jwt_hear){ .dialect = h.dialect, .tries = h.tries },
	    &hear_rules, NULL, 0, true, &heard);
	ck_assert_int_eq(heard.verdict.code, JWT_MISSING);
	ck_assert_uint_gt(h.tries, 0);
	for (size_t size = 1; size < sizeof(with) - 1; size++)
		ck_assert_int_eq(hear(&h, &hear_rules, with, size), HEARD_MORE);
	ck_assert_int_eq(
	    hear(&h, &hear_rules, with, sizeof(with) - 1), HEARD_TOKEN);
	jwt_verdict_set(&heard.verdict, JWT_EXPIRED, "expired");
	ck_assert(!jwt_hear_may_retry(&h, &heard.verdict, 0));
	n = jwt_answer_refuse(&h, &heard.verdict, "gate", false, answer);
	ck_assert(answer_has(answer, n, "\r\nConnection: close"));
	/* Then it is HTTP, and nothing else. */
	ck_assert_int_eq(
	    hear(&h, &hear_rules, HEAR_TEXT("AUTH x\r\n\r\n")), HEARD_WRONG);
	ck_assert_int_eq(heard.verdict.code, JWT_PROTOCOL);
}
END_TEST

START_TEST(others_may_not_try_again)
{
	static const struct {
		const char *request;
		size_t surplus;
	} rows[] = {
		{ FIRST "\r\n", 1 },
		{ "CONNECT db:5432 HTTP/1.0\r\n\r\n", 0 },
		{ FIRST "Connection: close\r\n\r\n", 0 },
		{ FIRST "Connection: x ,\tClose , y\r\n\r\n", 0 },
		{ FIRST "Proxy-Connection: Close\r\n\r\n", 0 },
		{ FIRST "\n", 0 },
		{ "GET / HTTP/1.1\r\n\r\n", 0 },
		{ "AUTH\r\n", 0 },
		{ "\5\1\1", 0 },
	};
	struct jwt_hear h;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		h = nothing;
		ck_assert(!may_retry(rows[i].request, &h, rows[i].surplus));
	}
	h = nothing;
	ck_assert(may_retry(FIRST "Connection: closed\r\n\r\n", &h, 0));
	jwt_verdict_set(&heard.verdict, JWT_FORBIDDEN, "no");
	ck_assert(!jwt_hear_may_retry(&h, &heard.verdict, 0));
}
END_TEST

UNIT_TESTS("jwt-hear-connect", stock_clients_are_understood, targets_are_read,
    targets_are_bounded, odd_requests_are_understood,
    wrong_requests_are_refused, other_methods_are_refused, credentials_are_read,
    heads_are_bounded, fields_are_bounded, long_tokens_come_through,
    a_client_may_try_again, others_may_not_try_again)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/value.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

/* error NULL: text reads as `value` and is written as `canonical`. */
struct number {
	const char *text;
	int64_t value;
	const char *error, *canonical;
};

static void
number_check(const struct number *n,
    const char *(*read)(const char *, int64_t *),
    void (*write)(int64_t, char *))
{
	int64_t value = -77;
	const char *error = read(n->text, &value);
	char text[VALUE_TEXT_SIZE];

	if (n->error) {
		ck_assert_msg(error && strstr(error, n->error),
		    "'%s' is not refused with '%s' but '%s'", n->text, n->error,
		    error);
		return;
	}
	ck_assert_msg(!error, "'%s' %s", n->text, error);
	ck_assert_int_eq(value, n->value);
	write(value, text);
	ck_assert_str_eq(text, n->canonical);
}

START_TEST(integers)
{
	static const struct number all[] = {
		{ "0", 0, NULL, "0" },
		{ "-1", -1, NULL, "-1" },
		{ "007", 7, NULL, "7" },
		{ "9223372036854775807", INT64_MAX, NULL,
		    "9223372036854775807" },
		{ "9223372036854775808", 0, "too large", NULL },
		{ "-9223372036854775808", 0, "too large", NULL },
		{ "", 0, "not an integer", NULL },
		{ "-", 0, "not an integer", NULL },
		{ "--1", 0, "not an integer", NULL },
		{ "+1", 0, "not an integer", NULL },
		{ "1 ", 0, "not an integer", NULL },
		{ " 1", 0, "not an integer", NULL },
		{ "1k", 0, "not an integer", NULL },
		{ "0x10", 0, "not an integer", NULL },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		number_check(&all[i], value_int, value_int_text);
}
END_TEST

START_TEST(sizes)
{
	static const struct number all[] = {
		{ "0", 0, NULL, "0" },
		{ "0k", 0, NULL, "0" },
		{ "1", 1, NULL, "1" },
		{ "1023", 1023, NULL, "1023" },
		{ "1024", 1024, NULL, "1k" },
		{ "64k", 65536, NULL, "64k" },
		{ "64K", 65536, NULL, "64k" },
		{ "64KiB", 65536, NULL, "64k" },
		{ "1536k", 1536 << 10, NULL, "1536k" },
		{ "2m", 2 << 20, NULL, "2m" },
		{ "2MiB", 2 << 20, NULL, "2m" },
		{ "3g", INT64_C(3) << 30, NULL, "3g" },
		{ "1t", INT64_C(1) << 40, NULL, "1t" },
		{ "8388607t", INT64_C(8388607) << 40, NULL, "8388607t" },
		{ "8388608t", 0, "too large", NULL },
		{ "9223372036854775808", 0, "too large", NULL },
		{ "", 0, "not a size", NULL },
		{ "k", 0, "not a size", NULL },
		{ "-1", 0, "not a size", NULL },
		{ "1.5g", 0, "not a size", NULL },
		{ "64 k", 0, "not a size", NULL },
		{ "64kb", 0, "not a size", NULL },
		{ "64q", 0, "not a size", NULL },
		{ "64ib", 0, "not a size", NULL },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		number_check(&all[i], value_size, value_size_text);
}
END_TEST

START_TEST(times)
{
	static const struct number all[] = {
		{ "0", 0, NULL, "0" },
		{ "0s", 0, NULL, "0" },
		{ "250ms", 250, NULL, "250ms" },
		{ "1000ms", 1000, NULL, "1s" },
		{ "5s", 5000, NULL, "5s" },
		{ "90s", 90000, NULL, "90s" },
		{ "60s", 60000, NULL, "1m" },
		{ "5m", 300000, NULL, "5m" },
		{ "1h", 3600000, NULL, "1h" },
		{ "1d", 86400000, NULL, "1d" },
		{ "106751991167d", INT64_C(106751991167) * 86400000, NULL,
		    "106751991167d" },
		{ "106751991168d", 0, "too large", NULL },
		{ "5", 0, "no unit", NULL },
		{ "", 0, "not a time", NULL },
		{ "s", 0, "not a time", NULL },
		{ "-5s", 0, "not a time", NULL },
		{ "1.5s", 0, "not a time", NULL },
		{ "5S", 0, "not a time", NULL },
		{ "5 s", 0, "not a time", NULL },
		{ "5sec", 0, "not a time", NULL },
		{ "99999999999999999999s", 0, "too large", NULL },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		number_check(&all[i], value_time, value_time_text);
}
END_TEST

#define LABEL_63 \
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
#define UNIX_100                                                              \
	"0123456789012345678901234567890123456789012345678901234567890123456" \
	"789012345678901234567890123456789"

START_TEST(endpoints)
{
	static const struct {
		const char *text, *host, *path;
		unsigned port, last;
	} all[] = {
		{ "a:1", "a", NULL, 1, 1 },
		{ "db.internal:5432", "db.internal", NULL, 5432, 5432 },
		{ "example.org.:80", "example.org.", NULL, 80, 80 },
		{ "_a-b.1x:65535", "_a-b.1x", NULL, 65535, 65535 },
		{ "127.0.0.1:7000-7010", "127.0.0.1", NULL, 7000, 7010 },
		{ "a:7-7", "a", NULL, 7, 7 },
		{ "[::]:7", "::", NULL, 7, 7 },
		{ "[fe80::1%eth0]:7", "fe80::1%eth0", NULL, 7, 7 },
		{ "[::ffff:10.0.0.1]:1-2", "::ffff:10.0.0.1", NULL, 1, 2 },
		{ LABEL_63 ":1", LABEL_63, NULL, 1, 1 },
		{ "unix:/run/x", NULL, "/run/x", 0, 0 },
		{ "unix:/" UNIX_100 "789abc", NULL, "/" UNIX_100 "789abc", 0,
		    0 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct arena arena = { 0 };
		struct bnd_endpoint e;
		const char *error = value_endpoint(all[i].text, &arena, &e);

		ck_assert_msg(!error, "'%s' %s", all[i].text, error);
		ck_assert_str_eq(e.text, all[i].text);
		ck_assert_pstr_eq(e.host, all[i].host);
		ck_assert_pstr_eq(e.path, all[i].path);
		ck_assert_ptr_null(e.inherited);
		ck_assert_uint_eq(e.port, all[i].port);
		ck_assert_uint_eq(e.last, all[i].last);
		arena_finish(&arena);
	}
}
END_TEST

START_TEST(endpoints_of_the_service_manager)
{
	static const char *const names[] = { "web", "a.socket", "-", "a b",
		LABEL_63 };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct arena arena = { 0 };
		struct bnd_endpoint e;
		char text[80];

		snprintf(text, sizeof(text), "systemd:%s", names[i]);
		ck_assert_ptr_null(value_endpoint(text, &arena, &e));
		ck_assert_str_eq(e.text, text);
		ck_assert_str_eq(e.inherited, names[i]);
		ck_assert_ptr_null(e.host);
		ck_assert_ptr_null(e.path);
		ck_assert_uint_eq(e.port + e.last, 0);
		arena_finish(&arena);
	}
}
END_TEST

START_TEST(endpoints_refused)
{
	static const struct {
		const char *text, *error;
	} all[] = {
		{ "", "no port" },
		{ "a", "no port" },
		{ "a:", "no port" },
		{ "a:b", "no port" },
		{ ":80", "\"[::]:PORT\"" },
		{ "*:80", "\"[::]:PORT\"" },
		{ "a:0", "port 0" },
		{ "a:00000", "port 0" },
		{ "a:65536", "above 65535" },
		{ "a:655350", "above 65535" },
		{ "a:99999999999999999999", "above 65535" },
		{ "a:-5", "no port" },
		{ "a:5-", "no port" },
		{ "a:5-0", "port 0" },
		{ "a:10-9", "ends before it begins" },
		{ "a:5-6-7", "behind the port" },
		{ "a:80x", "behind the port" },
		{ "::1", "\"[ADDRESS]:PORT\"" },
		{ "::1:80", "\"[ADDRESS]:PORT\"" },
		{ "fe80::x:80", "several colons" },
		{ "[::1]", "no port" },
		{ "[::1", "no ']'" },
		{ "[::1]80", "no port" },
		{ "[::1]:", "no port" },
		{ "[]:80", "no IPv6 address" },
		{ "[127.0.0.1]:80", "no IPv6 address" },
		{ "[fe80::1%]:80", "empty zone" },
		{ "[1:2:3:4:5:6:7:8:9:1:2:3:4:5:6:7:8:9:1:2:3:4:5]:80",
		    "no IPv6 address" },
		{ "10.0.0.256:80", "no valid IPv4" },
		{ "1.2.3:80", "no valid IPv4" },
		{ "12:80", "no valid IPv4" },
		{ "10.0.0.1.:80", "no valid IPv4" },
		{ "-a:80", "no valid host name" },
		{ "a-:80", "no valid host name" },
		{ "a..b:80", "no valid host name" },
		{ ".a:80", "no valid host name" },
		{ ".:80", "no valid host name" },
		{ "a b:80", "no valid host name" },
		{ "\xc3\xa4:80", "no valid host name" },
		{ LABEL_63 "l:80", "no valid host name" },
		{ LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63 ":80",
		    "no valid host name" },
		{ "unix:", "absolute path" },
		{ "unix:x", "absolute path" },
		{ "unix:@x", "absolute path" },
		{ "unix:/", "names a directory" },
		{ "unix:/run/", "names a directory" },
		{ "unix:/" UNIX_100 "789abcd", "longer than the 107" },
		{ "systemd:", "names no socket" },
		{ "systemd:a:b", "no socket can have" },
		{ "systemd:a\nb", "no socket can have" },
		{ "systemd:\xc3\xa4", "no socket can have" },
		{ "systemd:" UNIX_100 UNIX_100 UNIX_100,
		    "longer than the 255" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct arena arena = { 0 };
		struct bnd_endpoint e;
		const char *error = value_endpoint(all[i].text, &arena, &e);

		ck_assert_msg(error && strstr(error, all[i].error),
		    "'%s' is not refused with '%s' but '%s'", all[i].text,
		    all[i].error, error);
		arena_finish(&arena);
	}
}
END_TEST

START_TEST(names)
{
	char text[VALUE_NAME_MAX + 2] = "";

	ck_assert(value_is_name("a"));
	ck_assert(value_is_name("tcp-server"));
	ck_assert(value_is_name("*x_9"));
	ck_assert(!value_is_name(""));
	ck_assert(!value_is_name("9a"));
	ck_assert(!value_is_name("-a"));
	ck_assert(!value_is_name("a.b"));
	ck_assert(!value_is_name("a b"));
	ck_assert(!value_is_name("\xc3\xa4"));
	memset(text, 'a', VALUE_NAME_MAX);
	ck_assert(value_is_name(text));
	text[VALUE_NAME_MAX] = 'a';
	ck_assert(!value_is_name(text));
}
END_TEST

START_TEST(suggestions)
{
	static const char *const words[] = { "listen", "connect",
		"connect_timeout", "max_connections", "certificate", "key", "a",
		"", NULL };
	static const struct {
		const char *word, *meant;
	} all[] = {
		{ "lisen", "listen" },
		{ "lsiten", "listen" },
		{ "Listen", "listen" },
		{ "listens", "listen" },
		{ "conect", "connect" },
		{ "connect-timeout", "connect_timeout" },
		{ "connecttimeout", "connect_timeout" },
		{ "cert", "certificate" },
		{ "con", NULL }, /* two begin so */
		{ "kye", "key" },
		{ "b", NULL },
		{ "", NULL },
		{ "something", NULL },
		{ "listenlistenlistenlistenlistenlistenlistenlistenlisten",
		    NULL },
	};
	static const char *const none[] = { NULL };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		ck_assert_pstr_eq(suggest(all[i].word, words), all[i].meant);
	ck_assert_ptr_null(suggest("a", none));
}
END_TEST

UNIT_TESTS("value", integers, sizes, times, endpoints,
    endpoints_of_the_service_manager, endpoints_refused, names, suggestions)

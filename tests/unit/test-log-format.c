/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "log/log-format.h"

#include "base/compiler.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char buf[LOG_RECORD_MAX + 1];
static const struct timespec noon = { 1795262400, 123456789 };

static const char *
format(enum log_envelope envelope, int how, const char *message,
    const struct log_field *fields, size_t count)
{
	struct log_event e = { noon, LOG_L_WARN, message, fields, count };
	size_t n = log_format(buf, envelope, how, &e);

	ck_assert_uint_lt(n, sizeof(buf));
	buf[n] = '\0';
	return buf;
}

static const char *
text_of(const char *message)
{
	return format(LOG_AS_PREFIXED, LOG_TEXT, message, NULL, 0);
}

static const char *
value_of(const char *value)
{
	struct log_field f = { "k", value, 0 };

	return format(LOG_AS_PREFIXED, LOG_TEXT, "m", &f, 1);
}

static const char *
json_of(const char *message)
{
	return format(LOG_AS_PREFIXED, LOG_JSON, message, NULL, 0);
}

static const struct log_field fields[] = {
	{ "peer", "[::1]:80", 0 },
	{ "why", "went \"away\"", 0 },
	{ "bytes", NULL, -12 },
};

START_TEST(the_same_event_for_every_reader)
{
	char expected[300];

	ck_assert_str_eq(format(LOG_AS_PLAIN, LOG_TEXT, "closed", fields, 3),
	    "2026-11-21T12:00:00.123Z warn: closed peer=[::1]:80 "
	    "why=\"went \\\"away\\\"\" bytes=-12\n");
	ck_assert_str_eq(format(LOG_AS_PREFIXED, LOG_TEXT, "closed", fields, 1),
	    "<4>closed peer=[::1]:80\n");
	ck_assert_str_eq(format(LOG_AS_PLAIN, LOG_JSON, "closed", fields, 3),
	    "{\"time\":\"2026-11-21T12:00:00.123Z\",\"level\":\"warn\","
	    "\"message\":\"closed\",\"peer\":\"[::1]:80\","
	    "\"why\":\"went \\\"away\\\"\",\"bytes\":-12}\n");
	setenv("TZ", "UTC", 1);
	snprintf(expected, sizeof(expected),
	    "<28>Nov 21 12:00:00 binderyd[%d]: closed peer=[::1]:80",
	    (int)getpid());
	ck_assert_str_eq(
	    format(LOG_AS_SYSLOG, LOG_TEXT, "closed", fields, 1), expected);
	ck_assert_str_eq(format(LOG_AS_JOURNAL, LOG_TEXT, "closed", fields, 3),
	    "SYSLOG_IDENTIFIER=binderyd\nPRIORITY=4\n"
	    "MESSAGE=closed peer=[::1]:80 why=\"went \\\"away\\\"\" bytes=-12\n"
	    "BINDERY_PEER=[::1]:80\nBINDERY_WHY=went \"away\"\n"
	    "BINDERY_BYTES=-12\n");
}
END_TEST

START_TEST(a_peer_cannot_forge_lines)
{
	ck_assert_str_eq(text_of("a\nb\rc\td\033[2Je\x7f"),
	    "<4>a\\nb\\rc\\td\\x1b[2Je\\x7f\n");
	ck_assert_str_eq(value_of("x\n<3>y=1"), "<4>m k=\"x\\n<3>y=1\"\n");
	ck_assert_str_eq(value_of(""), "<4>m k=\"\"\n");
	ck_assert_str_eq(value_of("a b"), "<4>m k=\"a b\"\n");
	ck_assert_str_eq(value_of("\" z=\"1"), "<4>m k=\"\\\" z=\\\"1\"\n");
	ck_assert_str_eq(value_of("\\"), "<4>m k=\"\\\\\"\n");
	ck_assert_str_eq(value_of("gr\303\274n"), "<4>m k=gr\303\274n\n");
	ck_assert_str_eq(json_of("a\"b\\c\nd\001") + 38,
	    "\"level\":\"warn\",\"message\":\"a\\\"b\\\\c\\nd\\u0001\"}\n");
}
END_TEST

/* Wrong: a continuation alone, overlong, surrogate, beyond Unicode, cut short.
 */
START_TEST(what_is_not_utf8_is_escaped)
{
	ck_assert_str_eq(text_of("\200"), "<4>\\x80\n");
	ck_assert_str_eq(text_of("\300\257"), "<4>\\xc0\\xaf\n");
	ck_assert_str_eq(text_of("\340\200\257"), "<4>\\xe0\\x80\\xaf\n");
	ck_assert_str_eq(text_of("\355\240\200"), "<4>\\xed\\xa0\\x80\n");
	ck_assert_str_eq(
	    text_of("\364\220\200\200"), "<4>\\xf4\\x90\\x80\\x80\n");
	ck_assert_str_eq(text_of("\377"), "<4>\\xff\n");
	ck_assert_str_eq(text_of("x\360\237\230"), "<4>x\\xf0\\x9f\\x98\n");
	ck_assert_str_eq(text_of("\360\237\230\200\342\202\254"),
	    "<4>\360\237\230\200\342\202\254\n");
	ck_assert_ptr_nonnull(strstr(json_of("\377"), ":\"\\\\xff\"}"));
}
END_TEST

START_TEST(what_fools_a_terminal_is_escaped)
{
	ck_assert_str_eq(text_of("\302\2332J"), "<4>\\xc2\\x9b2J\n");
	ck_assert_str_eq(text_of("\342\200\256"), "<4>\\xe2\\x80\\xae\n");
	ck_assert_str_eq(
	    value_of("\342\200\250"), "<4>m k=\"\\xe2\\x80\\xa8\"\n");
	ck_assert_ptr_nonnull(strstr(json_of("\342\200\256"), "\"\\u202e\"}"));
}
END_TEST

START_TEST(the_journal_keeps_newlines_apart)
{
	static const char expected[] =
	    "SYSLOG_IDENTIFIER=binderyd\nPRIORITY=4\n"
	    "MESSAGE\n\014\0\0\0\0\0\0\0a\nX=1 k=\"\\n\"\nBINDERY_K=\\n\n";
	struct log_field f = { "k", "\n", 0 };

	format(LOG_AS_JOURNAL, LOG_TEXT, "a\nX=1", &f, 1);
	ck_assert_mem_eq(buf, expected, sizeof(expected));
}
END_TEST

START_TEST(known_fields_go_where_they_belong)
{
	static const struct log_field f[] = { { "file", "/x.conf", 0 },
		{ "line", NULL, 12 }, { "a-b.C9", "v", 0 },
		{ "message_id", "6f", 0 }, { "errno", NULL, 2 } };

	ck_assert_str_eq(format(LOG_AS_JOURNAL, LOG_TEXT, "m", f, 5),
	    "SYSLOG_IDENTIFIER=binderyd\nPRIORITY=4\n"
	    "MESSAGE=m a-b.C9=v errno=2\nCONFIG_FILE=/x.conf\n"
	    "CONFIG_LINE=12\nBINDERY_A_B_C9=v\nMESSAGE_ID=6f\nERRNO=2\n");
	ck_assert_str_eq(format(LOG_AS_PREFIXED, LOG_TEXT, "m", f, 5),
	    "<4>m a-b.C9=v errno=2\n");
	ck_assert_ptr_nonnull(strstr(format(LOG_AS_PLAIN, LOG_JSON, "m", f, 5),
	    "\"m\",\"file\":\"/x.conf\",\"line\":12,\"a-b.C9\":\"v\","
	    "\"errno\":2}"));
}
END_TEST

START_TEST(own_json_members_are_not_doubled)
{
	static const struct log_field f[] = { { "level", NULL, 1 },
		{ "time", "x", 0 } };

	ck_assert_ptr_nonnull(strstr(format(LOG_AS_PLAIN, LOG_JSON, "m", f, 2),
	    "\"m\",\"_level\":1,\"_time\":\"x\"}"));
}
END_TEST

/* Is it one JSON object: strings closed, braces even? */
static bool
json_is_whole(const char *s)
{
	bool in_string = false;
	int depth = 0;

	for (; *s && *s != '\n'; s++) {
		if (in_string && *s == '\\' && s[1])
			s++;
		else if (*s == '"')
			in_string = !in_string;
		else if (!in_string && (*s == '{' || *s == '}'))
			depth += *s == '{' ? 1 : -1;
	}
	return !in_string && !depth && s[0] == '\n' && !s[1];
}

/* Texts of every length round the limit, of bytes that grow in every style. */
START_TEST(long_lines_are_cut_cleanly)
{
	static const char *const units[] = { "x", "\n", "\"",
		"\360\237\230\200", "\342\200\256" };
	static char text[LOG_LINE_MAX * 2];
	struct log_field f[] = { { "key", text, 0 }, { "n", NULL, INT64_MIN },
		{ "tail", "t", 0 } };

	for (size_t u = 0; u < ARRAY_COUNT(units); u++) {
		size_t step = strlen(units[u]), n = 0;

		for (; n + step < sizeof(text) - 1; n += step) {
			const char *message = n % 3 ? "m" : text;
			const char *s;

			memcpy(text + n, units[u], step + 1);
			if (n > 200 && n < 500)
				continue;
			s = format(LOG_AS_PLAIN, LOG_TEXT, message, f, 3);
			if (strlen(s) > LOG_LINE_MAX || strchr(s, '\n')[1] ||
			    (n > LOG_LINE_MAX && !strstr(s, "...\n")))
				ck_abort_msg("text %zu of %zu", n, u);
			s = format(LOG_AS_PLAIN, LOG_JSON, message, f, 3);
			if (strlen(s) > LOG_LINE_MAX || !json_is_whole(s) ||
			    (n > LOG_LINE_MAX &&
				!strstr(s, ",\"cut\":true}\n")))
				ck_abort_msg("json %zu of %zu: %.60s", n, u,
				    s + strlen(s) - 60);
			format(LOG_AS_JOURNAL, LOG_TEXT, message, f, 3);
			format(LOG_AS_SYSLOG, LOG_TEXT, message, f, 3);
		}
	}
}
END_TEST

UNIT_TESTS("log-format", the_same_event_for_every_reader,
    a_peer_cannot_forge_lines, what_is_not_utf8_is_escaped,
    what_fools_a_terminal_is_escaped, the_journal_keeps_newlines_apart,
    known_fields_go_where_they_belong, own_json_members_are_not_doubled,
    long_lines_are_cut_cleanly)

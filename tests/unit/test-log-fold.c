/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "log/log-fold.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct log_fold fold;
static char said[65536];
static size_t said_count;

static log_fold_fn say;

/* "level message key=value ..." */
static void
say(const struct log_event *e)
{
	size_t n = strlen(said);

	said_count++;
	n += (size_t)snprintf(
	    said + n, sizeof(said) - n, "%d %s", e->level, e->message);
	for (size_t i = 0; i < e->count; i++) {
		const struct log_field *f = &e->fields[i];

		if (f->text)
			n += (size_t)snprintf(said + n, sizeof(said) - n,
			    " %s=%s", f->key, f->text);
		else
			n += (size_t)snprintf(said + n, sizeof(said) - n,
			    " %s=%lld", f->key, (long long)f->number);
	}
	snprintf(said + n, sizeof(said) - n, "\n");
}

static void
begin(void)
{
	memset(&fold, 0, sizeof(fold));
	said[0] = '\0';
	said_count = 0;
}

static bool
take_level(int level, const char *pipeline, const char *fmt,
    const char *message, int64_t now_ms)
{
	struct log_field fields[] = { { "pipeline", pipeline, 0 },
		{ "binding", "b", 0 }, { "conn", NULL, now_ms } };
	struct log_event e = {
		.level = level, .message = message, .fields = fields, .count = 3
	};

	return log_fold_take(&fold, &e, log_fold_id(&e, fmt), now_ms, say);
}

static bool
take(const char *pipeline, const char *fmt, const char *message, int64_t now_ms)
{
	return take_level(LOG_L_WARN, pipeline, fmt, message, now_ms);
}

/* How many of n lines are written. */
static int
flood(const char *pipeline, const char *fmt, int n, int64_t now_ms)
{
	int written = 0;

	for (int i = 0; i < n; i++)
		written += take(pipeline, fmt, "x", now_ms);
	return written;
}

static const char fmt_a[] = "a %d", fmt_b[] = "b %d", plain[] = "%s";

START_TEST(the_first_are_written_the_rest_counted)
{
	begin();
	ck_assert_int_eq(flood("p", fmt_a, LOG_FOLD_FIRST, 0), LOG_FOLD_FIRST);
	ck_assert_int_eq(log_fold_flush(&fold, 0, say), INT64_MAX);
	ck_assert(!take("p", fmt_a, "a 1", 10));
	ck_assert_int_eq(flood("p", fmt_a, 311, 20), 0);
	ck_assert_int_eq(log_fold_flush(&fold, 20, say), LOG_FOLD_MS);
	ck_assert_int_eq(
	    log_fold_flush(&fold, LOG_FOLD_MS - 1, say), LOG_FOLD_MS);
	ck_assert_str_eq(said, "");
	ck_assert_int_eq(log_fold_flush(&fold, LOG_FOLD_MS, say), INT64_MAX);
	ck_assert_str_eq(said, "4 repeated 312 times: a 1 pipeline=p binding=b "
			       "repeated=312\n");
	log_fold_flush(&fold, INT64_MAX, say);
	ck_assert_uint_eq(said_count, 1);
}
END_TEST

START_TEST(a_new_time_begins_with_the_count_of_the_old)
{
	begin();
	ck_assert_int_eq(
	    flood("p", fmt_a, LOG_FOLD_FIRST + 1, 0), LOG_FOLD_FIRST);
	ck_assert(take("p", fmt_a, "y", LOG_FOLD_MS));
	ck_assert_str_eq(said, "4 repeated 1 time: x pipeline=p binding=b "
			       "repeated=1\n");
	ck_assert_int_eq(
	    flood("p", fmt_a, LOG_FOLD_FIRST, LOG_FOLD_MS), LOG_FOLD_FIRST - 1);
	ck_assert_int_eq(
	    log_fold_flush(&fold, LOG_FOLD_MS, say), 2 * LOG_FOLD_MS);
	log_fold_flush(&fold, INT64_MAX, say);
	ck_assert_uint_eq(said_count, 2);
}
END_TEST

START_TEST(what_differs_is_not_folded_together)
{
	begin();
	flood("p", fmt_a, 100, 0);
	ck_assert(take("q", fmt_a, "x", 0));
	ck_assert(take("p", fmt_b, "x", 0));
	ck_assert(take_level(LOG_L_ERROR, "p", fmt_a, "x", 0));
	ck_assert(!take("p", fmt_a, "another text", 0));
	/* A format that says nothing: the text counts. */
	flood("p", plain, 100, 0);
	ck_assert(!take("p", plain, "x", 0));
	ck_assert(take("p", plain, "y", 0));
}
END_TEST

START_TEST(no_count_is_lost_when_sites_are_many)
{
	int written = 0, counted = 0;
	char pipeline[16];

	begin();
	for (int i = 0; i < 10 * LOG_FOLD_SITES; i++) {
		snprintf(pipeline, sizeof(pipeline), "p%d", i);
		written += flood(pipeline, fmt_a, 15, i);
	}
	ck_assert_int_eq(written, 10 * LOG_FOLD_SITES * LOG_FOLD_FIRST);
	ck_assert_uint_eq(said_count, 9 * LOG_FOLD_SITES);
	log_fold_flush(&fold, INT64_MAX, say);
	ck_assert_uint_eq(said_count, 10 * LOG_FOLD_SITES);
	for (const char *s = said; (s = strstr(s, "repeated=")); s++)
		counted += atoi(s + 9);
	ck_assert_int_eq(written + counted, 10 * LOG_FOLD_SITES * 15);
}
END_TEST

START_TEST(what_is_long_is_cut_between_characters)
{
	static char text[2 * LOG_FOLD_TEXT], name[2 * LOG_FOLD_WORDS];
	char expected[LOG_FOLD_TEXT + 200];

	begin();
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\303\274", 3);
	memset(name, 'n', sizeof(name) - 1);
	flood(name, fmt_a, LOG_FOLD_FIRST, 0);
	ck_assert(!take(name, fmt_a, text, 0));
	log_fold_flush(&fold, INT64_MAX, say);
	snprintf(expected, sizeof(expected),
	    "4 repeated 1 time: %.*s... binding=b repeated=1\n",
	    (LOG_FOLD_TEXT - 4) / 2 * 2, text);
	ck_assert_str_eq(said, expected);
}
END_TEST

UNIT_TESTS("log-fold", the_first_are_written_the_rest_counted,
    a_new_time_begins_with_the_count_of_the_old,
    what_differs_is_not_folded_together, no_count_is_lost_when_sites_are_many,
    what_is_long_is_cut_between_characters)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The pre-scan and its parts: the literals, the text and its line map, conf.d's
 * names.  What it refuses, and in which words, is tested through the whole
 * reader (test-read.c). */
#include "config/confd.h"
#include "config/levels.h"
#include "config/literal.h"
#include "config/prescan.h"
#include "config/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

/* ---------------------------------------------------------------- literals */

static const char *
check(const char *s, size_t length)
{
	const char *wrong;

	ck_assert(literal_is_number(s, strlen(s)));
	ck_assert_uint_eq(literal_check(s, strlen(s), &wrong), length);
	return wrong;
}

START_TEST(numbers_are_taken)
{
	static const char *const good[] = { "0", "-1", "+1", "007", "1L", "1LL",
		"0x1f", "0XFL", "1.", ".5", "-.5e-3", "1e5", "1.5E+5",
		"2147483647", "-2147483648", "0x7fffffff", "2147483648L",
		"9223372036854775807L", "-9223372036854775808L" };

	for (size_t i = 0; i < ARRAY_COUNT(good); i++)
		ck_assert_ptr_null(check(good[i], strlen(good[i])));
	ck_assert_ptr_null(check("12;", 2));
	ck_assert_ptr_null(check("12/", 2));
	ck_assert_ptr_null(check("12,13", 2));
}
END_TEST

START_TEST(what_is_no_number_is_said)
{
	static const char *const bad[] = { "80g", "1.2.3", "0x", "0xg", "1e",
		"1e+", "1Lx", "1LLL", "5-3", "0b1", "1_000" };

	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		const char *wrong = check(bad[i], strlen(bad[i]));

		ck_assert_ptr_nonnull(wrong);
		ck_assert_ptr_nonnull(strstr(wrong, "is not a number"));
	}
	ck_assert(!literal_is_number("-", 1));
	ck_assert(!literal_is_number("-x", 2));
	ck_assert(!literal_is_number("", 0));
	ck_assert(!literal_is_number("1", 0));
}
END_TEST

START_TEST(what_does_not_fit_is_said)
{
	char digits[200];

	ck_assert_ptr_nonnull(strstr(check("2147483648", 10), "32 bits"));
	ck_assert_ptr_nonnull(strstr(check("-2147483649", 11), "32 bits"));
	ck_assert_ptr_nonnull(strstr(check("0x80000000", 10), "32 bits"));
	ck_assert_ptr_nonnull(
	    strstr(check("9223372036854775808L", 20), "64 bits"));
	ck_assert_ptr_nonnull(
	    strstr(check("-9223372036854775809L", 21), "64 bits"));
	ck_assert_ptr_nonnull(
	    strstr(check("18446744073709551616", 20), "64 bits"));
	ck_assert_ptr_nonnull(strstr(check("-1e309", 6), "too large"));
	memset(digits, '1', sizeof(digits) - 1);
	digits[sizeof(digits) - 1] = 0;
	ck_assert_ptr_nonnull(strstr(check(digits, 199), "too long"));
}
END_TEST

/* -------------------------------------------------------------------- text */

static void
located(const struct config_text *t, unsigned line, const char *file,
    unsigned file_line)
{
	unsigned n;

	ck_assert_str_eq(config_text_locate(t, line, &n), file);
	ck_assert_uint_eq(n, file_line);
}

START_TEST(lines_are_located)
{
	struct config_text t;
	unsigned line;

	ck_assert_int_eq(config_text_init(&t), 0);
	ck_assert_ptr_null(config_text_locate(&t, 1, &line));
	config_text_part(&t, "a", 1);
	config_text_add(&t, "1\n2\n", 4, 2);
	config_text_part(&t, "b", 1);
	config_text_part(&t, "c", 1);
	config_text_add(&t, "1\n", 2, 1);
	config_text_part(&t, "a", 3);
	config_text_add(&t, "3\n4\n", 4, 2);
	located(&t, 0, "a", 1);
	located(&t, 1, "a", 1);
	located(&t, 2, "a", 2);
	located(&t, 3, "c", 1);
	located(&t, 4, "a", 3);
	located(&t, 9, "a", 8);
	ck_assert_str_eq(t.text, "1\n2\n1\n3\n4\n");
	config_text_finish(&t);
}
END_TEST

static void
quotes(const char *text, unsigned line, const char *expected)
{
	struct config_text t;
	const char *s;
	size_t n;

	ck_assert_int_eq(config_text_init(&t), 0);
	config_text_add(&t, text, strlen(text), 0);
	s = config_text_line(&t, line, &n);
	ck_assert_uint_eq(n, strlen(expected));
	ck_assert_int_eq(memcmp(s, expected, n), 0);
	config_text_finish(&t);
}

START_TEST(lines_are_quoted)
{
	char umlauts[200];

	quotes("", 1, "");
	quotes("a\n \tb \r\n", 2, "b");
	quotes("a\n \tb \r\n", 3, "");
	quotes("a\n  \n", 2, "");
	for (int i = 0; i < 80; i++)
		memcpy(umlauts + 1 + 2 * i, "\xc3\xbc", 3);
	umlauts[0] = 'x';
	ck_assert_uint_eq(strlen(umlauts), 161);
	char cut[61];

	memcpy(cut, umlauts, 59);
	cut[59] = 0;
	quotes(umlauts, 1, cut);
}
END_TEST

/* ------------------------------------------------------------------ levels */

START_TEST(levels_count_keys_and_depth)
{
	struct levels l = { 0 };
	struct report doubled = { 0 };
	struct level_key key = { "k", 1, "f", 1, 0 };

	for (int i = 0; i < LEVELS_DEPTH_MAX; i++)
		ck_assert_int_eq(levels_open(&l, '{', "f", 1), 0);
	ck_assert_int_eq(levels_open(&l, '{', "f", 1), -E2BIG);
	for (int i = 0; i < LEVELS_KEYS_MAX; i++)
		ck_assert_int_eq(levels_add(&l, &key), 0);
	ck_assert_int_eq(levels_add(&l, &key), -E2BIG);
	levels_close(&l, &doubled);
	ck_assert_uint_eq(doubled.errors, LEVELS_KEYS_MAX - 1);
	ck_assert_int_eq(levels_add(&l, &key), 0);
	for (int i = 0; i < LEVELS_DEPTH_MAX + 5; i++)
		levels_close(&l, &doubled);
	ck_assert_uint_eq(l.depth, 0);
	ck_assert_uint_eq(levels_top(&l)->open, 0);
	levels_finish(&l);
	report_finish(&doubled);
}
END_TEST

START_TEST(a_key_that_begins_another_is_not_the_same)
{
	struct levels l = { 0 };
	struct report doubled = { 0 };

	levels_add(&l, &(struct level_key){ "abc", 3, "f", 1, 0 });
	levels_add(&l, &(struct level_key){ "abc", 2, "f", 2, 0 });
	levels_add(&l, &(struct level_key){ "ABC", 3, "f", 3, 0 });
	levels_add(&l, &(struct level_key){ "ab", 2, "f", 4, 0 });
	levels_close(&l, &doubled);
	ck_assert_uint_eq(doubled.count, 1);
	ck_assert_str_eq(
	    doubled.entries[0].text, "f:4: 'ab' is already set at f:2");
	levels_finish(&l);
	report_finish(&doubled);
}
END_TEST

/* ------------------------------------------------------------------ conf.d */

START_TEST(names_of_conf_d)
{
	static const char *const good[] = { "a.conf", "10-x.conf", "a.b.conf",
		"UPPER.conf", "a~.conf" };
	static const char *const bad[] = { "", "a", ".conf", ".a.conf",
		"a.conf~", "a.CONF", "a.dpkg-new.conf", "a.conf.dpkg-dist",
		"a.rpmnew.conf", "aconf" };

	for (size_t i = 0; i < ARRAY_COUNT(good); i++)
		ck_assert_msg(confd_wants(good[i]), "%s", good[i]);
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		ck_assert_msg(!confd_wants(bad[i]), "%s", bad[i]);
}
END_TEST

static void
beside(const char *file, const char *name, const char *expected)
{
	char *path = path_beside(file, name);

	ck_assert_str_eq(path, expected);
	free(path);
}

START_TEST(paths_are_beside_the_file)
{
	beside("a.conf", "b", "b");
	beside("./a.conf", "b/c", "./b/c");
	beside("/etc/x/a.conf", "../b", "/etc/x/../b");
	beside("/a.conf", "b", "/b");
	beside("/etc/a.conf", "/b", "/b");
}
END_TEST

/* ---------------------------------------------------------------- pre-scan */

static void
scan(const char *in, const char *out, int rc)
{
	char path[] = "/tmp/test-prescan-XXXXXX";
	int fd = mkstemp(path);
	size_t left = PRESCAN_BYTES_MAX;
	struct report report = { 0 };
	struct config_text text;

	ck_assert_int_eq(write(fd, in, strlen(in)), (ssize_t)strlen(in));
	close(fd);
	ck_assert_int_eq(config_text_init(&text), 0);
	ck_assert_int_eq(prescan(path, &left, &text, &report), rc);
	ck_assert_uint_eq(left, PRESCAN_BYTES_MAX - strlen(in));
	ck_assert_str_eq(text.text, out);
	ck_assert_int_eq(report_has_errors(&report), rc != 0);
	config_text_finish(&text);
	report_finish(&report);
	unlink(path);
}

START_TEST(the_text_is_what_was_read)
{
	scan("", "", 0);
	scan("a = 1;", "a = 1;\n", 0);
	scan("a = 1; # x\n", "a = 1; # x\n", 0);
	scan("a = \"/* # { \"; // }\n", "a = \"/* # { \"; // }\n", 0);
	scan("a = \"\\\\\"; b = \"\\\"\";", "a = \"\\\\\"; b = \"\\\"\";\n", 0);
	scan("%$!/-+", "%$!/-+\n", 0);
	scan("a = 1;\n@include \"/dev/null\"\nb = 2;", "a = 1;\n\nb = 2;\n",
	    -EINVAL);
}
END_TEST

START_TEST(all_wrong_numbers_are_told)
{
	char path[] = "/tmp/test-prescan-XXXXXX";
	static const char in[] = "a = 80g;\nb = ( 1k,\n\"\\x00\" );\n";
	int fd = mkstemp(path);
	size_t left = PRESCAN_BYTES_MAX;
	struct report report = { 0 };
	struct config_text text;

	ck_assert_int_eq(write(fd, in, sizeof(in) - 1), sizeof(in) - 1);
	close(fd);
	ck_assert_int_eq(config_text_init(&text), 0);
	ck_assert_int_eq(prescan(path, &left, &text, &report), -EINVAL);
	ck_assert_uint_eq(report.count, 3);
	ck_assert_ptr_nonnull(strstr(report.entries[0].text, ":1: '80g' is"));
	ck_assert_ptr_nonnull(strstr(report.entries[1].text, ":2: '1k' is"));
	ck_assert_ptr_nonnull(strstr(report.entries[2].text, ":3: a string"));
	config_text_finish(&text);
	report_finish(&report);
	unlink(path);
}
END_TEST

UNIT_TESTS("prescan", numbers_are_taken, what_is_no_number_is_said,
    what_does_not_fit_is_said, lines_are_located, lines_are_quoted,
    levels_count_keys_and_depth, a_key_that_begins_another_is_not_the_same,
    names_of_conf_d, paths_are_beside_the_file, the_text_is_what_was_read,
    all_wrong_numbers_are_told)

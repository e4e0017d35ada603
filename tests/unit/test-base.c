/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The arena and the report. */
#include "base/arena.h"
#include "base/report.h"
#include "base/utf8.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "unit.h"

START_TEST(memory_is_zeroed_and_aligned)
{
	struct arena a = { 0 };

	for (size_t n = 0; n < 300; n++) {
		unsigned char *p = arena_alloc(&a, n);

		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_eq(p[i], 0);
		memset(p, 0xff, n);
	}
	arena_finish(&a);
	ck_assert_ptr_null(a.blocks);
	arena_finish(&a);
}
END_TEST

START_TEST(pieces_do_not_overlap)
{
	struct arena a = { 0 };
	unsigned char *p[200];

	for (size_t i = 0; i < 200; i++) {
		p[i] = arena_alloc(&a, i * 7);
		memset(p[i], (int)i, i * 7);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t k = 0; k < i * 7; k++)
			ck_assert_uint_eq(p[i][k], i);
	arena_finish(&a);
}
END_TEST

START_TEST(large_pieces_have_their_own_block)
{
	struct arena a = { 0 };
	char *p = arena_alloc(&a, 1 << 20);

	ck_assert_ptr_nonnull(p);
	p[(1 << 20) - 1] = 1;
	ck_assert_ptr_nonnull(arena_alloc(&a, 1));
	arena_finish(&a);
}
END_TEST

START_TEST(impossible_sizes_are_no_memory)
{
	struct arena a = { 0 };

	ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX));
	ck_assert_ptr_null(arena_array(&a, SIZE_MAX / 2, 3));
	ck_assert_ptr_null(arena_copy(&a, "", SIZE_MAX));
	ck_assert_ptr_nonnull(arena_array(&a, 0, 8));
	ck_assert_ptr_nonnull(arena_array(&a, 8, 0));
	arena_finish(&a);
}
END_TEST

START_TEST(strings_are_copied_and_ended)
{
	struct arena a = { 0 };
	char text[2000];

	ck_assert_str_eq(arena_string(&a, "abc"), "abc");
	ck_assert_str_eq(arena_copy(&a, "abc", 2), "ab");
	ck_assert_str_eq(arena_copy(&a, NULL, 0), "");
	ck_assert_str_eq(arena_printf(&a, "%d-%s", 1, "x"), "1-x");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	ck_assert_str_eq(arena_printf(&a, "%s", text), text);
	arena_finish(&a);
}
END_TEST

START_TEST(entries_name_their_place)
{
	struct report r = { 0 };

	report_error(&r, "a.conf", 12, "no pipeline '%s'", "x");
	report_error(&r, "a.conf", 0, "could not be read");
	report_error(&r, NULL, 12, "out of luck");
	ck_assert_uint_eq(r.count, 3);
	ck_assert_str_eq(r.entries[0].text, "a.conf:12: no pipeline 'x'");
	ck_assert_str_eq(r.entries[1].text, "a.conf: could not be read");
	ck_assert_str_eq(r.entries[2].text, "out of luck");
	ck_assert_str_eq(r.entries[0].file, "a.conf");
	ck_assert_uint_eq(r.entries[0].line, 12);
	ck_assert_str_eq(r.entries[0].sentence, "no pipeline 'x'");
	ck_assert_uint_eq(r.entries[1].line, 0);
	ck_assert_str_eq(r.entries[1].sentence, "could not be read");
	ck_assert_ptr_null(r.entries[2].file);
	ck_assert_uint_eq(r.entries[2].line, 0);
	ck_assert_str_eq(r.entries[2].sentence, "out of luck");
	report_finish(&r);
	ck_assert_uint_eq(r.count, 0);
	ck_assert(!report_has_errors(&r));
}
END_TEST

START_TEST(warnings_forbid_nothing)
{
	struct report r = { 0 };

	ck_assert(!report_has_errors(&r));
	report_warn(&r, "a.conf", 1, "old");
	ck_assert(r.entries[0].is_warning);
	ck_assert(!report_has_errors(&r));
	report_error(&r, "a.conf", 2, "wrong");
	ck_assert(!r.entries[1].is_warning);
	ck_assert(report_has_errors(&r));
	report_finish(&r);
	r.out_of_memory = true;
	ck_assert(report_has_errors(&r));
}
END_TEST

START_TEST(only_so_many_entries_are_kept)
{
	struct report r = { 0 };

	for (int i = 0; i < REPORT_MAX + 20; i++)
		report_error(&r, "a.conf", 1, "error %d", i);
	ck_assert_uint_eq(r.count, REPORT_MAX);
	ck_assert_uint_eq(r.errors, REPORT_MAX + 20);
	ck_assert_uint_eq(r.lost, 20);
	report_warn(&r, "a.conf", 1, "old");
	ck_assert_uint_eq(r.lost, 20);
	ck_assert_str_eq(r.entries[99].text, "a.conf:1: error 99");
	report_finish(&r);
}
END_TEST

static void
tames(const char *text, const char *tame)
{
	char copy[64];

	snprintf(copy, sizeof(copy), "%s", text);
	utf8_tame(copy);
	ck_assert_str_eq(copy, tame);
}

START_TEST(text_of_others_is_tamed)
{
	tames("", "");
	tames("plain ~ text", "plain ~ text");
	tames("a\nb\tc\x1b[31m\x7f", "a?b?c?[31m?");
	tames("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
	    "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
	/* C1 controls, up to the first that is none */
	tames("\xc2\x80.\xc2\x9b.\xc2\x9f.\xc2\xa0", "?.?.?.\xc2\xa0");
	/* the edges of what turns the order around or ends a line */
	tames("\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90",
	    "\xe2\x80\x8d??\xe2\x80\x90");
	tames("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xae\xe2\x80\xaf",
	    "\xe2\x80\xa7??\xe2\x80\xaf");
	tames("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa",
	    "\xe2\x81\xa5??\xe2\x81\xaa");
	tames("\xd8\x9c\xef\xbb\xbf!", "?"
				       "?!");
	/* not UTF-8: a byte each, and what follows stays */
	tames("\x9b"
	      "1\xff\xc3(\xe2\x82",
	    "?1?"
	    "?(?"
	    "?");
	tames("\xed\xa0\x80", "???");
}
END_TEST

START_TEST(entries_are_one_tame_line)
{
	struct report r = { 0 };

	report_error(&r, "a\nb.conf", 1, "no '%s'", "\x1b[31m\xff");
	ck_assert_str_eq(r.entries[0].text, "a?b.conf:1: no '?[31m?'");
	ck_assert_str_eq(r.entries[0].file, "a?b.conf");
	ck_assert_str_eq(r.entries[0].sentence, "no '?[31m?'");
	report_finish(&r);
}
END_TEST

UNIT_TESTS("base", text_of_others_is_tamed, entries_are_one_tame_line,
    memory_is_zeroed_and_aligned, pieces_do_not_overlap,
    large_pieces_have_their_own_block, impossible_sizes_are_no_memory,
    strings_are_copied_and_ended, entries_name_their_place,
    warnings_forbid_nothing, only_so_many_entries_are_kept)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Which certificate is for which server name. */

#include "../../plugins/tls/tls-names.c"

#include "unit.h"

#include <stdio.h>

START_TEST(a_name_fits_itself_whatever_the_case)
{
	ck_assert(name_fits("a.example", "A.Example"));
	ck_assert(name_fits("a.example", "a.example."));
	ck_assert(name_fits("a.example.", "a.example"));
	ck_assert(!name_fits("a.example", "b.example"));
	ck_assert(!name_fits("a.example", "a.exampl"));
	ck_assert(!name_fits("a.example", "a.examples"));
	ck_assert(!name_fits("a.example", ""));
	ck_assert(!name_fits("", "a"));
}
END_TEST

START_TEST(a_wildcard_stands_for_one_label)
{
	ck_assert(name_fits("*.example", "a.example"));
	ck_assert(name_fits("*.Example", "a.EXAMPLE."));
	ck_assert(!name_fits("*.example", "example"));
	ck_assert(!name_fits("*.example", ".example"));
	ck_assert(!name_fits("*.example", "a.b.example"));
	ck_assert(!name_fits("*.example", "a.example.org"));
	ck_assert(!name_fits("*.example", "a."));
	ck_assert(!name_fits("a*.example", "ab.example"));
}
END_TEST

START_TEST(patterns_are_told_from_nonsense)
{
	char long_name[300];

	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	ck_assert(name_is_pattern("a.example"));
	ck_assert(name_is_pattern("*.example"));
	ck_assert(name_is_pattern("xn--bcher-kva.example"));
	ck_assert(name_is_pattern(long_name + 299 - 255));
	ck_assert(!name_is_pattern(long_name + 299 - 256));
	ck_assert(!name_is_pattern(""));
	ck_assert(!name_is_pattern("*"));
	ck_assert(!name_is_pattern("*."));
	ck_assert(!name_is_pattern(".example"));
	ck_assert(!name_is_pattern("a.*.example"));
	ck_assert(!name_is_pattern("a b"));
	ck_assert(!name_is_pattern("b\xc3\xbc.example"));
}
END_TEST

START_TEST(the_best_of_many_is_found)
{
	struct names n = { 0 };
	const struct name_entry *e;
	char name[32];
	size_t count;

	ck_assert_ptr_null(names_find(&n, "a", &count));
	names_sort(&n);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "N%u.Example", i * 37 % 100);
		ck_assert_int_eq(names_add(&n, name, i * 37 % 100), 0);
	}
	ck_assert_int_eq(names_add(&n, "*.example", 200), 0);
	ck_assert_int_eq(names_add(&n, "n5.example", 300), 0);
	names_sort(&n);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "n%u.EXAMPLE.", i);
		e = names_find(&n, name, &count);
		ck_assert_ptr_nonnull(e);
		ck_assert_uint_eq(e->value, i);
		ck_assert_uint_eq(count, i == 5 ? 2 : 1);
	}
	e = names_find(&n, "other.example", &count);
	ck_assert_uint_eq(e->value, 200);
	ck_assert_ptr_null(names_find(&n, "a.other.example", &count));
	ck_assert_ptr_null(names_find(&n, ".example", &count));
	ck_assert_ptr_null(names_find(&n, "example", &count));
	ck_assert_ptr_null(names_find(&n, "", &count));
	names_free(&n);
	ck_assert_ptr_null(n.v);
}
END_TEST

/* What a client sends can be as long as it likes. */
START_TEST(a_name_that_is_too_long_is_nobodys)
{
	struct names n = { 0 };
	char name[600];
	size_t count;

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(names_add(&n, "*.a", 1), 0);
	names_sort(&n);
	ck_assert_ptr_null(names_find(&n, name, &count));
	ck_assert_uint_eq(count, 0);
	names_free(&n);
}
END_TEST

UNIT_TESTS("tls names", a_name_fits_itself_whatever_the_case,
    a_wildcard_stands_for_one_label, patterns_are_told_from_nonsense,
    the_best_of_many_is_found, a_name_that_is_too_long_is_nobodys)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * unit.h - a thin layer over libcheck.  A unit test is one file,
 * tests/unit/test-NAME.c:
 *
 *     START_TEST(sum_is_right) { ck_assert_int_eq(1 + 1, 2); } END_TEST
 *     UNIT_TESTS("sums", sum_is_right)
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>

#define UNIT_TESTS(name, ...)                                                 \
	int main(void)                                                        \
	{                                                                     \
		const TTest *tests[] = { __VA_ARGS__ };                       \
		Suite *suite = suite_create(name);                            \
		TCase *tcase = tcase_create(name);                            \
		SRunner *runner = srunner_create(suite);                      \
		int failed;                                                   \
                                                                              \
		tcase_set_timeout(tcase, 120);                                \
		for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) \
			tcase_add_test(tcase, tests[i]);                      \
		suite_add_tcase(suite, tcase);                                \
		srunner_run_all(runner, CK_ENV);                              \
		failed = srunner_ntests_failed(runner);                       \
		srunner_free(runner);                                         \
		return failed ? EXIT_FAILURE : EXIT_SUCCESS;                  \
	}

#endif

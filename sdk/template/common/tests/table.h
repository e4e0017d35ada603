/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * table.h - run the tests of a table.  With libcheck each runs in a process of
 * its own; without it the first that fails ends the program.  What fails says
 * so in one sentence: see bindery-kit(3).
 */
#ifndef TESTS_TABLE_H
#define TESTS_TABLE_H

#include <stdio.h>
#include <stdlib.h>

/* For what the kit has no expectation of its own. */
#define EXPECT_THAT(holds) \
	((holds) ? (void)0 : table_failed(__FILE__, __LINE__, #holds))

static void
table_failed(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	abort();
}

struct test {
	const char *name;
	void (*run)(void);
};

#ifdef HAVE_CHECK
#include <check.h>

static const struct test *table;

START_TEST(table_test)
{
	table[_i].run();
}
END_TEST

static int
table_run(const struct test *tests, int count)
{
	Suite *suite = suite_create("plug-in");
	TCase *tcase = tcase_create("plug-in");
	SRunner *runner = srunner_create(suite);
	int failed;

	table = tests;
	tcase_add_loop_test(tcase, table_test, 0, count);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
#else
static int
table_run(const struct test *tests, int count)
{
	for (int i = 0; i < count; i++) {
		printf("%s\n", tests[i].name);
		fflush(stdout);
		tests[i].run();
	}
	printf("%d tests passed\n", count);
	return 0;
}
#endif

#endif

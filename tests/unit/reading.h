/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * reading.h - tests that read a configuration through the real child: the test
 * program is the child, too, when CONFIG_READ_ARG is its first argument.  Each
 * test runs in an empty directory of its own.
 */
#ifndef TESTS_READING_H
#define TESTS_READING_H

#include "config/load.h"
#include "config/read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

static char dir[] = "/tmp/test-read-XXXXXX";
static struct report report;
static struct config_tree *tree;
static double seconds; /* that the last read took */

static inline double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void
setup(void)
{
	strcpy(dir, "/tmp/test-read-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(mkdir("conf.d", 0755), 0);
	unsetenv("TEST_READ_CHILD");
}

static inline void
forget(void)
{
	config_tree_destroy(&tree);
	report_finish(&report);
}

static inline void
teardown(void)
{
	char command[100];

	forget();
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static inline void
write_bytes(const char *name, const char *s, size_t n)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(s, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

static inline void
write_file(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

static inline void
read_within(const char *name, int deadline_ms)
{
	double begin = now();

	forget();
	tree = config_tree_read(name, deadline_ms, &report);
	seconds = now() - begin;
}

static inline void
read_good(const char *name)
{
	read_within(name, CONFIG_READ_DEADLINE_MS);
	if (report.count)
		ck_abort_msg("%s", report.entries[0].text);
	ck_assert_ptr_nonnull(tree);
}

/* Reading fails with these sentences, ended by NULL, and no others. */
static inline void
read_bad(const char *name, ...)
{
	const char *expected;
	size_t i = 0;
	va_list ap;

	read_within(name, CONFIG_READ_DEADLINE_MS);
	ck_assert_ptr_null(tree);
	va_start(ap, name);
	while ((expected = va_arg(ap, const char *))) {
		ck_assert_uint_lt(i, report.count);
		ck_assert_str_eq(report.entries[i].text, expected);
		i++;
	}
	va_end(ap);
	if (i < report.count)
		ck_abort_msg("unexpected: %s", report.entries[i].text);
}

/* The main file holds text and is refused with this sentence. */
static inline void
refuses(const char *text, const char *sentence)
{
	write_file("a.conf", text);
	read_bad("a.conf", sentence, NULL);
}

static inline const struct node *
at(const char *a, const char *b)
{
	const struct node *n = node_find(&tree->root, a);

	n = b ? node_find(n, b) : n;
	ck_assert_ptr_nonnull(n);
	return n;
}

static inline void
is_at(const struct node *n, const char *file, unsigned line)
{
	ck_assert_str_eq(n->file, file);
	ck_assert_uint_eq(n->line, line);
}

/* The test program's main().  child is asked first when this is the child: it
 * returns the status to end with, or -1 to read as usual. */
static int
reading_main(int argc, char **argv, const char *name, const TTest *const *tests,
    size_t count, int (*child)(const char *how))
{
	const char *how = getenv("TEST_READ_CHILD");
	Suite *suite;
	TCase *tcase;
	SRunner *runner;
	int failed;

	if (argc == 3 && !strcmp(argv[1], CONFIG_READ_SETTLED_ARG)) {
		file_load_patiently();
		return config_reader_main(argv[2], 1);
	}
	if (argc == 3 && !strcmp(argv[1], CONFIG_READ_ARG)) {
		int status = child && how ? child(how) : -1;

		return status >= 0 ? status : config_reader_main(argv[2], 1);
	}
	suite = suite_create(name);
	tcase = tcase_create(name);
	runner = srunner_create(suite);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* One allocation after the other fails, while a configuration is parsed, built
 * and started, and while the log is set up: the failure is reported, and
 * everything that had been made is given back (ASan looks).  The linker leads
 * what the host calls to the functions here: see CMakeLists.txt. */

#include "generations.h"

#include "log/log-report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { MOST = 5000 }; /* more allocations than any of this needs */

static atomic_long countdown; /* 0: nothing fails */
static atomic_bool has_failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
char *__real_strdup(const char *s);
int __real_vasprintf(char **r, const char *fmt, va_list ap) PRINTF(2, 0);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
char *__wrap_strdup(const char *s);
int __wrap_vasprintf(char **r, const char *fmt, va_list ap) PRINTF(2, 0);
void *__real_arena_alloc(struct arena *a, size_t n);
void *__real_arena_array(struct arena *a, size_t count, size_t size);
char *__real_arena_copy(struct arena *a, const char *s, size_t n);
char *__real_arena_string(struct arena *a, const char *s);
void *__wrap_arena_alloc(struct arena *a, size_t n);
void *__wrap_arena_array(struct arena *a, size_t count, size_t size);
char *__wrap_arena_copy(struct arena *a, const char *s, size_t n);
char *__wrap_arena_string(struct arena *a, const char *s);
int __wrap_asprintf(char **r, const char *fmt, ...) PRINTF(2, 3);

static bool
fails(void)
{
	if (!atomic_load(&countdown) || atomic_fetch_sub(&countdown, 1) != 1)
		return false;
	atomic_store(&has_failed, true);
	errno = ENOMEM;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

void *
__wrap_aligned_alloc(size_t align, size_t size)
{
	return fails() ? NULL : __real_aligned_alloc(align, size);
}

char *
__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

int
__wrap_vasprintf(char **r, const char *fmt, va_list ap)
{
	return fails() ? -1 : __real_vasprintf(r, fmt, ap);
}

int
__wrap_asprintf(char **r, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = __wrap_vasprintf(r, fmt, ap);
	va_end(ap);
	return rc;
}

/* An arena asks for much at once: each of its pieces may fail. */
void *
__wrap_arena_alloc(struct arena *a, size_t n)
{
	return fails() ? NULL : __real_arena_alloc(a, n);
}

void *
__wrap_arena_array(struct arena *a, size_t count, size_t size)
{
	return fails() ? NULL : __real_arena_array(a, count, size);
}

char *
__wrap_arena_copy(struct arena *a, const char *s, size_t n)
{
	return fails() ? NULL : __real_arena_copy(a, s, n);
}

char *
__wrap_arena_string(struct arena *a, const char *s)
{
	return fails() ? NULL : __real_arena_string(a, s);
}

/* From now on the n-th allocation fails. */
static void
fail_at(long n)
{
	has_failed = false;
	countdown = n;
}

/* Has it?  Nothing fails any more. */
static bool
end_failing(void)
{
	countdown = 0;
	return has_failed;
}

/* ---------------------------------------------------------- a configuration */

#define CONFIGURATION                                                      \
	MAP(1, NULL, INT(1, "workers", 2), TEXT(1, "drain_timeout", "1m"), \
	    MAP(2, "log", TEXT(2, "level", "info"), INT(2, "sample", 2)),  \
	    MAP(3, "pipelines",                                            \
		MAP(4, "p", MAP(4, "log", BOOL(4, "connections", false)),  \
		    LIST(5, "bindings", SERVER(5),                         \
			PROBE(6, TEXT(6, "exit", "q")))),                  \
		LIST(8, "q", PLAIN(9, "echo"))))

static struct config_tree *
tree_create(struct node root)
{
	struct config_tree *tree = calloc(1, sizeof(*tree));

	ck_assert_ptr_nonnull(tree);
	tree->root = root;
	return tree;
}

START_TEST(settings_are_parsed)
{
	bool failed = true;

	free_port();
	for (long n = 1; failed && n < MOST; n++) {
		struct config_tree *tree = tree_create(CONFIGURATION);
		struct arena arena = { 0 };
		struct settings s;
		int rc;

		fail_at(n);
		rc = settings_parse(tree, &arena, &report, &s);
		failed = end_failing();
		ck_assert_msg((rc == 0) == !failed, "allocation %ld", n);
		ck_assert_msg(
		    report_has_errors(&report) == failed, "allocation %ld", n);
		report_finish(&report);
		arena_finish(&arena);
		config_tree_destroy(&tree);
	}
	ck_assert(!failed);
}
END_TEST

/* A wrong one: each of its errors needs memory itself. */
START_TEST(errors_are_reported)
{
	bool failed = true;

	for (long n = 1; failed && n < MOST; n++) {
		struct config_tree *tree = tree_create(MAP(1, NULL,
		    TEXT(1, "wokers", "a"), INT(2, "log", 3),
		    MAP(3, "pipelines", LIST(4, "p", PLAIN(5, "tcp-server")))));
		struct arena arena = { 0 };
		struct settings s;
		int rc;

		fail_at(n);
		rc = settings_parse(tree, &arena, &report, &s);
		failed = end_failing();
		ck_assert_int_lt(rc, 0);
		ck_assert(report_has_errors(&report));
		ck_assert_uint_ge(report.count + report.out_of_memory, 1);
		report_finish(&report);
		arena_finish(&arena);
		config_tree_destroy(&tree);
	}
	ck_assert(!failed);
}
END_TEST

static struct generation *
build(long n, struct node root)
{
	static const char *const dirs[] = { TEST_PLUGIN_DIR, OUR_PLUGIN_DIR,
		NULL };
	struct config_tree *tree = tree_create(root);
	struct generation *g;

	fail_at(n);
	g = generation_create(&tree, 1, &crew, &abi_table, dirs, &report);
	if (tree)
		abort(); /* libcheck needs memory for its words */
	return g;
}

START_TEST(a_generation_is_created)
{
	bool failed = true;

	begin();
	for (long n = 1; failed && n < MOST; n++) {
		struct generation *g = build(n, CONFIGURATION);

		failed = end_failing();
		ck_assert_msg(report_has_errors(&report) == failed,
		    "allocation %ld: %s", n,
		    report.count ? report.entries[0].text : "not reported");
		report_finish(&report);
		generation_destroy(&g);
	}
	ck_assert(!failed);
	end();
}
END_TEST

/* What fails on the way has to be reported too, and stops in order. */
START_TEST(a_generation_is_started)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	bool failed = true;

	begin();
	for (long n = 1; failed && n < MOST; n++) {
		struct generation *g = build(0, CONFIGURATION);
		int rc;

		ck_assert_msg(
		    !report_has_errors(&report), "%s", report.entries[0].text);
		report_finish(&report);
		fail_at(n);
		rc = generation_start(g, &report);
		failed = end_failing();
		ck_assert_msg(rc == 0 || failed, "allocation %ld", n);
		ck_assert_msg(rc == 0 || report_has_errors(&report),
		    "allocation %ld: not reported", n);
		report_finish(&report);
		if (rc == 0)
			generation_drain(g);
		for (int i = 0; i < TRIES && generation_pins(g); i++)
			nanosleep(&moment, NULL);
		ck_assert_uint_eq(generation_pins(g), 0);
		generation_stop(g);
		generation_destroy(&g);
	}
	ck_assert(!failed);
	end();
}
END_TEST

/* ------------------------------------------------------------------ the log */

static void
log_some(const struct report *r)
{
	const struct log_field f = { "key", "value", 0 };

	log_line(LOG_L_ERROR, &f, 1, "a line");
	log_report(r);
}

/* Where it cannot be set up it goes on as before; with no thread, lines are
 * written all the same. */
START_TEST(the_log_is_set_up)
{
	char dir[] = "/tmp/test-no-memory-XXXXXX", target[64];
	struct log_settings s = { LOG_L_INFO, LOG_JSON, target };
	const struct log_settings nowhere = { .target = "file:/dev/null" };
	const char *error = NULL;
	struct report r = { 0 };
	bool failed = true;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(target, sizeof(target), "file:%s/log", dir);
	ck_assert_int_eq(log_configure(&nowhere, &error), 0);
	for (long n = 1; failed && n < MOST; n++) {
		struct stat st;
		int rc, started;

		error = NULL;
		report_error(&r, "/a.conf", 1, "an error");
		fail_at(n);
		rc = log_configure(&s, &error);
		started = log_start();
		log_some(&r);
		log_stop();
		failed = end_failing();
		ck_assert_int_eq(rc < 0 || started < 0, failed);
		ck_assert(rc == 0 || error);
		ck_assert_int_eq(
		    stat(target + 5, &st) == 0 && st.st_size > 150, rc == 0);
		report_finish(&r);
		log_configure(&nowhere, &error);
		unlink(target + 5);
	}
	ck_assert(!failed);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(a_report_is_written)
{
	bool failed = true;

	for (long n = 1; failed && n < MOST; n++) {
		fail_at(n);
		for (int i = 0; i < 20; i++)
			report_error(&report, i % 2 ? "/a.conf" : NULL,
			    (unsigned)i, "error %d", i);
		failed = end_failing();
		ck_assert_uint_eq(report.errors, 20);
		ck_assert_uint_eq(report.count, failed ? 19 : 20);
		ck_assert_int_eq(report.out_of_memory, failed);
		report_finish(&report);
	}
	ck_assert(!failed);
}
END_TEST

UNIT_TESTS("no-memory", settings_are_parsed, errors_are_reported,
    a_generation_is_created, a_generation_is_started, the_log_is_set_up,
    a_report_is_written)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Reading one file, also while somebody writes it. */

#include "config/load.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Between two looks at a file a busy machine may let it settle. */
enum { MAX = 1000, TRIES = 50 };

static char path[] = "/tmp/bindery-test-XXXXXX";
static struct loaded_file file;
static char why[LOAD_WHY_MAX];

static void
begin(const char *text)
{
	int fd = mkstemp(path);
	ssize_t n = (ssize_t)strlen(text);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, (size_t)n), n);
	close(fd);
}

static void
end(void)
{
	free(file.data);
	unlink(path);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
make_old(void)
{
	const struct timespec t[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };

	ck_assert_int_eq(utimensat(AT_FDCWD, path, t, 0), 0);
}

/* What somebody else does while file_load() waits: in a thread of its own it
 * would come late on a busy machine, and the file had settled. */
static void (*meanwhile)(void);

int
nanosleep(const struct timespec *t, struct timespec *left)
{
	int rc = clock_nanosleep(CLOCK_MONOTONIC, 0, t, left);

	if (meanwhile)
		meanwhile();
	return rc ? -1 : 0;
}

static void
append(const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	ck_assert_int_eq(write(fd, text, n), (ssize_t)n);
	close(fd);
}

static const char new_text[] = "what it is going to be";
static size_t written;

/* Written over by an editor that is not in a hurry. */
static void
edit(void)
{
	size_t n = strlen(new_text) / 2;

	if (written < 2 * n)
		append(new_text + written, n);
	written += n;
}

static void
scribble(void)
{
	append("x", 1);
}

START_TEST(a_file_is_read_as_it_is)
{
	begin("old");
	ck_assert_int_eq(file_load(path, MAX, &file, why), 0);
	ck_assert_mem_eq(file.data, "old", 3);
	ck_assert_uint_eq(file.size, 3);
	free(file.data);
	ck_assert_int_eq(file_load(path, 2, &file, why), -EFBIG);
	ck_assert_ptr_null(file.data);
	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_int_eq(file_load(path, MAX, &file, why), 0);
	ck_assert_uint_eq(file.size, 0);
	end();
}
END_TEST

START_TEST(patience_waits_for_an_editor)
{
	begin("what it was");
	meanwhile = edit;
	for (int i = 0; i < TRIES && file.size != strlen(new_text); i++) {
		free(file.data);
		ck_assert_int_eq(truncate(path, 0), 0);
		written = 0;
		file_load_patiently();
		ck_assert_int_eq(file_load(path, MAX, &file, why), 0);
	}
	ck_assert_uint_eq(file.size, strlen(new_text));
	ck_assert_mem_eq(file.data, new_text, strlen(new_text));
	end();
}
END_TEST

START_TEST(patience_does_not_wait_for_what_is_old_or_of_the_future)
{
	int64_t quickest[2] = { INT64_MAX, INT64_MAX };

	begin("x");
	for (int i = 0; i < TRIES; i++) {
		struct timespec t[2];
		int64_t before;

		make_old();
		if (i % 2) {
			clock_gettime(CLOCK_REALTIME, &t[0]);
			t[0].tv_sec += 3600;
			t[1] = t[0];
			ck_assert_int_eq(utimensat(AT_FDCWD, path, t, 0), 0);
		}
		file_load_patiently();
		before = now_ms();
		ck_assert_int_eq(file_load(path, MAX, &file, why), 0);
		if (now_ms() - before < quickest[i % 2])
			quickest[i % 2] = now_ms() - before;
		free(file.data);
		file.data = NULL;
	}
	ck_assert_int_lt(quickest[0], 10);
	ck_assert_int_lt(quickest[1], 10);
	end();
}
END_TEST

START_TEST(patience_has_an_end)
{
	int64_t before = now_ms();
	int rc = 0;

	begin("x");
	meanwhile = scribble;
	for (int i = 0; i < TRIES && rc == 0; i++) {
		free(file.data);
		scribble();
		file_load_patiently();
		before = now_ms();
		rc = file_load(path, MAX, &file, why);
	}
	ck_assert_int_eq(rc, -EBUSY);
	ck_assert_int_lt(now_ms() - before, 5000);
	ck_assert_ptr_null(file.data);
	ck_assert_str_eq(
	    why, "it is being written: reload again once that is done");
	end();
}
END_TEST

UNIT_TESTS("load", a_file_is_read_as_it_is, patience_waits_for_an_editor,
    patience_does_not_wait_for_what_is_old_or_of_the_future,
    patience_has_an_end)

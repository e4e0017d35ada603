/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Reading one file, also while somebody writes it. */

#include "config/load.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX = 1000, TRIES = 50, LATE_MS = 40 };

static char path[] = "/tmp/bindery-test-XXXXXX";
static struct loaded_file file;
static char why[LOAD_WHY_MAX];
static atomic_bool is_over;

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

static void
pause_ms(long ms)
{
	const struct timespec t = { .tv_nsec = ms * 1000000 };

	nanosleep(&t, NULL);
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

static bool was_late;

/* Write it over, as an editor does that is not in a hurry. */
static void *
editor(void *text)
{
	int64_t began = now_ms(), middle;
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	const char *half = text;
	size_t n = strlen(half) / 2;

	atomic_store(&is_over, true); /* it is empty now */
	pause_ms(15);
	middle = now_ms();
	ck_assert_int_eq(write(fd, half, n), (ssize_t)n);
	was_late = now_ms() - began > LATE_MS;
	pause_ms(15);
	ck_assert_int_eq(
	    write(fd, half + n, strlen(half) - n), (ssize_t)(strlen(half) - n));
	was_late |= now_ms() - middle > LATE_MS;
	close(fd);
	return NULL;
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

static void
load_while_it_is_edited(char *text)
{
	pthread_t thread;

	free(file.data);
	make_old();
	atomic_store(&is_over, false);
	file_load_patiently();
	pthread_create(&thread, NULL, editor, text);
	while (!atomic_load(&is_over))
		pause_ms(1);
	ck_assert_int_eq(file_load(path, MAX, &file, why), 0);
	pthread_join(thread, NULL);
}

/* Whom a busy machine made late, was taken to be done. */
START_TEST(patience_waits_for_an_editor)
{
	static char text[] = "what it is going to be";

	begin("what it was");
	was_late = true;
	for (int i = 0; i < TRIES && was_late; i++)
		load_while_it_is_edited(text);
	ck_assert(!was_late);
	ck_assert_uint_eq(file.size, strlen(text));
	ck_assert_mem_eq(file.data, text, strlen(text));
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

static void *
scribbler(void *arg)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	(void)arg;
	while (!atomic_load(&is_over)) {
		ck_assert_int_eq(write(fd, "x", 1), 1);
		pause_ms(2);
	}
	close(fd);
	return NULL;
}

START_TEST(patience_has_an_end)
{
	pthread_t thread;
	int64_t before;
	int rc = 0;

	begin("x");
	pthread_create(&thread, NULL, scribbler, NULL);
	/* Unless it pauses because it cannot run. */
	for (int i = 0; i < TRIES && rc == 0; i++) {
		free(file.data);
		file_load_patiently();
		before = now_ms();
		rc = file_load(path, MAX * MAX, &file, why);
		ck_assert_int_lt(now_ms() - before, 5000);
	}
	ck_assert_int_eq(rc, -EBUSY);
	ck_assert_ptr_null(file.data);
	ck_assert_str_eq(
	    why, "it is being written: reload again once that is done");
	atomic_store(&is_over, true);
	pthread_join(thread, NULL);
	end();
}
END_TEST

UNIT_TESTS("load", a_file_is_read_as_it_is, patience_waits_for_an_editor,
    patience_does_not_wait_for_what_is_old_or_of_the_future,
    patience_has_an_end)

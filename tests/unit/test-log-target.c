/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "log/log-target.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char dir[] = "/tmp/test-log-target-XXXXXX";
static struct log_target *target;
static int reader;
static char batch[4096];
static size_t batch_used;

static void
reader_open(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, target->path);
	unlink(target->path);
	reader = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(reader, 0);
	ck_assert_int_eq(bind(reader, (struct sockaddr *)&a, sizeof(a)), 0);
}

/* A journal of our own. */
static void
test_begin(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	target = calloc(1, sizeof(*target) + 100);
	ck_assert_ptr_nonnull(target);
	target->kind = LOG_TO_JOURNAL;
	target->fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	snprintf(target->path, 100, "%s/socket", dir);
	reader_open();
	ck_assert_int_eq(log_target_reopen(target), 0);
}

static void
test_end(void)
{
	close(reader);
	unlink(target->path);
	rmdir(dir);
	log_target_destroy(&target);
	log_target_destroy(&target);
}

static void
batch_add(const char *record)
{
	uint32_t n = (uint32_t)strlen(record);

	memcpy(batch + batch_used, &n, sizeof(n));
	memcpy(batch + batch_used + sizeof(n), record, n);
	batch_used += sizeof(n) + n;
}

static void
reader_expect(const char *expected)
{
	char got[100];
	ssize_t n = recv(reader, got, sizeof(got) - 1, 0);

	ck_assert_int_ge(n, 0);
	got[n] = '\0';
	ck_assert_str_eq(got, expected);
}

START_TEST(every_record_is_a_datagram)
{
	test_begin();
	batch_add("one");
	batch_add("two\nlines");
	ck_assert_uint_eq(log_target_drop(target, batch, batch_used), 2);
	ck_assert_int_eq(log_target_write(target, batch, batch_used, 0),
	    (ssize_t)batch_used);
	reader_expect("one");
	reader_expect("two\nlines");
	test_end();
}
END_TEST

START_TEST(a_reader_that_was_restarted_is_found)
{
	test_begin();
	batch_add("x");
	close(reader);
	ck_assert_int_eq(
	    log_target_write(target, batch, batch_used, 0), -ECONNREFUSED);
	unlink(target->path);
	ck_assert_int_eq(
	    log_target_write(target, batch, batch_used, 0), -ENOENT);
	reader_open();
	ck_assert_int_eq(log_target_write(target, batch, batch_used, 0),
	    (ssize_t)batch_used);
	reader_expect("x");
	test_end();
}
END_TEST

START_TEST(a_reader_that_is_behind_takes_a_part)
{
	ssize_t r = (ssize_t)sizeof(batch);
	int writes;

	test_begin();
	batch_add("first");
	batch_add("second");
	for (writes = 0; writes < 1000; writes++) {
		r = log_target_write(target, batch, batch_used, 10);
		if (r < (ssize_t)batch_used)
			break;
	}
	ck_assert_int_lt(writes, 1000);
	ck_assert(r == 0 || r == 9);
	reader_expect("first");
	ck_assert_int_gt(log_target_write(target, batch, batch_used, 10), 0);
	test_end();
}
END_TEST

/* The rest of a line that was cut by a full disk never comes: what follows must
 * not be joined to it. */
START_TEST(a_torn_line_is_ended)
{
	struct log_settings s = { 6, LOG_TEXT, NULL };
	char name[64], got[64] = "";
	const char *error = NULL;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(name, sizeof(name), "file:%s/log", dir);
	s.target = name;
	ck_assert_int_eq(log_target_create(&target, &s, &error), 0);
	ck_assert_int_eq(log_target_write(target, "ab", 2, 0), 2);
	ck_assert_uint_eq(log_target_drop(target, "c\nd\n", 4), 2);
	ck_assert_int_eq(log_target_write(target, "e\n", 2, 0), 2);
	ck_assert_int_eq(log_target_write(target, "f\n", 2, 0), 2);
	fd = open(name + 5, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(read(fd, got, sizeof(got) - 1), 7);
	ck_assert_str_eq(got, "ab\ne\nf\n");
	close(fd);
	unlink(name + 5);
	rmdir(dir);
	log_target_destroy(&target);
}
END_TEST

UNIT_TESTS("log-target", every_record_is_a_datagram,
    a_reader_that_was_restarted_is_found, a_reader_that_is_behind_takes_a_part,
    a_torn_line_is_ended)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "log/notify.h"

#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "/tmp/test-notify-XXXXXX", name[100];

/* A receiver with that address; '@': an abstract one. */
static int
receiver_open(const char *address)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t n = strlen(address);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(a.sun_path, address, n + 1);
	if (address[0] == '@')
		a.sun_path[0] = '\0';
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
	    bind(fd, (struct sockaddr *)&a,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n +
			    (address[0] != '@'))),
	    0);
	setenv("NOTIFY_SOCKET", address, 1);
	return fd;
}

static void
receiver_expect(int fd, const char *text)
{
	char got[5000];
	ssize_t n = recv(fd, got, sizeof(got) - 1, 0);

	ck_assert_int_ge(n, 0);
	got[n] = '\0';
	ck_assert_str_eq(got, text);
}

START_TEST(it_reaches_a_path)
{
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(name, sizeof(name), "%s/notify", dir);
	fd = receiver_open(name);
	ck_assert_int_eq(notify_send("READY=1\nSTATUS=%d pipelines", 3), 0);
	receiver_expect(fd, "READY=1\nSTATUS=3 pipelines");
	close(fd);
	ck_assert_int_eq(notify_send("STOPPING=1"), -ECONNREFUSED);
	unlink(name);
	ck_assert_int_eq(notify_send("STOPPING=1"), -ENOENT);
	rmdir(dir);
}
END_TEST

START_TEST(it_reaches_an_abstract_name)
{
	int fd;

	snprintf(name, sizeof(name), "@bindery-test-%d", (int)getpid());
	fd = receiver_open(name);
	ck_assert_int_eq(notify_send("READY=%c", '1'), 0);
	receiver_expect(fd, "READY=1");
	close(fd);
}
END_TEST

START_TEST(four_kilobytes_are_the_limit)
{
	char text[4098];
	int fd;

	snprintf(name, sizeof(name), "@bindery-test-%d", (int)getpid());
	fd = receiver_open(name);
	memset(text, 'x', sizeof(text));
	text[4097] = '\0';
	ck_assert_int_eq(notify_send("%s", text), -EMSGSIZE);
	text[4096] = '\0';
	ck_assert_int_eq(notify_send("%s", text), 0);
	receiver_expect(fd, text);
	close(fd);
}
END_TEST

START_TEST(a_receiver_that_is_behind_does_not_block)
{
	int fd, r = 0;

	snprintf(name, sizeof(name), "@bindery-test-%d", (int)getpid());
	fd = receiver_open(name);
	for (int i = 0; i < 100000 && !r; i++)
		r = notify_send("WATCHDOG=1");
	ck_assert_int_eq(r, -EAGAIN);
	receiver_expect(fd, "WATCHDOG=1");
	close(fd);
}
END_TEST

static void *
receiver_wakes(void *arg)
{
	const struct timespec pause = { .tv_nsec = 50000000 };

	nanosleep(&pause, NULL);
	receiver_expect(*(int *)arg, "WATCHDOG=1");
	return NULL;
}

START_TEST(what_must_not_be_lost_waits)
{
	pthread_t thread;
	int fd, r = 0;

	snprintf(name, sizeof(name), "@bindery-test-%d", (int)getpid());
	fd = receiver_open(name);
	for (int i = 0; i < 100000 && !r; i++)
		r = notify_send("WATCHDOG=1");
	ck_assert_int_eq(r, -EAGAIN);
	pthread_create(&thread, NULL, receiver_wakes, &fd);
	ck_assert_int_eq(notify_send_surely("MAINPID=%d", 7), 0);
	pthread_join(thread, NULL);
	/* But not for ever. */
	ck_assert_int_eq(notify_send_surely("READY=1"), -EAGAIN);
	close(fd);
}
END_TEST

START_TEST(nobody_asked_or_a_bad_name)
{
	char longer[200];

	unsetenv("NOTIFY_SOCKET");
	ck_assert_int_eq(notify_send("READY=1"), 0);
	setenv("NOTIFY_SOCKET", "", 1);
	ck_assert_int_eq(notify_send("READY=1"), 0);
	setenv("NOTIFY_SOCKET", "relative", 1);
	ck_assert_int_eq(notify_send("READY=1"), -EAFNOSUPPORT);
	setenv("NOTIFY_SOCKET", "@", 1);
	ck_assert_int_eq(notify_send("READY=1"), -EAFNOSUPPORT);
	memset(longer, '/', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longer, 1);
	ck_assert_int_eq(notify_send("READY=1"), -ENAMETOOLONG);
}
END_TEST

UNIT_TESTS("notify", it_reaches_a_path, it_reaches_an_abstract_name,
    four_kilobytes_are_the_limit, a_receiver_that_is_behind_does_not_block,
    what_must_not_be_lost_waits, nobody_asked_or_a_bad_name)

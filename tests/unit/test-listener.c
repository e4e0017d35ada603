/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Listeners and acceptors: sharing, being full, running out of descriptors. */

#include "host.h"
#include "log/log.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static unsigned accepted;
static int last_fd = -1, last_number;

static void
take(void *desk, int number, int fd, const struct sockaddr *peer, socklen_t n)
{
	struct worker *w = desk;

	ck_assert_uint_ge(n, sizeof(sa_family_t));
	ck_assert_int_eq(peer->sa_family, AF_UNIX);
	w->conn_count++;
	accepted++;
	last_number = number;
	if (last_fd >= 0)
		close(last_fd);
	last_fd = fd;
}

static struct listen_address address;
static struct accept_target target, nobody;

static void
begin(uint64_t max)
{
	static const struct log_settings quiet = { .level = LOG_L_ERROR };
	const char *error;

	ck_assert_int_eq(log_configure(&quiet, &error), 0);
	host_start();
	acceptors_finish(host.workers[0]);
	ck_assert_int_eq(acceptors_init(host.workers[0], max), 0);
	address = (struct listen_address){ .un.sun_family = AF_UNIX };
	snprintf(address.un.sun_path, sizeof(address.un.sun_path),
	    "/tmp/bindery-test-%d", (int)getpid());
	address.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				   strlen(address.un.sun_path) + 1);
	target = (struct accept_target){ take, host.workers[0], 3 };
}

static void
end(void)
{
	if (last_fd >= 0)
		close(last_fd);
	host.workers[0]->conn_count = 0;
	host_stop();
}

static struct listener *
opened(void)
{
	struct listener *l;

	ck_assert_int_eq(
	    listener_open(&address, 0, 0600, host.workers, 2, &l), 0);
	return l;
}

static int
client(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, &address.any, address.size), 0);
	return fd;
}

START_TEST(one_address_is_one_listener)
{
	struct listener *a, *b;
	struct stat st;
	int fd;

	begin(10);
	a = opened();
	b = opened();
	ck_assert_ptr_eq(a, b);
	ck_assert_int_eq(stat(address.un.sun_path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	fd = client();
	host_settle();
	ck_assert_uint_eq(accepted, 0); /* it points to nobody yet */
	listener_point(a, host.workers[0], &target);
	host_settle();
	ck_assert_uint_eq(accepted, 1);
	ck_assert_int_eq(last_number, 3);
	listener_release(&a);
	ck_assert_ptr_null(a);
	close(fd);
	fd = client();
	host_settle();
	ck_assert_uint_eq(accepted, 2);
	close(fd);
	listener_release(&b);
	ck_assert_int_eq(stat(address.un.sun_path, &st), -1);
	listener_release(&b);
	end();
}
END_TEST

START_TEST(a_stale_socket_file_is_no_obstacle_but_a_live_one_is)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct listener *l;

	begin(10);
	ck_assert_int_eq(bind(fd, &address.any, address.size), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(
	    listener_open(&address, 0, 0600, host.workers, 2, &l), -EADDRINUSE);
	close(fd); /* leaves the file */
	l = opened();
	listener_release(&l);
	end();
}
END_TEST

START_TEST(a_full_worker_lets_them_wait)
{
	struct listener *l;
	int fd[2];

	begin(1);
	l = opened();
	listener_point(l, host.workers[0], &target);
	fd[0] = client();
	fd[1] = client();
	host_settle();
	ck_assert_uint_eq(accepted, 1);
	host.workers[0]->conn_count--;
	worker_conn_gone(host.workers[0]);
	host_settle();
	ck_assert_uint_eq(accepted, 2);
	close(fd[0]);
	close(fd[1]);
	listener_release(&l);
	end();
}
END_TEST

static struct rlimit files;

static void
starve(void)
{
	struct rlimit none;
	int next = dup(0);

	close(next);
	getrlimit(RLIMIT_NOFILE, &files);
	none = files;
	none.rlim_cur = (rlim_t)next;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
}

START_TEST(without_descriptors_they_wait_and_are_taken_later)
{
	struct listener *l;
	int fd;

	begin(10);
	l = opened();
	listener_point(l, host.workers[0], &target);
	fd = client();
	starve();
	host_settle();
	ck_assert_uint_eq(accepted, 0);
	setrlimit(RLIMIT_NOFILE, &files);
	host_settle();
	ck_assert_uint_eq(accepted, 0); /* it pauses */
	host_pass(150);
	ck_assert_uint_eq(accepted, 1);
	close(fd);
	listener_release(&l);
	end();
}
END_TEST

START_TEST(a_pause_ends_for_listeners_that_come_later_too)
{
	struct listener *l;
	int fd;

	begin(10);
	l = opened();
	listener_point(l, host.workers[0], &target);
	fd = client();
	starve();
	host_settle();
	setrlimit(RLIMIT_NOFILE, &files);
	listener_point(l, host.workers[0], &nobody);
	host_pass(150); /* the pause ends while nobody listens */
	listener_point(l, host.workers[0], &target);
	host_settle();
	ck_assert_uint_eq(accepted, 1);
	close(fd);
	listener_release(&l);
	end();
}
END_TEST

START_TEST(who_is_connected_is_taken_before_it_closes)
{
	struct listener *l;
	int fd[3];

	begin(2);
	l = opened();
	fd[0] = client();
	listener_release(&l); /* nobody took them, nobody does */
	ck_assert_uint_eq(accepted, 0);
	l = opened();
	listener_point(l, host.workers[0], &target);
	close(fd[0]);
	for (int i = 0; i < 3; i++)
		fd[i] = client();
	listener_release(&l);
	ck_assert_uint_eq(accepted, 2); /* as many as it may have */
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	end();
}
END_TEST

UNIT_TESTS("listener", one_address_is_one_listener,
    a_stale_socket_file_is_no_obstacle_but_a_live_one_is,
    a_full_worker_lets_them_wait, who_is_connected_is_taken_before_it_closes,
    without_descriptors_they_wait_and_are_taken_later,
    a_pause_ends_for_listeners_that_come_later_too)

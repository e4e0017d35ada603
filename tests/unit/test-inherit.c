/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The table of inherited sockets, and listeners that take from it. */

#include "host.h"
#include "worker/inherit.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static int
bound(const struct sockaddr *a, socklen_t n, bool is_v6only)
{
	int fd = socket(a->sa_family, SOCK_STREAM, 0), on = 1;

	ck_assert_int_ge(fd, 0);
	if (a->sa_family != AF_UNIX)
		ck_assert_int_eq(
		    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)),
		    0);
	if (is_v6only)
		ck_assert_int_eq(
		    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)),
		    0);
	if (bind(fd, a, n) < 0)
		ck_abort_msg("bind: %s", strerror(errno));
	ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

/* A listening socket of 127.0.0.1; port 0: any, and it is in *r. */
static int
inet(struct listen_address *r, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = port,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = bound((void *)&a, sizeof(a), false);

	ck_assert_int_eq(listen_address_of(fd, r), 0);
	return fd;
}

static struct sockaddr_un
path_of_test(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "/tmp/bindery-test-%d",
	    (int)getpid());
	unlink(a.sun_path);
	return a;
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static ino_t
inode(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_ino;
}

START_TEST(what_cannot_be_served_is_refused)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int pipes[2], pair[2], fds[6], udp, unbound;

	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(udp, (void *)&a, sizeof(a)), 0);
	unbound = socket(AF_INET, SOCK_STREAM, 0);
	memcpy(fds,
	    (int[]){ pipes[0], pipes[1], pair[0], pair[1], udp, unbound },
	    sizeof(fds));
	for (size_t i = 0; i < ARRAY_COUNT(fds); i++) {
		ck_assert_int_eq(inherit_add(fds[i], "x", true), -ENOTSUP);
		ck_assert(is_open(fds[i]));
		close(fds[i]);
	}
	ck_assert_int_eq(inherit_add(-1, "x", true), -ENOTSUP);
	ck_assert_int_eq(inherit_add(1000, "x", true), -ENOTSUP);
}
END_TEST

START_TEST(a_socket_is_prepared)
{
	struct listen_address a;
	int fd = inet(&a, 0);

	ck_assert_int_eq(inherit_add(fd, "", false), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ck_assert(inherit_has(&a));
	inherit_finish();
	ck_assert(!inherit_has(&a));
	ck_assert(!is_open(fd));
}
END_TEST

START_TEST(ours_are_moved_lasting_ones_duplicated)
{
	struct listen_address a, other;
	struct inherited got;
	int ours = inet(&a, 0), more = inet(&a, a.in.sin_port);
	int lasting = inet(&other, 0);
	ino_t was = inode(lasting);

	ck_assert_int_eq(inherit_add(ours, "", false), 0);
	ck_assert_int_eq(inherit_add(more, "", false), 0);
	ck_assert_int_eq(inherit_add(lasting, "web", true), 0);
	ck_assert_int_eq(inherit_take(&a, &got), 0);
	ck_assert_uint_eq(got.count, 2);
	ck_assert(!got.is_lasting);
	ck_assert_int_eq(got.fds[0] + got.fds[1], ours + more);
	inherited_finish(&got);
	ck_assert(!is_open(ours));
	ck_assert_int_eq(inherit_take(&a, &got), 0);
	ck_assert_uint_eq(got.count, 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(inherit_take(&other, &got), 0);
		ck_assert_uint_eq(got.count, 1);
		ck_assert(got.is_lasting);
		ck_assert_int_ne(got.fds[0], lasting);
		ck_assert_uint_eq(inode(got.fds[0]), was);
		ck_assert_int_eq(fcntl(got.fds[0], F_GETFD), FD_CLOEXEC);
		inherited_finish(&got);
	}
	ck_assert(is_open(lasting));
	inherit_finish();
}
END_TEST

START_TEST(no_descriptor_for_a_duplicate)
{
	struct rlimit was, none = { 0 };
	struct listen_address a;
	struct inherited got;
	int fd = inet(&a, 0), more = inet(&a, a.in.sin_port);

	ck_assert_int_eq(inherit_add(fd, "web", true), 0);
	ck_assert_int_eq(inherit_add(more, "web", true), 0);
	getrlimit(RLIMIT_NOFILE, &was);
	none.rlim_max = was.rlim_max;
	none.rlim_cur = (rlim_t)more + 2; /* for one, not for two */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_eq(inherit_take(&a, &got), -EMFILE);
	setrlimit(RLIMIT_NOFILE, &was);
	ck_assert_uint_eq(got.count, 0);
	ck_assert(!is_open(more + 1));
	ck_assert(is_open(fd));
	inherit_finish();
}
END_TEST

START_TEST(v6only_tells_wildcards_apart)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	struct sockaddr_in6 one = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct listen_address a;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (void *)&one, sizeof(one)) < 0)
		return; /* no IPv6 here */
	close(fd);
	fd = bound((void *)&any, sizeof(any), true);
	ck_assert_int_eq(listen_address_of(fd, &a), 0);
	ck_assert(a.is_v6only);
	ck_assert_int_eq(inherit_add(fd, "", false), 0);
	ck_assert(inherit_has(&a));
	ck_assert(!listener_differs(&a));
	a.is_v6only = false;
	ck_assert(!inherit_has(&a));
	ck_assert(listener_differs(&a));
	inherit_finish();
	ck_assert(!listener_differs(&a));

	fd = bound((void *)&one, sizeof(one), true);
	ck_assert_int_eq(listen_address_of(fd, &a), 0);
	ck_assert_int_eq(inherit_add(fd, "", false), 0);
	a.is_v6only = false;
	ck_assert(inherit_has(&a));
	ck_assert(!listener_differs(&a));
	inherit_finish();
}
END_TEST

START_TEST(names)
{
	struct listen_address a, b, *all;
	char text[64];
	int fd = inet(&a, 0);

	ck_assert_str_eq(inherit_names(text, sizeof(text)), "none");
	ck_assert_int_eq(inherit_named("web", &all), 0);
	ck_assert_ptr_null(all);
	ck_assert_int_eq(inherit_add(fd, "web", true), 0);
	ck_assert_int_eq(inherit_add(inet(&a, a.in.sin_port), "web", true), 0);
	ck_assert_int_eq(inherit_add(inet(&b, 0), "web", true), 0);
	ck_assert_int_eq(inherit_add(inet(&b, 0), "api", true), 0);
	ck_assert_int_eq(inherit_add(inet(&b, 0), "ours", false), 0);
	ck_assert_str_eq(inherit_names(text, sizeof(text)), "'api', 'web'");
	ck_assert_str_eq(inherit_names(text, 9), "'api', '");
	ck_assert_int_eq(inherit_named("ours", &all), 0);
	ck_assert_int_eq(inherit_named("we", &all), 0);
	/* One address is there twice. */
	ck_assert_int_eq(inherit_named("web", &all), 2);
	ck_assert(!listen_address_is_same(&all[0], &all[1]));
	free(all);
	inherit_finish();
}
END_TEST

START_TEST(a_long_name_is_cut)
{
	char name[300], text[400];
	struct listen_address a, *all;

	memset(name, 'x', sizeof(name));
	name[299] = '\0';
	ck_assert_int_eq(inherit_add(inet(&a, 0), name, true), 0);
	ck_assert_uint_eq(strlen(inherit_names(text, sizeof(text))), 257);
	name[INHERIT_NAME_MAX] = '\0';
	ck_assert_int_eq(inherit_named(name, &all), 1);
	free(all);
	inherit_finish();
}
END_TEST

START_TEST(what_nobody_wanted_of_ours_goes)
{
	struct sockaddr_un path = path_of_test();
	struct sockaddr_un abstract = { .sun_family = AF_UNIX };
	struct listen_address a;
	int lasting = inet(&a, 0), ours = inet(&a, 0);
	int unix_fd = bound((void *)&path, sizeof(path), false);
	int nameless = bound((void *)&abstract, sizeof(sa_family_t), false);

	ck_assert_int_eq(listen_address_of(nameless, &a), 0);
	ck_assert_ptr_null(listen_address_path(&a));
	ck_assert_int_eq(listen_address_of(unix_fd, &a), 0);
	ck_assert_str_eq(listen_address_path(&a), path.sun_path);
	ck_assert_int_eq(inherit_add(lasting, "web", true), 0);
	ck_assert_int_eq(inherit_add(ours, "", false), 0);
	ck_assert_int_eq(inherit_add(unix_fd, "", false), 0);
	ck_assert_int_eq(inherit_add(nameless, "", false), 0);
	inherit_settle();
	ck_assert(is_open(lasting));
	ck_assert(!is_open(ours));
	ck_assert(!is_open(unix_fd));
	ck_assert(!is_open(nameless));
	ck_assert_int_eq(access(path.sun_path, F_OK), -1);
	inherit_finish();
	ck_assert(!is_open(lasting));
}
END_TEST

START_TEST(the_file_of_the_manager_stays)
{
	struct sockaddr_un path = path_of_test();
	int fd = bound((void *)&path, sizeof(path), false);

	ck_assert_int_eq(inherit_add(fd, "web", true), 0);
	inherit_settle();
	inherit_finish();
	ck_assert_int_eq(access(path.sun_path, F_OK), 0);
	unlink(path.sun_path);
}
END_TEST

/* --------------------------------------------------------------- listeners */

static unsigned taken[HOST_WORKERS];

static void
take(void *desk, int number, int fd, const struct sockaddr *peer, socklen_t n)
{
	struct worker *w = desk;

	(void)number;
	(void)peer;
	(void)n;
	taken[w->index]++;
	close(fd);
}

/* All workers accept at the listener. */
static void
serve(struct listener *l)
{
	for (unsigned i = 0; i < HOST_WORKERS; i++) {
		const struct accept_target t = { take, host.workers[i], 0 };

		taken[i] = 0;
		listener_point(l, host.workers[i], &t);
	}
}

/* As many clients as it takes for each of many queues to have some. */
static void
clients(const struct listen_address *a, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		int fd = socket(a->any.sa_family, SOCK_STREAM, 0);

		ck_assert_int_eq(connect(fd, &a->any, a->size), 0);
		host_settle();
		close(fd);
	}
	ck_assert_uint_eq(taken[0] + taken[1], n);
}

static size_t
count_given(void)
{
	struct gifts g = { 0 };
	size_t n;

	ck_assert_int_eq(inherit_give(&g), 0);
	ck_assert_int_eq(listeners_give(&g), 0);
	n = g.count;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_uint_ne(
			    inode(g.all[i].fd), inode(g.all[k].fd));
	gifts_finish(&g);
	return n;
}

START_TEST(fewer_sockets_than_workers)
{
	struct listen_address a;
	struct listener *l;
	int fd;

	host_start();
	fd = inet(&a, 0);
	ck_assert_int_eq(inherit_add(fd, "", false), 0);
	ck_assert_uint_eq(count_given(), 1);
	ck_assert_int_eq(listener_open(&a, 0, 0, host.workers, 2, &l), 0);
	ck_assert(!inherit_has(&a));
	ck_assert_uint_eq(count_given(), 1);
	serve(l);
	clients(&a, 10);
	listener_release(&l);
	ck_assert_uint_eq(count_given(), 0);
	ck_assert(!is_open(fd));
	host_stop();
}
END_TEST

START_TEST(more_sockets_than_workers)
{
	struct listen_address a;
	struct listener *l;

	host_start();
	ck_assert_int_eq(inherit_add(inet(&a, 0), "", false), 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(
		    inherit_add(inet(&a, a.in.sin_port), "", false), 0);
	ck_assert_int_eq(listener_open(&a, 0, 0, host.workers, 2, &l), 0);
	ck_assert_uint_eq(count_given(), 5);
	serve(l);
	clients(&a, 60);
	ck_assert_uint_gt(taken[0], 0);
	ck_assert_uint_gt(taken[1], 0);
	listener_release(&l);
	host_stop();
}
END_TEST

START_TEST(one_of_the_manager_comes_and_goes)
{
	struct listen_address a;
	struct listener *l;
	int fd;

	host_start();
	fd = inet(&a, 0);
	ck_assert_int_eq(inherit_add(fd, "web", true), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(
		    listener_open(&a, 0, 0, host.workers, 2, &l), 0);
		ck_assert_uint_eq(count_given(), 1);
		serve(l);
		clients(&a, 5);
		listener_release(&l);
		ck_assert(is_open(fd));
	}
	inherit_finish();
	host_stop();
}
END_TEST

static unsigned
mode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_mode & 0777;
}

START_TEST(options_change)
{
	struct sockaddr_un path = path_of_test();
	struct listen_address a;
	struct listener *l;
	int fd = bound((void *)&path, sizeof(path), false);

	host_start();
	ck_assert_int_eq(listen_address_of(fd, &a), 0);
	ck_assert_int_eq(inherit_add(fd, "", false), 0);
	ck_assert_int_eq(listener_open(&a, 5, 0600, host.workers, 2, &l), 0);
	listener_settle(l, 5, 0604);
	ck_assert_uint_eq(mode_of(path.sun_path), 0604);
	listener_settle(l, 5, 0640);
	ck_assert_uint_eq(mode_of(path.sun_path), 0640);
	listeners_keep_files(true);
	listener_release(&l);
	ck_assert_int_eq(access(path.sun_path, F_OK), 0);
	listeners_keep_files(false);
	/* Now it is stale, and no obstacle. */
	ck_assert_int_eq(listener_open(&a, 5, 0600, host.workers, 2, &l), 0);
	ck_assert_uint_eq(mode_of(path.sun_path), 0600);
	listener_settle(l, 7, 0666);
	ck_assert_uint_eq(mode_of(path.sun_path), 0666);
	listener_release(&l);
	ck_assert_int_eq(access(path.sun_path, F_OK), -1);
	host_stop();
}
END_TEST

UNIT_TESTS("inherit", what_cannot_be_served_is_refused, a_socket_is_prepared,
    ours_are_moved_lasting_ones_duplicated, no_descriptor_for_a_duplicate,
    v6only_tells_wildcards_apart, names, a_long_name_is_cut,
    what_nobody_wanted_of_ours_goes, the_file_of_the_manager_stays,
    fewer_sockets_than_workers, more_sockets_than_workers,
    one_of_the_manager_comes_and_goes, options_change)

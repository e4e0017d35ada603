/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* A socket's end, and how many of them end at once. */

#include "way.h"

/* How many descriptors the worker's loop waits for. */
static int
watched(void)
{
	char path[64], line[128];
	int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d",
	    host.workers[0]->loop.epoll_fd);
	f = fopen(path, "re");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f))
		n += strncmp(line, "tfd:", 4) == 0;
	fclose(f);
	return n;
}

START_TEST(a_closed_socket_is_forgotten_though_a_child_has_it)
{
	int fd, before, copy;

	begin();
	before = watched();
	fd = line_connect(line_rabs());
	peer_say(fd, "x");
	peer_hears(fd, "x");
	ck_assert_int_eq(watched(), before + 1);
	/* As a child has it between its birth and its program. */
	copy = dup(LIST_FIRST(&host.workers[0]->conns)->sock[0].watch.fd);
	ck_assert_int_ge(copy, 0);
	hang_up(fd);
	ck_assert_ptr_null(LIST_FIRST(&host.workers[0]->conns));
	ck_assert_int_eq(watched(), before);
	close(copy);
	end();
}
END_TEST

/* Let n go in that many shares: how many were left after half of them. */
static uint64_t
left_after_half(uint64_t n, uint64_t shares)
{
	uint64_t half = 0;

	for (uint64_t of = shares; of > 0; of--) {
		uint64_t gone = stream_share(n, of);

		ck_assert_uint_le(gone, n / of + 1);
		ck_assert_uint_ge(gone, n / of);
		n -= gone;
		if (of == shares / 2 + 1)
			half = n;
	}
	ck_assert_uint_eq(n, 0);
	return half;
}

START_TEST(shares_are_even_for_many_and_for_few)
{
	uint64_t few = 0;

	ck_assert_uint_eq(stream_share(0, 1), 0);
	ck_assert_uint_eq(stream_share(0, 7), 0);
	ck_assert_uint_eq(stream_share(7, 1), 7);
	ck_assert_uint_eq(left_after_half(1000, 10), 500);
	/* Each by itself cannot be halved, but 100 times 5 can. */
	for (int i = 0; i < 100; i++)
		few += left_after_half(5, 100);
	ck_assert_uint_gt(few, 150);
	ck_assert_uint_lt(few, 350);
}
END_TEST

UNIT_TESTS("sock", a_closed_socket_is_forgotten_though_a_child_has_it,
    shares_are_even_for_many_and_for_few)

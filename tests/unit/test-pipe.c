/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/pipe.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

START_TEST(pool_gives_no_more_than_its_limit)
{
	struct pipe_pool *pool = pipe_pool_create();
	struct pipe *a, *b;

	ck_assert_ptr_null(pipe_take(pool));
	pipe_pool_limit(pool, 2);
	a = pipe_take(pool);
	b = pipe_take(pool);
	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_nonnull(b);
	ck_assert_ptr_null(pipe_take(pool));
	pipe_give(pool, &a);
	ck_assert_ptr_null(a);
	a = pipe_take(pool); /* the one that waited */
	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_null(pipe_take(pool));
	pipe_give(pool, &a);
	pipe_give(pool, &b);
	pipe_pool_destroy(&pool);
	ck_assert_ptr_null(pool);
}
END_TEST

START_TEST(pipes_are_kept_when_they_are_empty)
{
	struct pipe_pool *pool = pipe_pool_create();
	struct pipe *p, *same, *many[20];

	pipe_pool_limit(pool, 20);
	p = pipe_take(pool);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(p->bytes, 0);
	ck_assert_int_eq(write(p->write_fd, "x", 1), 1);
	ck_assert(fcntl(p->read_fd, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(p->read_fd, F_GETFD) & FD_CLOEXEC);
	p->bytes = 1;
	pipe_give(pool, &p);
	ck_assert_ptr_null(p);
	pipe_give(pool, &p);
	p = pipe_take(pool); /* not the one that held a byte */
	ck_assert_int_eq(read(p->read_fd, many, 1), -1);
	ck_assert_int_eq(errno, EAGAIN);
	same = p;
	pipe_give(pool, &p);
	p = pipe_take(pool);
	ck_assert_ptr_eq(p, same);
	pipe_give(pool, &p);
	for (int i = 0; i < 20; i++)
		ck_assert_ptr_nonnull(many[i] = pipe_take(pool));
	for (int i = 0; i < 20; i++)
		pipe_give(pool, &many[i]);
	pipe_pool_destroy(&pool);
	ck_assert_ptr_null(pool);
	pipe_pool_destroy(&pool);
}
END_TEST

UNIT_TESTS("pipe", pool_gives_no_more_than_its_limit,
    pipes_are_kept_when_they_are_empty)

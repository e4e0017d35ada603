/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/pipe.h"

#include "unit.h"

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

START_TEST(pipe_that_is_not_empty_does_not_come_back)
{
	struct pipe_pool *pool = pipe_pool_create();
	struct pipe *p;
	char c;

	pipe_pool_limit(pool, 1);
	p = pipe_take(pool);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_ge(p->room, 4096);
	ck_assert_int_eq(write(p->write_fd, "x", 1), 1);
	p->bytes = 1;
	pipe_give(pool, &p);
	p = pipe_take(pool);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(p->bytes, 0);
	ck_assert_int_eq(read(p->read_fd, &c, 1), -1);
	pipe_give(pool, &p);
	pipe_pool_destroy(&pool);
}
END_TEST

UNIT_TESTS("pipe", pool_gives_no_more_than_its_limit,
    pipe_that_is_not_empty_does_not_come_back)

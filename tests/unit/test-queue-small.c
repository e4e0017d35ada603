/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Small pieces in a queue: its limit counts bytes, so what a byte takes must
 * have a bound, whoever says one byte at a time to whoever does not read. */

#include "base/buf.h"
#include "stream/queue.h"
#include "unit.h"

#include <stdlib.h>

enum { BYTES = 60000, SHARE = 200 };

static struct queue *queue, *next;

static void
set_up(void)
{
	queue = queue_create();
	next = queue_create();
	ck_assert(queue && next);
}

static void
tear_down(void)
{
	queue_destroy(queue);
	queue_destroy(next);
	buf_cache_empty();
}

/* All is there, in its order, and a piece holds SHARE bytes or more. */
static void
is_dense(const struct queue *q)
{
	struct iovec *v = calloc(BYTES, sizeof(*v));
	unsigned char want = 0;
	size_t bytes;
	int n;

	ck_assert_ptr_nonnull(v);
	n = queue_vector(q, v, BYTES, &bytes);
	ck_assert_uint_eq(bytes, BYTES);
	ck_assert_uint_eq(q->bytes, BYTES);
	ck_assert_int_le(n, BYTES / SHARE);
	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < v[i].iov_len; k++)
			ck_assert_uint_eq(
			    ((unsigned char *)v[i].iov_base)[k], want++);
	free(v);
}

/* As a plugin puts what it holds, or shares with other connections. */
START_TEST(bytes_that_are_put)
{
	set_up();
	for (unsigned i = 0; i < BYTES; i++) {
		const char byte = (char)i;
		struct bnd_buf *b = buf_copy(&byte, 1);

		ck_assert_ptr_nonnull(b);
		ck_assert_int_eq(queue_push(queue, buf_ref(b), 0, 1), 0);
		buf_unref(b);
	}
	is_dense(queue);
	tear_down();
}
END_TEST

/* As a stage between two sockets moves what has come, each time. */
START_TEST(bytes_that_are_moved)
{
	set_up();
	for (unsigned i = 0; i < BYTES; i++) {
		const char byte = (char)i;

		ck_assert_int_eq(queue_write(queue, &byte, 1), 0);
		ck_assert_uint_eq(queue_move(queue, next, 1), 1);
		ck_assert_uint_eq(queue->bytes, 0);
		ck_assert_ptr_null(queue->first);
	}
	is_dense(next);
	tear_down();
}
END_TEST

/* Parts of a large buffer: who takes one does not hold all of it. */
START_TEST(parts_that_are_moved)
{
	char all[256];
	struct bnd_buf *b;

	set_up();
	for (unsigned i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	for (unsigned i = 0; i < BYTES; i++) {
		b = buf_copy(all, sizeof(all));
		ck_assert_ptr_nonnull(b);
		ck_assert_int_eq(queue_push(queue, b, i % sizeof(all),
				     sizeof(all) - i % sizeof(all)),
		    0);
		ck_assert_uint_eq(queue_move(queue, next, 1), 1);
		queue_drop(queue);
	}
	is_dense(next);
	tear_down();
}
END_TEST

/* What is alone, and goes on at once, is not copied. */
START_TEST(who_is_alone_is_not_copied)
{
	struct bnd_buf *b = buf_copy("abc", 3);
	struct iovec v[2];
	size_t bytes;

	set_up();
	ck_assert_int_eq(queue_push(queue, buf_ref(b), 0, 3), 0);
	ck_assert_int_eq(queue_vector(queue, v, 2, &bytes), 1);
	ck_assert_ptr_eq(v[0].iov_base, b->data);
	ck_assert_uint_eq(queue_move(queue, next, 3), 3);
	ck_assert_int_eq(queue_vector(next, v, 2, &bytes), 1);
	ck_assert_ptr_eq(v[0].iov_base, b->data);
	buf_unref(b);
	tear_down();
}
END_TEST

UNIT_TESTS("queue small", bytes_that_are_put, bytes_that_are_moved,
    parts_that_are_moved, who_is_alone_is_not_copied)

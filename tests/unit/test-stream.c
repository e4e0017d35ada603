/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The small parts of a connection: buffers, pipes, addresses, reasons. */

#include "base/address.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "stream/pipe.h"
#include "stream/reason.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

START_TEST(a_buffer_lives_as_long_as_it_is_held)
{
	struct bnd_buf *b = buf_copy("hello", 5);

	ck_assert_mem_eq(b->data, "hello", 5);
	ck_assert_uint_eq(b->used, 5);
	ck_assert(buf_is_own(b));
	ck_assert_ptr_eq(buf_ref(b), b);
	ck_assert(!buf_is_own(b));
	buf_unref(b);
	ck_assert(buf_is_own(b));
	buf_unref(b);
	buf_unref(NULL);
	b = buf_copy(NULL, 0);
	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(b->used, 0);
	buf_unref(b);
	ck_assert_ptr_null(buf_alloc((size_t)BUF_MAX + 1));
	ck_assert_ptr_null(buf_alloc(SIZE_MAX));
}
END_TEST

START_TEST(large_buffers_are_kept_for_reuse)
{
	struct bnd_buf *all[40], *one;

	for (int i = 0; i < 40; i++) {
		all[i] = buf_alloc(i % 2 ? BUF_LARGE : BUF_LARGE / 2 + 1);
		ck_assert_uint_eq(all[i]->size, BUF_LARGE);
		memset(all[i]->data, i, all[i]->used);
	}
	one = all[39];
	for (int i = 0; i < 39; i++)
		buf_unref(all[i]);
	buf_cache_empty();
	buf_unref(one);
	ck_assert_ptr_eq(buf_alloc(BUF_LARGE), one);
	ck_assert(buf_is_own(one));
	ck_assert_uint_eq(one->used, BUF_LARGE);
	buf_unref(one);
	one = buf_alloc(BUF_LARGE / 2);
	ck_assert_uint_eq(one->size, BUF_LARGE / 2);
	buf_unref(one);
	one = buf_alloc(BUF_LARGE + 1);
	ck_assert_uint_eq(one->size, BUF_LARGE + 1);
	buf_unref(one);
	buf_cache_empty();
	buf_cache_empty();
}
END_TEST

START_TEST(addresses_read_as_text)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(80),
		.sin_addr.s_addr = htonl(0xC0000201) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(65535) };
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "/x" };
	struct sockaddr odd = { .sa_family = 999 };
	char text[ADDRESS_TEXT];

	ck_assert_str_eq(address_text((void *)&in, text), "192.0.2.1:80");
	inet_pton(AF_INET6, "2001:db8::1", &in6.sin6_addr);
	ck_assert_str_eq(
	    address_text((void *)&in6, text), "[2001:db8::1]:65535");
	inet_pton(AF_INET6, "::ffff:192.0.2.1", &in6.sin6_addr);
	ck_assert_str_eq(address_text((void *)&in6, text), "192.0.2.1:65535");
	ck_assert_str_eq(address_text((void *)&un, text), "unix");
	ck_assert_str_eq(address_text(&odd, text), "unknown");
	ck_assert_uint_eq(address_size((void *)&in), sizeof(in));
	ck_assert_uint_eq(address_size((void *)&in6), sizeof(in6));
	ck_assert_uint_eq(address_size((void *)&un), sizeof(un));
	ck_assert_uint_eq(address_size(&odd), 0);
}
END_TEST

START_TEST(every_reason_has_its_own_name)
{
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		const struct reason_text *t = reason_text(i);

		ck_assert_ptr_nonnull(t->name);
		ck_assert_ptr_nonnull(t->meaning);
		for (unsigned k = 0; k < i; k++)
			ck_assert_str_ne(t->name, reason_text(k)->name);
	}
	ck_assert_ptr_eq(reason_text(REASON_COUNT), reason_text(REASON_ERROR));
}
END_TEST

START_TEST(errors_have_reasons)
{
	ck_assert_int_eq(reason_of_error(0, true), REASON_DONE);
	ck_assert_int_eq(
	    reason_of_error(-ETIMEDOUT, true), REASON_STAGE_TIMEOUT);
	ck_assert_int_eq(
	    reason_of_error(-ETIMEDOUT, false), REASON_BACKEND_TIMEOUT);
	ck_assert_int_eq(
	    reason_of_error(-ECONNREFUSED, false), REASON_BACKEND_REFUSED);
	ck_assert_int_eq(reason_of_error(-EACCES, true), REASON_DENIED);
	ck_assert_int_eq(reason_of_error(-EDQUOT, true), REASON_LIMIT);
	ck_assert_int_eq(reason_of_error(-EPROTO, true), REASON_PROTOCOL);
	ck_assert_int_eq(reason_of_error(-ENOMEM, true), REASON_RESOURCES);
	ck_assert_int_eq(reason_of_error(-12345, true), REASON_ERROR);
	ck_assert_int_eq(reason_of_error(5, true), REASON_ERROR);
}
END_TEST

UNIT_TESTS("stream", a_buffer_lives_as_long_as_it_is_held,
    large_buffers_are_kept_for_reuse, addresses_read_as_text,
    every_reason_has_its_own_name, errors_have_reasons)

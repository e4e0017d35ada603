/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The reader of ClientHellos: whatever the records and pieces, it says the
 * same; whatever is wrong, it says so. */

#include "../../plugins/tls/tls-hello.c"

#include "unit.h"

static uint8_t message[HELLO_MAX], records[8 * HELLO_MAX];
static size_t message_size, records_size;

static void
put(const void *p, size_t n)
{
	memcpy(message + message_size, p, n);
	message_size += n;
}

static void
put_number(size_t value, size_t bytes)
{
	while (bytes-- > 0)
		message[message_size++] = (uint8_t)(value >> 8 * bytes);
}

/* A ClientHello with these extensions; n of them with zeros for padding. */
static void
make(const char *name, const char *alpn, size_t alpn_size, size_t padding)
{
	size_t n = name ? strlen(name) : 0;
	size_t extensions =
	    (name ? n + 9 : 0) + (alpn ? alpn_size + 6 : 0) + padding + 4;

	message_size = 0;
	put_number(1, 1);
	put_number(2 + 32 + 1 + 4 + 2 + 2 + extensions, 3);
	put_number(0x0303, 2);
	put("0123456789abcdef0123456789abcdef", 32);
	put_number(0, 1);
	put_number(2, 2);
	put_number(0x1301, 2);
	put_number(1, 1);
	put_number(0, 1);
	put_number(extensions, 2);
	put_number(21, 2);
	put_number(padding, 2);
	memset(message + message_size, 0, padding);
	message_size += padding;
	if (name) {
		put_number(0, 2);
		put_number(n + 5, 2);
		put_number(n + 3, 2);
		put_number(0, 1);
		put_number(n, 2);
		put(name, n);
	}
	if (alpn) {
		put_number(16, 2);
		put_number(alpn_size + 2, 2);
		put_number(alpn_size, 2);
		put(alpn, alpn_size);
	}
}

/* The message in records of so many bytes, and one byte of the next. */
static void
wrap(size_t size)
{
	records_size = 0;
	for (size_t at = 0; at < message_size; at += size) {
		size_t n = message_size - at < size ? message_size - at : size;
		const uint8_t head[] = { 22, 3, 1, (uint8_t)(n >> 8),
			(uint8_t)n };

		memcpy(records + records_size, head, sizeof(head));
		memcpy(records + records_size + sizeof(head), message + at, n);
		records_size += sizeof(head) + n;
	}
}

static void
assert_read(const char *name)
{
	struct hello_scan s = { 0 };
	uint8_t whole[HELLO_MAX];
	struct hello h;

	ck_assert_int_eq(hello_scan(&s, records, records_size), 1);
	ck_assert_uint_eq(s.size, message_size);
	hello_gather(&s, records, whole);
	ck_assert_mem_eq(whole, message, message_size);
	ck_assert_int_eq(hello_parse(&h, whole, s.size), 0);
	ck_assert_uint_eq(h.server_name_size, strlen(name));
	ck_assert_mem_eq(h.server_name, name, strlen(name));
}

START_TEST(records_may_be_cut_anywhere)
{
	make("a.example", "\2h2\10http/1.1", 12, 0);
	for (size_t size = 1; size <= message_size; size++) {
		wrap(size);
		assert_read("a.example");
	}
	make("a.example", NULL, 0, 17000);
	for (size_t size = 701; size <= RECORD_MAX; size += 997) {
		wrap(size);
		assert_read("a.example");
	}
}
END_TEST

START_TEST(bytes_may_come_one_by_one)
{
	static const size_t sizes[] = { 1, 3, 5, 100, 1000 };

	make("a.example", "\2h2", 3, 10);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct hello_scan s = { 0 };

		wrap(sizes[i]);
		for (size_t n = 1; n < records_size; n++)
			ck_assert_int_eq(hello_scan(&s, records, n), 0);
		ck_assert_int_eq(hello_scan(&s, records, records_size), 1);
		ck_assert_uint_eq(s.size, message_size);
	}
}
END_TEST

START_TEST(protocols_are_walked)
{
	struct hello h;
	const char *p;
	size_t at = 0, n;

	make(NULL, "\2h2\1x\10http/1.1", 14, 0);
	ck_assert_int_eq(hello_parse(&h, message, message_size), 0);
	ck_assert_ptr_null(h.server_name);
	p = hello_alpn_next(&h, &at, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_mem_eq(p, "h2", 2);
	p = hello_alpn_next(&h, &at, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_mem_eq(p, "x", 1);
	p = hello_alpn_next(&h, &at, &n);
	ck_assert_uint_eq(n, 8);
	ck_assert_ptr_null(hello_alpn_next(&h, &at, &n));
}
END_TEST

START_TEST(a_hello_may_have_no_extensions)
{
	struct hello h;

	make(NULL, NULL, 0, 0);
	message_size -= 4 + 2;
	ck_assert_int_eq(hello_parse(&h, message, message_size), 0);
	ck_assert_ptr_null(h.server_name);
	ck_assert_ptr_null(h.alpn);
}
END_TEST

START_TEST(every_cut_message_is_wrong)
{
	struct hello h;

	make("a.example", "\2h2", 3, 0);
	ck_assert_int_eq(hello_parse(&h, message, message_size), 0);
	for (size_t n = 0; n < message_size; n++) {
		/* Without its last length it has no extensions, which may be.
		 */
		bool is_whole = n == 4 + 2 + 32 + 1 + 4 + 2;
		uint8_t *cut = malloc(n + 1);

		memcpy(cut, message, n);
		ck_assert_int_eq(
		    hello_parse(&h, cut, n), is_whole ? 0 : -EPROTO);
		free(cut);
	}
}
END_TEST

START_TEST(names_that_are_none_are_wrong)
{
	static const char *const names[] = { "", "a b", "a\nb", "a/b", "\xff" };
	struct hello h;
	char name[300];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		make(names[i], NULL, 0, 0);
		ck_assert_int_eq(
		    hello_parse(&h, message, message_size), -EPROTO);
	}
	memset(name, 'a', sizeof(name));
	name[256] = '\0';
	make(name, NULL, 0, 0);
	ck_assert_int_eq(hello_parse(&h, message, message_size), -EPROTO);
	name[255] = '\0';
	make(name, NULL, 0, 0);
	ck_assert_int_eq(hello_parse(&h, message, message_size), 0);
}
END_TEST

START_TEST(protocols_that_are_none_are_wrong)
{
	static const struct {
		const char *p;
		size_t n;
	} lists[] = { { "", 0 }, { "\0", 1 }, { "\2h", 2 }, { "\2h2\0", 4 } };
	struct hello h;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		make(NULL, lists[i].p, lists[i].n, 0);
		ck_assert_int_eq(
		    hello_parse(&h, message, message_size), -EPROTO);
	}
}
END_TEST

START_TEST(records_that_are_none_are_wrong)
{
	static const uint8_t wrong[][10] = { { 21, 3, 1, 0, 2, 1, 0 },
		{ 22, 2, 1, 0, 2, 1, 0 }, { 22, 3, 1, 0, 0, 1, 0 },
		{ 22, 3, 1, 64, 1, 1, 0 }, { 22, 3, 1, 0, 4, 2, 0, 0, 0 },
		{ 'G', 'E', 'T', ' ', '/' } };
	struct hello_scan s;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		s = (struct hello_scan){ 0 };
		ck_assert_int_eq(hello_scan(&s, wrong[i], 10), -EPROTO);
	}
	/* The second record is of another kind. */
	make("a.example", NULL, 0, 0);
	wrap(50);
	records[55] = 23;
	s = (struct hello_scan){ 0 };
	ck_assert_int_eq(hello_scan(&s, records, records_size), -EPROTO);
}
END_TEST

START_TEST(what_is_too_long_is_told)
{
	static const uint8_t head[] = { 22, 3, 1, 64, 0, 1, 0, 128, 0 };
	struct hello_scan s = { 0 };

	ck_assert_int_eq(hello_scan(&s, head, sizeof(head)), -EMSGSIZE);
	/* So many heads that the message never ends. */
	make("a.example", NULL, 0, 20000);
	wrap(1);
	s = (struct hello_scan){ 0 };
	for (size_t n = 1; n < HELLO_MAX; n += 13)
		ck_assert_int_eq(hello_scan(&s, records, n), 0);
	ck_assert_int_eq(hello_scan(&s, records, HELLO_MAX), -EMSGSIZE);
}
END_TEST

UNIT_TESTS("tls hello", records_may_be_cut_anywhere, bytes_may_come_one_by_one,
    protocols_are_walked, a_hello_may_have_no_extensions,
    every_cut_message_is_wrong, names_that_are_none_are_wrong,
    protocols_that_are_none_are_wrong, records_that_are_none_are_wrong,
    what_is_too_long_is_told)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Where messages end: whatever the pieces in which they come, they are the
 * same; and what a name or a line may look like. */

#include "../../plugins/reflect/frame.c"
#include "../../plugins/reflect/words.c"

#include "abi/calls.h"
#include "base/buf.h"
#include "unit.h"

/* A host with these facts. */
static const char *identity, *peer;

static const void *
fake_fact(struct bnd_stage *st, const char *key, unsigned kind, size_t *n)
{
	(void)st;
	(void)n;
	ck_assert_uint_eq(kind, BND_F_TEXT);
	return strcmp(key, "identity") == 0 ? identity : peer;
}

static const struct bnd_host fake = {
	.fact = fake_fact,
	.buf_new = abi_buf_new,
	.buf_data = abi_buf_data,
	.buf_unref = buf_unref,
};
const struct bnd_host *bnd_host = &fake;

static struct frames
scan(enum framing framing, const char *p, size_t n, size_t max, int rc)
{
	struct frames f;

	ck_assert_int_eq(frames_scan(framing, p, n, max, &f), rc);
	return f;
}

#define SCAN(framing, text, max, rc, b, c)                          \
	do {                                                        \
		struct frames f =                                   \
		    scan(framing, text, sizeof(text) - 1, max, rc); \
		ck_assert_uint_eq(f.bytes, b);                      \
		ck_assert_uint_eq(f.count, c);                      \
	} while (0)

START_TEST(a_line_ends_with_its_newline)
{
	SCAN(FRAMING_LINE, "", 8, 0, 0, 0);
	SCAN(FRAMING_LINE, "a", 8, 0, 0, 0);
	SCAN(FRAMING_LINE, "a\n", 8, 0, 2, 1);
	SCAN(FRAMING_LINE, "\n\nab\nc", 8, 0, 5, 3);
	SCAN(FRAMING_LINE, "1234567\n", 8, 0, 8, 1);
	SCAN(FRAMING_LINE, "12345678\n", 8, -EMSGSIZE, 0, 0);
	/* No newline can make it fit any more. */
	SCAN(FRAMING_LINE, "1234567", 8, 0, 0, 0);
	SCAN(FRAMING_LINE, "12345678", 8, -EMSGSIZE, 0, 0);
	/* What comes before one that is too long is good. */
	SCAN(FRAMING_LINE, "a\n12345678", 8, 0, 2, 1);
}
END_TEST

START_TEST(a_length_says_how_much_follows)
{
	SCAN(FRAMING_LENGTH, "\0\0\0", 16, 0, 0, 0);
	SCAN(FRAMING_LENGTH, "\0\0\0\0", 16, 0, 4, 1);
	SCAN(FRAMING_LENGTH, "\0\0\0\2a", 16, 0, 0, 0);
	SCAN(FRAMING_LENGTH, "\0\0\0\2ab\0\0\0\1c\0", 16, 0, 11, 2);
	SCAN(FRAMING_LENGTH, "\0\0\0\014123456789012", 16, 0, 16, 1);
	SCAN(FRAMING_LENGTH, "\0\0\0\15", 16, -EMSGSIZE, 0, 0);
	SCAN(FRAMING_LENGTH, "\0\0\0\0\377\377\377\377", 16, 0, 4, 1);
	SCAN(FRAMING_LENGTH, "\377\377\377\377", 16, -EMSGSIZE, 0, 0);
	SCAN(FRAMING_LENGTH, "\377\377\377\374", 32768, -EMSGSIZE, 0, 0);
}
END_TEST

START_TEST(without_framing_all_is_one)
{
	SCAN(FRAMING_NONE, "", 16, 0, 0, 0);
	SCAN(FRAMING_NONE, "12345678901234567890", 16, 0, 20, 1);
}
END_TEST

START_TEST(a_length_is_written_as_it_is_read)
{
	const uint32_t sizes[] = { 0, 1, 255, 256, 65536,
		UINT32_C(0xfffefdfc) };
	char text[FRAME_LENGTH];

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		frame_put_length(text, sizes[i]);
		ck_assert_uint_eq(frame_get_length(text), sizes[i]);
	}
}
END_TEST

static void
cleans(const char *from, size_t n, const char *to)
{
	char text[64];

	memcpy(text, from, n);
	words_clean(text, n);
	ck_assert_mem_eq(text, to, n);
}

START_TEST(control_characters_do_not_get_through)
{
	cleans("a\tb c~", 6, "a\tb c~");
	cleans("\0\1\r\n\33\177", 6, "??????");
	cleans("\xc3\xa4\xe2\x82\xac", 5, "\xc3\xa4\xe2\x82\xac");
	cleans("\xc2\x9b\xc2\xa0\xc2", 5, "??\xc2\xa0\xc2");
}
END_TEST

static void
line_is(enum framing framing, const char *text, size_t size)
{
	struct bnd_buf *b = words_line(framing, "%s", "hi");
	size_t n;
	const char *p = bnd_buf_data(b, &n);

	ck_assert_uint_eq(n, size);
	ck_assert_mem_eq(p, text, size);
	bnd_buf_unref(b);
}

START_TEST(lines_of_the_room_are_framed)
{
	char long_text[600];

	line_is(FRAMING_LINE, "hi\n", 3);
	line_is(FRAMING_LENGTH, "\0\0\0\2hi", 6);
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[599] = 0;
	ck_assert_ptr_null(words_line(FRAMING_LINE, "%s", long_text));
}
END_TEST

static void
name_is(const char *expected)
{
	size_t n = 0;
	char *name = words_name(NULL, &n);

	ck_assert_ptr_nonnull(name);
	ck_assert_uint_eq(n, strlen(expected));
	ck_assert_mem_eq(name, expected, n);
	free(name);
}

START_TEST(nobody_can_have_the_name_of_another)
{
	char name[140], expected[140];

	peer = "[::1]:7";
	identity = NULL;
	name_is("[[::1]:7] ");
	identity = "bob smith";
	name_is("[bob smith] ");
	identity = "bob] joined\r\n[root";
	name_is("[bob? joined???root] ");
	identity = "";
	name_is("[] ");
	peer = identity = NULL;
	name_is("[] ");
	/* A long one ends with a whole character. */
	memset(name, 'x', 127);
	strcpy(name + 127, "\xc3\xa4 and more");
	identity = name;
	snprintf(expected, sizeof(expected), "[%.127s] ", name);
	name_is(expected);
	strcpy(name + 126, "\xc3\xa4 and more");
	snprintf(expected, sizeof(expected), "[%.128s] ", name);
	name_is(expected);
}
END_TEST

UNIT_TESTS("reflect-frame", nobody_can_have_the_name_of_another,
    a_line_ends_with_its_newline, a_length_says_how_much_follows,
    without_framing_all_is_one, a_length_is_written_as_it_is_read,
    control_characters_do_not_get_through, lines_of_the_room_are_framed)

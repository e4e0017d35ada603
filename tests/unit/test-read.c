/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The reader of the configuration: what it takes, what it refuses, and in which
 * words. */
#include "reading.h"

/* n times s, separated by commas, between head and tail. */
static void
write_list(const char *head, const char *s, size_t n, const char *tail)
{
	FILE *f = fopen("a.conf", "w");

	ck_assert_ptr_nonnull(f);
	fputs(head, f);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s%s", i ? "," : "", s);
	fputs(tail, f);
	ck_assert_int_eq(fclose(f), 0);
}

/* -------------------------------------------------------------- good files */

START_TEST(values_keep_kind_text_and_place)
{
	const struct node *n;

	write_file("a.conf", "workers = -4;\n"
			     "big = 80000000000L;\n"
			     "hex = 0x7fL;\n"
			     "real = 0.1;\n"
			     "whole = 1e3;\n"
			     "yes = TRUE;\n"
			     "no = false;\n"
			     "text = \"a\\tb \\xc3\\xa9 \\\"c\\\\\" # comment\n"
			     "       \"joined\";\n"
			     "array = [ 1, 2 ];\n"
			     "list = ( { a = \"x\"; }, () );\n"
			     "empty = { };");
	read_good("a.conf");
	ck_assert_uint_eq(tree->root.kind, NODE_MAP);
	ck_assert_uint_eq(tree->root.count, 11);
	n = at("workers", NULL);
	ck_assert_int_eq(n->integer, -4);
	ck_assert_str_eq(n->text, "-4");
	is_at(n, "a.conf", 1);
	ck_assert_int_eq(at("big", NULL)->integer, 80000000000);
	ck_assert_int_eq(at("hex", NULL)->integer, 127);
	n = at("real", NULL);
	ck_assert_uint_eq(n->kind, NODE_REAL);
	ck_assert(n->real == 0.1);
	ck_assert_str_eq(n->text, "0.1");
	ck_assert_uint_eq(at("whole", NULL)->kind, NODE_REAL);
	ck_assert(at("whole", NULL)->real == 1000);
	ck_assert_uint_eq(at("yes", NULL)->kind, NODE_BOOL);
	ck_assert_str_eq(at("yes", NULL)->text, "true");
	ck_assert_int_eq(at("no", NULL)->integer, 0);
	ck_assert_str_eq(at("text", NULL)->text, "a\tb \xc3\xa9 \"c\\joined");
	ck_assert_uint_eq(at("array", NULL)->count, 2);
	n = at("list", NULL);
	ck_assert_uint_eq(n->kind, NODE_LIST);
	ck_assert_str_eq(node_find(&n->items[0], "a")->text, "x");
	ck_assert_ptr_null(n->items[0].key);
	is_at(&n->items[1], "a.conf", 11);
	ck_assert_uint_eq(at("empty", NULL)->kind, NODE_MAP);
	ck_assert_uint_eq(at("empty", NULL)->count, 0);
}
END_TEST

START_TEST(integers_are_exact_at_their_limits)
{
	write_file("a.conf",
	    "a = 2147483647; b = -2147483648;\n"
	    "c = 9223372036854775807L; d = -9223372036854775808L;\n"
	    "e = 0x7fffffff; f = 0x7fffffffffffffffL;");
	read_good("a.conf");
	ck_assert_int_eq(at("a", NULL)->integer, INT32_MAX);
	ck_assert_int_eq(at("b", NULL)->integer, INT32_MIN);
	ck_assert_int_eq(at("c", NULL)->integer, INT64_MAX);
	ck_assert_int_eq(at("d", NULL)->integer, INT64_MIN);
	ck_assert_int_eq(at("e", NULL)->integer, INT32_MAX);
	ck_assert_int_eq(at("f", NULL)->integer, INT64_MAX);
}
END_TEST

START_TEST(an_empty_file_is_an_empty_map)
{
	write_file("a.conf", "");
	read_good("a.conf");
	ck_assert_uint_eq(tree->root.count, 0);
	write_file("a.conf", "# only a comment");
	read_good("a.conf");
	ck_assert_uint_eq(tree->root.count, 0);
}
END_TEST

START_TEST(windows_line_ends_are_fine)
{
	write_file("a.conf", "a = 1;\r\nb = 2;\r\n");
	read_good("a.conf");
	is_at(at("b", NULL), "a.conf", 2);
}
END_TEST

/* ---------------------------------------------------------------- includes */

START_TEST(includes_are_relative_to_the_including_file)
{
	ck_assert_int_eq(mkdir("sub", 0755), 0);
	write_file("a.conf", "a = 1;\n  @include \"sub/b.conf\" \n\nz = 1;");
	write_file("sub/b.conf", "control = {\n@include \"c.conf\"\nd = 4; }");
	write_file("sub/c.conf", "\nc = 3; # no end of line");
	ck_assert_int_eq(chdir("/"), 0);

	char path[100], b[100], c[100];

	snprintf(path, sizeof(path), "%s/a.conf", dir);
	snprintf(b, sizeof(b), "%s/sub/b.conf", dir);
	snprintf(c, sizeof(c), "%s/sub/c.conf", dir);
	read_good(path);
	is_at(at("a", NULL), path, 1);
	is_at(at("control", NULL), b, 1);
	is_at(at("control", "c"), c, 2);
	is_at(at("control", "d"), b, 3);
	is_at(at("z", NULL), path, 4);
	ck_assert_int_eq(chdir(dir), 0);
}
END_TEST

START_TEST(errors_in_includes_name_the_included_file)
{
	write_file("a.conf", "a = 1;\n@include \"b.conf\"\nc = 2;");
	write_file("b.conf", "\n\nb = ;\n");
	read_bad("a.conf", "b.conf:3: syntax error near: b = ;", NULL);
	write_file("b.conf", "\na = 2;");
	read_bad("a.conf", "b.conf:2: 'a' is already set at a.conf:1", NULL);
	write_file("b.conf", "\nb = 80g;");
	read_bad("a.conf",
	    "b.conf:2: '80g' is not a number: write sizes, times and addresses "
	    "as strings, in double quotes",
	    NULL);
}
END_TEST

START_TEST(bad_includes_are_refused)
{
	refuses("\n@include \"conf.d\"",
	    "a.conf:2: 'conf.d' could not be included: it is a directory");
	refuses("@include \"none\"", "a.conf:1: 'none' could not be included: "
				     "No such file or directory");
	refuses("@include \"a.conf\"",
	    "a.conf:1: 'a.conf' could not be included: it includes itself");
	refuses("@include \"/dev/zero\"",
	    "a.conf:1: '/dev/zero' could not be included: it is not a regular "
	    "file");
	write_file("b.conf", "@include \"./a.conf\"");
	refuses("@include \"b.conf\"",
	    "b.conf:1: './a.conf' could not be included: it includes itself");
}
END_TEST

START_TEST(an_include_stands_at_the_beginning_of_a_line)
{
	static const char wrong[] =
	    "a.conf:2: '@include' is written at the beginning of a line, as "
	    "@include \"FILE\"";

	write_file("b.conf", "b = 1;");
	refuses("\na = 1; @include \"b.conf\"", wrong);
	refuses("\n@include \"b.conf\" @include \"/dev/null\"", wrong);
	refuses("\n@include b.conf", wrong);
	refuses("\n@include \"b.conf", wrong);
	refuses("\n@include \"\"", wrong);
	refuses("\n@", wrong);
	write_file("a.conf",
	    "# @include \"x\"\na = \"\n@include \\\"y\";\n"
	    "/*\n@include \"z\"\n*/\n@include \"b.conf\" c=1;");
	read_good("a.conf");
	ck_assert_str_eq(at("a", NULL)->text, "\n@include \"y");
	is_at(at("c", NULL), "a.conf", 7);
}
END_TEST

START_TEST(includes_nest_ten_deep)
{
	char name[20], text[40];

	for (int i = 0; i < 11; i++) {
		snprintf(name, sizeof(name), "%d.conf", i);
		snprintf(text, sizeof(text), "@include \"%d.conf\"\n", i + 1);
		write_file(name, i < 10 ? text : "a = 1;");
	}
	read_good("0.conf");
	is_at(at("a", NULL), "10.conf", 1);
	write_file("10.conf", "@include \"11.conf\"");
	write_file("11.conf", "");
	read_bad("0.conf",
	    "10.conf:1: '11.conf' could not be included: files include each "
	    "other too deeply",
	    NULL);
}
END_TEST

START_TEST(includes_cannot_multiply_beyond_the_limit)
{
	static char spaces[1 << 20];
	FILE *f = fopen("a.conf", "w");

	memset(spaces, ' ', sizeof(spaces));
	write_bytes("b.conf", spaces, sizeof(spaces));
	for (int i = 0; i < 20; i++)
		fputs("@include \"b.conf\"\n", f);
	ck_assert_int_eq(fclose(f), 0);
	read_within("a.conf", CONFIG_READ_DEADLINE_MS);
	ck_assert_ptr_null(tree);
	ck_assert_str_eq(report.entries[0].text,
	    "a.conf:16: 'b.conf' could not be included: with it the "
	    "configuration is larger than 16 MiB");
}
END_TEST

/* ------------------------------------------------------------- what is not */

START_TEST(files_that_are_none_are_refused)
{
	read_bad("none.conf",
	    "none.conf: could not be read: No such file or directory", NULL);
	read_bad(
	    "conf.d", "conf.d: could not be read: it is a directory", NULL);
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	read_bad(
	    "fifo", "fifo: could not be read: it is not a regular file", NULL);
	ck_assert(seconds < 1);
	read_bad("/dev/null",
	    "/dev/null: could not be read: it is not a regular file", NULL);
}
END_TEST

START_TEST(an_unreadable_file_is_refused)
{
	if (!geteuid())
		return; /* root may read everything */
	write_file("a.conf", "");
	ck_assert_int_eq(chmod("a.conf", 0), 0);
	read_bad(
	    "a.conf", "a.conf: could not be read: Permission denied", NULL);
}
END_TEST

START_TEST(files_over_16_mib_are_refused_at_once)
{
	write_file("a.conf", "");
	ck_assert_int_eq(truncate("a.conf", 17 << 20), 0);
	read_bad("a.conf",
	    "a.conf: could not be read: it is larger than 16 MiB", NULL);
	ck_assert(seconds < 1);
}
END_TEST

START_TEST(binary_data_is_refused)
{
	static const char elf[] = "\x7f"
				  "ELF\x02\x01\x01\0\0\0";

	write_bytes("a.conf", "a = 1;\nb = \"\0\";", 15);
	read_bad(
	    "a.conf", "a.conf:2: looks like binary data (byte 0x00)", NULL);
	write_bytes("a.conf", elf, sizeof(elf));
	read_bad(
	    "a.conf", "a.conf:1: looks like binary data (byte 0x02)", NULL);
	refuses(
	    "a = \"\x1b[0m\";", "a.conf:1: looks like binary data (byte 0x1b)");
}
END_TEST

START_TEST(random_bytes_are_refused)
{
	unsigned char bytes[4096];
	unsigned state = 12345;

	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			state = state * 1103515245u + 12345u;
			bytes[i] = (unsigned char)(state >> 16);
		}
		write_bytes("a.conf", (char *)bytes, sizeof(bytes));
		read_within("a.conf", CONFIG_READ_DEADLINE_MS);
		ck_assert_ptr_null(tree);
		ck_assert_uint_eq(report.count, 1);
	}
}
END_TEST

START_TEST(text_that_is_not_utf8_is_refused)
{
	static const char wrong[] =
	    "a.conf:2: a string has bytes that are not UTF-8";

	refuses("\xef\xbb\xbf"
		"a = 1;",
	    "a.conf:1: begins with a byte order mark: save it as UTF-8 without "
	    "one");
	refuses("\na = \"M\xfcller\";", wrong);
	refuses("\na = \"\\xff\";", wrong);
	refuses("\na = \"\xc3\";", wrong);
	refuses("\na = \"\xed\xa0\x80\";", wrong);
	refuses("\na = \"\xc0\x80\";", wrong);
	write_file("a.conf", "# M\xfcller\na = \"M\xc3\xbcller\";");
	read_good("a.conf");
	ck_assert_str_eq(at("a", NULL)->text, "M\xc3\xbcller");
}
END_TEST

#define DOES_NOT_FIT                                                          \
	"does not fit into 32 bits: write a size as a string (\"80g\"), any " \
	"other large number with an L behind it"

START_TEST(numbers_that_wrap_are_refused)
{
	refuses("a = 2147483648;", "a.conf:1: '2147483648' " DOES_NOT_FIT);
	refuses("a = -2147483649;", "a.conf:1: '-2147483649' " DOES_NOT_FIT);
	refuses(
	    "a = [1, +4294967296]", "a.conf:1: '+4294967296' " DOES_NOT_FIT);
	refuses("a = 0xFFFFFFFF;", "a.conf:1: '0xFFFFFFFF' " DOES_NOT_FIT);
	refuses("a = 9223372036854775808L;",
	    "a.conf:1: '9223372036854775808L' does not fit into 64 bits");
	refuses("a = 99999999999999999999999;",
	    "a.conf:1: '99999999999999999999999' does not fit into 64 bits");
	refuses("a = 0xffffffffffffffffL;",
	    "a.conf:1: '0xffffffffffffffffL' does not fit into 64 bits");
	refuses("a = 1e999;", "a.conf:1: '1e999' is too large a number");
	write_file("a.conf", "a-2147483648 = \"2147483648\"; # 2147483648");
	read_good("a.conf");
}
END_TEST

START_TEST(zero_bytes_in_strings_are_refused)
{
	static const char wrong[] =
	    "a.conf:1: a string cannot hold a zero byte (\\x00)";

	refuses("a = \"x\\x00y\";", wrong);
	refuses("a = \"\\X00\";", wrong);
	write_file("a.conf", "a = \"\\\\x00\"; b = \"\\x0\";");
	read_good("a.conf");
	ck_assert_str_eq(at("a", NULL)->text, "\\x00");
	ck_assert_str_eq(at("b", NULL)->text, "\\x0");
}
END_TEST

START_TEST(what_begins_must_end)
{
	refuses("a = 1;\n/* never\nb = 2;\n",
	    "a.conf:2: the comment that begins here has no end");
	refuses("a = 1;\n/*/ b = 2;",
	    "a.conf:2: the comment that begins here has no end");
	refuses("a = \"x\";\nb = \"never\nc = 2;\n",
	    "a.conf:2: the string that begins here has no end");
	refuses("a = \"never;\nb = \"c\";\n",
	    "a.conf:2: the string that begins here has no end, or the one of "
	    "line 1");
	refuses("a = \"x\\\"", "a.conf:1: the string that begins here has no "
			       "end");
	refuses("\na = {\n b = 1;\n", "a.conf:2: '{' is never closed");
	refuses("a = {\n b = (1;\n", "a.conf:2: '(' is never closed");
}
END_TEST

START_TEST(syntax_errors_quote_the_line)
{
	refuses("a = 1;\n\n  listen = x;  \n",
	    "a.conf:3: syntax error near: listen = x;");
	refuses(
	    "a = \"x;\nb = \"y;\n", "a.conf:2: syntax error near: b = \"y;");
	refuses("}", "a.conf:1: syntax error near: }");
	refuses("a = M\xfcller", "a.conf:1: syntax error near: a = M?ller");
}
END_TEST

START_TEST(keys_are_set_once_in_a_file)
{
	refuses("a = 1;\nb = { a = 1; };\na = 2;",
	    "a.conf:3: 'a' is already set at a.conf:1");
	refuses("b = {\n a = 1;\n a : 2; };",
	    "a.conf:3: 'a' is already set at a.conf:2");
}
END_TEST

START_TEST(groups_of_very_many_keys_are_refused_at_once)
{
	FILE *f = fopen("a.conf", "w");

	for (int i = 0; i < 20000; i++)
		fprintf(f, "key%d = %d;\n", i, i);
	ck_assert_int_eq(fclose(f), 0);
	read_bad(
	    "a.conf", "a.conf:4097: this group has more than 4096 keys", NULL);
	ck_assert(seconds < 1);
}
END_TEST

START_TEST(nesting_has_a_limit)
{
	char text[300];

	memset(text, '(', 101);
	strcpy(text + 101, "\n");
	memmove(text + 4, text, 103);
	memcpy(text, "a = ", 4);
	refuses(text, "a.conf:1: groups and lists are nested deeper than 100 "
		      "levels");
	memset(text + 4, '(', 100);
	memset(text + 104, ')', 100);
	text[204] = 0;
	write_file("a.conf", text);
	read_good("a.conf");
}
END_TEST

/* libconfig enlarges a list 16 elements at a time, which is quick only where
 * realloc() need not copy: not under a sanitizer. */
#ifdef __SANITIZE_ADDRESS__
enum { LARGE = 100000 };
#else
enum { LARGE = 2000000 };
#endif

START_TEST(large_lists_load_quickly)
{
	write_list("x = (", " \"a\"", LARGE, ");");
	read_good("a.conf");
	ck_assert_uint_eq(at("x", NULL)->count, LARGE);
	write_list("x = (", "\n{ a = 1; b = \"c\"; }", LARGE / 5, ");");
	read_good("a.conf");
	is_at(&at("x", NULL)->items[LARGE / 5 - 1].items[1], "a.conf",
	    LARGE / 5 + 1);
}
END_TEST

int
main(int argc, char **argv)
{
	const TTest *const tests[] = { values_keep_kind_text_and_place,
		integers_are_exact_at_their_limits,
		an_empty_file_is_an_empty_map, windows_line_ends_are_fine,
		includes_are_relative_to_the_including_file,
		errors_in_includes_name_the_included_file,
		bad_includes_are_refused,
		an_include_stands_at_the_beginning_of_a_line,
		includes_nest_ten_deep,
		includes_cannot_multiply_beyond_the_limit,
		files_that_are_none_are_refused, an_unreadable_file_is_refused,
		files_over_16_mib_are_refused_at_once, binary_data_is_refused,
		random_bytes_are_refused, text_that_is_not_utf8_is_refused,
		numbers_that_wrap_are_refused,
		zero_bytes_in_strings_are_refused, what_begins_must_end,
		syntax_errors_quote_the_line, keys_are_set_once_in_a_file,
		groups_of_very_many_keys_are_refused_at_once,
		nesting_has_a_limit, large_lists_load_quickly };

	return reading_main(
	    argc, argv, "read", tests, ARRAY_COUNT(tests), NULL);
}

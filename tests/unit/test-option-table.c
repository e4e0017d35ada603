/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The tables of options that a plugin brings: the sound, those of another
 * SDK's size, and the unsound. */

#include "nodes.h"
#include "options.h"

#include <stdio.h>
#include <string.h>

START_TEST(the_table_is_sound)
{
	ck_assert_pstr_eq(option_table_check(all_table, sizeof(*all_table),
			      sizeof(struct all), &arena),
	    NULL);
	done();
}
END_TEST

/* ---- tables of other sizes */

struct longer {
	struct bnd_option option;
	int64_t newer;
};

START_TEST(tables_of_other_sizes)
{
	struct longer longer[3] = { 0 };
	const size_t short_size = offsetof(struct bnd_option, rows);
	_Alignas(struct bnd_option) char shorter[3 * sizeof(struct bnd_option)];
	struct node map = MAP(1, NULL, INT(1, "number", 12));
	struct bnd_option o;

	longer[0].option = all_table[2];
	longer[1].option = all_table[3];
	ck_assert_ptr_null(option_table_check(
	    &longer[0].option, sizeof(longer[0]), sizeof(struct all), &arena));
	ck_assert_int_eq(
	    parse_with(&longer[0].option, sizeof(longer[0]), &map, &all), 0);
	ck_assert_int_eq(all.number, 12);
	ck_assert_int_eq(all.size, 4096);
	longer[1].newer = 1;
	ck_assert_ptr_nonnull(
	    strstr(option_table_check(&longer[0].option, sizeof(longer[0]),
		       sizeof(struct all), &arena),
		"option 'size' uses something at offset 80 that this host (SDK "
		"1.0) does not know"));

	memset(shorter, 0, sizeof(shorter));
	memcpy(shorter, &all_table[2], short_size);
	memcpy(shorter + short_size, &all_table[3], short_size);
	all = (struct all){ 0 };
	ck_assert_int_eq(
	    parse_with((void *)shorter, short_size, &map, &all), 0);
	ck_assert_int_eq(all.number, 12);
	ck_assert_int_eq(all.size, 4096);
	ck_assert(option_at((void *)shorter, short_size, 1, &o));
	ck_assert_ptr_null(o.rows);
	ck_assert(!option_at((void *)shorter, short_size, 2, &o));
	ck_assert(!option_at(NULL, short_size, 0, &o));
	ck_assert(!option_at(all_table, 0, 0, &o));
	done();
}
END_TEST

/* ---- tables that are not sound */

static void
unsound(struct bnd_option first, const char *expected)
{
	const struct bnd_option table[] = { first,
		BND_OPTION(struct all, flag, BND_T_BOOL, "flag"), { 0 } };
	const char *error = option_table_check(
	    table, sizeof(*table), sizeof(struct all), &arena);

	ck_assert_pstr_eq(error, expected);
	done();
}

#define OPTION(...) ((struct bnd_option)BND_OPTION(struct all, __VA_ARGS__))

START_TEST(unsound_fields)
{
	struct bnd_option o = OPTION(number, BND_T_INT, "a");
	char message[128];

	unsound(o, NULL);
	o.offset = sizeof(struct all) - 4;
	snprintf(message, sizeof(message),
	    "option 'a' has a field at offset %u, outside of the struct's %zu "
	    "bytes",
	    o.offset, sizeof(struct all));
	unsound(o, message);
	o.offset = UINT32_MAX;
	snprintf(message, sizeof(message),
	    "option 'a' has a field at offset %u, outside of the struct's %zu "
	    "bytes",
	    o.offset, sizeof(struct all));
	unsound(o, message);
	o.offset = 12;
	unsound(o, "option 'a' has a field that is not aligned");
	unsound(OPTION(flag, BND_T_INT, "a"),
	    "option 'a' is of kind integer, whose field has 8 bytes, but the "
	    "field has 4");
	unsound(OPTION(number, BND_T_LIST, "a"),
	    "option 'a' is of kind list, whose field has 16 bytes, but the "
	    "field has 8");
}
END_TEST

START_TEST(unsound_words)
{
	unsound(OPTION(number, BND_T_INT, "a b"),
	    "option 'a b' has a name that no file can spell");
	unsound(OPTION(number, BND_T_INT, "type"),
	    "option 'type' has a name that every binding has already");
	unsound(OPTION(string, BND_T_STRING, "flag"),
	    "option 'flag' is there twice");
	unsound(OPTION(number, BND_T_INT, "a", .reserved_ = 7),
	    "option 'a' uses something at offset 76 that this host (SDK 1.0) "
	    "does not know");
	unsound(OPTION(choice, 0, "a"),
	    "option 'a' is of kind 0, which this host (SDK 1.0) does not know");
	unsound(OPTION(choice, 15, "a"),
	    "option 'a' is of kind 15, which this host (SDK 1.0) does not "
	    "know");
	unsound(OPTION(choice, 0, "a"),
	    "option 'a' is of kind 0, which this host (SDK 1.0) does not know");
	unsound(OPTION(choice, BND_T_BOOL, "a", .flags = 10),
	    "option 'a' has flags 0x8, which this host (SDK 1.0) does not "
	    "know");
	unsound(OPTION(choice, BND_T_ENUM, "a"), "option 'a' has no choices");
	unsound(OPTION(choice, BND_T_ENUM, "a", .choices = "x||y"),
	    "option 'a' has an empty choice");
	unsound(OPTION(choice, BND_T_ENUM, "a", .choices = "x|y|x"),
	    "option 'a' has the choice 'x' twice");
	unsound(OPTION(number, BND_T_INT, "a", .choices = "x"),
	    "option 'a' is of kind integer, which has no choices");
	unsound(OPTION(number, BND_T_INT, "a", .min = 2, .max = 1),
	    "option 'a' has a min above its max");
	unsound(OPTION(endpoint, BND_T_ENDPOINT, "a", .min = 1, .max = 2),
	    "option 'a' is of kind endpoint, which has no min and max");
}
END_TEST

START_TEST(unsound_defaults)
{
	unsound(OPTION(number, BND_T_INT, "a", .def = "x"),
	    "option 'a' has a default that does not fit: option 'a': value 'x' "
	    "is not an integer");
	unsound(OPTION(number, BND_T_INT, "a", .def = "3", .max = 2),
	    "option 'a' has a default that does not fit: option 'a': value '3' "
	    "is out of range: must be 0 to 2");
	unsound(OPTION(choice, BND_T_ENUM, "a", .choices = "x|y", .def = "z"),
	    "option 'a' has a default that does not fit: option 'a': value 'z' "
	    "is not one of 'x' or 'y'");
	unsound(OPTION(nets, BND_T_NETS, "a", .def = "::1|10"),
	    "option 'a' has a default that does not fit: option 'a': value "
	    "'10' is not a network: write \"10.0.0.0/8\", \"2001:db8::/32\" or "
	    "an address");
	unsound(OPTION(listen, BND_T_ENDPOINTS, "a", .def = "a:1|b:2"), NULL);
	unsound(OPTION(list, BND_T_LIST, "a", .def = ""), NULL);
	unsound(OPTION(exit, BND_T_EXIT, "a", .def = "x"),
	    "option 'a' is of kind exit, which has no default");
	unsound(OPTION(secret, BND_T_SECRET, "a", .def = "x"),
	    "option 'a' is of kind secret, which has no default");
	unsound(OPTION(file, BND_T_FILE, "a", .def = "x"),
	    "option 'a' has a default that is not absolute");
	unsound(OPTION(file, BND_T_FILE, "a", .def = "/nonexistent"), NULL);
	unsound(
	    OPTION(number, BND_T_INT, "a", .def = "1", .flags = BND_O_REQUIRED),
	    "option 'a' is required but has a default");
}
END_TEST

START_TEST(unsound_rows)
{
	static const struct bnd_option bad[] = {
		BND_OPTION(struct column, claim, BND_T_BOOL, "claim"),
		{ 0 },
	};
	static struct bnd_option endless[2];
	const char *error;

	unsound(OPTION(routes, BND_T_ROWS, "a", .rows = bad,
		    .row_size = sizeof(struct column)),
	    "option 'a', option 'claim' is of kind boolean, whose field has 4 "
	    "bytes, but the field has 8");
	unsound(OPTION(routes, BND_T_ROWS, "a"),
	    "option 'a' has no table or size of its rows");
	unsound(OPTION(routes, BND_T_ROWS, "a", .rows = route_table),
	    "option 'a' has no table or size of its rows");
	unsound(OPTION(number, BND_T_INT, "a", .row_size = 8),
	    "option 'a' has rows but is of kind integer");
	/* A table that is its own rows. */
	endless[0] = OPTION(routes, BND_T_ROWS, "a", .rows = endless,
	    .row_size = sizeof(struct all));
	error = option_table_check(
	    endless, sizeof(*endless), sizeof(struct all), &arena);
	ck_assert_pstr_eq(error,
	    "option 'a', option 'a', option 'a', option 'a' has rows nested "
	    "deeper than 4");
	done();
}
END_TEST

START_TEST(unsound_tables)
{
	static struct bnd_option many[OPTION_MAX + 1];
	static char names[OPTION_MAX][8];
	static const struct bnd_option overlap[] = {
		BND_OPTION(struct all, number, BND_T_INT, "a"),
		BND_OPTION(struct all, number, BND_T_SIZE, "b"),
		{ 0 },
	};

	for (size_t i = 0; i < OPTION_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "a%zu", i);
		many[i] = OPTION(flag, BND_T_BOOL, names[i]);
		many[i].offset = (uint32_t)(i * sizeof(int));
	}
	ck_assert_pstr_eq(option_table_check(many, sizeof(*many),
			      OPTION_MAX * sizeof(int), &arena),
	    "the option table has no end within 256 options");
	many[OPTION_MAX - 1] = (struct bnd_option){ 0 };
	ck_assert_pstr_eq(option_table_check(many, sizeof(*many),
			      OPTION_MAX * sizeof(int), &arena),
	    NULL);
	ck_assert_pstr_eq(option_table_check(overlap, sizeof(*overlap),
			      sizeof(struct all), &arena),
	    "option 'b' shares its field with option 'a'");
	ck_assert_pstr_eq(option_table_check(overlap, 0, 8, &arena),
	    "the option table has elements of a size that no SDK has had");
	ck_assert_pstr_eq(option_table_check(overlap, 20, 8, &arena),
	    "the option table has elements of a size that no SDK has had");
	ck_assert_pstr_eq(option_table_check(overlap, 33, 8, &arena),
	    "the option table has elements of a size that no SDK has had");
	ck_assert_pstr_eq(option_table_check(NULL, 0, 0, &arena), NULL);
	done();
}
END_TEST

UNIT_TESTS("option-table", the_table_is_sound, tables_of_other_sizes,
    unsound_fields, unsound_words, unsound_defaults, unsound_rows,
    unsound_tables)

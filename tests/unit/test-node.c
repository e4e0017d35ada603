/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The tree of the configuration, and the JSON in which it travels. */
#include "base/utf8.h"
#include "config/node-json.h"
#include "config/node.h"
#include "config/number.h"

#include <errno.h>
#include <float.h>
#include <limits.h>
#include <string.h>

#include "nodes.h"
#include "unit.h"

static struct report report;

/* ------------------------------------------------------------------- nodes */

START_TEST(maps_are_searched_by_key)
{
	struct node items[] = { { .kind = NODE_INT, .key = "a" },
		{ .kind = NODE_INT, .key = "b" } };
	const struct node map = {
		.kind = NODE_MAP, .count = 2, .items = items
	};
	const struct node list = {
		.kind = NODE_LIST, .count = 2, .items = items
	};

	ck_assert_ptr_eq(node_find(&map, "b"), &items[1]);
	ck_assert_ptr_null(node_find(&map, "c"));
	ck_assert_ptr_null(node_find(&list, "a"));
	ck_assert_ptr_null(node_find(&items[0], "a"));
	ck_assert_ptr_null(node_find(NULL, "a"));
}
END_TEST

START_TEST(kinds_have_names)
{
	for (uint32_t kind = NODE_TEXT; kind <= NODE_MAP; kind++)
		ck_assert_ptr_null(strstr(node_kind_name(kind), "unknown"));
	ck_assert_str_eq(node_kind_name(NODE_MAP), "a group");
	ck_assert_str_eq(node_kind_name(0), "an unknown kind of value");
	ck_assert_str_eq(node_kind_name(7), "an unknown kind of value");
}
END_TEST

START_TEST(no_tree_may_be_destroyed)
{
	struct config_tree *tree = NULL;

	config_tree_destroy(&tree);
	ck_assert_ptr_null(tree);
}
END_TEST

/* -------------------------------------------------------------------- JSON */

static struct config_tree *
parse(const char *json)
{
	report_finish(&report);
	return node_json_read(json, strlen(json), "a.conf", &report);
}

static char *
print(const struct node *root)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	ck_assert_int_eq(node_json_write(f, root), 0);
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

static void
is_same(const struct node *a, const struct node *b)
{
	ck_assert_uint_eq(a->kind, b->kind);
	ck_assert_str_eq(a->file, b->file);
	ck_assert_uint_eq(a->line, b->line);
	ck_assert_int_eq(!a->key, !b->key);
	if (a->key)
		ck_assert_str_eq(a->key, b->key);
	if (a->kind == NODE_TEXT)
		ck_assert_str_eq(a->text, b->text);
	if (a->kind == NODE_INT || a->kind == NODE_BOOL)
		ck_assert_int_eq(a->integer, b->integer);
	if (a->kind == NODE_REAL)
		ck_assert(a->real == b->real);
	if (a->kind != NODE_LIST && a->kind != NODE_MAP)
		return;
	ck_assert_uint_eq(a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
		is_same(&a->items[i], &b->items[i]);
}

static void
round_trip(const struct node *root)
{
	char *json = print(root);
	struct config_tree *tree = parse(json);

	if (!tree)
		ck_abort_msg("%s: %s", report.entries[0].text, json);
	is_same(&tree->root, root);
	config_tree_destroy(&tree);
	free(json);
}

START_TEST(a_tree_travels_unchanged)
{
	struct node list[] = {
		{ .kind = NODE_INT, .line = 3, .file = "b", .integer = -1 },
		{ .kind = NODE_REAL, .line = 9, .file = "b", .real = 0.1 },
		{ .kind = NODE_REAL, .line = 2, .file = "b", .real = 3 },
		{ .kind = NODE_LIST, .line = 2, .file = "a" },
	};
	struct node map[] = {
		{ .kind = NODE_TEXT,
		    .line = 1,
		    .file = "a",
		    .key = "text",
		    .text = "\"\\\n\x01\xc3\xa9" },
		{ .kind = NODE_BOOL,
		    .line = 1,
		    .file = "a",
		    .key = "yes",
		    .integer = 1 },
		{ .kind = NODE_LIST,
		    .line = 4000000000,
		    .file = "a",
		    .key = "list",
		    .count = 4,
		    .items = list },
		{ .kind = NODE_MAP, .line = 7, .file = "a", .key = "map" },
		{ .kind = NODE_INT,
		    .line = 8,
		    .file = "a",
		    .key = "max",
		    .integer = INT64_MAX },
		{ .kind = NODE_INT,
		    .line = 9,
		    .file = "a",
		    .key = "min",
		    .integer = INT64_MIN },
	};
	struct node root = { .kind = NODE_MAP,
		.file = "a",
		.count = ARRAY_COUNT(map),
		.items = map };

	round_trip(&root);
	root.count = 0;
	round_trip(&root);
}
END_TEST

/* Every pattern of values and lines, against its own description. */
START_TEST(positions_survive_any_pattern)
{
	struct node items[64];
	struct node root = { .kind = NODE_MAP, .file = "x", .line = 1 };
	static const char *const files[] = { "x", "y", "z" };
	unsigned state = 1;

	root.items = items;
	for (int round = 0; round < 2000; round++) {
		unsigned line = 100, file = 0;

		root.count = (size_t)round % 64;
		for (size_t i = 0; i < root.count; i++) {
			state = state * 1103515245u + 12345u;
			if ((state >> 16) % 3 == 0)
				line += (state >> 20) % 3;
			if ((state >> 24) % 8 == 0)
				line -= 5;
			if ((state >> 18) % 11 == 0)
				file = (state >> 26) % 3;
			items[i] = (struct node){ .kind = NODE_BOOL,
				.key = "k",
				.file = files[file],
				.line = line };
		}
		round_trip(&root);
	}
}
END_TEST

START_TEST(regular_lists_are_short)
{
	static struct node items[10000];
	const struct node list = { .kind = NODE_LIST,
		.key = "x",
		.file = "a",
		.line = 1,
		.count = ARRAY_COUNT(items),
		.items = items };
	struct node only = list;
	const struct node root = { .kind = NODE_MAP,
		.file = "a",
		.line = 1,
		.count = 1,
		.items = &only };
	char *json;

	for (size_t i = 0; i < ARRAY_COUNT(items); i++)
		items[i] = (struct node){
			.kind = NODE_INT, .file = "a", .line = (uint32_t)i + 2
		};
	json = print(&root);
	ck_assert_uint_lt(strlen(json), 2 * ARRAY_COUNT(items) + 100);
	free(json);
	round_trip(&root);
}
END_TEST

START_TEST(what_is_no_utf8_is_replaced)
{
	struct node item = { .kind = NODE_TEXT,
		.file = "\xff",
		.line = 1,
		.key = "k",
		.text = "a\xc3(\xe2\x82" };
	const struct node root = { .kind = NODE_MAP,
		.file = "\xff",
		.line = 1,
		.count = 1,
		.items = &item };
	char *json = print(&root);
	struct config_tree *tree = parse(json);

	ck_assert_ptr_nonnull(tree);
	ck_assert_str_eq(tree->root.file, "\xef\xbf\xbd");
	ck_assert_str_eq(
	    tree->root.items[0].text, "a\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd");
	config_tree_destroy(&tree);
	free(json);
}
END_TEST

START_TEST(errors_arrive)
{
	ck_assert_ptr_null(parse("{\"errors\":[[\"x\",\"a\",1],3,[],[3],"
				 "[\"%s\"],[\"y\",\"b\",-1],[\"z\",3,3]]}"));
	ck_assert_uint_eq(report.count, 4);
	ck_assert_str_eq(report.entries[0].text, "a:1: x");
	ck_assert_str_eq(report.entries[0].file, "a");
	ck_assert_uint_eq(report.entries[0].line, 1);
	ck_assert_str_eq(report.entries[1].text, "%s");
	ck_assert_ptr_null(report.entries[1].file);
	ck_assert_str_eq(report.entries[2].text, "b: y");
	ck_assert_uint_eq(report.entries[2].line, 0);
	ck_assert_str_eq(report.entries[3].text, "z");
}
END_TEST

START_TEST(garbage_is_one_sentence)
{
	static const char *const garbage[] = { "", "{", "[]", "3", "{}", "\xff",
		"{\"errors\":[]}", "{\"errors\":{}}",
		/* no positions, or too few */
		"{\"files\":[\"a\"],\"root\":[null]}",
		"{\"files\":[\"a\"],\"at\":[],\"root\":[null]}",
		"{\"files\":[\"a\"],\"at\":[[]],\"root\":[null]}",
		"{\"files\":[\"a\"],\"at\":[[0,1]],\"root\":[null]}",
		"{\"files\":[\"a\"],\"at\":[[0,1,1,0]],\"root\":[null]}",
		"{\"files\":[\"a\"],\"at\":[[0,1,1,0,1]],"
		"\"root\":[null,\"a\",1]}",
		/* wrong ones */
		"{\"files\":[],\"at\":[[0,1,1,0,1]],\"root\":[null]}",
		"{\"files\":[3],\"at\":[[0,1,1,0,1]],\"root\":[null]}",
		"{\"files\":[\"a\"],\"at\":[[1,1,1,0,1]],\"root\":[null]}",
		"{\"files\":[\"a\"],\"at\":[[-1,1,1,0,1]],\"root\":[null]}",
		"{\"files\":[\"a\"],\"at\":[[0,-1,1,0,1]],\"root\":[null]}",
		"{\"files\":[\"a\"],\"at\":[[0,4294967296,1,0,1]],"
		"\"root\":[null]}",
		"{\"files\":[\"a\"],\"at\":[[0,1,0,0,9]],\"root\":[null]}",
		"{\"files\":[\"a\"],\"at\":[[0,1,1,0,0]],\"root\":[null]}",
		"{\"files\":[\"a\"],\"at\":[[0,1,1,-2,9]],"
		"\"root\":[null,\"a\",1]}",
		"{\"files\":[\"a\"],\"at\":[0],\"root\":[null]}",
		/* no root, or none that is a map */
		"{\"files\":[\"a\"],\"at\":[[0,1,9,0,1]]}",
		"{\"files\":[\"a\"],\"at\":[[0,1,9,0,1]],\"root\":[]}",
		"{\"files\":[\"a\"],\"at\":[[0,1,9,0,1]],\"root\":3}",
		"{\"files\":[\"a\"],\"at\":[[0,1,9,0,1]],\"root\":null}",
		/* maps and values that are none */
		"{\"files\":[\"a\"],\"at\":[[0,1,9,0,1]],"
		"\"root\":[null,\"a\"]}",
		"{\"files\":[\"a\"],\"at\":[[0,1,9,0,1]],\"root\":[null,1,1]}",
		"{\"files\":[\"a\"],\"at\":[[0,1,9,0,1]],"
		"\"root\":[null,\"a\",null]}",
		"{\"files\":[\"a\"],\"at\":[[0,1,9,0,1]],"
		"\"root\":[null,\"a\",{}]}" };

	for (size_t i = 0; i < ARRAY_COUNT(garbage); i++) {
		if (parse(garbage[i]))
			ck_abort_msg("taken: %s", garbage[i]);
		ck_assert_uint_eq(report.count, 1);
		ck_assert_str_eq(report.entries[0].text,
		    "a.conf: the configuration reader sent no configuration "
		    "(an internal error)");
	}
}
END_TEST

/* ----------------------------------------------------------------- numbers */

static const char *
integer(int64_t value)
{
	static char text[NUMBER_TEXT_MAX];

	ck_assert_uint_eq(number_from_integer(value, text), strlen(text));
	return text;
}

static const char *
real(double value)
{
	static char text[NUMBER_TEXT_MAX];

	ck_assert_uint_eq(number_from_real(value, text), strlen(text));
	ck_assert(strtod(text, NULL) == value);
	return text;
}

START_TEST(numbers_are_exact_and_short)
{
	ck_assert_str_eq(integer(0), "0");
	ck_assert_str_eq(integer(-10), "-10");
	ck_assert_str_eq(integer(INT64_MAX), "9223372036854775807");
	ck_assert_str_eq(integer(INT64_MIN), "-9223372036854775808");
	ck_assert_str_eq(real(0.1), "0.1");
	ck_assert_str_eq(real(-3), "-3.0");
	ck_assert_str_eq(real(1e300), "1e+300");
	real(1.0 / 3);
	real(DBL_MAX);
	real(-DBL_TRUE_MIN);
	real(0.1 + 0.2);
}
END_TEST

START_TEST(utf8_is_known)
{
	ck_assert_uint_eq(utf8_length("a", 1), 1);
	ck_assert_uint_eq(utf8_length("\xc2\x80", 2), 2);
	ck_assert_uint_eq(utf8_length("\xe0\xa0\x80", 3), 3);
	ck_assert_uint_eq(utf8_length("\xed\x9f\xbf", 3), 3);
	ck_assert_uint_eq(utf8_length("\xf0\x90\x80\x80", 4), 4);
	ck_assert_uint_eq(utf8_length("\xf4\x8f\xbf\xbf", 4), 4);
	ck_assert_uint_eq(utf8_length("", 0), 0);
	ck_assert_uint_eq(utf8_length("\x80", 1), 0);
	ck_assert_uint_eq(utf8_length("\xc1\xbf", 2), 0);
	ck_assert_uint_eq(utf8_length("\xc3", 1), 0);
	ck_assert_uint_eq(utf8_length("\xe0\x9f\xbf", 3), 0);
	ck_assert_uint_eq(utf8_length("\xed\xa0\x80", 3), 0);
	ck_assert_uint_eq(utf8_length("\xf0\x8f\xbf\xbf", 4), 0);
	ck_assert_uint_eq(utf8_length("\xf4\x90\x80\x80", 4), 0);
	ck_assert_uint_eq(utf8_length("\xf5\x80\x80\x80", 4), 0);
}
END_TEST

/* libconfig does not look whether it had memory for a key. */
START_TEST(a_lost_key_is_an_error_of_memory)
{
	struct node roots[] = {
		MAP(1, NULL, INT(1, NULL, 1)),
		MAP(1, NULL, INT(2, "a", 1),
		    LIST(3, "b", MAP(4, NULL, INT(5, NULL, 1)))),
	};

	for (size_t i = 0; i < ARRAY_COUNT(roots); i++) {
		char *json;
		size_t n;
		FILE *f = open_memstream(&json, &n);

		ck_assert_int_eq(node_json_write(f, &roots[i]), -ENOMEM);
		ck_assert_int_eq(fclose(f), 0);
		ck_assert_ptr_null(parse(json));
		ck_assert_uint_eq(report.count, 1);
		ck_assert_str_eq(report.entries[0].text,
		    "out of memory while reading the configuration");
		free(json);
	}
	report_finish(&report);
}
END_TEST

UNIT_TESTS("node", a_lost_key_is_an_error_of_memory, maps_are_searched_by_key,
    kinds_have_names, no_tree_may_be_destroyed, a_tree_travels_unchanged,
    positions_survive_any_pattern, regular_lists_are_short,
    what_is_no_utf8_is_replaced, errors_arrive, garbage_is_one_sentence,
    numbers_are_exact_and_short, utf8_is_known)

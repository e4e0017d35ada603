/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * options.h - a binding that has one option of each kind, for the tests of
 * option tables: struct all and its table, and parse_with(), which reads a map
 * as the binding 'guard' of the pipeline 'echo' would.  What it allocates and
 * reports stays in `arena` and `report` until done().
 */
#ifndef TESTS_OPTIONS_H
#define TESTS_OPTIONS_H

#include "config/option.h"
#include "unit.h"

#include <string.h>

struct column {
	const struct bnd_exit *exit;
	const char *claim, *secret;
	struct bnd_rows deeper;
};

struct deeper {
	int64_t number;
};

struct all {
	int flag, choice;
	int64_t number, size, time;
	const char *string, *secret, *file;
	struct bnd_list list, words;
	const struct bnd_exit *exit;
	const struct bnd_endpoint *endpoint;
	struct bnd_endpoints listen;
	const struct bnd_nets *nets;
	struct bnd_rows routes;
};

/* clang-format off */
static const struct bnd_option deeper_table[] = {
	BND_OPTION(struct deeper, number, BND_T_INT, "number", .max = 9),
	{ 0 }
};
static const struct bnd_option route_table[] = {
	BND_OPTION(struct column, exit, BND_T_EXIT, "exit"),
	BND_OPTION(struct column, claim, BND_T_STRING, "claim",
	    .flags = BND_O_REQUIRED),
	BND_OPTION(struct column, secret, BND_T_SECRET, "secret"),
	BND_OPTION(struct column, deeper, BND_T_ROWS, "deeper",
	    .rows = deeper_table, .row_size = sizeof(struct deeper)),
	{ 0 }
};
static const struct bnd_option all_table[] = {
	BND_OPTION(struct all, flag, BND_T_BOOL, "flag", .def = "true"),
	BND_OPTION(struct all, choice, BND_T_ENUM, "choice",
	    .choices = "none|optional|required", .def = "optional"),
	BND_OPTION(struct all, number, BND_T_INT, "number", .def = "7",
	    .min = 1, .max = 65535),
	BND_OPTION(struct all, size, BND_T_SIZE, "size", .def = "4k",
	    .min = 1, .max = 16384),
	BND_OPTION(struct all, time, BND_T_TIME, "time", .def = "5s",
	    .min = 1000, .max = INT64_MAX),
	BND_OPTION(struct all, string, BND_T_STRING, "string", .max = 8),
	BND_OPTION(struct all, secret, BND_T_SECRET, "secret"),
	BND_OPTION(struct all, file, BND_T_FILE, "file"),
	BND_OPTION(struct all, list, BND_T_LIST, "list", .def = "a|b"),
	BND_OPTION(struct all, words, BND_T_LIST, "words",
	    .choices = "red|green", .max = 2),
	BND_OPTION(struct all, exit, BND_T_EXIT, "exit"),
	BND_OPTION(struct all, endpoint, BND_T_ENDPOINT, "endpoint"),
	BND_OPTION(struct all, listen, BND_T_ENDPOINTS, "listen"),
	BND_OPTION(struct all, nets, BND_T_NETS, "nets", .def = "10.0.0.0/8"),
	BND_OPTION(struct all, routes, BND_T_ROWS, "routes",
	    .rows = route_table, .row_size = sizeof(struct column)),
	BND_OPTION(struct all, number, BND_T_INT, "count",
	    .flags = BND_O_DEPRECATED, .doc = "use number"),
	{ 0 }
};
/* clang-format on */

struct bnd_exit {
	const char *name;
};

static const struct bnd_exit *
exit_find(void *arg, const char *name)
{
	static const struct bnd_exit admin = { "admin" };

	ck_assert_ptr_null(arg);
	return strcmp(name, "admin") == 0 ? &admin : NULL;
}

static struct arena arena;
static struct report report;
static struct all all;

static int
parse_with(const struct bnd_option *table, size_t element_size,
    const struct node *map, void *self)
{
	static const char *const skip[] = { "type", "name", NULL };
	static const char *const exits[] = { "admin", "gate", NULL };
	const struct option_context ctx = { .arena = &arena,
		.report = &report,
		.pipeline = "echo",
		.binding = "guard",
		.exit_find = exit_find,
		.exit_names = exits,
		.skip = skip };

	return option_parse(table, element_size, map, self, &ctx);
}

static void
done(void)
{
	arena_finish(&arena);
	report_finish(&report);
}

#endif

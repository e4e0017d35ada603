/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/dump.h"

#include "nodes.h"
#include "unit.h"

#include <string.h>

struct row {
	const struct bnd_exit *exit;
	int64_t number;
};

struct guard {
	int flag, choice;
	int64_t large, limit, size, time;
	const char *string, *secret, *file;
	struct bnd_list words;
	const struct bnd_exit *exit;
	const struct node *node;
	const struct bnd_endpoint *connect;
	struct bnd_endpoints listen;
	const struct bnd_nets *allow;
	struct bnd_rows routes;
};

/* clang-format off */
static const struct bnd_option row_table[] = {
	BND_OPTION(struct row, exit, BND_T_EXIT, "exit",
	    .doc = "Where to go."),
	BND_OPTION(struct row, number, BND_T_INT, "number", .def = "3"),
	{ 0 }
};
static const struct bnd_option guard_table[] = {
	BND_OPTION(struct guard, flag, BND_T_BOOL, "flag"),
	BND_OPTION(struct guard, choice, BND_T_ENUM, "choice",
	    .choices = "none|some|all", .def = "some", .doc = "How many."),
	BND_OPTION(struct guard, large, BND_T_INT, "large"),
	BND_OPTION(struct guard, limit, BND_T_INT, "limit", .min = 1,
	    .max = 9),
	BND_OPTION(struct guard, size, BND_T_SIZE, "size", .def = "65536",
	    .min = 1, .max = 1 << 20),
	BND_OPTION(struct guard, time, BND_T_TIME, "time", .def = "90s"),
	BND_OPTION(struct guard, string, BND_T_STRING, "string"),
	BND_OPTION(struct guard, secret, BND_T_SECRET, "secret"),
	BND_OPTION(struct guard, file, BND_T_FILE, "file"),
	BND_OPTION(struct guard, words, BND_T_LIST, "words", .def = "a|b",
	    .max = INT64_MAX, .min = 1),
	BND_OPTION(struct guard, exit, BND_T_EXIT, "exit"),
	BND_OPTION(struct guard, node, OPTION_T_NODE, "node"),
	BND_OPTION(struct guard, connect, BND_T_ENDPOINT, "connect"),
	BND_OPTION(struct guard, listen, BND_T_ENDPOINTS, "listen",
	    .flags = BND_O_REQUIRED),
	BND_OPTION(struct guard, allow, BND_T_NETS, "allow",
	    .def = "::1|10.0.0.0/8"),
	BND_OPTION(struct guard, routes, BND_T_ROWS, "routes",
	    .rows = row_table, .row_size = sizeof(struct row)),
	BND_OPTION(struct guard, limit, BND_T_INT, "old_limit",
	    .flags = BND_O_DEPRECATED),
	{ 0 }
};
/* clang-format on */

struct bnd_exit {
	int unused;
};

static const struct bnd_exit *
exit_find(void *arg, const char *name)
{
	static const struct bnd_exit any;

	(void)arg;
	(void)name;
	return &any;
}

static struct arena arena;
static struct report report;
static struct guard guard;
static char *text;

static void
done(void)
{
	free(text);
	text = NULL;
	arena_finish(&arena);
	report_finish(&report);
}

/* text: what is printed for a binding of this map. */
static void
dump(struct node map)
{
	const struct option_context ctx = { .arena = &arena,
		.report = &report,
		.exit_find = exit_find,
		.skip = (const char *const[]){ "type", NULL } };
	const struct binding_spec b = { "guard", "guard", &map };
	const struct dump_options options = { .table = guard_table,
		.element_size = sizeof(*guard_table),
		.self = &guard };
	size_t n;
	FILE *f = open_memstream(&text, &n);

	guard = (struct guard){ 0 };
	ck_assert_msg(option_parse(guard_table, sizeof(*guard_table), &map,
			  &guard, &ctx) == 0,
	    "%s", report.count ? report.entries[0].text : "?");
	dump_binding(f, 0, &b, &options);
	fclose(f);
}

START_TEST(defaults)
{
	dump(MAP(2, NULL, TEXT(3, "type", "guard"), TEXT(4, "listen", "a:1")));
	ck_assert_str_eq(text,
	    "{  # etc/a.conf:2\n"
	    "  type = \"guard\";  # etc/a.conf:3\n"
	    "  name = \"guard\";  # default\n"
	    "  flag = false;  # default\n"
	    "  choice = \"some\";  # default\n"
	    "  large = 0;  # default\n"
	    "  # limit is not set\n"
	    "  size = \"64k\";  # default\n"
	    "  time = \"90s\";  # default\n"
	    "  # string is not set\n"
	    "  # secret is not set\n"
	    "  # file is not set\n"
	    "  words = [ \"a\", \"b\" ];  # default\n"
	    "  # exit is not set\n"
	    "  # node is not set\n"
	    "  # connect is not set\n"
	    "  listen = [ \"a:1\" ];  # etc/a.conf:4\n"
	    "  allow = [ \"::1\", \"10.0.0.0/8\" ];  # default\n"
	    "  # routes is not set\n"
	    "}");
	done();
}
END_TEST

START_TEST(values)
{
	dump(MAP(2, NULL, TEXT(3, "type", "guard"), TEXT(4, "listen", "a:1"),
	    BOOL(5, "flag", true), TEXT(6, "choice", "all"),
	    TEXT(7, "large", "5000000000"), INT(8, "limit", 9),
	    INT(9, "size", 1000), TEXT(10, "time", "1000ms"),
	    TEXT(11, "string", "a\"b\\c\n\xc3\xa4"),
	    TEXT(12, "secret", "geheim"), TEXT(13, "file", "/dev/null"),
	    TEXT(14, "words", "x"), TEXT(15, "exit", "admin"),
	    MAP(16, "node",
		LIST(16, "a", INT(16, NULL, 1), REAL(16, NULL, 2.5)),
		EMPTY(NODE_LIST, 16, "b"), BOOL(16, "c", true),
		EMPTY(NODE_MAP, 16, "d")),
	    TEXT(17, "connect", "unix:/x"), TEXT(18, "allow", "::"),
	    LIST(19, "routes", MAP(20, NULL, TEXT(20, "exit", "x")),
		MAP(21, NULL, INT(22, "number", 4)))));
	ck_assert_str_eq(text,
	    "{  # etc/a.conf:2\n"
	    "  type = \"guard\";  # etc/a.conf:3\n"
	    "  name = \"guard\";  # default\n"
	    "  flag = true;  # etc/a.conf:5\n"
	    "  choice = \"all\";  # etc/a.conf:6\n"
	    "  large = \"5000000000\";  # etc/a.conf:7\n"
	    "  limit = 9;  # etc/a.conf:8\n"
	    "  size = \"1000\";  # etc/a.conf:9\n"
	    "  time = \"1s\";  # etc/a.conf:10\n"
	    "  string = \"a\\\"b\\\\c\\x0a\xc3\xa4\";  # etc/a.conf:11\n"
	    "  secret = \"***\";  # etc/a.conf:12\n"
	    "  file = \"/dev/null\";  # etc/a.conf:13\n"
	    "  words = [ \"x\" ];  # etc/a.conf:14\n"
	    "  exit = \"admin\";  # etc/a.conf:15\n"
	    "  node = { a = ( 1, 2.5 ); b = ( ); c = true; d = { }; };  "
	    "# etc/a.conf:16\n"
	    "  connect = \"unix:/x\";  # etc/a.conf:17\n"
	    "  listen = [ \"a:1\" ];  # etc/a.conf:4\n"
	    "  allow = \"::\";  # etc/a.conf:18\n"
	    "  routes = (\n"
	    "    {  # etc/a.conf:20\n"
	    "      exit = \"x\";  # etc/a.conf:20\n"
	    "      number = 3;  # default\n"
	    "    },\n"
	    "    {  # etc/a.conf:21\n"
	    "      # exit is not set\n"
	    "      number = 4;  # etc/a.conf:22\n"
	    "    }\n"
	    "  );  # etc/a.conf:19\n"
	    "}");
	done();
}
END_TEST

static void
settings_dump(struct node root, dump_options_fn *find)
{
	struct config_tree tree = { .root = root };
	struct settings settings;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	ck_assert_int_eq(settings_parse(&tree, &arena, &report, &settings), 0);
	dump_config(f, &settings, find, &settings);
	fclose(f);
}

START_TEST(settings)
{
	settings_dump(MAP(1, NULL, INT(2, "workers", 2),
			  MAP(3, "log", TEXT(4, "level", "debug"))),
	    NULL);
	ck_assert_str_eq(text, "workers = 2;  # etc/a.conf:2\n"
			       "# plugin_path is not set\n"
			       "# user is not set\n"
			       "# group is not set\n"
			       "splice = true;  # default\n"
			       "drain_timeout = \"5m\";  # default\n"
			       "shutdown_timeout = \"1m\";  # default\n"
			       "log = {  # etc/a.conf:3\n"
			       "  level = \"debug\";  # etc/a.conf:4\n"
			       "  format = \"text\";  # default\n"
			       "  target = \"stderr\";  # default\n"
			       "  connections = true;  # default\n"
			       "  sample = 1;  # default\n"
			       "};\n"
			       "control = {  # default\n"
			       "  # socket is not set\n"
			       "  mode = \"0660\";  # default\n"
			       "};\n"
			       "limits = {  # default\n"
			       "  connections = 0;  # default\n"
			       "};\n"
			       "\n"
			       "pipelines: {\n"
			       "};\n");
	done();
}
END_TEST

static void
no_options(void *arg, const struct pipeline_spec *pipeline,
    const struct binding_spec *binding, struct dump_options *r)
{
	const struct settings *s = arg;

	ck_assert_ptr_eq(pipeline, &s->pipelines[0]);
	ck_assert_ptr_eq(
	    binding, &pipeline->bindings[strcmp(binding->name, "b") == 0]);
	r->is_unknown = strcmp(binding->name, "b") == 0;
}

START_TEST(pipelines)
{
	settings_dump(
	    MAP(1, NULL, TEXT(2, "drain_timeout", "7s"),
		MAP(2, "log", INT(2, "sample", 9)),
		MAP(3, "pipelines",
		    MAP(4, "p", MAP(5, "log", TEXT(6, "level", "notice")),
			LIST(7, "bindings", MAP(8, NULL, TEXT(8, "type", "a")),
			    MAP(9, NULL, TEXT(9, "type", "x"),
				TEXT(10, "name", "b"),
				TEXT(11, "password", "geheim")))))),
	    no_options);
	ck_assert_ptr_null(strstr(text, "geheim"));
	ck_assert_str_eq(strstr(text, "pipelines:"),
	    "pipelines: {\n"
	    "  p = {  # etc/a.conf:4\n"
	    "    drain_timeout = \"7s\";  # etc/a.conf:2\n"
	    "    log = {  # etc/a.conf:5\n"
	    "      level = \"notice\";  # etc/a.conf:6\n"
	    "      connections = true;  # default\n"
	    "      sample = 9;  # etc/a.conf:2\n"
	    "    };\n"
	    "    bindings = (\n"
	    "      {  # etc/a.conf:8\n"
	    "        type = \"a\";  # etc/a.conf:8\n"
	    "        name = \"a\";  # default\n"
	    "      },\n"
	    "      {  # etc/a.conf:9\n"
	    "        type = \"x\";  # etc/a.conf:9\n"
	    "        name = \"b\";  # etc/a.conf:10\n"
	    "        # password is not shown: no plugin tells its kind  "
	    "# etc/a.conf:11\n"
	    "      }\n"
	    "    );\n"
	    "  };\n"
	    "};\n");
	done();
}
END_TEST

START_TEST(unknown_plugins)
{
	settings_dump(MAP(1, NULL,
			  MAP(1, "pipelines",
			      LIST(1, "p",
				  MAP(1, NULL, TEXT(1, "type", "a"),
				      TEXT(1, "key", "geheim"))))),
	    NULL);
	ck_assert_ptr_null(strstr(text, "geheim"));
	ck_assert_ptr_nonnull(strstr(text, "# key is not shown"));
	done();
}
END_TEST

START_TEST(a_file_name_cannot_end_the_comment)
{
	struct node map = EMPTY(NODE_MAP, 1, NULL);

	map.file = "a\nworkers = 9;";
	dump(MAP(1, NULL, TEXT(1, "type", "x"), TEXT(1, "listen", "a:1"),
	    (struct node){ .kind = NODE_BOOL,
		.key = "flag",
		.text = "true",
		.integer = 1,
		.line = 1,
		.file = map.file }));
	ck_assert_ptr_null(strstr(text, "\nworkers"));
	ck_assert_ptr_nonnull(
	    strstr(text, "flag = true;  # a?workers = 9;:1\n"));
	done();
}
END_TEST

static void
describe(const struct bnd_type *type)
{
	size_t n;
	FILE *f = open_memstream(&text, &n);

	describe_options(f, type);
	fclose(f);
}

START_TEST(description)
{
	const struct bnd_type type = { BND_HEAD("guard", "1.2", BND_FILTER),
		.summary = "lets some in", .options = guard_table };

	describe(&type);
	ck_assert_str_eq(text,
	    "guard 1.2 (filter)\n"
	    "lets some in\n"
	    "\n"
	    "Options:\n"
	    "  flag: boolean\n"
	    "  choice: choice of \"none\", \"some\", \"all\", default "
	    "\"some\"\n"
	    "      How many.\n"
	    "  large: integer\n"
	    "  limit: integer, 1 to 9\n"
	    "  size: size, 1 to 1m, default \"65536\"\n"
	    "  time: time, default \"90s\"\n"
	    "  string: string\n"
	    "  secret: secret\n"
	    "  file: file\n"
	    "  words: list, at least 1 values, default \"a\", \"b\"\n"
	    "  exit: exit\n"
	    "  node: any\n"
	    "  connect: endpoint\n"
	    "  listen: endpoints, required\n"
	    "  allow: networks, default \"::1\", \"10.0.0.0/8\"\n"
	    "  routes: rows\n"
	    "      exit: exit\n"
	    "          Where to go.\n"
	    "      number: integer, default \"3\"\n"
	    "  old_limit: integer, deprecated\n");
	done();
}
END_TEST

START_TEST(description_of_little)
{
	const struct bnd_type sink = { BND_HEAD("echo", "1", BND_SINK) };
	const struct bnd_type none = { .role = 9 };

	describe(&sink);
	ck_assert_str_eq(text, "echo 1 (sink)\n\nNo options.\n");
	done();
	describe(&none);
	ck_assert_str_eq(
	    text, "(no name) (no version) (unknown role)\n\nNo options.\n");
	done();
}
END_TEST

UNIT_TESTS("dump", defaults, values, settings, pipelines, unknown_plugins,
    a_file_name_cannot_end_the_comment, description, description_of_little)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The values of options: read, refused, defaulted, wiped.  Their tables are
 * tested in test-option-table.c. */

#include "config/value.h"
#include "nodes.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
parse(const struct node *map)
{
	all = (struct all){ 0 };
	return parse_with(all_table, sizeof(*all_table), map, &all);
}

static void
accepts(struct node item)
{
	struct node map = MAP(1, NULL, item);

	ck_assert_msg(parse(&map) == 0, "%s",
	    report.count ? report.entries[0].text : "?");
	ck_assert_uint_eq(report.count, 0);
}

/* The one message, without "etc/a.conf:7: pipeline 'echo', binding 'guard'". */
static void
refuses(struct node item, const char *message)
{
	static const char prefix[] =
	    NODES_FILE ":7: pipeline 'echo', binding 'guard'";
	struct node map = MAP(1, NULL, item);

	ck_assert_int_eq(parse(&map), -EINVAL);
	ck_assert_uint_eq(report.count, 1);
	ck_assert_uint_eq(report.errors, 1);
	ck_assert_mem_eq(report.entries[0].text, prefix, strlen(prefix));
	ck_assert_str_eq(report.entries[0].text + strlen(prefix), message);
	done();
}

static int
has_v4(const struct bnd_nets *nets, uint32_t address)
{
	const struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(address) };

	return nets_has(nets, (const struct sockaddr *)&in);
}

START_TEST(defaults)
{
	ck_assert_int_eq(parse(NULL), 0);
	ck_assert_uint_eq(report.count, 0);
	ck_assert_int_eq(all.flag, 1);
	ck_assert_int_eq(all.choice, 1);
	ck_assert_int_eq(all.number, 7);
	ck_assert_int_eq(all.size, 4096);
	ck_assert_int_eq(all.time, 5000);
	ck_assert_ptr_null(all.string);
	ck_assert_ptr_null(all.secret);
	ck_assert_uint_eq(all.list.n, 2);
	ck_assert_str_eq(all.list.v[0], "a");
	ck_assert_str_eq(all.list.v[1], "b");
	ck_assert_uint_eq(all.listen.n, 0);
	ck_assert(has_v4(all.nets, 0x0a010203));
	ck_assert(!has_v4(all.nets, 0x0b010203));
	ck_assert_ptr_null(all.endpoint);
	done();
}
END_TEST

START_TEST(values)
{
	struct node map = MAP(1, NULL, TEXT(1, "type", "x"),
	    TEXT(1, "name", "y"), BOOL(1, "flag", false),
	    TEXT(1, "choice", "required"), INT(1, "number", 65535),
	    TEXT(1, "size", "16k"), TEXT(1, "time", "1s"),
	    TEXT(1, "string", "12345678"), TEXT(1, "secret", "s"),
	    LIST(1, "list", TEXT(1, NULL, "x"), TEXT(1, NULL, "")),
	    TEXT(1, "words", "green"), TEXT(1, "exit", "admin"),
	    TEXT(1, "endpoint", "a:7-8"),
	    LIST(
		1, "listen", TEXT(1, NULL, "[::]:7"), TEXT(1, NULL, "unix:/x")),
	    TEXT(1, "nets", "11.0.0.0/8"),
	    LIST(1, "routes",
		MAP(2, NULL, TEXT(2, "claim", "sub"), TEXT(2, "exit", "admin")),
		MAP(3, NULL, TEXT(3, "claim", "role"),
		    LIST(3, "deeper", MAP(3, NULL, INT(3, "number", 9))))));
	const struct column *rows;

	ck_assert_int_eq(parse(&map), 0);
	ck_assert_uint_eq(report.count, 0);
	ck_assert_int_eq(all.flag, 0);
	ck_assert_int_eq(all.choice, 2);
	ck_assert_int_eq(all.number, 65535);
	ck_assert_int_eq(all.size, 16384);
	ck_assert_int_eq(all.time, 1000);
	ck_assert_str_eq(all.string, "12345678");
	ck_assert_str_eq(all.secret, "s");
	ck_assert_uint_eq(all.list.n, 2);
	ck_assert_str_eq(all.list.v[1], "");
	ck_assert_uint_eq(all.words.n, 1);
	ck_assert_str_eq(all.words.v[0], "green");
	ck_assert_str_eq(all.exit->name, "admin");
	ck_assert_uint_eq(all.endpoint->last, 8);
	ck_assert_uint_eq(all.listen.n, 2);
	ck_assert_str_eq(all.listen.v[1]->path, "/x");
	ck_assert(has_v4(all.nets, 0x0b010203));
	ck_assert(!has_v4(all.nets, 0x0a010203));
	ck_assert_uint_eq(all.routes.n, 2);
	rows = all.routes.v;
	ck_assert_str_eq(rows[0].claim, "sub");
	ck_assert_str_eq(rows[0].exit->name, "admin");
	ck_assert_ptr_null(rows[1].exit);
	ck_assert_uint_eq(rows[1].deeper.n, 1);
	ck_assert_int_eq(((const struct deeper *)rows[1].deeper.v)->number, 9);
	done();
}
END_TEST

START_TEST(both_ways_of_writing)
{
	accepts(TEXT(7, "flag", "false"));
	ck_assert_int_eq(all.flag, 0);
	accepts(TEXT(7, "number", "8"));
	ck_assert_int_eq(all.number, 8);
	accepts(INT(7, "size", 100));
	ck_assert_int_eq(all.size, 100);
	accepts(TEXT(7, "list", "x"));
	ck_assert_uint_eq(all.list.n, 1);
	accepts(EMPTY(NODE_LIST, 7, "list"));
	ck_assert_uint_eq(all.list.n, 0);
	accepts(TEXT(7, "listen", "a:1"));
	ck_assert_uint_eq(all.listen.n, 1);
	accepts(EMPTY(NODE_LIST, 7, "nets"));
	ck_assert(!has_v4(all.nets, 0x0a010203));
	accepts(EMPTY(NODE_LIST, 7, "routes"));
	ck_assert_uint_eq(all.routes.n, 0);
	done();
}
END_TEST

START_TEST(scalars_refused)
{
	refuses(TEXT(7, "flag", "yes"),
	    ", option 'flag': value 'yes' is not a boolean: write true");
	refuses(TEXT(7, "flag", "Off"),
	    ", option 'flag': value 'Off' is not a boolean: write false");
	refuses(INT(7, "flag", 0),
	    ", option 'flag': value '0' is not a boolean: write false");
	refuses(TEXT(7, "flag", "perhaps"),
	    ", option 'flag': value 'perhaps' is not a boolean: write true or "
	    "false");
	refuses(EMPTY(NODE_LIST, 7, "flag"),
	    ", option 'flag': must be true or false, not a list");
	refuses(INT(7, "number", 0),
	    ", option 'number': value '0' is out of range: must be 1 to 65535");
	refuses(TEXT(7, "number", "65536"),
	    ", option 'number': value '65536' is out of range: must be 1 to "
	    "65535");
	refuses(TEXT(7, "number", "7k"),
	    ", option 'number': value '7k' is not an integer");
	refuses(REAL(7, "number", 1.5),
	    ", option 'number': must be an integer, not a number with a "
	    "fraction");
	refuses(TEXT(7, "size", "17k"),
	    ", option 'size': value '17k' is out of range: must be 1 to 16k");
	refuses(INT(7, "size", -1), ", option 'size': value '-1' is negative");
	refuses(REAL(7, "size", 1.5),
	    ", option 'size': must be a size such as \"64k\", not a number "
	    "with a fraction");
	refuses(INT(7, "time", 5),
	    ", option 'time': value '5' has no unit: write \"5s\" for seconds");
	refuses(TEXT(7, "time", "50"),
	    ", option 'time': value '50' has no unit: write \"50s\" for "
	    "seconds");
	refuses(TEXT(7, "time", "1ms"),
	    ", option 'time': value '1ms' is out of range: must be at least "
	    "1s");
	refuses(INT(7, "time", 0),
	    ", option 'time': value '0' is out of range: must be at least 1s");
	refuses(BOOL(7, "time", true),
	    ", option 'time': must be a time such as \"5s\", not a boolean");
	refuses(TEXT(7, "string", "123456789"),
	    ", option 'string': must have 0 to 8 bytes, has 9");
	refuses(INT(7, "string", 12),
	    ", option 'string': must be a string, not an integer: write "
	    "\"12\"");
	refuses(EMPTY(NODE_MAP, 7, "string"),
	    ", option 'string': must be a string, not a group");
	refuses(TEXT(7, "choice", "requird"),
	    ", option 'choice': value 'requird' is not one of 'none', "
	    "'optional' or 'required', did you mean 'required'?");
	refuses(TEXT(7, "choice", "x"),
	    ", option 'choice': value 'x' is not one of 'none', 'optional' or "
	    "'required'");
	refuses(BOOL(7, "choice", true),
	    ", option 'choice': must be one of 'none', 'optional' or "
	    "'required', not a boolean");
	refuses(TEXT(7, "exit", "admim"),
	    ", option 'exit': no pipeline 'admim', did you mean 'admin'?");
	refuses(TEXT(7, "exit", "x"), ", option 'exit': no pipeline 'x'");
	refuses(INT(7, "exit", 1),
	    ", option 'exit': must be a string, not an integer: write \"1\"");
}
END_TEST

START_TEST(lists_refused)
{
	refuses(LIST(1, "list", TEXT(1, NULL, "a"), INT(7, NULL, 5)),
	    ", option 'list': must be a string or a list of them, not an "
	    "integer");
	refuses(LIST(1, "words", TEXT(7, NULL, "greem")),
	    ", option 'words': value 'greem' is not one of 'red' or 'green', "
	    "did you mean 'green'?");
	refuses(LIST(7, "words", TEXT(1, NULL, "red"), TEXT(1, NULL, "red"),
		    TEXT(1, NULL, "red")),
	    ", option 'words': must have 0 to 2 values, has 3");
	refuses(TEXT(7, "endpoint", "*:80"),
	    ", option 'endpoint': value '*:80' names no address: write "
	    "\"[::]:PORT\" for all");
	refuses(TEXT(7, "endpoint", "systemd:web"),
	    ", option 'endpoint': value 'systemd:web' is a socket that can "
	    "only be listened on: write HOST:PORT, \"[::]:PORT\" or "
	    "\"unix:/path\"");
	refuses(INT(7, "listen", 80),
	    ", option 'listen': must be an endpoint, not a number: write "
	    "\"[::]:PORT\", \"HOST:PORT\" or \"unix:/path\"");
	refuses(
	    LIST(1, "listen", TEXT(1, NULL, "a:1"), EMPTY(NODE_MAP, 7, NULL)),
	    ", option 'listen': must be an endpoint such as \"HOST:PORT\", not "
	    "a group");
	refuses(
	    LIST(1, "nets", TEXT(1, NULL, "::1"), TEXT(7, NULL, "10.1.2.3/8")),
	    ", option 'nets': value '10.1.2.3/8' has bits set behind its "
	    "prefix: write \"10.0.0.0/8\"");
	refuses(BOOL(7, "nets", true),
	    ", option 'nets': must be a string or a list of them, not a "
	    "boolean");
	refuses(EMPTY(NODE_MAP, 7, "routes"),
	    ", option 'routes': must be a list of groups, not a group: write "
	    "( { ... } )");
	refuses(TEXT(7, "routes", "x"),
	    ", option 'routes': must be a list of groups, not a string");
}
END_TEST

START_TEST(rows_refused)
{
	struct node good = MAP(1, NULL, TEXT(1, "claim", "x"));

	refuses(LIST(1, "routes", good, INT(7, NULL, 1)),
	    ", option 'routes', row 2: must be a group, not an integer");
	refuses(LIST(1, "routes", good, EMPTY(NODE_MAP, 7, NULL)),
	    ", option 'routes', row 2, 'claim': is required but missing");
	refuses(
	    LIST(1, "routes",
		MAP(1, NULL, TEXT(1, "claim", "x"), TEXT(7, "exot", "admin"))),
	    ", option 'routes', row 1: unknown option 'exot', did you mean "
	    "'exit'?");
	refuses(
	    LIST(1, "routes",
		MAP(1, NULL, TEXT(1, "claim", "x"), TEXT(7, "type", "admin"))),
	    ", option 'routes', row 1: unknown option 'type'");
	refuses(LIST(1, "routes",
		    MAP(1, NULL, TEXT(1, "claim", "x"),
			LIST(1, "deeper", MAP(1, NULL, INT(7, "number", 10))))),
	    ", option 'routes', row 1, 'deeper', row 1, 'number': value '10' "
	    "is out of range: must be 0 to 9");
}
END_TEST

START_TEST(keys_refused)
{
	struct node twice =
	    MAP(1, NULL, INT(3, "number", 1), INT(7, "number", 2));

	refuses(TEXT(7, "lisen", "a:1"),
	    ": unknown option 'lisen', did you mean 'listen'?");
	refuses(TEXT(7, "typ", "a:1"),
	    ": unknown option 'typ', did you mean 'type'?");
	refuses(TEXT(7, "something", "a:1"), ": unknown option 'something'");
	ck_assert_int_eq(parse(&twice), -EINVAL);
	ck_assert_str_eq(report.entries[0].text,
	    NODES_FILE ":7: pipeline 'echo', binding 'guard': option 'number' "
		       "is set twice, first at " NODES_FILE ":3");
	done();
}
END_TEST

START_TEST(all_errors_in_one_run)
{
	struct node map = MAP(1, NULL, INT(2, "number", 0), TEXT(3, "x", ""),
	    LIST(4, "nets", TEXT(5, NULL, "a"), TEXT(6, NULL, "::"),
		TEXT(7, NULL, "b"), TEXT(8, NULL, "c")),
	    LIST(9, "listen", TEXT(10, NULL, "a"), TEXT(11, NULL, "b:1"),
		TEXT(12, NULL, "c")));

	ck_assert_int_eq(parse(&map), -EINVAL);
	ck_assert_uint_eq(report.errors, 7);
	ck_assert_ptr_nonnull(strstr(report.entries[0].text, ":3: "));
	ck_assert_ptr_nonnull(strstr(report.entries[1].text, ":2: "));
	ck_assert_ptr_nonnull(strstr(report.entries[2].text, ":10: "));
	ck_assert_ptr_nonnull(strstr(report.entries[3].text, ":12: "));
	ck_assert_ptr_nonnull(strstr(report.entries[4].text, ":5: "));
	ck_assert_ptr_nonnull(strstr(report.entries[5].text, ":7: "));
	ck_assert_ptr_nonnull(strstr(report.entries[6].text, ":8: "));
	done();
}
END_TEST

START_TEST(required)
{
	static const struct bnd_option table[] = {
		BND_OPTION(struct all, listen, BND_T_ENDPOINTS, "listen",
		    .flags = BND_O_REQUIRED),
		{ 0 },
	};
	struct node missing = EMPTY(NODE_MAP, 7, NULL);
	struct node empty = MAP(7, NULL, EMPTY(NODE_LIST, 8, "listen"));

	ck_assert_int_eq(
	    parse_with(table, sizeof(*table), &missing, &all), -EINVAL);
	ck_assert_str_eq(report.entries[0].text,
	    NODES_FILE ":7: pipeline 'echo', binding 'guard', option "
		       "'listen': is required but missing");
	ck_assert_int_eq(
	    parse_with(table, sizeof(*table), &empty, &all), -EINVAL);
	ck_assert_str_eq(report.entries[1].text,
	    NODES_FILE ":8: pipeline 'echo', binding 'guard', option "
		       "'listen': must not be empty");
	done();
}
END_TEST

START_TEST(deprecated)
{
	struct node map = MAP(1, NULL, INT(7, "count", 5));

	ck_assert_int_eq(parse(&map), 0);
	ck_assert_int_eq(all.number, 5);
	ck_assert_uint_eq(report.count, 1);
	ck_assert(report.entries[0].is_warning);
	ck_assert_str_eq(report.entries[0].text,
	    NODES_FILE ":7: pipeline 'echo', binding 'guard', option 'count': "
		       "is deprecated: use number");
	ck_assert(!report_has_errors(&report));
	done();
}
END_TEST

START_TEST(messages_are_short_and_clean)
{
	char text[4096];
	struct node map = MAP(1, NULL, TEXT(1, "number", text));

	memset(text, 'x', sizeof(text));
	text[0] = '\n';
	text[1] = '\033';
	text[sizeof(text) - 1] = 0;
	ck_assert_int_eq(parse(&map), -EINVAL);
	ck_assert_uint_lt(strlen(report.entries[0].text), 300);
	ck_assert_ptr_nonnull(strstr(report.entries[0].text, "'??xxx"));
	ck_assert_ptr_nonnull(strstr(report.entries[0].text, "xxx...'"));
	done();
}
END_TEST

/* ---- files */

static char directory[] = "/tmp/test-option-XXXXXX";

static const char *
file_write(const char *name, const char *data, size_t n)
{
	static char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, n, f), n);
	fclose(f);
	return path;
}

static void
files_begin(void)
{
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void
files_end(void)
{
	static const char *const names[] = { "a.pem", "secret" };
	char path[256];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	ck_assert_int_eq(rmdir(directory), 0);
}

START_TEST(files)
{
	struct node item = TEXT(7, "file", "a.pem");
	char conf[256], message[512], cwd[256];
	const char *path;

	files_begin();
	path = file_write("a.pem", "x", 1);
	snprintf(conf, sizeof(conf), "%s/x.conf", directory);
	item.file = conf;
	accepts(item);
	ck_assert_str_eq(all.file, path);
	item = TEXT(7, "file", path);
	accepts(item);
	ck_assert_str_eq(all.file, path);
	done();
	refuses(TEXT(7, "file", ""), ", option 'file': must not be empty");
	refuses(INT(7, "file", 1),
	    ", option 'file': must be the path of a file, not an integer");
	snprintf(message, sizeof(message),
	    ", option 'file': cannot read '%s': Is a directory", directory);
	refuses(TEXT(7, "file", directory), message);
	refuses(TEXT(7, "file", "/nonexistent/x"),
	    ", option 'file': cannot read '/nonexistent/x': No such file or "
	    "directory");
	/* The configuration's own name may be relative. */
	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	snprintf(message, sizeof(message), "%s/etc/b", cwd);
	ck_assert_str_eq(option_path(&arena, NODES_FILE, "b"), message);
	snprintf(message, sizeof(message), "%s/b", cwd);
	ck_assert_str_eq(option_path(&arena, "x.conf", "b"), message);
	ck_assert_str_eq(option_path(&arena, NULL, "b"), message);
	files_end();
	done();
}
END_TEST

static void
secret_is(const char *data, size_t n, const char *expected)
{
	char text[256] = "@";

	strcat(text, file_write("secret", data, n));
	accepts(TEXT(7, "secret", text));
	ck_assert_str_eq(all.secret, expected);
	done();
}

static void
secret_fails(const char *data, size_t n, const char *reason)
{
	char text[256] = "@", message[512];

	strcat(text, file_write("secret", data, n));
	snprintf(message, sizeof(message), ", option 'secret': '%s' %s",
	    text + 1, reason);
	refuses(TEXT(7, "secret", text), message);
}

START_TEST(secrets)
{
	static char large[OPTION_SECRET_MAX + 1];

	files_begin();
	secret_is("geheim", 6, "geheim");
	secret_is("geheim\n", 7, "geheim");
	secret_is("geheim\r\n", 8, "geheim");
	secret_is("geheim\n\n", 8, "geheim\n");
	memset(large, 'x', sizeof(large));
	secret_fails(large, sizeof(large),
	    "is longer than the 64k that a secret may have");
	secret_fails("", 0, "is empty");
	secret_fails("\n", 1, "is empty");
	secret_fails("a\0b", 3, "has a zero byte and is not text");
	large[OPTION_SECRET_MAX] = 0;
	secret_is(large, OPTION_SECRET_MAX, large);
	refuses(TEXT(7, "secret", "@/nonexistent/x"),
	    ", option 'secret': cannot read '/nonexistent/x': No such file or "
	    "directory");
	refuses(TEXT(7, "secret", "@/tmp"),
	    ", option 'secret': cannot read '/tmp': Is a directory");
	refuses(TEXT(7, "secret", "@/dev/null"),
	    ", option 'secret': cannot read '/dev/null': not a regular file");
	refuses(TEXT(7, "secret", "@x"),
	    ", option 'secret': begins with '@' without an absolute path: "
	    "write \"@/path\" for a file that has the secret");
	refuses(INT(7, "secret", 12345),
	    ", option 'secret': must be a string, not an integer");
	files_end();
}
END_TEST

START_TEST(secrets_are_wiped)
{
	struct node map = MAP(1, NULL, TEXT(1, "secret", "outer"),
	    LIST(1, "routes",
		MAP(1, NULL, TEXT(1, "claim", "x"), TEXT(1, "secret", "one")),
		MAP(1, NULL, TEXT(1, "claim", "y")),
		MAP(1, NULL, TEXT(1, "secret", "two"))));
	static const char zeros[8];
	const struct column *rows;

	/* The last row lacks its claim: half-built is wiped too. */
	ck_assert_int_eq(parse(&map), -EINVAL);
	rows = all.routes.v;
	ck_assert_str_eq(all.secret, "outer");
	ck_assert_str_eq(rows[2].secret, "two");
	option_wipe(all_table, sizeof(*all_table), &all);
	ck_assert_mem_eq(all.secret, zeros, 5);
	ck_assert_mem_eq(rows[0].secret, zeros, 3);
	ck_assert_mem_eq(rows[2].secret, zeros, 3);
	ck_assert_str_eq(rows[0].claim, "x");
	all = (struct all){ 0 };
	option_wipe(all_table, sizeof(*all_table), &all);
	done();
}
END_TEST

/* ---- what a binding itself finds wrong */

static int say(const struct option_context *ctx, const struct option_values *of,
    const char *key, const void *row, const char *fmt, ...) PRINTF(5, 6);

static int
say(const struct option_context *ctx, const struct option_values *of,
    const char *key, const void *row, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = option_report(ctx, of, key, row, fmt, ap);
	va_end(ap);
	return rc;
}

static void
reports(const struct node *map, const char *key, const void *row,
    const char *wanted)
{
	const struct option_context ctx = {
		.report = &report, .pipeline = "echo", .binding = "guard"
	};
	const struct option_values of = { all_table, sizeof(*all_table), map,
		&all };

	ck_assert_int_eq(say(&ctx, &of, key, row, "is %s", "odd"), -EINVAL);
	ck_assert_uint_eq(report.count, 1);
	ck_assert_str_eq(report.entries[0].text, wanted);
	report_finish(&report);
}

#define GUARD "pipeline 'echo', binding 'guard'"

START_TEST(findings_know_their_place)
{
	struct node map = MAP(1, NULL, INT(2, "number", 1),
	    LIST(3, "routes",
		MAP(4, NULL, TEXT(5, "claim", "x"),
		    LIST(6, "deeper", MAP(7, NULL, INT(8, "number", 9)),
			EMPTY(NODE_MAP, 9, NULL))),
		MAP(10, NULL, TEXT(11, "claim", "y"))));
	const struct column *rows;
	const struct deeper *deeper;

	ck_assert_int_eq(parse(&map), 0);
	rows = all.routes.v;
	deeper = rows[0].deeper.v;
	reports(&map, NULL, NULL, NODES_FILE ":1: " GUARD ": is odd");
	reports(&map, "number", NULL,
	    NODES_FILE ":2: " GUARD ", option 'number': is odd");
	reports(&map, "size", NULL,
	    NODES_FILE ":1: " GUARD ", option 'size': is odd");
	reports(&map, NULL, &rows[1],
	    NODES_FILE ":10: " GUARD ", option 'routes', row 2: is odd");
	reports(&map, "claim", &rows[1],
	    NODES_FILE ":11: " GUARD
		       ", option 'routes', row 2, 'claim': is odd");
	reports(&map, "exit", &rows[1],
	    NODES_FILE ":10: " GUARD
		       ", option 'routes', row 2, 'exit': is odd");
	reports(&map, "number", &deeper[0],
	    NODES_FILE ":8: " GUARD
		       ", option 'routes', row 1, 'deeper', row 1, 'number': "
		       "is odd");
	reports(&map, "number", &deeper[1],
	    NODES_FILE ":9: " GUARD
		       ", option 'routes', row 1, 'deeper', row 2, 'number': "
		       "is odd");
	/* no row of ours, and no configuration at all */
	reports(&map, "size", &map,
	    NODES_FILE ":1: " GUARD ", option 'size': is odd");
	reports(NULL, "size", &rows[0], GUARD ", option 'size': is odd");
	done();
}
END_TEST

UNIT_TESTS("option", defaults, values, both_ways_of_writing, scalars_refused,
    lists_refused, rows_refused, keys_refused, all_errors_in_one_run, required,
    deprecated, messages_are_short_and_clean, files, secrets, secrets_are_wiped,
    findings_know_their_place)

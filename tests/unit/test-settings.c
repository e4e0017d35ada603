/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/settings.h"

#include "log/log.h"
#include "nodes.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct arena arena;
static struct report report;
static struct settings settings;
static struct config_tree tree;

static int
parse(struct node root)
{
	tree = (struct config_tree){ .root = root };
	return settings_parse(&tree, &arena, &report, &settings);
}

static void
done(void)
{
	arena_finish(&arena);
	report_finish(&report);
}

static void
accepts(struct node root)
{
	ck_assert_msg(parse(root) == 0, "%s",
	    report.count ? report.entries[0].text : "?");
	ck_assert_uint_eq(report.count, 0);
}

/* The one message, without "etc/a.conf:7: ". */
static void
refuses(struct node root, const char *message)
{
	static const char prefix[] = NODES_FILE ":7: ";

	ck_assert_int_eq(parse(root), -EINVAL);
	ck_assert_uint_eq(report.count, 1);
	ck_assert_mem_eq(report.entries[0].text, prefix, strlen(prefix));
	ck_assert_str_eq(report.entries[0].text + strlen(prefix), message);
	done();
}

static void
refuses_item(struct node item, const char *message)
{
	refuses(MAP(1, NULL, item), message);
}

/* One of the pipelines, which are a group. */
static void
refuses_pipeline(struct node item, const char *message)
{
	refuses(MAP(1, NULL, MAP(1, "pipelines", item)), message);
}

#define BINDING(line, type) MAP(line, NULL, TEXT(line, "type", type))

/* As one of a plugin would be, which has pointers of another kind. */
static void
table_is_sound(const struct bnd_option *table, size_t self_size)
{
	struct bnd_option copy[OPTION_MAX] = { 0 };

	for (size_t i = 0; option_at(table, sizeof(*table), i, &copy[i]); i++)
		if (copy[i].kind == OPTION_T_NODE)
			copy[i].kind = BND_T_EXIT;
	ck_assert_pstr_eq(
	    option_table_check(copy, sizeof(*copy), self_size, &arena), NULL);
}

START_TEST(the_tables_are_sound)
{
	for (const struct settings_group *g = settings_groups; g->table; g++)
		table_is_sound(g->table, sizeof(struct settings));
	table_is_sound(settings_pipeline_table, sizeof(struct pipeline_spec));
	table_is_sound(
	    settings_pipeline_log_table, sizeof(struct pipeline_spec));
	done();
}
END_TEST

START_TEST(nothing_is_valid)
{
	accepts(EMPTY(NODE_MAP, 1, NULL));
	ck_assert_int_eq(settings.workers, 0);
	ck_assert_uint_eq(settings.plugin_path.n, 0);
	ck_assert_int_eq(settings_log_level(settings.log.level), LOG_L_INFO);
	ck_assert_int_eq(settings.log.format, LOG_TEXT);
	ck_assert_str_eq(settings.log.target, "stderr");
	ck_assert_int_eq(settings.log.connections, 1);
	ck_assert_int_eq(settings.log.sample, 1);
	ck_assert_ptr_null(settings.control.socket);
	ck_assert_int_eq(settings.control.mode, 0660);
	ck_assert_int_eq(settings.limits.connections, 0);
	ck_assert_int_eq(settings.splice, 1);
	ck_assert_int_eq(settings.drain_timeout, 300000);
	ck_assert_int_eq(settings.shutdown_timeout, 60000);
	ck_assert_uint_eq(settings.pipeline_count, 0);
	accepts(MAP(1, NULL, EMPTY(NODE_MAP, 1, "pipelines")));
	ck_assert_uint_eq(settings.pipeline_count, 0);
	done();
}
END_TEST

START_TEST(everything)
{
	accepts(MAP(1, NULL, INT(1, "workers", 1024),
	    LIST(1, "plugin_path", TEXT(1, NULL, "/a"), TEXT(1, NULL, "/b")),
	    MAP(1, "log", TEXT(1, "level", "debug"), TEXT(1, "format", "json"),
		TEXT(1, "target", "file:/var/log/x"),
		BOOL(1, "connections", false), INT(1, "sample", 1000000)),
	    MAP(1, "control", TEXT(1, "socket", "/run/x"),
		TEXT(1, "mode", "600")),
	    MAP(1, "limits", INT(1, "connections", 5000)),
	    BOOL(1, "splice", false), TEXT(1, "drain_timeout", "0"),
	    TEXT(1, "shutdown_timeout", "7d")));
	ck_assert_int_eq(settings.workers, 1024);
	ck_assert_str_eq(settings.plugin_path.v[1], "/b");
	ck_assert_int_eq(settings_log_level(settings.log.level), LOG_L_DEBUG);
	ck_assert_int_eq(settings.log.format, LOG_JSON);
	ck_assert_str_eq(settings.log.target, "file:/var/log/x");
	ck_assert_int_eq(settings.log.connections, 0);
	ck_assert_int_eq(settings.log.sample, 1000000);
	ck_assert_str_eq(settings.control.socket, "/run/x");
	ck_assert_int_eq(settings.control.mode, 0600);
	ck_assert_int_eq(settings.limits.connections, 5000);
	ck_assert_int_eq(settings.splice, 0);
	ck_assert_int_eq(settings.drain_timeout, 0);
	ck_assert_int_eq(settings.shutdown_timeout, 7 * 86400000);
	done();
}
END_TEST

START_TEST(levels)
{
	ck_assert_int_eq(settings_log_level(0), LOG_L_ERROR);
	ck_assert_int_eq(settings_log_level(1), LOG_L_WARN);
	ck_assert_int_eq(settings_log_level(2), LOG_L_NOTICE);
	ck_assert_int_eq(settings_log_level(3), LOG_L_INFO);
	ck_assert_int_eq(settings_log_level(4), LOG_L_DEBUG);
}
END_TEST

START_TEST(top_refused)
{
	refuses_item(INT(7, "worker", 1),
	    "unknown option 'worker', did you mean 'workers'?");
	refuses_item(INT(7, "pipelins", 1),
	    "unknown option 'pipelins', did you mean 'pipelines'?");
	refuses_item(INT(7, "workers", 1025),
	    "option 'workers': value '1025' is out of range: must be 0 to "
	    "1024");
	refuses_item(INT(7, "workers", -1),
	    "option 'workers': value '-1' is out of range: must be 0 to 1024");
	refuses_item(TEXT(7, "splice", "yes"),
	    "option 'splice': value 'yes' is not a boolean: write true");
	refuses_item(INT(7, "drain_timeout", 5),
	    "option 'drain_timeout': value '5' has no unit: write \"5s\" for "
	    "seconds");
	refuses_item(TEXT(7, "shutdown_timeout", "8d"),
	    "option 'shutdown_timeout': value '8d' is out of range: must be 0 "
	    "to 7d");
	refuses_item(TEXT(7, "plugin_path", "plugins"),
	    "option 'plugin_path': 'plugins' is not an absolute path");
	refuses_item(
	    LIST(1, "plugin_path", TEXT(1, NULL, "/a"), TEXT(7, NULL, "")),
	    "option 'plugin_path': '' is not an absolute path");
	refuses_item(TEXT(7, "log", "debug"),
	    "option 'log': must be a group, not a string: write log = { ... "
	    "}");
}
END_TEST

START_TEST(groups_refused)
{
	char longest[120];

	refuses_item(MAP(1, "log", TEXT(7, "levle", "info")),
	    "unknown option 'log.levle', did you mean 'log.level'?");
	refuses_item(MAP(1, "log", TEXT(7, "level", "warn")),
	    "option 'log.level': value 'warn' is not one of 'error', "
	    "'warning', 'notice', 'info' or 'debug', did you mean 'warning'?");
	refuses_item(MAP(1, "log", INT(7, "sample", 0)),
	    "option 'log.sample': value '0' is out of range: must be 1 to "
	    "1000000");
	refuses_item(MAP(1, "log", TEXT(7, "target", "file:x")),
	    "option 'log.target': value 'file:x' is none of \"stderr\", "
	    "\"syslog\", \"journal\" and \"file:/absolute/path\"");
	refuses_item(MAP(1, "log", TEXT(7, "target", "file:/")),
	    "option 'log.target': value 'file:/' is none of \"stderr\", "
	    "\"syslog\", \"journal\" and \"file:/absolute/path\"");
	refuses_item(MAP(1, "control", TEXT(7, "socket", "x")),
	    "option 'control.socket': 'x' is not the absolute path of a file");
	refuses_item(MAP(1, "control", TEXT(7, "socket", "")),
	    "option 'control.socket': '' is not the absolute path of a file");
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[107] = 0;
	accepts(MAP(1, NULL, MAP(1, "control", TEXT(1, "socket", longest))));
	longest[107] = 'x';
	longest[108] = 0;
	ck_assert_int_eq(
	    parse(MAP(1, NULL, MAP(1, "control", TEXT(7, "socket", longest)))),
	    -EINVAL);
	ck_assert_ptr_nonnull(
	    strstr(report.entries[0].text, "longer than the 107 bytes"));
	done();
	refuses_item(MAP(1, "control", TEXT(7, "mode", "0680")),
	    "option 'control.mode': value '0680' is not a mode: write it in "
	    "octal, such as \"0660\"");
	refuses_item(MAP(1, "control", TEXT(7, "mode", "1777")),
	    "option 'control.mode': value '1777' is not a mode: write it in "
	    "octal, such as \"0660\"");
	refuses_item(MAP(1, "control", INT(7, "mode", 660)),
	    "option 'control.mode': must be a string, not an integer: write "
	    "\"660\"");
	refuses_item(MAP(1, "limits", INT(7, "connections", -1)),
	    "option 'limits.connections': value '-1' is out of range: must be "
	    "0 to 100000000");
}
END_TEST

START_TEST(pipelines)
{
	const struct pipeline_spec *p;
	char path[1024];

	accepts(MAP(1, NULL, TEXT(1, "drain_timeout", "1m"),
	    MAP(1, "log", TEXT(1, "level", "error"), INT(1, "sample", 7)),
	    MAP(1, "pipelines",
		LIST(2, "echo", BINDING(3, "tcp-server"), BINDING(4, "echo")),
		MAP(5, "gate", TEXT(6, "drain_timeout", "2m"),
		    MAP(6, "log", TEXT(6, "level", "notice"),
			BOOL(6, "connections", false), INT(6, "sample", 3)),
		    LIST(7, "bindings", BINDING(8, "/x/upper.so"),
			MAP(9, NULL, TEXT(9, "type", "./lower"),
			    TEXT(9, "name", "low"), INT(9, "any", 1)))))));
	ck_assert_uint_eq(settings.pipeline_count, 2);
	p = &settings.pipelines[0];
	ck_assert_str_eq(p->name, "echo");
	ck_assert_int_eq(p->drain_timeout, 60000);
	ck_assert_int_eq(p->log_level, 0);
	ck_assert_int_eq(settings_pipeline_log_level(p), LOG_L_DEBUG);
	ck_assert_int_eq(p->log_connections, 1);
	ck_assert_int_eq(p->log_sample, 7);
	ck_assert_uint_eq(p->count, 2);
	ck_assert_str_eq(p->bindings[0].type, "tcp-server");
	ck_assert_str_eq(p->bindings[0].name, "tcp-server");
	ck_assert_str_eq(p->bindings[1].type, "echo");
	ck_assert_uint_eq(p->bindings[1].map->line, 4);
	p = &settings.pipelines[1];
	ck_assert_int_eq(p->drain_timeout, 120000);
	ck_assert_int_eq(p->log_level, 2);
	ck_assert_int_eq(settings_pipeline_log_level(p), LOG_L_NOTICE);
	ck_assert_int_eq(p->log_connections, 0);
	ck_assert_int_eq(p->log_sample, 3);
	ck_assert_uint_eq(p->count, 2);
	ck_assert_str_eq(p->bindings[0].type, "/x/upper.so");
	ck_assert_str_eq(p->bindings[0].name, "upper");
	ck_assert_ptr_nonnull(getcwd(path, sizeof(path) - 32));
	strcat(path, "/etc/./lower");
	ck_assert_str_eq(p->bindings[1].type, path);
	ck_assert_str_eq(p->bindings[1].name, "low");
	done();
}
END_TEST

START_TEST(pipelines_of_several_files)
{
	accepts(
	    MAP(1, NULL, MAP(1, "pipelines", LIST(2, "a", BINDING(3, "echo"))),
		MAP(1, "pipelines", LIST(2, "b", BINDING(3, "echo")))));
	ck_assert_uint_eq(settings.pipeline_count, 2);
	ck_assert_str_eq(settings.pipelines[1].name, "b");
	done();
}
END_TEST

START_TEST(pipelines_refused)
{
	struct node good = LIST(3, "a", BINDING(3, "echo"));

	refuses_item(LIST(7, "pipelines", good),
	    "option 'pipelines': must be a group, not a list: write pipelines: "
	    "{ NAME = ( ... ); }");
	refuses_pipeline(
	    EMPTY(NODE_LIST, 7, "a"), "pipeline 'a': has no bindings");
	refuses_pipeline(MAP(1, "a", EMPTY(NODE_LIST, 7, "bindings")),
	    "pipeline 'a': has no bindings");
	refuses_pipeline(TEXT(7, "a", "echo"),
	    "pipeline 'a': must be a list of bindings or a group, not a "
	    "string");
	refuses_pipeline(LIST(7, "a b", BINDING(3, "echo")),
	    "pipeline 'a b': is not a name: write 1 to 128 letters, digits, "
	    "'-' and '_', a letter first");
	refuses_pipeline(EMPTY(NODE_MAP, 7, "a"),
	    "pipeline 'a', option 'bindings': is required but missing");
	refuses_pipeline(MAP(1, "a", TEXT(7, "bindings", "x")),
	    "pipeline 'a': must be a list of bindings, not a string");
	refuses_pipeline(MAP(1, "a", TEXT(7, "bindigs", "x"),
			     LIST(1, "bindings", BINDING(1, "x"))),
	    "pipeline 'a': unknown option 'bindigs', did you mean "
	    "'bindings'?");
	refuses_pipeline(MAP(1, "a", TEXT(7, "drain_timeout", "x"),
			     LIST(1, "bindings", BINDING(1, "x"))),
	    "pipeline 'a', option 'drain_timeout': value 'x' is not a time: "
	    "write a number with ms, s, m, h or d such as \"5s\"");
	refuses_pipeline(MAP(1, "a", MAP(1, "log", TEXT(7, "format", "json")),
			     LIST(1, "bindings", BINDING(1, "x"))),
	    "pipeline 'a': unknown option 'log.format'");
	refuses_pipeline(MAP(1, "a", TEXT(7, "log", "x"),
			     LIST(1, "bindings", BINDING(1, "x"))),
	    "pipeline 'a': 'log' must be a group, not a string: write log = { "
	    "... }");
}
END_TEST

START_TEST(bindings_refused)
{
	refuses_pipeline(LIST(1, "a", TEXT(7, NULL, "echo")),
	    "pipeline 'a', binding '1': must be a group, not a string");
	refuses_pipeline(LIST(1, "a", BINDING(1, "x"),
			     MAP(7, NULL, TEXT(1, "listen", "a:1"))),
	    "pipeline 'a', binding '2': has no type: write type = \"...\", the "
	    "name of a plugin");
	refuses_pipeline(LIST(1, "a", MAP(1, NULL, INT(7, "type", 1))),
	    "pipeline 'a', binding '1': 'type' must be a string, not an "
	    "integer");
	refuses_pipeline(LIST(1, "a", BINDING(7, "")),
	    "pipeline 'a', binding '1': 'type' must not be empty");
	refuses_pipeline(LIST(1, "a", BINDING(7, "upper.so")),
	    "pipeline 'a', binding '1': type 'upper.so' is neither the name of "
	    "a plugin nor a path with '/'");
	refuses_pipeline(LIST(1, "a", BINDING(7, "/x/9.so")),
	    "pipeline 'a', binding '9': '9' is not a name: write 1 to 128 "
	    "letters, digits, '-' and '_', a letter first");
	refuses_pipeline(
	    LIST(1, "a",
		MAP(1, NULL, TEXT(1, "type", "x"), TEXT(7, "name", "a/b"))),
	    "pipeline 'a', binding 'x': 'a/b' is not a name: write 1 to 128 "
	    "letters, digits, '-' and '_', a letter first");
	refuses_pipeline(
	    LIST(1, "a",
		MAP(1, NULL, TEXT(1, "type", "x"), BOOL(7, "name", true))),
	    "pipeline 'a', binding 'x': 'name' must be a string, not a "
	    "boolean");
}
END_TEST

START_TEST(twice)
{
	refuses_pipeline(
	    LIST(1, "a", BINDING(3, "x"), BINDING(4, "y"), BINDING(7, "x")),
	    "pipeline 'a': a binding named 'x' is there twice, first at "
	    "etc/a.conf:3");
	refuses(MAP(1, NULL,
		    MAP(1, "pipelines", LIST(2, "b", BINDING(3, "x")),
			LIST(3, "a", BINDING(3, "x"))),
		    MAP(1, "pipelines", LIST(7, "b", BINDING(3, "x")))),
	    "pipeline 'b' is there twice, first at etc/a.conf:2");
}
END_TEST

START_TEST(all_errors_in_one_run)
{
	ck_assert_int_eq(
	    parse(MAP(1, NULL, INT(2, "workers", -1),
		MAP(3, "log", TEXT(3, "level", "x")),
		MAP(4, "control", TEXT(4, "socket", "x"), TEXT(5, "mode", "x")),
		MAP(6, "pipelines", EMPTY(NODE_LIST, 7, "a"),
		    LIST(8, "b", BINDING(9, "")), TEXT(10, "c", "x")))),
	    -EINVAL);
	ck_assert_uint_eq(report.errors, 7);
	done();
}
END_TEST

/* A list may have a great many bindings: no work may grow with their square. */
START_TEST(many)
{
	enum { COUNT = 200000 };
	struct node *items = calloc(COUNT, sizeof(*items));
	struct node *types = calloc(COUNT, 2 * sizeof(*types));
	char(*names)[16] = calloc(COUNT, sizeof(*names));
	struct node list = EMPTY(NODE_LIST, 1, "a");

	for (size_t i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
		types[2 * i] = TEXT(1, "type", "x");
		types[2 * i + 1] = TEXT(1, "name", names[i]);
		items[i] = EMPTY(NODE_MAP, 1, NULL);
		items[i].count = 2;
		items[i].items = &types[2 * i];
	}
	list.items = items;
	list.count = COUNT;
	accepts(MAP(1, NULL, MAP(1, "pipelines", list)));
	ck_assert_uint_eq(settings.pipelines[0].count, COUNT);
	done();
	free(items);
	free(types);
	free(names);
}
END_TEST

UNIT_TESTS("settings", the_tables_are_sound, nothing_is_valid, everything,
    levels, top_refused, groups_refused, pipelines, pipelines_of_several_files,
    pipelines_refused, bindings_refused, twice, all_errors_in_one_run, many)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The control tool's own parts: numbers, tables, drawings, frames of top. */
#include "tool/command.h"
#include "tool/format.h"
#include "tool/graph.h"
#include "tool/table.h"
#include "tool/terminal.h"
#include "tool/top.h"
#include "tool/view.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

START_TEST(sizes_are_readable)
{
	static const struct {
		int64_t n;
		const char *text;
	} t[] = { { 0, "0 B" }, { 1023, "1023 B" }, { 1024, "1.0 KiB" },
		{ 1258291, "1.2 MiB" }, { 1048575, "1.0 MiB" },
		{ 1LL << 40, "1.0 TiB" }, { INT64_MAX, "8.0 EiB" },
		{ -1, "-1 B" } };

	for (size_t i = 0; i < ARRAY_COUNT(t); i++)
		ck_assert_str_eq(format_bytes(t[i].n).s, t[i].text);
	ck_assert_str_eq(format_rate(2048).s, "2.0 KiB/s");
}
END_TEST

START_TEST(durations_are_readable)
{
	static const struct {
		int64_t ms;
		const char *text;
	} t[] = { { 0, "0ms" }, { 999, "999ms" }, { 3250, "3.2s" },
		{ 12000, "12s" }, { 192000, "3m12s" }, { 60000, "1m00s" },
		{ 14700000, "4h05m" }, { 3 * 86400000LL + 4 * 3600000, "3d4h" },
		{ INT64_MAX, "106751991167d7h" } };

	for (size_t i = 0; i < ARRAY_COUNT(t); i++)
		ck_assert_str_eq(format_duration(t[i].ms).s, t[i].text);
	ck_assert_uint_eq(strlen(format_moment(1700000000).s), 19);
	ck_assert_str_eq(format_moment(INT64_MAX).s, "?");
}
END_TEST

START_TEST(times_have_units)
{
	static const char *const wrong[] = { "", "5", "s", "0s", "-1s", " 1s",
		"1 s", "25h", "2d", "99999999999999999999s", "1sx", "1.5s" };

	ck_assert_int_eq(time_parse("1ms"), 1);
	ck_assert_int_eq(time_parse("30s"), 30000);
	ck_assert_int_eq(time_parse("2m"), 120000);
	ck_assert_int_eq(time_parse("24h"), 86400000);
	ck_assert_int_eq(time_parse("1d"), 86400000);
	for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
		ck_assert_int_eq(time_parse(wrong[i]), -EINVAL);
}
END_TEST

START_TEST(width_is_that_of_a_terminal)
{
	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	ck_assert_uint_eq(text_width("ab"), 2);
	ck_assert_uint_eq(text_width("ä▶"), 2);
	ck_assert_uint_eq(text_width("語"), 2);
	ck_assert_uint_eq(text_width("e\xcc\x81"), 1); /* e and an accent */
	ck_assert_uint_eq(text_width("\xff"), 1);
	ck_assert_uint_eq(text_cut("ab", 1), 1);
	ck_assert_uint_eq(text_cut("ä▶x", 2), 5);
	ck_assert_uint_eq(text_cut("a語", 2), 1);
	ck_assert_uint_eq(text_cut("", 0), 0);
}
END_TEST

static const struct table_column columns[] = { { "NAME", false },
	{ "COUNT", true }, { "REST", false } };

static char *
printed(const struct table *t, unsigned limit, bool bold)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	ck_assert_int_eq(table_print(t, f, limit, bold), 0);
	fclose(f);
	return text;
}

static void
check_table(
    const struct table *t, unsigned limit, bool bold, const char *wanted)
{
	char *text = printed(t, limit, bold);

	ck_assert_str_eq(text, wanted);
	free(text);
}

START_TEST(tables_are_aligned)
{
	struct table t = TABLE(columns);

	check_table(&t, 0, false, "NAME  COUNT  REST\n");
	table_cell(&t, "%s", "long-name");
	table_cell(&t, "%d", 7);
	table_cell(&t, "%s", "");
	table_note(&t, "    a note");
	table_cell(&t, "%s", "ä");
	table_cell(&t, "%d", 123456);
	table_take(&t, strdup("evil\033[2J\n"));
	check_table(&t, 0, false,
	    "NAME        COUNT  REST\n"
	    "long-name       7  -\n"
	    "    a note\n"
	    "ä          123456  evil?[2J?\n");
	check_table(&t, 12, true,
	    "\033[1mNAME        \033[0m\n"
	    "long-name   \n"
	    "    a note\n"
	    "ä          1\n");
	table_finish(&t);
}
END_TEST

START_TEST(a_lost_cell_is_said)
{
	struct table t = TABLE(columns);

	table_take(&t, NULL);
	ck_assert_int_ne(table_print(&t, stdout, 0, false), 0);
	table_finish(&t);
}
END_TEST

static json_t *
parse(const char *text)
{
	json_error_t error;
	json_t *o = json_loads(text, 0, &error);

	ck_assert_msg(o, "%s", error.text);
	return o;
}

static void
check_graph(const char *pipelines, bool is_utf8, const char *wanted)
{
	json_t *raw = parse(pipelines), *o = view_tamed(raw);
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	ck_assert_int_eq(graph_draw(f, o, is_utf8), 0);
	fclose(f);
	ck_assert_str_eq(text, wanted);
	free(text);
	json_decref(o);
	json_decref(raw);
}

static const char graph[] =
    "[{\"name\":\"gate\",\"bindings\":["
    "{\"name\":\"tcp-server\",\"type\":\"tcp-server\","
    "\"listen\":[\"0.0.0.0:7443\",\"[::]:7443\"]},"
    "{\"name\":\"route\",\"type\":\"sni\",\"exits\":[\"a\",\"b\"]},"
    "{\"name\":\"guard\",\"type\":\"guard\",\"exits\":[\"a\"]},"
    "{\"name\":\"echo\",\"type\":\"echo\"}]},"
    "{\"name\":\"a\",\"is_target\":true,\"bindings\":["
    "{\"name\":\"echo\",\"type\":\"echo\"}]},"
    "{\"name\":\"b\",\"is_target\":true,\"bindings\":[]}]";

START_TEST(graph_is_drawn)
{
	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	check_graph(graph, true,
	    "gate\n"
	    "  0.0.0.0:7443 ─┐\n"
	    "  [::]:7443    ─┴▶ [tcp-server] ─▶ [route (sni)] ─▶ [guard] ─▶ "
	    "[echo]\n"
	    "                                         │             └─▶ a\n"
	    "                                         ├─▶ a\n"
	    "                                         └─▶ b\n"
	    "\n"
	    "a (target)\n"
	    "  gate/route ─┐\n"
	    "  gate/guard ─┴▶ [echo]\n"
	    "\n"
	    "b (target)\n"
	    "  gate/route ──▶ \n");
}
END_TEST

START_TEST(graph_is_drawn_in_ascii)
{
	check_graph("[{\"name\":\"e\",\"bindings\":[{\"name\":\"s\","
		    "\"type\":\"s\",\"listen\":[\"unix:/x\"],"
		    "\"exits\":[\"q\\u001b\"]}]}]",
	    false,
	    "e\n"
	    "  unix:/x --> [s]\n"
	    "               `-> q?\n");
	check_graph("[]", false, "");
	check_graph("[{}]", false, "\n  \n");
}
END_TEST

START_TEST(frames_have_rates)
{
	struct top_sample was = { parse("{\"pipelines\":[{\"name\":\"a\","
					"\"accepted\":10,\"from_client\":0}]}"),
		parse("{\"connections\":[{\"id\":1,\"from_client\":100,"
		      "\"to_client\":0}]}"),
		1000 };
	struct top_sample is = {
		parse(
		    "{\"pipelines\":[{\"name\":\"a\",\"accepted\":30,"
		    "\"from_client\":4000},{\"name\":\"b\",\"accepted\":5}]}"),
		parse("{\"matched\":2,\"connections\":[{\"id\":2,"
		      "\"from_client\":9},{\"id\":1,\"from_client\":300,"
		      "\"to_client\":0}]}"),
		3000
	};
	json_t
	    *frame = top_frame(&was, &is),
	    *wanted = parse(
		"{\"interval_ms\":2000,\"pipelines\":[{\"name\":\"a\","
		"\"accepted_rate\":10,\"from_client_rate\":2000,\"rate\":2000},"
		"{\"name\":\"b\",\"accepted_rate\":0,\"rate\":0}],"
		"\"connections\":[{\"id\":1,\"from_client_rate\":100,"
		"\"to_client_rate\":0,\"rate\":100},{\"id\":2,"
		"\"from_client_rate\":0,\"rate\":0}],\"matched\":2,"
		"\"is_cut\":false}");

	ck_assert_msg(json_equal(frame, wanted), "%s", json_dumps(frame, 0));
	json_decref(frame);
	json_decref(wanted);
	top_sample_finish(&was);
	top_sample_finish(&is);
}
END_TEST

START_TEST(counters_that_begin_anew_have_no_rate)
{
	struct top_sample was = { parse("{\"pipelines\":[{\"name\":\"a\","
					"\"accepted\":10}]}"),
		json_object(), 0 };
	struct top_sample is = { parse("{\"pipelines\":[{\"name\":\"a\","
				       "\"accepted\":3}]}"),
		json_object(), 1000 };
	json_t *frame = top_frame(&was, &is);

	ck_assert_int_eq(
	    view_int(json_array_get(view_list(frame, "pipelines"), 0),
		"accepted_rate"),
	    0);
	json_decref(frame);
	top_sample_finish(&was);
	top_sample_finish(&is);
}
END_TEST

/* A screen of any size is never exceeded. */
START_TEST(frames_fit_the_screen)
{
	struct top_sample none = { 0 },
			  is = { json_object(), json_object(), 1 };
	json_t *pipelines = json_array(), *connections = json_array(), *frame;

	for (int i = 0; i < 30; i++) {
		json_array_append_new(
		    pipelines, json_pack("{s:s}", "name", "pipeline"));
		json_array_append_new(connections, json_pack("{s:i}", "id", i));
	}
	json_object_set_new(is.pipelines, "pipelines", pipelines);
	json_object_set_new(is.connections, "connections", connections);
	frame = top_frame(&none, &is);
	for (unsigned rows = 6; rows < 60; rows++) {
		char *text = NULL;
		size_t size, lines = 0;
		FILE *f = open_memstream(&text, &size);

		ck_assert_int_eq(top_draw(f, frame, rows, 40, false), 0);
		fclose(f);
		for (char *s = text, *end; (end = strchr(s, '\n'));
		     s = end + 1) {
			*end = '\0';
			ck_assert_uint_le(text_width(s), 40);
			lines++;
		}
		ck_assert_uint_le(lines, rows);
		ck_assert_uint_ge(lines, rows < 45 ? rows : 45);
		free(text);
	}
	json_decref(frame);
	top_sample_finish(&is);
}
END_TEST

START_TEST(commands_are_found)
{
	for (const struct command *c = commands; c->name; c++) {
		ck_assert_ptr_eq(command_find(c->name), c);
		if (c->alias)
			ck_assert_ptr_eq(command_find(c->alias), c);
		ck_assert(c->run && c->timeout_ms > 0 && c->least <= c->most);
		ck_assert(!c->asks == !c->print);
	}
	ck_assert_ptr_null(command_find("stat"));
	ck_assert_ptr_null(command_find(""));
}
END_TEST

UNIT_TESTS("tool", sizes_are_readable, durations_are_readable, times_have_units,
    width_is_that_of_a_terminal, tables_are_aligned, a_lost_cell_is_said,
    graph_is_drawn, graph_is_drawn_in_ascii, frames_have_rates,
    counters_that_begin_anew_have_no_rate, frames_fit_the_screen,
    commands_are_found)

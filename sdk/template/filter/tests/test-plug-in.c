/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Tests of plug-in: the test is both neighbours of one stage of it. */
#include <errno.h>

#include <bindery/kit.h>

#include "table.h"

static const char *plugin; /* its file */

static void
lines_are_changed(void)
{
	struct bndk *k = bndk_load(plugin, NULL);
	struct bndk_conn *c = bndk_open(k);

	bndk_send(c, BND_FRONT, "one\ntw");
	bndk_run(k);
	bndk_expect(c, BND_BACK, "ONE\n");
	bndk_expect_nothing(c, BND_BACK); /* a line goes whole */
	bndk_send(c, BND_FRONT, "o\nthree");
	bndk_end(c, BND_FRONT);
	bndk_run(k);
	bndk_expect(c, BND_BACK, "TWO\nTHREE");
	bndk_expect_end(c, BND_BACK);
	bndk_unload(k);
}

static void
replies_go_by(void)
{
	struct bndk *k = bndk_load(plugin, NULL);
	struct bndk_conn *c = bndk_open(k);

	bndk_run(k);
	bndk_expect_bypassed(c, BND_BACK);
	bndk_send(c, BND_BACK, "as it is");
	bndk_run(k);
	bndk_expect(c, BND_FRONT, "as it is");
	bndk_unload(k);
}

static void
long_lines_end_the_connection(void)
{
	struct bndk *k = bndk_load(plugin, "max_line = 4");
	struct bndk_conn *c = bndk_open(k);

	bndk_send(c, BND_FRONT, "123\n");
	bndk_run(k);
	bndk_expect(c, BND_BACK, "123\n");
	bndk_send(c, BND_FRONT, "1234\n");
	bndk_run(k);
	bndk_expect_abort(c, -EMSGSIZE);
	bndk_unload(k);
}

static void
lines_are_counted(void)
{
	struct bndk *k = bndk_load(plugin, NULL);
	struct bndk_conn *c = bndk_open(k);

	bndk_send(c, BND_FRONT, "one\ntwo\nthr");
	bndk_run(k);
	bndk_expect(c, BND_BACK, "ONE\nTWO\n");
	EXPECT_THAT(bndk_metric(k, "lines_total", NULL) == 2);
	bndk_unload(k);
}

static void
wrong_options_are_refused(void)
{
	bndk_expect_refused(plugin, "max_line = 0", "max_line");
	bndk_expect_refused(plugin, "max_lines = 1", "max_line");
}

int
main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "lines are changed", lines_are_changed },
		{ "replies go by", replies_go_by },
		{ "long lines end the connection",
		    long_lines_end_the_connection },
		{ "lines are counted", lines_are_counted },
		{ "wrong options are refused", wrong_options_are_refused },
	};

	plugin = argc == 2 ? argv[1] : "./plug-in.so";
	return table_run(tests, sizeof(tests) / sizeof(tests[0]));
}

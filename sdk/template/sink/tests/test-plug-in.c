/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Tests of plug-in: the test is the client of one stage of it. */
#include <errno.h>
#include <string.h>

#include <bindery/kit.h>

#include "table.h"

static const char *plugin; /* its file */

static void
lines_are_answered(void)
{
	struct bndk *k = bndk_load(plugin, NULL);
	struct bndk_conn *c = bndk_open(k);

	bndk_send(c, BND_FRONT, "one\ntwo\nthr");
	bndk_run(k);
	bndk_expect(c, BND_FRONT, "ok\nok\n");
	bndk_expect_nothing(c, BND_FRONT);
	bndk_expect_no_end(c, BND_FRONT);
	bndk_end(c, BND_FRONT);
	bndk_run(k);
	bndk_expect(c, BND_FRONT, "ok\n");
	bndk_expect_end(c, BND_FRONT);
	EXPECT_THAT(bndk_metric(k, "lines_total", NULL) == 3);
	bndk_unload(k);
}

static void
answer_can_be_chosen(void)
{
	struct bndk *k = bndk_load(plugin, "answer = \"well said\"");
	struct bndk_conn *c = bndk_open(k);

	bndk_send(c, BND_FRONT, "one\n");
	bndk_run(k);
	bndk_expect(c, BND_FRONT, "well said\n");
	bndk_unload(k);
}

static void
clients_that_do_not_read_are_held_back(void)
{
	struct bndk *k = bndk_load(plugin, NULL);
	struct bndk_conn *c = bndk_open(k);
	size_t sent = 0, n;

	bndk_hold(c, BND_FRONT, 1);
	while (sent < 1000000 && bndk_room(c, BND_FRONT) > 0) {
		bndk_send(c, BND_FRONT, "\n");
		if (++sent % 1000 == 0)
			bndk_run(k);
	}
	EXPECT_THAT(sent < 1000000);
	bndk_hold(c, BND_FRONT, 0);
	bndk_run(k);
	bndk_received(c, BND_FRONT, &n);
	EXPECT_THAT(n == sent * strlen("ok\n")); /* nothing was lost */
	bndk_unload(k);
}

static void
long_lines_end_the_connection(void)
{
	struct bndk *k = bndk_load(plugin, NULL);
	struct bndk_conn *c = bndk_open(k);
	char line[4097];

	memset(line, 'x', sizeof(line));
	bndk_send_bytes(c, BND_FRONT, line, sizeof(line));
	bndk_run(k);
	bndk_expect_abort(c, -EMSGSIZE);
	bndk_unload(k);
}

static void
wrong_options_are_refused(void)
{
	char text[2000];

	bndk_expect_refused(plugin, "answers = yes", "answer");
	memset(text, 'x', sizeof(text));
	memcpy(text, "answer = ", 9);
	text[sizeof(text) - 1] = '\0';
	bndk_expect_refused(plugin, text, "longer than 1024 bytes");
}

int
main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "lines are answered", lines_are_answered },
		{ "answer can be chosen", answer_can_be_chosen },
		{ "clients that do not read are held back",
		    clients_that_do_not_read_are_held_back },
		{ "long lines end the connection",
		    long_lines_end_the_connection },
		{ "wrong options are refused", wrong_options_are_refused },
	};

	plugin = argc == 2 ? argv[1] : "./plug-in.so";
	return table_run(tests, sizeof(tests) / sizeof(tests[0]));
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Tests of plug-in: the test is its clients, and what lies behind it. */
#include <errno.h>

#include <bindery/kit.h>

#include "table.h"

static const char *plugin; /* its file */

static void
bytes_go_both_ways(void)
{
	struct bndk *k = bndk_load(plugin, NULL);
	struct bndk_conn *c = bndk_accept(k, 0);

	bndk_run(k);
	bndk_send(c, BND_FRONT, "question");
	bndk_run(k);
	bndk_expect(c, BND_BACK, "question");
	bndk_send(c, BND_BACK, "answer");
	bndk_run(k);
	bndk_expect(c, BND_FRONT, "answer");
	bndk_end(c, BND_FRONT);
	bndk_run(k);
	bndk_expect_end(c, BND_BACK);
	EXPECT_THAT(bndk_metric(k, "accepted_total", NULL) == 1);
	bndk_unload(k);
}

static void
clients_are_greeted(void)
{
	struct bndk *k = bndk_load(plugin, "greeting = \"hello\\n\"");
	struct bndk_conn *c = bndk_accept(k, 1);

	bndk_run(k);
	bndk_send(c, BND_BACK, "answer");
	bndk_run(k);
	bndk_expect(c, BND_FRONT, "hello\nanswer");
	bndk_unload(k);
}

static void
what_cannot_be_spawned_is_closed(void)
{
	struct bndk *k = bndk_load(plugin, NULL);

	bndk_fault(k, "spawn", 1, -ENOMEM);
	bndk_accept(k, 0);
	bndk_run(k);
	EXPECT_THAT(bndk_metric(k, "accepted_total", NULL) == 0);
	bndk_unload(k); /* says when a descriptor was left open */
}

static void
wrong_options_are_refused(void)
{
	bndk_expect_refused(plugin, "listen = nowhere", "listen");
	bndk_expect_refused(plugin, "greetings = hello", "greeting");
}

int
main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "bytes go both ways", bytes_go_both_ways },
		{ "clients are greeted", clients_are_greeted },
		{ "what cannot be spawned is closed",
		    what_cannot_be_spawned_is_closed },
		{ "wrong options are refused", wrong_options_are_refused },
	};

	plugin = argc == 2 ? argv[1] : "./plug-in.so";
	return table_run(tests, sizeof(tests) / sizeof(tests[0]));
}

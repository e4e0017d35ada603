/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The structure of a generation: roles, exits. */

#include "generations.h"

/* ----------------------------------------------------------------- structure
 */

static void
refuses(struct node pipelines, const char *text)
{
	struct generation *g = create(1, MAP(1, NULL, pipelines));

	ck_assert_msg(report.count >= 1, "nothing was reported");
	ck_assert_str_eq(report.entries[0].text, text);
	ck_assert_msg(report.count == 1, "also: %s", report.entries[1].text);
	generation_destroy(&g);
	ck_assert_ptr_null(g);
}

START_TEST(roles_have_their_places)
{
	begin();
	refuses(MAP(2, "pipelines",
		    LIST(3, "p", SERVER(4), PLAIN(5, "echo"), PLAIN(6, "pass"),
			PLAIN(7, "probe"))),
	    "etc/a.conf:5: pipeline 'p', binding 'echo': 'echo' ends a "
	    "pipeline, so 'pass' behind it would never be reached");
	refuses(MAP(2, "pipelines", LIST(3, "p", SERVER(4), PLAIN(5, "pass"))),
	    "etc/a.conf:5: pipeline 'p', binding 'pass': 'pass' needs a "
	    "binding behind it, end the pipeline with one such as "
	    "'tcp-client' or 'echo'");
	refuses(
	    MAP(2, "pipelines",
		LIST(3, "p", SERVER(4),
		    MAP(5, NULL, TEXT(5, "type", "tcp-server"),
			TEXT(5, "name", "again"), TEXT(5, "listen", listen_at)),
		    PLAIN(6, "echo"))),
	    "etc/a.conf:5: pipeline 'p', binding 'again': 'tcp-server' opens "
	    "connections, so it can only stand first");
	end();
}
END_TEST

START_TEST(exits_lead_somewhere_and_never_in_a_circle)
{
	struct generation *g;

	begin();
	refuses(MAP(2, "pipelines", LIST(3, "p", SERVER(4), EXIT(5, "x", "q")),
		    LIST(6, "q", SERVER(7), PLAIN(8, "echo"))),
	    "etc/a.conf:5: pipeline 'p', binding 'x': an exit leads to "
	    "pipeline 'q', which begins with 'tcp-server' and so opens "
	    "connections of its own");
	refuses(MAP(2, "pipelines", LIST(3, "p", SERVER(4), PLAIN(5, "echo")),
		    LIST(6, "q", EXIT(7, "x", "q"))),
	    "etc/a.conf:7: pipeline 'q', binding 'x': the exit to pipeline "
	    "'q' leads back to pipeline 'q'");
	g = create(1, MAP(1, NULL,
			  MAP(2, "pipelines", LIST(3, "p", EXIT(4, "x", "q")),
			      LIST(5, "q", EXIT(6, "x", "r")),
			      LIST(7, "r", EXIT(8, "x", "p")))));
	ck_assert_uint_eq(report.errors, 3);
	generation_destroy(&g);
	/* Nothing reaches it: a warning. */
	g = create(1,
	    MAP(1, NULL, MAP(2, "pipelines", LIST(3, "p", PLAIN(4, "echo")))));
	ck_assert(!report_has_errors(&report));
	ck_assert_uint_eq(report.count, 1);
	ck_assert(report.entries[0].is_warning);
	generation_destroy(&g);
	end();
}
END_TEST

/* Many ways to the same places are not many circles. */
START_TEST(a_net_of_exits_is_looked_at_in_no_time)
{
	enum { DEEP = 40 };
	struct node lines[DEEP], all, root;
	struct node two[DEEP][2], opts[DEEP][2][3];
	static char names[DEEP + 1][8];
	struct generation *g;

	begin();
	for (int i = 0; i <= DEEP; i++)
		snprintf(names[i], sizeof(names[i]), "p%d", i);
	for (int i = 0; i < DEEP; i++) {
		/* Two bindings that lead to the next pipeline.  (Both are
		 * sinks: the roles are reported, what counts is the time.) */
		for (int k = 0; k < 2; k++) {
			opts[i][k][0] = TEXT(3, "type", "probe");
			opts[i][k][1] = TEXT(3, "name", k ? "y" : "x");
			opts[i][k][2] =
			    TEXT(3, "exit", names[i + 1 < DEEP ? i + 1 : i]);
			two[i][k] = PLAIN(3, "probe");
			two[i][k].items = opts[i][k];
			two[i][k].count = i + 1 < DEEP ? 3 : 2;
		}
		lines[i] = LIST(2, names[i], PLAIN(3, "probe"));
		lines[i].items = two[i];
		lines[i].count = 2;
	}
	all = MAP(2, "pipelines", PLAIN(3, "probe"));
	all.items = lines;
	all.count = DEEP;
	root = MAP(1, NULL, PLAIN(3, "probe"));
	root.items = &all;
	root.count = 1;
	g = create(1, root);
	ck_assert_uint_eq(report.errors, DEEP); /* of the roles */
	generation_destroy(&g);
	end();
}
END_TEST

enum { LONG = 2000 };

/* Each pipeline's exit leads to the next one, the last one's to `last`, or
 * nowhere if there is none of that number. */
static struct generation *
create_chain(unsigned last)
{
	static struct node lists[LONG], probes[LONG], options[LONG][2];
	static char names[LONG + 1][8];
	struct node all = EMPTY(NODE_MAP, 2, "pipelines");

	for (unsigned i = 0; i < LONG; i++) {
		snprintf(names[i], sizeof(*names), "p%u", i);
		options[i][0] = TEXT(4, "type", "probe");
		options[i][1] =
		    TEXT(4, "exit", names[i + 1 < LONG ? i + 1 : last]);
		probes[i] = EMPTY(NODE_MAP, 4, NULL);
		probes[i].items = options[i];
		probes[i].count = i + 1 < LONG || last < LONG ? 2 : 1;
		lists[i] = EMPTY(NODE_LIST, 3, names[i]);
		lists[i].items = &probes[i];
		lists[i].count = 1;
	}
	all.items = lists;
	all.count = LONG;
	return create(1, MAP(1, NULL, all));
}

/* 2,000 pipelines, one behind the other: no deep stack, and no time. */
START_TEST(a_long_chain_of_exits_is_looked_at_in_no_time)
{
	struct generation *g;
	double began;

	begin();
	began = seconds();
	g = create_chain(LONG);
	ck_assert_double_lt(seconds() - began, 1.0);
	ck_assert(!report_has_errors(&report));
	ck_assert_uint_eq(report.count, 1); /* nothing reaches the first */
	generation_destroy(&g);
	/* The same as one circle: every exit of it is part of it. */
	began = seconds();
	g = create_chain(0);
	ck_assert_double_lt(seconds() - began, 1.0);
	ck_assert_uint_eq(report.errors, LONG);
	generation_destroy(&g);
	/* Only what is in the circle at its end, not the way there. */
	g = create_chain(LONG - 3);
	ck_assert_uint_eq(report.errors, 3);
	generation_destroy(&g);
	g = create_chain(LONG - 1); /* to itself */
	ck_assert_uint_eq(report.errors, 1);
	generation_destroy(&g);
	end();
}
END_TEST

/* A way between two circles is part of neither. */
START_TEST(what_leads_from_circle_to_circle_is_none)
{
	struct generation *g;

	begin();
	g = create(
	    1, MAP(1, NULL,
		   MAP(2, "pipelines", LIST(3, "a", EXIT(3, "x", "b")),
		       LIST(4, "b", EXIT(4, "x", "a"), EXIT(5, "y", "c")),
		       LIST(6, "c", EXIT(6, "x", "d")),
		       LIST(7, "d", EXIT(7, "x", "c")))));
	ck_assert_uint_eq(report.errors, 5); /* one is of a role */
	for (size_t i = 0; i < report.count; i++)
		ck_assert_ptr_null(
		    strstr(report.entries[i].text, "the exit to pipeline 'c' "
						   "leads back to pipeline "
						   "'b'"));
	generation_destroy(&g);
	end();
}
END_TEST

UNIT_TESTS("structure", roles_have_their_places,
    exits_lead_somewhere_and_never_in_a_circle,
    a_net_of_exits_is_looked_at_in_no_time,
    a_long_chain_of_exits_is_looked_at_in_no_time,
    what_leads_from_circle_to_circle_is_none)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * The kit refuses what the host refuses, and finds what the host can only
 * survive.  tests/daemon/test_asker.py asks the host the same.
 */

#include "unit.h"

#include <bindery/kit.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ASKER  TEST_PLUGIN_DIR "/asker.so"
#define LEAVER TEST_PLUGIN_DIR "/leaver.so"
#define STRAY  TEST_PLUGIN_DIR "/stray.so"

struct heard {
	char rule[32], text[400];
	unsigned count;
};

static void
hear(void *arg, const char *rule, const char *text)
{
	struct heard *h = arg;

	if (h->count++ > 0)
		return;
	snprintf(h->rule, sizeof(h->rule), "%s", rule);
	snprintf(h->text, sizeof(h->text), "%s", text);
}

static void
was_heard(struct heard *h, const char *rule, const char *part)
{
	ck_assert_uint_eq(h->count, 1);
	ck_assert_str_eq(h->rule, rule);
	ck_assert_msg(strstr(h->text, part) != NULL, "%s", h->text);
	*h = (struct heard){ 0 };
}

START_TEST(what_a_host_refuses_is_refused)
{
	struct bndk *k = bndk_load(ASKER, NULL);
	struct bndk_conn *c = bndk_open(k);

	bndk_run(k);
	bndk_expect(c, BND_FRONT, "done\n");
	bndk_expect_end(c, BND_FRONT);
	bndk_unload(k);
}
END_TEST

/* Above 0 is no success: the callback is named, and has failed. */
START_TEST(results_above_0_are_found)
{
	static const char *const starts[] = { "check", "start",
		"worker_start" };
	struct heard h = { 0 };
	char options[60], said[60];

	bndk_on_failure(hear, &h);
	for (size_t i = 0; i < 3; i++) {
		snprintf(options, sizeof(options), "above = %s", starts[i]);
		snprintf(said, sizeof(said), "%s() returned 7", starts[i]);
		bndk_expect_refused(STRAY, options, "Invalid argument");
		was_heard(&h, "errno", said);
	}
	bndk_on_failure(NULL, NULL);
}
END_TEST

START_TEST(open_above_0_has_failed)
{
	struct heard h = { 0 };
	struct bndk *k = bndk_load(STRAY, "above = open");
	struct bndk_conn *c = bndk_open(k);

	bndk_on_failure(hear, &h);
	bndk_run(k);
	was_heard(&h, "errno", "open() returned 7");
	bndk_on_failure(NULL, NULL);
	bndk_expect_abort(c, -EINVAL);
	bndk_expect_closed(c, -EINVAL);
	bndk_unload(k);
}
END_TEST

START_TEST(command_above_0_has_failed)
{
	struct heard h = { 0 };
	struct bndk *k = bndk_load(STRAY, "above = command");
	int rc = 0;

	bndk_on_failure(hear, &h);
	bndk_tell(k, "word", &rc);
	was_heard(&h, "errno", "command() returned 7");
	bndk_on_failure(NULL, NULL);
	ck_assert_int_eq(rc, -EINVAL);
	bndk_unload(k);
}
END_TEST

static void
leave_without_a_socket(struct bndk *k, struct bndk_conn *c)
{
	struct heard h = { 0 };

	bndk_on_failure(hear, &h);
	bndk_run(k);
	was_heard(&h, "leave", "has left without a socket");
	bndk_on_failure(NULL, NULL);
	bndk_expect_abort(c, -EINVAL);
	ck_assert_str_eq(bndk_why(c), "under-test: has left without a socket");
	bndk_unload(k);
}

START_TEST(who_leaves_without_a_socket_is_found)
{
	struct bndk *k = bndk_load(STRAY, "then = leave");

	leave_without_a_socket(k, bndk_open(k));
	k = bndk_load(LEAVER, NULL);
	leave_without_a_socket(k, bndk_accept(k, 0));
}
END_TEST

/* It has said its last word, or no: there is nothing to lead anywhere. */
START_TEST(who_has_ended_may_leave)
{
	static const char *const ends[] = { "then = end_and_leave",
		"then = refuse_and_leave", NULL };

	for (size_t i = 0; ends[i]; i++) {
		struct bndk *k = bndk_load(STRAY, ends[i]);
		struct bndk_conn *c = bndk_open(k);

		bndk_run(k);
		bndk_end(c, BND_FRONT);
		bndk_run(k);
		bndk_expect(c, BND_FRONT, "bye");
		bndk_expect_end(c, BND_FRONT);
		bndk_expect_closed(c, 0);
		bndk_unload(k);
	}
}
END_TEST

START_TEST(refusal_with_0_is_a_good_end)
{
	struct bndk *k = bndk_load(STRAY, "then = refuse; err = 0");
	struct bndk_conn *c = bndk_open(k);

	bndk_run(k);
	bndk_expect(c, BND_FRONT, "bye");
	bndk_expect_end(c, BND_FRONT);
	bndk_expect_refusal(c, 0);
	bndk_expect_alive(c); /* it lingers */
	bndk_end(c, BND_FRONT);
	bndk_run(k);
	bndk_expect_closed(c, 0);
	bndk_unload(k);
}
END_TEST

START_TEST(refusal_above_0_is_found)
{
	struct heard h = { 0 };
	struct bndk *k = bndk_load(STRAY, "then = refuse; err = 13");
	struct bndk_conn *c = bndk_open(k);

	bndk_on_failure(hear, &h);
	bndk_run(k);
	was_heard(&h, "errno", "bnd_refuse() with 13");
	bndk_expect_refusal(c, -EACCES);
	bndk_expect_refusal(c, 0);
	was_heard(&h, "expect", "it was refused with -13");
	bndk_on_failure(NULL, NULL);
	bndk_unload(k);
}
END_TEST

START_TEST(abort_with_0_is_found)
{
	struct heard h = { 0 };
	struct bndk *k = bndk_load(STRAY, "then = abort; err = 0");

	bndk_open(k);
	bndk_on_failure(hear, &h);
	bndk_run(k);
	was_heard(&h, "errno", "bnd_abort() with 0");
	bndk_on_failure(NULL, NULL);
	bndk_unload(k);
}
END_TEST

START_TEST(reasons_may_have_no_words)
{
	const char *exit = "none";
	struct bndk *k = bndk_load(STRAY, "then = abort; words = false");
	struct bndk_conn *c = bndk_open(k);

	bndk_explain(k, c, &exit);
	ck_assert_ptr_null(exit); /* it said no, if with no word */
	bndk_run(k);
	bndk_expect_abort(c, -EACCES);
	ck_assert_str_eq(bndk_why(c), "");
	bndk_unload(k);
	k = bndk_load(STRAY, "then = refuse; words = false");
	c = bndk_open(k);
	bndk_run(k);
	bndk_expect_refusal(c, -EACCES);
	ck_assert_str_eq(bndk_why(c), "");
	bndk_unload(k);
}
END_TEST

START_TEST(listening_is_for_start)
{
	struct heard h = { 0 };

	bndk_on_failure(hear, &h);
	bndk_expect_refused(
	    STRAY, "listen_in_check = true", "Invalid argument");
	was_heard(&h, "thread", "bnd_listen() outside of start()");
	bndk_on_failure(NULL, NULL);
}
END_TEST

START_TEST(levels_have_names)
{
	struct bndk *k = bndk_load(STRAY, NULL);

	bndk_open(k);
	bndk_run(k);
	bndk_expect_log(k, "notice: opened");
	bndk_unload(k);
}
END_TEST

UNIT_TESTS("kit-host", what_a_host_refuses_is_refused,
    results_above_0_are_found, open_above_0_has_failed,
    command_above_0_has_failed, who_leaves_without_a_socket_is_found,
    who_has_ended_may_leave, refusal_with_0_is_a_good_end,
    refusal_above_0_is_found, abort_with_0_is_found, reasons_may_have_no_words,
    listening_is_for_start, levels_have_names)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The test kit as authors of plugins use it, with the example and with our own
 * plugins. */

#include "unit.h"

#include <bindery/kit.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define UPPER TEST_PLUGIN_DIR "/upper.so"
#define ECHO  OUR_PLUGIN_DIR "/echo.so"

START_TEST(upper_changes_lines)
{
	struct bndk *k = bndk_load(UPPER, "max_line = 4k");
	struct bndk_conn *c = bndk_open(k);

	bndk_send(c, BND_FRONT, "abc\nde");
	bndk_run(k);
	bndk_expect(c, BND_BACK, "ABC\n");
	bndk_expect_nothing(c, BND_BACK);
	bndk_expect_bypassed(c, BND_BACK);
	bndk_expect_no_end(c, BND_BACK);
	bndk_end(c, BND_FRONT);
	bndk_run(k);
	bndk_expect(c, BND_BACK, "DE");
	bndk_expect_end(c, BND_BACK);
	bndk_send(c, BND_BACK, "reply");
	bndk_end(c, BND_BACK);
	bndk_run(k);
	bndk_expect(c, BND_FRONT, "reply");
	bndk_expect_end(c, BND_FRONT);
	bndk_expect_closed(c, 0);
	ck_assert_int_eq(bndk_metric(k, "lines_total", NULL), 2);
	bndk_unload(k);
}
END_TEST

START_TEST(upper_aborts_long_lines)
{
	struct bndk *k = bndk_load(UPPER, "max_line = \"8\"");
	struct bndk_conn *c = bndk_open(k);

	bndk_send(c, BND_FRONT, "123456789");
	bndk_run(k);
	bndk_expect_abort(c, -EMSGSIZE);
	bndk_expect_closed(c, -EMSGSIZE);
	ck_assert_ptr_nonnull(strstr(bndk_why(c), "line longer than 8"));
	bndk_unload(k);
}
END_TEST

START_TEST(upper_waits_for_room)
{
	struct bndk *k = bndk_load(UPPER, NULL);
	struct bndk_conn *c = bndk_open(k);
	size_t n;

	bndk_hold(c, BND_BACK, 1);
	for (unsigned i = 0; i < 70; i++) {
		char line[1024];

		memset(line, 'x', sizeof(line));
		line[1023] = '\n';
		bndk_send_bytes(c, BND_FRONT, line, sizeof(line));
	}
	bndk_run(k);
	bndk_received(c, BND_BACK, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(bndk_take(c, BND_BACK, 1000000), 65536);
	bndk_run(k);
	bndk_hold(c, BND_BACK, 0);
	bndk_run(k);
	bndk_received(c, BND_BACK, &n);
	ck_assert_uint_eq(n, 70 * 1024);
	bndk_unload(k);
}
END_TEST

START_TEST(echo_echoes)
{
	struct bndk *k = bndk_load(ECHO, NULL);
	struct bndk_conn *c = bndk_open(k);

	bndk_send(c, BND_FRONT, "abc");
	bndk_end(c, BND_FRONT);
	bndk_run(k);
	bndk_expect(c, BND_FRONT, "abc");
	bndk_expect_end(c, BND_FRONT);
	bndk_expect_closed(c, 0);
	bndk_unload(k);
}
END_TEST

START_TEST(wrong_options_are_refused)
{
	bndk_expect_refused(UPPER, "max_line = 0", "max_line");
	bndk_expect_refused(UPPER, "max_lien = 5", "max_line");
	bndk_expect_refused(UPPER, "max_line = (", "bracket");
	bndk_expect_refused("./not-there.so", NULL, "not-there");
}
END_TEST

START_TEST(reload_runs_beside)
{
	struct bndk *k = bndk_load(UPPER, "max_line = 8");
	struct bndk_conn *old = bndk_open(k), *new;

	bndk_run(k);
	bndk_reload(k, "max_line = 16");
	new = bndk_open(k);
	ck_assert_uint_eq(bndk_generations(k), 2);
	bndk_send(old, BND_FRONT, "123456789");
	bndk_send(new, BND_FRONT, "123456789");
	bndk_run(k);
	bndk_expect_abort(old, -EMSGSIZE);
	bndk_expect_alive(new);
	ck_assert_uint_eq(bndk_generations(k), 1);
	bndk_unload(k);
}
END_TEST

START_TEST(tcp_server_accepts)
{
	struct bndk *k = bndk_load(OUR_PLUGIN_DIR "/tcp-server.so",
	    "listen = \"127.0.0.1:7\"; idle_timeout = 5s; "
	    "max_connections = 1");
	struct bndk_conn *c = bndk_accept(k, 0), *second;

	/* As in the host: accept() knows the one, bnd_attach() the other. */
	ck_assert_ptr_nonnull(bndk_fact(c, "peer"));
	ck_assert_ptr_null(bndk_fact(c, "local"));
	bndk_run(k);
	ck_assert_int_eq(bndk_limit_asked(c, BND_LIMIT_IDLE), 5000);
	ck_assert(bndk_has_claim(c, "all"));
	ck_assert_ptr_nonnull(strstr(bndk_fact(c, "peer"), "127.0.0.1:"));
	ck_assert_ptr_nonnull(strstr(bndk_fact(c, "local"), "127.0.0.1:"));
	bndk_send(c, BND_FRONT, "hello");
	bndk_run(k);
	bndk_expect(c, BND_BACK, "hello");
	bndk_expect_closed(c, 0);
	second = bndk_accept(k, 1);
	bndk_run(k);
	bndk_expect_abort(second, -EDQUOT);
	bndk_unload(k);
}
END_TEST

struct heard {
	char rule[32], text[400];
};

static void
hear(void *arg, const char *rule, const char *text)
{
	struct heard *h = arg;

	if (*h->rule)
		return;
	snprintf(h->rule, sizeof(h->rule), "%s", rule);
	snprintf(h->text, sizeof(h->text), "%s", text);
}

START_TEST(failures_can_be_heard)
{
	struct heard h = { 0 };
	struct bndk *k = bndk_load(UPPER, NULL);
	struct bndk_conn *c = bndk_open(k);

	bndk_on_failure(hear, &h);
	bndk_send(c, BND_FRONT, "abc\n");
	bndk_run(k);
	bndk_expect(c, BND_BACK, "abc\n");
	ck_assert_str_eq(h.rule, "expect");
	ck_assert_str_eq(h.text,
	    "at the back \"abc\\n\" (4 bytes) was expected, and "
	    "\"ABC\\n\" (4 bytes) came");
	bndk_on_failure(NULL, NULL);
	bndk_unload(k);
}
END_TEST

/* What was heard begins with this, of this rule; and is forgotten. */
static void
was_heard(struct heard *h, const char *rule, const char *text)
{
	ck_assert_str_eq(h->rule, rule);
	if (strncmp(h->text, text, strlen(text)) != 0)
		ck_abort_msg("'%s' does not begin with '%s'", h->text, text);
	*h = (struct heard){ 0 };
}

START_TEST(each_expectation_can_fail)
{
	struct heard h = { 0 };
	struct bndk *k = bndk_load(UPPER, NULL);
	struct bndk_conn *c = bndk_open(k);

	bndk_on_failure(hear, &h);
	bndk_expect_alive(c);
	was_heard(&h, "expect", "the stage is not there");
	bndk_expect_open(c);
	was_heard(&h, "expect", "the way is not open");
	bndk_run(k);
	bndk_expect_bypassed(c, BND_FRONT);
	was_heard(&h, "expect", "what comes from the front is not bypassed");
	bndk_expect_end(c, BND_BACK);
	was_heard(&h, "expect", "the back has heard no end");
	bndk_expect_closed(c, 0);
	was_heard(&h, "expect", "the stage has not closed");
	bndk_expect_abort(c, -EIO);
	was_heard(&h, "expect", "the connection was not aborted");
	bndk_expect_refusal(c, -EIO);
	was_heard(&h, "expect", "the connection was not refused");
	bndk_expect_log(k, "word");
	was_heard(&h, "expect", "'word' is not in the log");
	bndk_send(c, BND_FRONT, "x\n");
	bndk_end(c, BND_FRONT);
	bndk_run(k);
	bndk_expect_nothing(c, BND_BACK);
	was_heard(&h, "expect", "at the back \"X\\n\" (2 bytes) came");
	bndk_expect_no_end(c, BND_BACK);
	was_heard(&h, "expect", "the back has heard an end");
	bndk_reset(c, BND_BACK, -EPIPE);
	bndk_run(k);
	bndk_expect_abort(c, -EIO);
	was_heard(&h, "expect", "it was aborted with -32 (Broken pipe)");
	bndk_expect_closed(c, 0);
	was_heard(&h, "expect", "the stage has closed with -32");
	bndk_expect_refused(UPPER, NULL, "anything");
	was_heard(&h, "expect", "'' was not refused");
	bndk_expect_refused(UPPER, "max_line = 0", "anything");
	was_heard(&h, "expect", "refused, but not with 'anything': options:1");
	ck_assert_ptr_null(bndk_load("./none.so", NULL));
	was_heard(&h, "load", "plugin './none.so' cannot be opened");
	bndk_on_failure(NULL, NULL);
	bndk_unload(k);
}
END_TEST

START_TEST(tests_that_ask_too_much_are_told)
{
	struct heard h = { 0 };
	struct bndk *k = bndk_load(UPPER, NULL);
	struct bndk_conn *c = bndk_open(k);

	bndk_on_failure(hear, &h);
	bndk_limit(c, 64);
	was_heard(&h, "test", "a limit of 64 bytes");
	bndk_send(c, BND_BACK, "x");
	was_heard(&h, "test", "nobody is at the back to send");
	ck_assert_ptr_null(bndk_open_on(k, 2));
	was_heard(&h, "test", "there is no such worker");
	ck_assert_ptr_null(bndk_accept(k, 0));
	was_heard(&h, "test", "the plugin has no accepted()");
	bndk_metric(k, "no_such", NULL);
	was_heard(&h, "test", "there is no metric 'no_such'");
	bndk_forget(c);
	was_heard(&h, "test", "a connection that lives");
	bndk_back_opens(c);
	was_heard(&h, "test", "the stage does not wait for its back");
	bndk_end(c, BND_FRONT);
	bndk_end(c, BND_FRONT);
	was_heard(&h, "test", "the front has ended already");
	bndk_post(k, 0, 2, 1, 1, NULL, 0);
	was_heard(&h, "test", "there is no worker 2");
	bndk_on_failure(NULL, NULL);
	bndk_unload(k);
}
END_TEST

START_TEST(a_sink_that_ended_first_hears_the_rest)
{
	struct bndk *k = bndk_load(TEST_PLUGIN_DIR "/early.so", NULL);
	struct bndk_conn *c = bndk_open(k);

	bndk_run(k);
	bndk_expect_end(c, BND_FRONT);
	bndk_send(c, BND_FRONT, "abc");
	bndk_end(c, BND_FRONT);
	bndk_run(k);
	ck_assert_int_eq(bndk_metric(k, "bytes_total", NULL), 3);
	ck_assert_int_eq(bndk_metric(k, "ends_total", NULL), 1);
	bndk_expect_closed(c, 0);
	bndk_unload(k);
}
END_TEST

UNIT_TESTS("kit", upper_changes_lines, upper_aborts_long_lines,
    upper_waits_for_room, echo_echoes, wrong_options_are_refused,
    reload_runs_beside, tcp_server_accepts, failures_can_be_heard,
    each_expectation_can_fail, tests_that_ask_too_much_are_told,
    a_sink_that_ended_first_hears_the_rest)

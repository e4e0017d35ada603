/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * What the kit does for each call of a plugin, asked through one that does what
 * it is told (tests/plugins/puppet.c), and what the test sees of it.
 */

#include "unit.h"

#include <bindery/kit.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PUPPET TEST_PLUGIN_DIR "/puppet.so"

static struct bndk *k;
static struct bndk_conn *c;

struct heard {
	char rule[32], text[200];
};

static void
hear(void *arg, const char *rule, const char *text)
{
	struct heard *h = arg;

	snprintf(h->rule, sizeof(h->rule), "%s", rule);
	snprintf(h->text, sizeof(h->text), "%s", text);
}

static void
begin(const char *options)
{
	k = bndk_load(PUPPET, options);
	c = bndk_open(k);
	bndk_run(k);
}

static void
say_to(struct bndk_conn *to, const char *line)
{
	bndk_send(to, BND_FRONT, line);
	bndk_send(to, BND_FRONT, "\n");
	bndk_run(k);
}

static void
say(const char *line)
{
	say_to(c, line);
}

static bool
log_has(const char *part)
{
	return strstr(bndk_log(k), part) != NULL;
}

/* ----------------------------------------------------------- the way behind */

START_TEST(back_opens_when_asked)
{
	begin(NULL);
	bndk_expect_open(c); /* who holds its back counts as open */
	ck_assert_ptr_null(bndk_exit_taken(c));
	say("back early");
	bndk_expect_nothing(c, BND_BACK);
	say("open");
	bndk_expect(c, BND_FRONT, "opened 0\n");
	bndk_expect(c, BND_BACK, "early");
	ck_assert_str_eq(bndk_exit_taken(c), "");
	bndk_unload(k);
}
END_TEST

START_TEST(exit_is_told)
{
	begin("exit = admin");
	say("open");
	ck_assert_str_eq(bndk_exit_taken(c), "admin");
	bndk_unload(k);
}
END_TEST

START_TEST(back_may_wait_and_fail)
{
	begin(NULL);
	bndk_back_waits(k);
	say("back lost");
	say("open");
	bndk_expect_nothing(c, BND_FRONT);
	bndk_back_fails(c, -ECONNREFUSED);
	bndk_run(k);
	bndk_expect(c, BND_FRONT, "opened -111\n");
	bndk_expect_alive(c);
	say("open");
	bndk_back_opens(c);
	bndk_run(k);
	bndk_expect(c, BND_FRONT, "opened 0\n");
	bndk_expect_nothing(c, BND_BACK);
	bndk_unload(k);
}
END_TEST

/* ------------------------------------------------------------------- ending */

START_TEST(abort_is_told)
{
	begin(NULL);
	say("abort for a reason");
	bndk_expect_abort(c, -EPROTO);
	bndk_expect_closed(c, -EPROTO);
	ck_assert_str_eq(bndk_why(c), "for a reason");
	bndk_unload(k);
}
END_TEST

START_TEST(refusal_is_polite)
{
	begin(NULL);
	say("open");
	bndk_expect(c, BND_FRONT, "opened 0\n");
	say("refuse not you");
	bndk_expect(c, BND_FRONT, "no\n");
	bndk_expect_end(c, BND_FRONT);
	bndk_expect_refusal(c, -EACCES);
	bndk_expect_alive(c); /* it lingers */
	say("out nothing");
	bndk_expect_nothing(c, BND_FRONT);
	bndk_clock(k, 5000);
	bndk_expect_closed(c, -ETIMEDOUT);
	bndk_unload(k);
}
END_TEST

START_TEST(refused_client_may_end)
{
	begin(NULL);
	say("refuse not you");
	bndk_end(c, BND_FRONT);
	bndk_run(k);
	bndk_expect_closed(c, 0);
	bndk_unload(k);
}
END_TEST

START_TEST(neighbours_may_reset)
{
	begin(NULL);
	bndk_reset(c, BND_FRONT, -ECONNRESET);
	bndk_run(k);
	bndk_expect_closed(c, -ECONNRESET);
	bndk_forget(c);
	bndk_unload(k);
}
END_TEST

START_TEST(leaving_lets_bytes_by)
{
	begin(NULL);
	say("leave");
	bndk_expect_closed(c, 0);
	ck_assert_str_eq(
	    bndk_exit_taken(c) ? "asked" : "by itself", "by itself");
	bndk_send(c, BND_FRONT, "open\n");
	bndk_send(c, BND_BACK, "reply");
	bndk_end(c, BND_BACK);
	bndk_run(k);
	bndk_expect(c, BND_BACK, "open\n");
	bndk_expect(c, BND_FRONT, "reply");
	bndk_expect_end(c, BND_FRONT);
	bndk_expect_no_end(c, BND_BACK);
	bndk_unload(k);
}
END_TEST

START_TEST(bypass_is_one_way)
{
	begin(NULL);
	say("open");
	bndk_expect(c, BND_FRONT, "opened 0\n");
	say("bypass");
	bndk_expect_bypassed(c, BND_FRONT);
	say("back me");
	bndk_expect(c, BND_BACK, "back me\n");
	bndk_send(c, BND_BACK, "reply");
	bndk_run(k);
	bndk_expect(c, BND_FRONT, "reply");
	bndk_expect_alive(c);
	bndk_unload(k);
}
END_TEST

START_TEST(discarded_bytes_are_dropped)
{
	begin(NULL);
	say("discard");
	say("out heard");
	bndk_expect_nothing(c, BND_FRONT);
	ck_assert_uint_gt(bndk_room(c, BND_FRONT), 0);
	bndk_unload(k);
}
END_TEST

/* ---------------------------------------------------------- time and limits */

START_TEST(timers_fire_in_time)
{
	begin(NULL);
	say("timer 250");
	bndk_clock(k, 249);
	bndk_expect_nothing(c, BND_FRONT);
	bndk_clock(k, 1);
	bndk_expect(c, BND_FRONT, "timer 1 at 1000250\n");
	bndk_clock(k, 10000);
	bndk_expect_nothing(c, BND_FRONT); /* one shot */
	say("timer 100");
	say("timer -1");
	bndk_clock(k, 1000);
	bndk_expect_nothing(c, BND_FRONT); /* cancelled */
	bndk_unload(k);
}
END_TEST

/* After a while of real time, and again after as much: far less than time waits
 * for what is watched, as a busy machine adds to it. */
static void *
write_slowly(void *arg)
{
	const int *fd = arg;

	for (unsigned i = 0; i < 2; i++) {
		usleep(10000);
		if (write(*fd, "ab" + i, 1) < 0)
			break;
	}
	close(*fd);
	return NULL;
}

START_TEST(time_waits_for_descriptors)
{
	char line[40];
	pthread_t thread;
	int ends[2];

	begin(NULL);
	ck_assert_int_eq(pipe(ends), 0);
	snprintf(line, sizeof(line), "watch %d", ends[0]);
	say(line);
	say("timer 50");
	ck_assert_int_eq(
	    pthread_create(&thread, NULL, write_slowly, &ends[1]), 0);
	bndk_clock(k, 1000);
	bndk_expect(c, BND_FRONT,
	    "read a at 1000000\nread b at 1000000\nread - at 1000000\n"
	    "timer 1 at 1000050\n");
	pthread_join(thread, NULL);
	bndk_unload(k);
	close(ends[0]);
}
END_TEST

START_TEST(time_does_not_wait_for_ever)
{
	struct timespec before, after;
	char line[40];
	int ends[2];

	begin(NULL);
	ck_assert_int_eq(pipe(ends), 0);
	snprintf(line, sizeof(line), "watch %d", ends[0]);
	say(line);
	say("timer 500");
	clock_gettime(CLOCK_MONOTONIC, &before);
	bndk_clock(k, 1000);
	clock_gettime(CLOCK_MONOTONIC, &after);
	bndk_expect(c, BND_FRONT, "timer 1 at 1000500\n");
	ck_assert_int_lt(after.tv_sec - before.tv_sec, 5);
	bndk_unload(k);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(idle_connections_end)
{
	begin(NULL);
	ck_assert_int_eq(bndk_limit_asked(c, BND_LIMIT_IDLE), -1);
	say("limit 3000");
	ck_assert_int_eq(bndk_limit_asked(c, BND_LIMIT_IDLE), 3000);
	bndk_clock(k, 2999);
	say("");
	bndk_clock(k, 2999);
	bndk_expect_alive(c);
	bndk_clock(k, 1);
	bndk_expect_abort(c, -ETIMEDOUT);
	bndk_unload(k);
}
END_TEST

START_TEST(half_closed_connections_end)
{
	begin(NULL);
	bndk_end(c, BND_FRONT);
	bndk_clock(k, 59999);
	bndk_expect_alive(c);
	bndk_clock(k, 1);
	bndk_expect_abort(c, -ETIMEDOUT);
	bndk_unload(k);
}
END_TEST

START_TEST(claims_are_counted)
{
	struct bndk_conn *other;

	begin(NULL);
	other = bndk_open_on(k, 1);
	say("claim one");
	bndk_expect(c, BND_FRONT, "+");
	say_to(other, "claim one");
	bndk_expect(other, BND_FRONT, "-");
	ck_assert(bndk_has_claim(c, "table"));
	ck_assert(!bndk_has_claim(other, "table"));
	say_to(other, "claim two");
	bndk_expect(other, BND_FRONT, "+");
	bndk_unload(k);
}
END_TEST

/* ----------------------------------------------------------- facts, figures */

START_TEST(facts_and_figures_are_seen)
{
	begin(NULL);
	bndk_fact_set(c, "told", "much");
	say("fact 17");
	ck_assert_ptr_null(bndk_fact(c, "puppet.bytes"));
	ck_assert_str_eq(bndk_fact(c, "puppet.text"), "17");
	ck_assert_ptr_null(bndk_fact(c, "no.such"));
	bndk_expect_log(k, "info: told much");
	say("count x5");
	say("count y9");
	ck_assert_int_eq(bndk_metric(k, "counts_total", "of=\"x\""), 2);
	ck_assert_int_eq(bndk_metric(k, "counts_total", NULL), 4);
	ck_assert_int_eq(bndk_metric(k, "level", NULL), 9);
	bndk_unload(k);
}
END_TEST

/* As if by TCP over loopback, with a port for each that lives. */
START_TEST(connections_have_addresses)
{
	struct bndk_conn *other;

	begin(NULL);
	other = bndk_open(k);
	bndk_run(k);
	ck_assert_str_eq(bndk_fact(c, "peer"), "127.0.0.1:50000");
	ck_assert_str_eq(bndk_fact(other, "peer"), "127.0.0.1:50001");
	ck_assert_str_eq(bndk_fact(c, "local"), "127.0.0.1:7500");
	say("peer");
	bndk_expect(c, BND_FRONT, "127.0.0.1:50000 16\n");
	bndk_reset(c, BND_FRONT, 0);
	bndk_run(k);
	c = bndk_open(k);
	ck_assert_str_eq(bndk_fact(c, "peer"), "127.0.0.1:50000");
	bndk_unload(k);
}
END_TEST

START_TEST(addresses_can_be_chosen)
{
	struct heard h = { 0 };

	k = bndk_load(PUPPET, NULL);
	c = bndk_open(k);
	bndk_fact_set(c, "peer", "192.0.2.1:4000");
	bndk_fact_set(c, "local", "[2001:db8::1]:443");
	bndk_run(k);
	say("peer");
	bndk_expect(c, BND_FRONT, "192.0.2.1:4000 16\n");
	ck_assert_str_eq(bndk_fact(c, "local"), "[2001:db8::1]:443");
	bndk_on_failure(hear, &h);
	bndk_fact_set(c, "peer", "somebody");
	bndk_on_failure(NULL, NULL);
	ck_assert_str_eq(h.rule, "test");
	ck_assert_str_eq(h.text, "the fact 'peer' cannot be 'somebody'");
	bndk_unload(k);
}
END_TEST

START_TEST(what_came_can_be_dropped)
{
	size_t n = 0;

	begin(NULL);
	say("out hello");
	bndk_received(c, BND_FRONT, &n);
	ck_assert_uint_eq(n, 5);
	bndk_received(c, BND_FRONT, &n); /* which only looks */
	ck_assert_uint_eq(n, 5);
	ck_assert_uint_eq(bndk_drop(c, BND_FRONT), 5);
	ck_assert_uint_eq(bndk_drop(c, BND_FRONT), 0);
	bndk_expect_nothing(c, BND_FRONT);
	say("out more");
	bndk_expect(c, BND_FRONT, "more");
	bndk_unload(k);
}
END_TEST

START_TEST(questions_are_answered)
{
	const char *exit = "none";
	int rc = -1;

	begin("exit = admin");
	ck_assert_str_eq(bndk_show(k, c), "stage: 0\n");
	ck_assert_str_eq(bndk_show(k, NULL), "worker: 0\nworker: 1\n");
	ck_assert_str_eq(
	    bndk_tell(k, "one two", &rc), "word: one\nword: two\n");
	ck_assert_int_eq(rc, 0);
	bndk_tell(k, "", &rc);
	ck_assert_int_eq(rc, -EINVAL);
	ck_assert_str_eq(bndk_explain(k, c, &exit), "told: nothing\n");
	ck_assert_ptr_null(exit);
	ck_assert_str_eq(bndk_why(c), "nobody told me");
	bndk_fact_set(c, "told", "it");
	bndk_explain(k, c, &exit);
	ck_assert_str_eq(exit, "admin");
	bndk_expect_alive(c); /* it was only asked */
	bndk_unload(k);
}
END_TEST

/* ----------------------------------------------------------- bytes, buffers */

START_TEST(bytes_go_out_in_all_ways)
{
	begin(NULL);
	say("out one ");
	say("write two ");
	say("buffer three");
	bndk_expect(c, BND_FRONT, "one two three");
	bndk_unload(k);
}
END_TEST

START_TEST(full_outlets_take_nothing)
{
	size_t n;

	begin(NULL);
	bndk_limit(c, 65536 + 100);
	bndk_hold(c, BND_FRONT, 1);
	for (unsigned i = 0; i < 400; i++)
		say("out 0123456789012345678901234567890123456789"
		    "0123456789012345678901234567890123456789"
		    "0123456789012345678901234567890123456789"
		    "0123456789012345678901234567890123456789"
		    "01234567890123456789");
	say("buffer x");
	n = bndk_take(c, BND_FRONT, SIZE_MAX);
	ck_assert_uint_eq(n, 65536 + 100);
	bndk_unload(k);
}
END_TEST

/* -------------------------------------------------------- jobs and messages */

START_TEST(jobs_run_when_told)
{
	begin(NULL);
	say("work hello");
	say("work more");
	ck_assert_uint_eq(bndk_work_count(k), 2);
	bndk_expect_nothing(c, BND_FRONT);
	ck_assert_uint_eq(bndk_work_run(k, 1), 1);
	bndk_run(k);
	bndk_expect(c, BND_FRONT, "HELLO");
	bndk_reset(c, BND_FRONT, 0);
	bndk_run(k);
	ck_assert_uint_eq(bndk_work_count(k), 0);
	ck_assert(log_has("job more is late")); /* and was not run */
	bndk_unload(k);
}
END_TEST

START_TEST(job_may_be_done_late)
{
	begin(NULL);
	say("work hello");
	bndk_work_run(k, BND_EVERY_WORKER);
	bndk_reset(c, BND_FRONT, 0);
	bndk_run(k);
	ck_assert(log_has("job HELLO is late"));
	bndk_unload(k);
}
END_TEST

START_TEST(messages_reach_workers_and_generations)
{
	begin(NULL);
	bndk_reload(k, NULL);
	bndk_run(k);
	bndk_expect(c, BND_FRONT, "drain\n");
	say("post hello");
	ck_assert(log_has("generation 1, worker 1: message 7 42 'hello' "
			  "from 0"));
	ck_assert(log_has("generation 2, worker 0: message 7"));
	ck_assert(log_has("generation 2, worker 1: message 7"));
	ck_assert(!log_has("generation 1, worker 0: message 7"));
	bndk_post(k, 1, 0, 8, 1, "abc", 3);
	bndk_run(k);
	ck_assert(log_has("generation 2, worker 0: message 8 1 'abc' from 1"));
	bndk_unload(k);
}
END_TEST

START_TEST(kept_memory_outlives_reloads)
{
	struct bndk_conn *new;

	begin(NULL);
	say("keep");
	bndk_expect(c, BND_FRONT, "1 1\n");
	bndk_reload(k, NULL);
	new = bndk_open_on(k, 1);
	say_to(new, "keep");
	bndk_expect(new, BND_FRONT, "2 1\n");
	bndk_reset(c, BND_FRONT, 0);
	bndk_run(k);
	ck_assert_uint_eq(bndk_generations(k), 1);
	say_to(new, "keep");
	bndk_expect(new, BND_FRONT, "3 2\n");
	bndk_unload(k);
}
END_TEST

/* ----------------------------------------------------------------- mischief */

START_TEST(calls_fail_when_told)
{
	begin(NULL);
	bndk_fault(k, "buf_new", 2, -ENOMEM);
	say("buffer a");
	say("buffer b");
	say("buffer c");
	bndk_expect(c, BND_FRONT, "a-c");
	ck_assert_uint_eq(bndk_calls(k, "buf_new"), 3);
	bndk_fault(k, "work", 1, -ENOMEM);
	say("work x");
	bndk_expect(c, BND_FRONT, "-");
	bndk_fault(k, "out", 1, -ENOMEM);
	say("out x");
	bndk_expect_abort(c, -ENOMEM);
	bndk_unload(k);
}
END_TEST

START_TEST(start_may_fail)
{
	bndk_expect_refused(PUPPET, "fail_start = 13", "Permission denied");
	bndk_expect_refused(PUPPET, "words = [a b]; wrods = c", "words");
}
END_TEST

UNIT_TESTS("kit-calls", back_opens_when_asked, exit_is_told,
    back_may_wait_and_fail, abort_is_told, refusal_is_polite,
    refused_client_may_end, neighbours_may_reset, leaving_lets_bytes_by,
    bypass_is_one_way, discarded_bytes_are_dropped, timers_fire_in_time,
    time_waits_for_descriptors, time_does_not_wait_for_ever,
    idle_connections_end, half_closed_connections_end, claims_are_counted,
    facts_and_figures_are_seen, connections_have_addresses,
    addresses_can_be_chosen, what_came_can_be_dropped, questions_are_answered,
    bytes_go_out_in_all_ways, full_outlets_take_nothing, jobs_run_when_told,
    job_may_be_done_late, messages_reach_workers_and_generations,
    kept_memory_outlives_reloads, calls_fail_when_told, start_may_fail)

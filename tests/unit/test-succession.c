/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Generations that follow one another, read from files. */

#include "reload/succession.h"

#include "abi/table.h"
#include "log/log.h"
#include "pipeline/post.h"
#include "reading.h"
#include "reload/generation-inner.h"
#include "stream/pledge.h"
#include "stream/setup.h"
#include "stream/work.h"
#include "worker/listener.h"
#include "worker/pool.h"
#include "worker/worker.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { WORKERS = 2, TURNS = 1000 };

static const char *const dirs[] = { TEST_PLUGIN_DIR, OUR_PLUGIN_DIR, NULL };
static struct worker *workers[WORKERS];
static struct pool *pool;
static struct loop loop;
static struct succession s;
static unsigned heard; /* the ticket of the last verdict */
static int verdict;
static unsigned trials, settled; /* calls of settle() */
static bool settle_refuses;

static int
settle(void *arg, const struct settings *settings UNUSED, bool is_trial,
    struct report *r)
{
	ck_assert_ptr_eq(arg, &s);
	if (!is_trial) {
		settled++;
		return 0;
	}
	trials++;
	if (settle_refuses)
		report_error(r, NULL, 0, "no, not that");
	return settle_refuses ? -EINVAL : 0;
}

static void
workers_begin(void)
{
	static const struct log_settings quiet = { .level = LOG_L_ERROR };
	const char *error;

	ck_assert_int_eq(log_configure(&quiet, &error), 0);
	ck_assert_int_eq(loop_init(&loop), 0);
	ck_assert_int_eq(pledges_init(), 0);
	pool = pool_create(2);
	works_init(pool);
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = worker_create(i);
		ck_assert_ptr_nonnull(workers[i]);
		ck_assert_int_eq(stream_init(workers[i]), 0);
		stream_settle(workers[i], true, 64);
		ck_assert_int_eq(acceptors_init(workers[i], 1000), 0);
	}
	ck_assert_int_eq(posts_init(workers, WORKERS), 0);
	for (unsigned i = 0; i < WORKERS; i++)
		ck_assert_int_eq(worker_start(workers[i]), 0);
}

static void
reloaded(void *arg, const struct verdict *v)
{
	ck_assert_ptr_eq(arg, &s);
	ck_assert_int_ge(v->took_ms, 0);
	heard = v->ticket;
	verdict = v->rc;
	report_finish(&report);
	report = (struct report){ 0 };
	for (size_t i = 0; i < v->report->count; i++)
		report_error(
		    &report, NULL, 0, "%s", v->report->entries[i].text);
}

/* The first generation serves what a.conf says. */
static void
begin(const char *text)
{
	struct generation *first;

	write_file("a.conf", text);
	read_good("a.conf");
	workers_begin();
	s = (struct succession){
		.crew = { workers, WORKERS },
		.host = &abi_table,
		.config = "a.conf",
		.plugin_dirs = dirs,
		.loop = &loop,
		.settle = settle,
		.reloaded = reloaded,
		.arg = &s,
	};
	first = generation_create(&tree, 1, &s.crew, &abi_table, dirs, &report);
	ck_assert_ptr_nonnull(first);
	ck_assert_uint_eq(report.count, 0);
	ck_assert_int_eq(succession_begin(&s, &first, &report), 0);
	ck_assert_ptr_null(first);
}

static void
end(void)
{
	succession_end(&s);
	ck_assert_ptr_null(s.current);
	ck_assert_ptr_null(s.leaving);
	for (unsigned i = 0; i < WORKERS; i++)
		worker_stop(workers[i]);
	pool_destroy(&pool, 1000);
	for (unsigned i = 0; i < WORKERS; i++) {
		acceptors_finish(workers[i]);
		stream_finish(workers[i]);
		worker_destroy(&workers[i]);
	}
	posts_finish();
	loop_finish(&loop);
}

/* Reload, and turn until the verdict is there; what it says is in report. */
static int
reload_heard(void)
{
	unsigned ticket = succession_reload(&s);

	for (int i = 0; i < TURNS && heard < ticket; i++)
		loop_turn(&loop, 10);
	ck_assert_uint_eq(heard, ticket);
	ck_assert(!succession_is_reloading(&s));
	return verdict;
}

static void
reload(const char *text)
{
	write_file("new.conf", text);
	ck_assert_int_eq(rename("new.conf", "a.conf"), 0);
	report_finish(&report);
	loop_turn(&loop, 0);
	ck_assert_int_eq(reload_heard(), 0);
	ck_assert_uint_eq(report.count, 0);
}

/* Nothing has changed, and this sentence says why. */
static void
reload_refuses(const char *text, const char *sentence)
{
	const struct generation *was = s.current;
	unsigned before = settled;

	write_file("new.conf", text);
	ck_assert_int_eq(rename("new.conf", "a.conf"), 0);
	report_finish(&report);
	ck_assert_int_eq(reload_heard(), -EINVAL);
	ck_assert_uint_eq(report.count, 1);
	ck_assert_str_eq(report.entries[0].text, sentence);
	ck_assert_ptr_eq(s.current, was);
	ck_assert_uint_eq(settled, before);
}

/* Until the main thread's loop has let those that leave go. */
static void
await_alone(void)
{
	for (int i = 0; i < TURNS && s.leaving; i++)
		loop_turn(&loop, 10);
	ck_assert_ptr_null(s.leaving);
}

static int
client(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval t = { .tv_sec = 10 };

	strcpy(a.sun_path, path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	ck_assert_int_eq(connect(fd, (void *)&a, sizeof(a)), 0);
	return fd;
}

static void
hears_itself(int fd)
{
	char c = 0;

	ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), 1);
	ck_assert_int_eq(recv(fd, &c, 1, 0), 1);
	ck_assert_int_eq(c, 'x');
}

/* A configuration that listens on a unix socket of that name. */
static const char *
echo(const char *settings, const char *name, const char *more)
{
	static char text[1000];

	snprintf(text, sizeof(text),
	    "%s\npipelines: { e = ( { type = \"tcp-server\"; listen = "
	    "\"unix:%s/%s\"; %s }, { type = \"echo\"; } ); };\n",
	    settings, dir, name, more);
	return text;
}

START_TEST(one_generation_follows_another)
{
	int old, fresh;

	begin(echo("", "s", ""));
	old = client("s");
	hears_itself(old);
	reload(echo("", "s", "idle_timeout = \"1h\";"));
	ck_assert_uint_eq(generation_number(s.current), 2);
	ck_assert_uint_eq(trials, 1);
	ck_assert_uint_eq(settled, 1);
	ck_assert_uint_eq(generation_number(s.leaving), 1);
	fresh = client("s");
	hears_itself(fresh);
	hears_itself(old);
	ck_assert_uint_eq(succession_pins(&s), 2);
	ck_assert_uint_eq(generation_pins(s.current), 1);
	close(old);
	await_alone();
	hears_itself(fresh);
	close(fresh);
	end();
}
END_TEST

START_TEST(a_refusal_changes_nothing)
{
	char sentence[200];
	int fd;

	begin(echo("workers = 2;", "s", ""));
	reload_refuses("a = ;", "a.conf:1: syntax error near: a = ;");
	reload_refuses(echo("\nworkers = 3;", "s", ""),
	    "a.conf:2: option 'workers' cannot change from 2 to 3 while the "
	    "host runs: restart it");
	ck_assert_uint_eq(trials, 0);
	settle_refuses = true;
	reload_refuses(echo("workers = 2;", "s", ""), "no, not that");
	ck_assert_uint_eq(trials, 1);
	ck_assert_ptr_null(s.leaving);
	settle_refuses = false;
	snprintf(sentence, sizeof(sentence),
	    "a.conf:2: pipeline 'e', binding 'tcp-server', option 'listen': "
	    "cannot listen on unix:%s/none/s: No such file or directory",
	    dir);
	reload_refuses(echo("workers = 2;", "none/s", ""), sentence);
	await_alone(); /* it had begun, so it has to end */
	fd = client("s");
	hears_itself(fd);
	close(fd);
	/* The number that the refused ones did not get. */
	reload(echo("workers = 2;", "s", ""));
	ck_assert_uint_eq(generation_number(s.current), 2);
	await_alone();
	end();
}
END_TEST

START_TEST(a_drain_time_ends_what_is_left)
{
	char c;
	int fd;

	begin(echo("drain_timeout = \"300ms\";", "s", ""));
	fd = client("s");
	hears_itself(fd);
	reload(echo("", "s", ""));
	await_alone();
	ck_assert_int_le(recv(fd, &c, 1, 0), 0);
	close(fd);
	end();
}
END_TEST

START_TEST(the_end_needs_no_patience)
{
	begin(echo("", "s", ""));
	for (int i = 0; i < 20; i++)
		reload(echo("", "s", ""));
	ck_assert_uint_eq(generation_number(s.current), 21);
	succession_drain(&s);
	ck_assert_int_eq(access("s", F_OK), -1);
	end();
}
END_TEST

START_TEST(reloads_asked_for_meanwhile_are_one_more)
{
	unsigned first, more;

	begin(echo("", "s", ""));
	first = succession_reload(&s);
	ck_assert(succession_is_reloading(&s));
	more = succession_reload(&s);
	ck_assert_uint_eq(more, first + 1);
	ck_assert_uint_eq(succession_reload(&s), more);
	for (int i = 0; i < TURNS && heard < more; i++)
		loop_turn(&loop, 10);
	ck_assert_uint_eq(heard, more);
	ck_assert(!succession_is_reloading(&s));
	ck_assert_uint_eq(generation_number(s.current), 3);
	end();
}
END_TEST

START_TEST(a_reload_can_be_given_up)
{
	begin(echo("", "s", ""));
	succession_reload(&s);
	succession_reload(&s);
	succession_reload_cancel(&s);
	ck_assert(!succession_is_reloading(&s));
	ck_assert_uint_eq(heard, 2); /* both that were asked for */
	ck_assert_int_eq(verdict, -ECANCELED);
	ck_assert_uint_eq(report.count, 1);
	ck_assert_str_eq(report.entries[0].text,
	    "a.conf: reading the configuration was given up: the process "
	    "ends");
	succession_reload_cancel(&s);
	for (int i = 0; i < 3; i++)
		loop_turn(&loop, 10);
	ck_assert_uint_eq(heard, 2);
	ck_assert_uint_eq(generation_number(s.current), 1);
	/* Whoever changes their mind can begin again. */
	report_finish(&report);
	ck_assert_int_eq(reload_heard(), 0);
	ck_assert_uint_eq(generation_number(s.current), 2);
	end();
}
END_TEST

int
main(int argc, char **argv)
{
	const TTest *const tests[] = { one_generation_follows_another,
		a_refusal_changes_nothing, a_drain_time_ends_what_is_left,
		the_end_needs_no_patience,
		reloads_asked_for_meanwhile_are_one_more,
		a_reload_can_be_given_up };

	return reading_main(
	    argc, argv, "succession", tests, ARRAY_COUNT(tests), NULL);
}

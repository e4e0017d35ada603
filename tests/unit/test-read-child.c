/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The reader of the configuration: conf.d, and a child that goes wrong. */
#include "reading.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ------------------------------------------------------------------ conf.d */

START_TEST(conf_d_is_merged_in_order)
{
	const struct node *p;

	write_file("a.conf", "log = { level = \"info\"; };\n"
			     "pipelines = { one = (); };");
	write_file("conf.d/20.conf", "pipelines: { three = (); };");
	write_file("conf.d/10.conf", "log = { format = \"json\"; x = {}; };\n"
				     "pipelines: {\n two = (); };\n"
				     "workers = 1;");
	read_good("a.conf");
	ck_assert_uint_eq(tree->root.count, 3);
	ck_assert_str_eq(tree->root.items[0].key, "log");
	ck_assert_uint_eq(at("log", NULL)->count, 3);
	is_at(at("log", NULL), "a.conf", 1);
	is_at(at("log", "format"), "conf.d/10.conf", 1);
	p = at("pipelines", NULL);
	ck_assert_uint_eq(p->count, 3);
	ck_assert_str_eq(p->items[0].key, "one");
	ck_assert_str_eq(p->items[1].key, "two");
	ck_assert_str_eq(p->items[2].key, "three");
	is_at(&p->items[1], "conf.d/10.conf", 3);
}
END_TEST

START_TEST(conf_d_has_only_certain_files)
{
	static const char *const ignored[] = { ".hidden.conf", "a.conf~",
		"b.conf.dpkg-old", "b.dpkg-new.conf", "c.rpmsave.conf", "d.txt",
		".conf", "conf" };
	char path[60];

	write_file("a.conf", "");
	for (size_t i = 0; i < ARRAY_COUNT(ignored); i++) {
		snprintf(path, sizeof(path), "conf.d/%s", ignored[i]);
		write_file(path, "not a configuration");
	}
	ck_assert_int_eq(mkdir("conf.d/dir.conf", 0755), 0);
	ck_assert_int_eq(mkfifo("conf.d/fifo.conf", 0600), 0);
	write_file("conf.d/x.conf", "workers = 1;");
	read_good("a.conf");
	ck_assert_uint_eq(tree->root.count, 1);
	ck_assert_int_eq(symlink("nowhere", "conf.d/link.conf"), 0);
	read_bad("a.conf",
	    "conf.d/link.conf: could not be read: No such file or directory",
	    NULL);
}
END_TEST

START_TEST(conf_d_may_be_missing_but_not_wrong)
{
	write_file("a.conf", "");
	ck_assert_int_eq(rmdir("conf.d"), 0);
	read_good("a.conf");
	write_file("conf.d", "");
	read_bad(
	    "a.conf", "conf.d: could not be listed: Not a directory", NULL);
}
END_TEST

START_TEST(what_is_given_twice_names_both_places)
{
	write_file("a.conf", "workers = 1;\nlog = { level = \"info\"; };\n"
			     "pipelines = { one = (); two = { a = 1; }; };");
	write_file("conf.d/1.conf", "log = {\nlevel = \"debug\"; };\n"
				    "workers = 2;");
	write_file("conf.d/2.conf", "pipelines = { one = ();\n"
				    "two = { b = 1; }; };\nlog = 1;");
	read_bad("a.conf", "conf.d/1.conf:1: 'log' is already set at a.conf:2",
	    "conf.d/2.conf:3: 'log' is already set at a.conf:2",
	    "conf.d/2.conf:1: 'pipelines.one' is already set at a.conf:3",
	    "conf.d/2.conf:2: 'pipelines.two' is already set at a.conf:3",
	    "conf.d/1.conf:3: 'workers' is already set at a.conf:1", NULL);
	write_file("conf.d/2.conf", "");
	read_bad("a.conf",
	    "conf.d/1.conf:2: 'log.level' is already set at a.conf:2",
	    "conf.d/1.conf:3: 'workers' is already set at a.conf:1", NULL);
}
END_TEST

START_TEST(errors_of_all_files_come_in_one_run)
{
	write_file("a.conf", "a = ;\n");
	write_file("conf.d/1.conf", "b = 5s;\nc = 10m;");
	write_file("conf.d/2.conf", "\xef\xbb\xbf");
	read_bad("a.conf", "a.conf:1: syntax error near: a = ;",
	    "conf.d/1.conf:1: '5s' is not a number: write sizes, times and "
	    "addresses as strings, in double quotes",
	    "conf.d/1.conf:2: '10m' is not a number: write sizes, times and "
	    "addresses as strings, in double quotes",
	    "conf.d/2.conf:1: begins with a byte order mark: save it as UTF-8 "
	    "without one",
	    NULL);
}
END_TEST

/* ------------------------------------------------------- a child gone wrong */

static void
child_does(const char *what)
{
	write_file("a.conf", "a = 1;");
	ck_assert_int_eq(setenv("TEST_READ_CHILD", what, 1), 0);
}

static size_t
open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

START_TEST(a_child_that_dies_is_one_sentence)
{
	child_does("abort");
	read_bad("a.conf",
	    "a.conf: the configuration reader was ended by signal 6 (Aborted)",
	    NULL);
	child_does("partial");
	read_bad("a.conf",
	    "a.conf: the configuration reader was ended by signal 6 (Aborted)",
	    NULL);
	child_does("exit");
	read_bad("a.conf",
	    "a.conf: the configuration reader ended with status 2 and no "
	    "answer: input in flex scanner failed",
	    NULL);
	child_does("nothing");
	read_bad("a.conf",
	    "a.conf: the configuration reader ended with status 0 and no "
	    "answer",
	    NULL);
}
END_TEST

START_TEST(a_child_that_sends_garbage_is_one_sentence)
{
	child_does("garbage");
	read_bad("a.conf",
	    "a.conf: the configuration reader sent no configuration (an "
	    "internal error)",
	    NULL);
	child_does("flood");
	read_bad("a.conf", "a.conf: the configuration is too large", NULL);
}
END_TEST

START_TEST(a_child_that_hangs_is_killed_at_the_deadline)
{
	static const char *const ways[] = { "hang", "hang-closed", "drip" };

	for (size_t i = 0; i < ARRAY_COUNT(ways); i++) {
		child_does(ways[i]);
		read_within("a.conf", 300);
		ck_assert_ptr_null(tree);
		ck_assert_uint_eq(report.count, 1);
		ck_assert_str_eq(report.entries[0].text,
		    "a.conf: reading the configuration took longer than 300 ms "
		    "and was given up");
		ck_assert(seconds >= 0.3 && seconds < 2);
		ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
		ck_assert_int_eq(errno, ECHILD);
	}
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
/* libconfig does not look at what malloc() returns: that is the child's end and
 * nobody else's. */
START_TEST(a_child_without_memory_is_one_sentence)
{
	FILE *f;

	child_does("poor");
	f = fopen("a.conf", "w");
	fputs("x = ( 1", f);
	for (int i = 0; i < 1000000; i++)
		fputs(",1", f);
	fputs(");", f);
	ck_assert_int_eq(fclose(f), 0);
	read_within("a.conf", CONFIG_READ_DEADLINE_MS);
	ck_assert_ptr_null(tree);
	ck_assert_uint_eq(report.count, 1);
}
END_TEST
#endif

START_TEST(no_descriptor_and_no_child_is_left)
{
	static const char *const ways[] = { "", "abort", "exit", "garbage" };
	size_t before = open_descriptors();

	for (size_t i = 0; i < ARRAY_COUNT(ways); i++) {
		child_does(ways[i]);
		read_within("a.conf", CONFIG_READ_DEADLINE_MS);
		ck_assert_uint_eq(open_descriptors(), before);
		ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
		ck_assert_int_eq(errno, ECHILD);
	}
}
END_TEST

static void
on_alarm(int sig UNUSED)
{
}

START_TEST(signals_do_not_disturb)
{
	const struct sigaction sa = { .sa_handler = on_alarm };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	const struct timespec often = { .tv_nsec = 500000 };
	const struct itimerspec timer = { often, often };
	timer_t id;

	ck_assert_int_eq(sigaction(SIGALRM, &sa, NULL), 0);
	ck_assert_int_eq(sigaction(SIGPIPE, &ignore, NULL), 0);
	ck_assert_int_eq(timer_create(CLOCK_MONOTONIC, NULL, &id), 0);
	ck_assert_int_eq(timer_settime(id, 0, &timer, NULL), 0);
	child_does("signals");
	for (int i = 0; i < 10; i++)
		read_good("a.conf");
	timer_delete(id);
}
END_TEST

/* The child with fresh signals: nothing blocked, SIGPIPE not ignored. */
static int
child_check_signals(void)
{
	struct sigaction sa;
	sigset_t set;

	sigaction(SIGPIPE, NULL, &sa);
	sigprocmask(SIG_BLOCK, NULL, &set);
	if (sa.sa_handler != SIG_DFL || sigismember(&set, SIGTERM))
		_exit(9);
	return -1;
}

/* The status to end with, or -1: read as usual. */
static int
child_misbehave(const char *how)
{
	static char zeros[65536];
	const struct timespec pause = { .tv_nsec = 50000000 };

	if (!strcmp(how, "signals"))
		return child_check_signals();
	if (!strcmp(how, "poor")) {
		const struct rlimit limit = { 64 << 20, 64 << 20 };

		return setrlimit(RLIMIT_AS, &limit) ? 1 : -1;
	}
	if (!strcmp(how, "partial"))
		dprintf(1, "{\"at\":[");
	if (!strcmp(how, "abort") || !strcmp(how, "partial")) {
		signal(SIGABRT, SIG_DFL);
		raise(SIGABRT);
	}
	if (!strcmp(how, "exit"))
		dprintf(2, "input in flex scanner failed\nmore\n");
	if (!strcmp(how, "garbage"))
		dprintf(1, "]{not json");
	for (int i = 0; !strcmp(how, "flood") && i < 2000; i++)
		if (write(1, zeros, sizeof(zeros)) < 0)
			return 1;
	if (!strcmp(how, "hang-closed")) {
		close(1);
		close(2);
	}
	/* Bounded, should nobody kill it. */
	for (int i = 0;
	     (!strncmp(how, "hang", 4) || !strcmp(how, "drip")) && i < 200;
	     i++) {
		if (!strcmp(how, "drip"))
			dprintf(1, "[");
		nanosleep(&pause, NULL);
	}
	if (!*how)
		return -1;
	return !strcmp(how, "exit") ? 2 : 0;
}

/* Whether to try again is another question than what to write differently. */
START_TEST(errno_tells_a_wrong_file_from_no_child)
{
	struct rlimit limit, none;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ 3, limit.rlim_max };
	write_file("a.conf", "a = ;");
	read_within("a.conf", CONFIG_READ_DEADLINE_MS);
	ck_assert_int_eq(errno, EINVAL);
	read_within("missing.conf", CONFIG_READ_DEADLINE_MS);
	ck_assert_int_eq(errno, EINVAL);
	write_file("a.conf", "a = 1;");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	read_within("a.conf", CONFIG_READ_DEADLINE_MS);
	ck_assert_int_eq(errno, EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_ptr_null(tree);
	ck_assert_uint_eq(report.count, 1);
	ck_assert_str_eq(report.entries[0].text,
	    "a.conf: the configuration reader could not be started: Too many "
	    "open files");
	read_good("a.conf");
}
END_TEST

int
main(int argc, char **argv)
{
	const TTest *const tests[] = {
#ifndef __SANITIZE_ADDRESS__
		a_child_without_memory_is_one_sentence,
#endif
		conf_d_is_merged_in_order, conf_d_has_only_certain_files,
		conf_d_may_be_missing_but_not_wrong,
		what_is_given_twice_names_both_places,
		errors_of_all_files_come_in_one_run,
		a_child_that_dies_is_one_sentence,
		a_child_that_sends_garbage_is_one_sentence,
		a_child_that_hangs_is_killed_at_the_deadline,
		no_descriptor_and_no_child_is_left, signals_do_not_disturb,
		errno_tells_a_wrong_file_from_no_child
	};

	return reading_main(argc, argv, "read-child", tests, ARRAY_COUNT(tests),
	    child_misbehave);
}

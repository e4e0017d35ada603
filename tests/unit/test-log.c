/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "log/log.h"

#include "base/compiler.h"
#include "log/log-report.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, LINES = 20000 };

static char dir[] = "/tmp/test-log-XXXXXX";
static char target_a[64], target_b[64], *path_a, *path_b;
static const char *error;

static int64_t
clock_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
test_begin(void)
{
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(target_a, sizeof(target_a), "file:%s/a", dir);
	snprintf(target_b, sizeof(target_b), "file:%s/b", dir);
	path_a = target_a + 5;
	path_b = target_b + 5;
}

static void
test_end(void)
{
	log_stop();
	ck_assert_int_eq(
	    log_configure(
		&(struct log_settings){ 6, LOG_TEXT, "stderr" }, &error),
	    0);
	unlink(path_a);
	unlink(path_b);
	ck_assert_int_eq(rmdir(dir), 0);
}

static void
use(const char *target)
{
	struct log_settings s = { LOG_L_INFO, LOG_TEXT, target };

	ck_assert_msg(log_configure(&s, &error) == 0, "%s", error);
}

/* What the file holds; the caller frees it. */
static char *
content_of(const char *path)
{
	size_t n = 0, size = 64 * 1024 * 1024;
	char *text = malloc(size);
	FILE *f = fopen(path, "re");

	ck_assert(f && text);
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

/* Without their times: "info: x". */
static void
expect_content(const char *path, const char *expected)
{
	char *text = content_of(path), *to = text;

	for (char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		ck_assert_ptr_nonnull(end);
		ck_assert_int_gt(end - line, 25);
		memmove(to, line + 25, (size_t)(end - line) - 24);
		to += end - line - 24;
	}
	*to = '\0';
	ck_assert_str_eq(text, expected);
	free(text);
}

/* Note one line of the storm; thread numbers of THREADS and more are not looked
 * at.  False: it is none. */
static bool
note_line(const char *line, unsigned *next)
{
	const char *at = strstr(line, "Z ");
	unsigned thread, number;

	if (!at || sscanf(at, "Z info: storm thread=%u number=%u end=\"\"",
		       &thread, &number) != 2)
		return false;
	if (thread < THREADS) {
		if (number < next[thread])
			return false;
		next[thread] = number + 1;
	}
	return true;
}

/* As strstr(), which the address sanitizer makes look at all of the text each
 * time. */
static char *
find(char *text, const char *what)
{
	size_t n = strlen(what);

	while (*text && strncmp(text, what, n) != 0)
		text++;
	return *text ? text : NULL;
}

/* How many lines of the storm, whole and in order, and how many were lost. */
static size_t
count_lines(const char *text, size_t *lost_r)
{
	size_t count = 0, lost;
	unsigned next[THREADS] = { 0 };
	const char *stop = text + strlen(text), *end;
	char line[200];

	for (; text < stop; text = end + 1) {
		/* strchr() under a strict sanitizer reads all the rest */
		end = memchr(text, '\n', (size_t)(stop - text));
		if (!end || end - text >= (int)sizeof(line))
			ck_abort_msg("torn: %.100s", text);
		memcpy(line, text, (size_t)(end - text));
		line[end - text] = '\0';
		if (strlen(line) > 25 &&
		    sscanf(line + 25, "warn: log: %zu line", &lost) == 1)
			*lost_r += lost;
		else if (note_line(line, next))
			count++;
		else
			ck_abort_msg("torn or out of order: %s", line);
	}
	return count;
}

static void *
storm_run(void *arg)
{
	const int *index = arg;

	for (int i = 0; i < LINES; i++) {
		struct log_field f[] = { { "thread", NULL, *index },
			{ "number", NULL, i }, { "end", "", 0 } };

		log_line(LOG_L_INFO, f, 3, "storm");
	}
	return NULL;
}

static void
storm_start(pthread_t *threads, int *index)
{
	for (int i = 0; i < THREADS; i++) {
		index[i] = i;
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, storm_run, &index[i]), 0);
	}
}

static void
storm_end(pthread_t *threads)
{
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

START_TEST(lines_are_written_at_once_and_by_the_thread)
{
	struct stat st;

	test_begin();
	use(target_a);
	log_info("one %d", 1);
	expect_content(path_a, "info: one 1\n");
	ck_assert_int_eq(log_start(), 0);
	ck_assert_int_eq(log_start(), 0);
	log_debug("not this");
	errno = EBADMSG;
	log_warn("two: %m");
	ck_assert_int_eq(errno, EBADMSG);
	log_stop();
	log_error("three");
	expect_content(
	    path_a, "info: one 1\nwarn: two: Bad message\nerror: three\n");
	ck_assert_int_eq(stat(path_a, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
	log_stop();
	test_end();
}
END_TEST

START_TEST(a_log_file_is_reopened)
{
	test_begin();
	use(target_a);
	ck_assert_int_eq(log_start(), 0);
	log_info("before");
	log_stop();
	ck_assert_int_eq(rename(path_a, path_b), 0);
	log_info("still");
	ck_assert_int_eq(log_reopen(), 0);
	log_info("after");
	expect_content(path_b, "info: before\ninfo: still\n");
	expect_content(path_a, "info: after\n");
	test_end();
}
END_TEST

START_TEST(a_bad_target_changes_nothing)
{
	static const char *const bad[] = { "file:/no/such/dir/log", "file:x",
		"file:", "files", "", "file:/" };
	char expected[200];

	test_begin();
	use(target_a);
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		struct log_settings s = { LOG_L_DEBUG, LOG_JSON, bad[i] };

		error = NULL;
		ck_assert_int_lt(log_check(&s, &error), 0);
		ck_assert_ptr_nonnull(error);
		error = NULL;
		ck_assert_int_lt(log_configure(&s, &error), 0);
		ck_assert_ptr_nonnull(error);
	}
	snprintf(expected, sizeof(expected),
	    "could not open '/no/such/dir/log': %s", strerror(ENOENT));
	log_configure(&(struct log_settings){ 7, 0, bad[0] }, &error);
	ck_assert_str_eq(error, expected);
	ck_assert(!log_is_on(LOG_L_DEBUG));
	log_info("here");
	expect_content(path_a, "info: here\n");
	ck_assert_int_eq(
	    log_check(&(struct log_settings){ 7, 0, target_b }, &error), 0);
	ck_assert_int_lt(access(path_b, F_OK), 0);
	test_end();
}
END_TEST

START_TEST(many_threads_lose_nothing_to_a_file)
{
	pthread_t threads[THREADS];
	int index[THREADS];
	size_t lost = 0;
	char *text;

	test_begin();
	use(target_a);
	ck_assert_int_eq(log_start(), 0);
	storm_start(threads, index);
	storm_end(threads);
	log_stop();
	text = content_of(path_a);
	ck_assert_uint_eq(count_lines(text, &lost) + lost, THREADS * LINES);
	free(text);
	test_end();
}
END_TEST

START_TEST(targets_change_under_load)
{
	pthread_t threads[THREADS];
	int index[THREADS];
	size_t lost = 0, count;
	char *text;

	test_begin();
	use(target_a);
	ck_assert_int_eq(log_start(), 0);
	storm_start(threads, index);
	for (int i = 0; i < 50; i++) {
		use(i % 2 ? target_a : target_b);
		ck_assert_int_eq(log_reopen(), 0);
		poll(NULL, 0, 1);
	}
	storm_end(threads);
	log_stop();
	text = content_of(path_a);
	count = count_lines(text, &lost);
	free(text);
	text = content_of(path_b);
	count += count_lines(text, &lost);
	free(text);
	ck_assert_uint_eq(count + lost, THREADS * LINES);
	test_end();
}
END_TEST

/* Standard error becomes a pipe; returns the end to read. */
static int
stderr_pipe(int flags)
{
	int fd[2];

	ck_assert_int_eq(pipe2(fd, O_CLOEXEC), 0);
	ck_assert_int_eq(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(fcntl(fd[1], F_SETFL, flags), 0);
	ck_assert_int_eq(dup2(fd[1], STDERR_FILENO), STDERR_FILENO);
	close(fd[1]);
	return fd[0];
}

/* All that comes until it has been quiet for quiet_ms. */
static char *
read_pipe(int fd, int quiet_ms)
{
	size_t n = 0, size = 64 * 1024 * 1024;
	char *text = malloc(size);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t r;

	ck_assert_ptr_nonnull(text);
	while (poll(&p, 1, quiet_ms) == 1) {
		r = read(fd, text + n, size - 1 - n);
		if (r <= 0)
			break;
		n += (size_t)r;
	}
	text[n] = '\0';
	return text;
}

/* Callers go on, stopping takes a second at most (and what a busy machine
 * adds), no line is torn. */
static void
check_stalled_stderr(int flags)
{
	int saved = dup(STDERR_FILENO), fd, index = 0;
	int64_t start_ms, cpu_ms;
	size_t lost = 0;
	char *text;

	test_begin();
	fd = stderr_pipe(flags);
	use("stderr");
	ck_assert_int_eq(log_start(), 0);
	start_ms = clock_ms(CLOCK_MONOTONIC);
	for (int i = 0; i < 4; i++)
		storm_run(&index);
	ck_assert_int_lt(clock_ms(CLOCK_MONOTONIC) - start_ms, 8000);
	cpu_ms = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
	poll(NULL, 0, 500);
	ck_assert_int_lt(clock_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu_ms, 100);
	start_ms = clock_ms(CLOCK_MONOTONIC);
	log_stop();
	ck_assert_int_lt(clock_ms(CLOCK_MONOTONIC) - start_ms, 4000);
	for (int i = 0; i < 100; i++)
		log_info("nobody reads");
	ck_assert_int_lt(clock_ms(CLOCK_MONOTONIC) - start_ms, 8000);
	text = read_pipe(fd, 100);
	for (char *at = text; (at = find(at, "thread=0")); at++)
		at[7] = '9';
	ck_assert_uint_gt(count_lines(text, &lost), 100);
	free(text);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fd);
	test_end();
}

START_TEST(a_stalled_stderr_does_not_block)
{
	check_stalled_stderr(0);
}
END_TEST

START_TEST(a_stalled_non_blocking_stderr_does_not_spin)
{
	check_stalled_stderr(O_NONBLOCK);
}
END_TEST

/* Its lines are given up, the new target hears how many. */
START_TEST(a_stalled_target_can_be_left)
{
	int saved = dup(STDERR_FILENO), fd, index = THREADS;
	int64_t start_ms;
	size_t lost = 0, count;
	char *text;

	test_begin();
	fd = stderr_pipe(0);
	use("stderr");
	ck_assert_int_eq(log_start(), 0);
	storm_run(&index);
	start_ms = clock_ms(CLOCK_MONOTONIC);
	use(target_a);
	ck_assert_int_lt(clock_ms(CLOCK_MONOTONIC) - start_ms, 6000);
	storm_run(&index);
	log_stop();
	text = content_of(path_a);
	count = count_lines(text, &lost);
	free(text);
	text = read_pipe(fd, 50);
	count += count_lines(text, &lost);
	free(text);
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_eq(count + lost, 2 * LINES);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fd);
	test_end();
}
END_TEST

START_TEST(what_is_lost_is_reported)
{
	int saved = dup(STDERR_FILENO), fd, index = 0;
	size_t lost = 0, count;
	char *text;

	test_begin();
	fd = stderr_pipe(0);
	use("stderr");
	ck_assert_int_eq(log_start(), 0);
	for (int i = 0; i < 4; i++)
		storm_run(&index);
	text = read_pipe(fd, 1500);
	for (char *at = text; (at = find(at, "thread=0")); at++)
		at[7] = '9';
	count = count_lines(text, &lost);
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_eq(count + lost, 4 * LINES);
	free(text);
	log_stop();
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fd);
	test_end();
}
END_TEST

/* Twice a second at most it is tried again. */
static void
check_failing_target(void)
{
	int64_t cpu_ms;

	ck_assert_int_eq(log_start(), 0);
	cpu_ms = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < 100; i++) {
		log_info("into the void %d", i);
		poll(NULL, 0, 4);
	}
	ck_assert_int_lt(clock_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu_ms, 150);
	use(target_a);
	log_info("back");
	log_stop();
	expect_content(path_a, "info: back\nwarn: log: 100 lines lost\n");
}

START_TEST(a_full_disk_is_survived)
{
	test_begin();
	use("file:/dev/full");
	check_failing_target();
	test_end();
}
END_TEST

START_TEST(a_closed_stderr_is_survived)
{
	int saved = dup(STDERR_FILENO), fd;

	test_begin();
	fd = stderr_pipe(0);
	close(fd);
	use("stderr");
	check_failing_target();
	close(STDERR_FILENO);
	use("stderr");
	log_info("nowhere");
	dup2(saved, STDERR_FILENO);
	close(saved);
	test_end();
}
END_TEST

START_TEST(the_journal_at_stderr_gets_priorities)
{
	int saved = dup(STDERR_FILENO), fd;
	struct stat st;
	char name[64], *text;

	test_begin();
	fd = stderr_pipe(0);
	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", name, 1);
	use("stderr");
	log_error("x");
	setenv("JOURNAL_STREAM", "1:1", 1); /* another one's */
	use("stderr");
	log_error("y");
	text = read_pipe(fd, 50);
	ck_assert(!strncmp(text, "<3>x\n20", 7));
	ck_assert_ptr_nonnull(strstr(text, "Z error: y\n"));
	free(text);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fd);
	test_end();
}
END_TEST

START_TEST(a_forked_child_writes_for_itself)
{
	pid_t pid;
	int status;

	test_begin();
	use(target_a);
	ck_assert_int_eq(log_start(), 0);
	pid = fork();
	if (!pid) {
		log_after_fork();
		log_info("child");
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	log_info("parent");
	log_stop();
	expect_content(path_a, "info: child\ninfo: parent\n");
	test_end();
}
END_TEST

static void
complain_at(int level, int index, const char *fmt, ...) PRINTF(3, 4);

static void
complain_at(int level, int index, const char *fmt, ...)
{
	struct log_field f[] = { { "pipeline", "p", 0 },
		{ "conn", NULL, index } };
	va_list ap;

	va_start(ap, fmt);
	log_vfold(level, f, 2, fmt, ap);
	va_end(ap);
}

#define complain(...) complain_at(LOG_L_WARN, __VA_ARGS__)

static void *
complain_run(void *arg)
{
	const int *index = arg;

	for (int i = 0; i < LINES; i++)
		complain(*index, "trouble %d", i);
	return NULL;
}

/* Lines that begin so, and the sum of what is behind "repeated=". */
static size_t
count_trouble(char *text, size_t *repeated_r)
{
	size_t count = 0;

	for (char *at = text; (at = find(at, "Z warn: ")); at++)
		count += !strncmp(at + 8, "trouble ", 8);
	for (char *at = text; (at = find(at, " repeated=")); at++)
		*repeated_r += strtoul(at + 10, NULL, 10);
	return count;
}

START_TEST(floods_are_folded_and_nothing_is_lost)
{
	pthread_t threads[THREADS];
	int index[THREADS];
	size_t written, repeated = 0;
	char *text;

	test_begin();
	use(target_a);
	ck_assert_int_eq(log_start(), 0);
	for (int i = 0; i < THREADS; i++) {
		index[i] = i;
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, complain_run, &index[i]),
		    0);
	}
	use(target_b);
	log_info("in between");
	use(target_a);
	storm_end(threads);
	log_stop();
	for (int i = 0; i < 20; i++)
		complain(0, "trouble %d", 0); /* nobody would write a count */
	text = content_of(path_a);
	written = count_trouble(text, &repeated);
	free(text);
	text = content_of(path_b);
	ck_assert_ptr_nonnull(strstr(text, "info: in between\n"));
	written += count_trouble(text, &repeated);
	free(text);
	ck_assert_uint_eq(written + repeated, THREADS * LINES + 20);
	ck_assert_uint_lt(written, 200);
	test_end();
}
END_TEST

START_TEST(a_flood_that_is_over_is_told_by_the_thread)
{
	int64_t began = clock_ms(CLOCK_MONOTONIC);
	const char *end;
	char *text;
	int i = 0;

	test_begin();
	use(target_a);
	ck_assert_int_eq(log_start(), 0);
	while (i < 12) {
		if (i == 10)
			poll(NULL, 0, 200); /* until it sleeps again */
		complain(i++, "trouble");
	}
	for (end = NULL, i = 0; !end && i < 100; i++) {
		poll(NULL, 0, 100);
		text = content_of(path_a);
		end = strstr(text, "warn: repeated 2 times: trouble "
				   "pipeline=p repeated=2\n");
		free(text);
	}
	ck_assert_ptr_nonnull(end);
	ck_assert_int_ge(clock_ms(CLOCK_MONOTONIC) - began, 5000);
	test_end();
}
END_TEST

START_TEST(debug_is_not_folded)
{
	struct log_settings s = { LOG_L_DEBUG, LOG_TEXT, target_a };
	char *text, *at;
	int n = 0;

	test_begin();
	ck_assert_int_eq(log_configure(&s, &error), 0);
	ck_assert_int_eq(log_start(), 0);
	for (int i = 0; i < 100; i++)
		complain_at(LOG_L_DEBUG, i, "detail");
	log_stop();
	text = content_of(path_a);
	for (at = text; (at = find(at, "debug: detail ")); at++)
		n++;
	ck_assert_int_eq(n, 100);
	free(text);
	test_end();
}
END_TEST

START_TEST(the_level_can_change_meanwhile)
{
	test_begin();
	use(target_a);
	ck_assert(!log_is_on(LOG_L_DEBUG));
	log_set_level(LOG_L_DEBUG);
	ck_assert_int_eq(log_get_level(), LOG_L_DEBUG);
	log_debug("seen");
	log_set_level(LOG_L_ERROR);
	log_warn("not seen");
	use(target_a);
	ck_assert_int_eq(log_get_level(), LOG_L_INFO);
	expect_content(path_a, "debug: seen\n");
	for (int i = LOG_L_ERROR; i <= LOG_L_DEBUG; i++)
		ck_assert_int_eq(log_level_of_name(log_level_name(i)), i);
	ck_assert_str_eq(log_level_name(LOG_L_WARN), "warn");
	ck_assert_int_eq(log_level_of_name("warning"), LOG_L_WARN);
	ck_assert_int_eq(log_level_of_name("loud"), -EINVAL);
	ck_assert_str_eq(log_level_name(-1), "error");
	ck_assert_str_eq(log_level_name(99), "debug");
	test_end();
}
END_TEST

START_TEST(a_report_keeps_its_positions_apart)
{
	struct log_settings s = { LOG_L_INFO, LOG_JSON, target_a };
	struct report r = { 0 };
	char *text;

	test_begin();
	ck_assert_int_eq(log_configure(&s, &error), 0);
	report_error(&r, "/a.conf", 7, "unknown option 'x'");
	report_warn(&r, "/b.conf", 0, "odd");
	report_error(&r, NULL, 0, "no luck");
	r.lost = 2;
	r.out_of_memory = true;
	log_report(&r);
	report_finish(&r);
	text = content_of(path_a);
	ck_assert_ptr_nonnull(strstr(text,
	    "\"level\":\"error\",\"message\":\"/a.conf:7: unknown option 'x'\","
	    "\"file\":\"/a.conf\",\"line\":7}\n"));
	ck_assert_ptr_nonnull(
	    strstr(text, "\"level\":\"warn\",\"message\":\"/b.conf: odd\","
			 "\"file\":\"/b.conf\"}\n"));
	ck_assert_ptr_nonnull(strstr(text, "\"message\":\"no luck\"}\n"));
	ck_assert_ptr_nonnull(strstr(text, "\"and 2 more errors\"}\n"));
	ck_assert_ptr_nonnull(strstr(text, "\"out of memory\"}\n"));
	free(text);
	test_end();
}
END_TEST

/* Whoever started us and does not read does not hold us up for ever. */
START_TEST(a_report_to_a_stalled_stderr_is_given_up)
{
	int saved = dup(STDERR_FILENO), fd;
	struct report r = { 0 };
	int64_t start_ms;
	char *text;

	test_begin();
	fd = stderr_pipe(0);
	ck_assert_int_eq(fcntl(fd, F_SETPIPE_SZ, 4096), 4096);
	for (int i = 0; i < REPORT_MAX; i++)
		report_warn(&r, "/a.conf", 1, "%0200d", i);
	start_ms = clock_ms(CLOCK_MONOTONIC);
	log_report_print(&r);
	ck_assert_int_lt(clock_ms(CLOCK_MONOTONIC) - start_ms, 6000);
	report_finish(&r);
	text = read_pipe(fd, 50);
	ck_assert(!strncmp(text, "warning: /a.conf:1: 000", 22));
	free(text);
	ck_assert_int_eq(fcntl(fd, F_SETPIPE_SZ, 65536), 65536);
	report_error(&r, NULL, 0, "short");
	r.lost = 1;
	r.out_of_memory = true;
	log_report_print(&r);
	report_finish(&r);
	text = read_pipe(fd, 50);
	ck_assert_str_eq(text, "short\nand 1 more error\nout of memory\n");
	free(text);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fd);
	test_end();
}
END_TEST

UNIT_TESTS("log", floods_are_folded_and_nothing_is_lost,
    a_flood_that_is_over_is_told_by_the_thread, debug_is_not_folded,
    the_level_can_change_meanwhile, a_report_keeps_its_positions_apart,
    a_report_to_a_stalled_stderr_is_given_up,
    lines_are_written_at_once_and_by_the_thread, a_log_file_is_reopened,
    a_bad_target_changes_nothing, many_threads_lose_nothing_to_a_file,
    targets_change_under_load, a_stalled_stderr_does_not_block,
    a_stalled_non_blocking_stderr_does_not_spin, a_stalled_target_can_be_left,
    what_is_lost_is_reported, a_full_disk_is_survived,
    a_closed_stderr_is_survived, the_journal_at_stderr_gets_priorities,
    a_forked_child_writes_for_itself)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Running bindery-jwks-fetch: scripts stand for it, and behave as badly as a
 * program can.  Whatever they do, no child and no descriptor is left. */

#include <stdlib.h>

static int fail_after = -1; /* allocations that still succeed; -1: all do */

static void *test_realloc(void *p, size_t size);

#define realloc                    test_realloc
#define BINDERY_JWKS_FETCH_PROGRAM "/nonexistent/bindery-jwks-fetch"

#include "../../plugins/jwt-guard/jwt-fetch-run.c"
#include "../../plugins/jwt-guard/jwt-fetch.c"

#undef realloc

#include "unit.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/time.h>

static void *
test_realloc(void *p, size_t size)
{
	if (fail_after == 0)
		return NULL;
	if (fail_after > 0)
		fail_after--;
	return realloc(p, size);
}

/* ------------------------------------------------------------------ helpers */

static char directory[] = "/tmp/bindery-test-XXXXXX";
static char program[64], why[JWT_FETCH_WHY_MAX];
static char *text;
static size_t length;

/* A program that does as the lines of the shell say. */
static const char *
script(const char *lines)
{
	FILE *f;

	if (!*program) {
		ck_assert_ptr_nonnull(mkdtemp(directory));
		snprintf(program, sizeof(program), "%s/fake", directory);
	}
	f = fopen(program, "we");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "#!/bin/sh\n%s\n", lines);
	ck_assert_int_eq(0, fclose(f));
	ck_assert_int_eq(0, chmod(program, 0700));
	return program;
}

static int
count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void
check_no_child(void)
{
	ck_assert_int_eq(-1, waitpid(-1, NULL, WNOHANG));
	ck_assert_int_eq(ECHILD, errno);
}

/* Fetch with it, and see that nothing is left. */
static int
fetch_with(struct jwt_fetch f)
{
	int before = count_descriptors(), rc;

	free(text);
	text = NULL;
	*why = '\0';
	if (!f.program)
		f.program = program;
	if (!f.url)
		f.url = "https://id.example/keys";
	if (!f.max_bytes)
		f.max_bytes = 100000;
	if (!f.timeout_ms)
		f.timeout_ms = 60000;
	rc = jwt_fetch(&f, &text, &length, why, sizeof(why));
	ck_assert_int_eq(before, count_descriptors());
	check_no_child();
	ck_assert_int_eq(rc == 0, text != NULL);
	ck_assert_int_eq(rc < 0, *why != '\0');
	for (const char *p = why; *p; p++)
		ck_assert_msg(*p >= ' ' && *p <= '~', "%s", why);
	return rc;
}

static int
fetch(const char *lines)
{
	script(lines);
	return fetch_with((struct jwt_fetch){ 0 });
}

static void
clean(void)
{
	free(text);
	unlink(program);
	rmdir(directory);
}

/* Is the process of that number, which a script wrote into a file, gone, or
 * dead and somebody else's to reap? */
static bool
is_dead(const char *path)
{
	char name[64], state = 'Z';
	FILE *f = fopen(path, "re");
	int pid = 0;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(1, fscanf(f, "%d", &pid));
	fclose(f);
	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	f = fopen(name, "re");
	if (!f)
		return true;
	if (fscanf(f, "%*d %*s %c", &state) != 1)
		state = 'Z';
	fclose(f);
	return state == 'Z' || state == 'X';
}

static void
check_dies(const char *path)
{
	for (int i = 0; i < 2000 && !is_dead(path); i++)
		usleep(10000);
	ck_assert(is_dead(path));
	unlink(path);
}

/* ------------------------------------------------------------------- answers
 */

START_TEST(what_it_prints_is_the_answer)
{
	ck_assert_int_eq(0, fetch("printf '{\"keys\":[]}'"));
	ck_assert_str_eq("{\"keys\":[]}", text);
	ck_assert_uint_eq(11, length);
	ck_assert_int_eq(0, fetch("printf 'a\\0b'; echo warning >&2"));
	ck_assert_uint_eq(3, length);
	ck_assert_mem_eq("a\0b", text, 4);
	clean();
}
END_TEST

START_TEST(it_is_called_as_its_page_says)
{
	struct jwt_fetch f = { .url = "https://a/b?c=d&e;f$(g)",
		.program = script("printf '%s|' \"$@\""),
		.max_bytes = 4096,
		.timeout_ms = 50000 };

	ck_assert_int_eq(0, fetch_with(f));
	ck_assert_str_eq("-m|4096|-t|50000|--|https://a/b?c=d&e;f$(g)|", text);
	f.ca = "-a ca.pem";
	ck_assert_int_eq(0, fetch_with(f));
	ck_assert_str_eq("-m|4096|-t|50000|-c|-a ca.pem|--|"
			 "https://a/b?c=d&e;f$(g)|",
	    text);
	clean();
}
END_TEST

START_TEST(it_starts_as_a_fresh_program)
{
	int fd = fcntl(0, F_DUPFD, 5); /* unmarked, as a library's may be */
	sigset_t all;

	ck_assert_int_ge(9, fd); /* from 10 on the shell has its own */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	/* Signals 32 and 33 are the C library's own. */
	ck_assert_int_eq(0,
	    fetch("sed -nE 's/^Sig(Blk|Ign):.*(.{7})/\\2/p' /proc/self/status\n"
		  "for i in 3 4 5 6 7 8 9; do\n"
		  "[ -e /proc/$$/fd/$i ] && echo $i is open; done\n"
		  "readlink /proc/$$/fd/0\n"
		  "set -- $(cat /proc/$$/stat)\n"
		  "[ $5 = $$ ] && echo leader"));
	ck_assert_str_eq("0000000\n0000000\n/dev/null\nleader\n", text);
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	close(fd);
	clean();
}
END_TEST

START_TEST(as_much_as_is_allowed_and_no_more)
{
	struct jwt_fetch f = { .max_bytes = 70000 };

	script("head -c 70000 /dev/zero");
	ck_assert_int_eq(0, fetch_with(f));
	ck_assert_uint_eq(70000, length);
	f.max_bytes = 69999;
	ck_assert_int_eq(-EFBIG, fetch_with(f));
	ck_assert_str_eq("bindery-jwks-fetch printed more than the 69999 bytes "
			 "that it may",
	    why);
	script("printf ab");
	f.max_bytes = 2;
	ck_assert_int_eq(0, fetch_with(f));
	f.max_bytes = 1;
	ck_assert_int_eq(-EFBIG, fetch_with(f));
	clean();
}
END_TEST

/* ------------------------------------------------------------------ failures
 */

START_TEST(floods_are_cut_off)
{
	ck_assert_int_eq(-EFBIG, fetch("exec cat /dev/zero"));
	ck_assert_int_eq(-EFBIG, fetch("exec cat /dev/zero >&2"));
	ck_assert_int_eq(
	    -EFBIG, fetch("cat /dev/zero >&2 & exec cat /dev/zero"));
	clean();
}
END_TEST

START_TEST(the_status_and_the_first_line_say_why)
{
	ck_assert_int_eq(-EBADMSG,
	    fetch("printf '{}'; echo 'bindery-jwks-fetch: no such key' >&2\n"
		  "echo more >&2; exit 65"));
	ck_assert_str_eq("no such key", why);
	ck_assert_int_eq(-EAGAIN, fetch("echo too long >&2; exit 75"));
	ck_assert_str_eq("too long", why);
	ck_assert_int_eq(-EBADMSG, fetch("exit 64"));
	ck_assert_str_eq(
	    "bindery-jwks-fetch ended with status 64 and said nothing", why);
	ck_assert_int_eq(-EBADMSG, fetch("exit 0"));
	ck_assert_str_eq("bindery-jwks-fetch printed nothing", why);
	ck_assert_int_eq(-EIO, fetch("printf '{}'; kill -SEGV $$"));
	ck_assert_str_eq("bindery-jwks-fetch was ended by signal 11", why);
	clean();
}
END_TEST

START_TEST(what_it_says_is_made_harmless)
{
	char room[8];

	ck_assert_int_eq(-EBADMSG,
	    fetch("printf 'a\\033[2J\\0b\\303\\244\\177\\r\\nforged' >&2\n"
		  "exit 69"));
	ck_assert_str_eq("a?[2J?b???", why);
	ck_assert_int_eq(-EBADMSG,
	    fetch("head -c 60000 /dev/zero | tr '\\0' x >&2; exit 69"));
	ck_assert_uint_eq(sizeof(why) - 1, strlen(why));
	ck_assert_int_eq(
	    -EBADMSG, jwt_fetch(&(struct jwt_fetch){ .program = program,
				    .url = "https://a",
				    .max_bytes = 10,
				    .timeout_ms = 60000 },
			  &text, &length, room, sizeof(room)));
	ck_assert_str_eq("xxxxxxx", room);
	clean();
}
END_TEST

START_TEST(one_that_hangs_is_killed)
{
	struct jwt_fetch f = { .timeout_ms = 1 };

	script("trap '' TERM INT HUP; printf '{}'; sleep 1000");
	ck_assert_int_eq(-ETIMEDOUT, fetch_with(f));
	ck_assert_str_eq("bindery-jwks-fetch has not ended within 1 ms", why);
	/* Nothing more can come, yet how it ends is not known. */
	script("printf '{}'; exec >&- 2>&-; sleep 1000");
	ck_assert_int_eq(-ETIMEDOUT, fetch_with(f));
	/* A byte now and then is no excuse. */
	script("while :; do printf x; sleep 0.05; done");
	ck_assert_int_eq(-ETIMEDOUT, fetch_with(f));
	clean();
}
END_TEST

/* Counted, not timed, so that a loaded machine is no trouble. */
START_TEST(waiting_costs_nothing)
{
	struct jwt_fetch f = { .timeout_ms = 500 };
	struct rusage before, after;

	getrusage(RUSAGE_SELF, &before);
	script("exec >&- 2>&-; exec sleep 1000");
	ck_assert_int_eq(-ETIMEDOUT, fetch_with(f));
	getrusage(RUSAGE_SELF, &after);
	ck_assert_int_le(after.ru_nvcsw - before.ru_nvcsw, 200);
	clean();
}
END_TEST

START_TEST(what_it_started_dies_with_it)
{
	char file[64], lines[256];

	script("");
	snprintf(file, sizeof(file), "%s/pid", directory);
	snprintf(lines, sizeof(lines), "sleep 1000 & echo $! >%s; printf '{}'",
	    file);
	/* It holds the pipes open, and nobody waits for it. */
	ck_assert_int_eq(0, fetch(lines));
	ck_assert_str_eq("{}", text);
	check_dies(file);
	snprintf(lines, sizeof(lines), "sleep 1000 & echo $! >%s; wait", file);
	script(lines);
	ck_assert_int_eq(
	    -ETIMEDOUT, fetch_with((struct jwt_fetch){ .timeout_ms = 3000 }));
	check_dies(file);
	clean();
}
END_TEST

static atomic_bool is_cancelled;

static void *
cancel(void *arg)
{
	const char *file = arg;

	for (int i = 0; i < 2000 && access(file, F_OK) < 0; i++)
		usleep(10000);
	atomic_store(&is_cancelled, true);
	return NULL;
}

START_TEST(it_can_be_cancelled)
{
	struct jwt_fetch f = { .is_cancelled = &is_cancelled };
	char file[64], lines[128];
	int64_t start = fetch_now();
	pthread_t thread;

	script("");
	snprintf(file, sizeof(file), "%s/pid", directory);
	snprintf(lines, sizeof(lines), "echo $$ >%s; exec sleep 1000", file);
	script(lines);
	ck_assert_int_eq(0, pthread_create(&thread, NULL, cancel, file));
	ck_assert_int_eq(-ECANCELED, fetch_with(f));
	ck_assert_int_eq(0, pthread_join(thread, NULL));
	ck_assert_int_lt(fetch_now() - start, 50000);
	check_dies(file);
	/* And before it began. */
	script("sleep 1000");
	ck_assert_int_eq(-ECANCELED, fetch_with(f));
	clean();
}
END_TEST

START_TEST(it_may_be_asked_in_slices)
{
	struct jwt_fetch f = { .program = script("sleep 0.3; printf '{}'"),
		.url = "https://a",
		.max_bytes = 10,
		.timeout_ms = 60000 };
	struct jwt_fetch_run r;

	/* As on a kernel that has no such descriptor. */
	ck_assert_int_eq(0, jwt_fetch_run_start(&r, &f));
	fetch_close(&r.pid_fd);
	ck_assert_int_eq(0, jwt_fetch_run_wait(&r));
	ck_assert_int_eq(0, r.status);
	ck_assert_str_eq("{}", r.text);
	jwt_fetch_run_finish(&r);
	check_no_child();
	clean();
}
END_TEST

START_TEST(children_of_others_are_let_be)
{
	pid_t other = fork();
	int status;

	if (other == 0) {
		usleep(50000);
		_exit(7);
	}
	script("sleep 0.3; printf '{}'");
	ck_assert_int_eq(0, jwt_fetch(&(struct jwt_fetch){ .program = program,
					  .url = "https://a",
					  .max_bytes = 10,
					  .timeout_ms = 60000 },
				&text, &length, why, sizeof(why)));
	ck_assert_int_eq(other, waitpid(other, &status, 0));
	ck_assert_int_eq(7, WEXITSTATUS(status));
	clean();
}
END_TEST

START_TEST(an_ignored_sigchld_is_told)
{
	signal(SIGCHLD, SIG_IGN);
	ck_assert_int_eq(-ECHILD, fetch("printf '{}'"));
	ck_assert_ptr_nonnull(strstr(why, "waits for children"));
	signal(SIGCHLD, SIG_DFL);
	clean();
}
END_TEST

static void
on_signal(int number)
{
	(void)number;
}

START_TEST(signals_of_ours_are_no_trouble)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	ck_assert_int_eq(0, fetch("sleep 0.2; printf '{}'"));
	ck_assert_int_eq(-EFBIG, fetch("exec cat /dev/zero"));
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	clean();
}
END_TEST

START_TEST(it_may_be_impossible_to_run)
{
	struct jwt_fetch f = { .program = "/nonexistent/fetch" };
	struct rlimit files, few;

	ck_assert_int_eq(-ENOENT, fetch_with(f));
	ck_assert_str_eq("cannot run '/nonexistent/fetch': "
			 "No such file or directory",
	    why);
	f.program = "/dev/null";
	ck_assert_int_eq(-EACCES, fetch_with(f));
	script("printf '{}'");
	f.program = NULL;
	/* From none to enough; it tells how many were enough. */
	ck_assert_int_eq(0, getrlimit(RLIMIT_NOFILE, &files));
	few = files;
	for (int n = 0; n < 64; n++) {
		int rc;

		free(text);
		text = NULL;
		few.rlim_cur = (rlim_t)n;
		setrlimit(RLIMIT_NOFILE, &few);
		f.url = "https://a";
		rc = jwt_fetch(&(struct jwt_fetch){ .program = program,
				   .url = "https://a",
				   .max_bytes = 10,
				   .timeout_ms = 60000 },
		    &text, &length, why, sizeof(why));
		setrlimit(RLIMIT_NOFILE, &files);
		check_no_child();
		ck_assert_int_ne(0, rc ? *why : 1);
		if (rc == 0)
			break;
		ck_assert_int_lt(n, 63);
	}
	ck_assert_str_eq("{}", text);
	clean();
}
END_TEST

START_TEST(memory_may_run_out)
{
	int n;

	script("head -c 90000 /dev/zero");
	for (n = 0; n < 64; n++) {
		fail_after = n;
		if (fetch_with((struct jwt_fetch){ 0 }) == 0)
			break;
		ck_assert_str_eq("Cannot allocate memory", why);
	}
	fail_after = -1;
	ck_assert_int_eq(4, n); /* 16, 32, 64 KiB, and what is allowed */
	ck_assert_uint_eq(90000, length);
	clean();
}
END_TEST

/* -------------------------------------------------------------- looking first
 */

START_TEST(where_the_program_is)
{
	char path[64], tiny[8];

	unsetenv("BINDERY_JWKS_FETCH");
	ck_assert_int_eq(0, jwt_fetch_find(path, sizeof(path)));
	ck_assert_str_eq(BINDERY_JWKS_FETCH_PROGRAM, path);
	ck_assert_int_eq(-ENAMETOOLONG, jwt_fetch_find(tiny, sizeof(tiny)));
	setenv("BINDERY_JWKS_FETCH", "", 1);
	ck_assert_int_eq(0, jwt_fetch_find(path, sizeof(path)));
	ck_assert_str_eq(BINDERY_JWKS_FETCH_PROGRAM, path);
	setenv("BINDERY_JWKS_FETCH", "/bin/x", 1);
	ck_assert_int_eq(0, jwt_fetch_find(path, sizeof(path)));
	ck_assert_str_eq("/bin/x", path);
}
END_TEST

static void
check_says(int rc, const char *name, const char *sentence)
{
	setenv("BINDERY_JWKS_FETCH", name, 1);
	*why = '\0';
	ck_assert_int_eq(rc, jwt_fetch_check(why, sizeof(why)));
	ck_assert_str_eq(sentence, why);
}

START_TEST(its_absence_is_told)
{
	char sentence[256], *name = calloc(1, 8192);

	check_says(-ENOENT, "",
	    "'/nonexistent/bindery-jwks-fetch' is not installed (package "
	    "bindery-jwks-fetch)");
	check_says(-EINVAL, "fetch",
	    "BINDERY_JWKS_FETCH in the environment must be an absolute path, "
	    "not 'fetch'");
	check_says(-EACCES, "/tmp",
	    "'/tmp' cannot be run: it must be an executable file");
	check_says(-ENOTDIR, "/dev/null/x",
	    "cannot use '/dev/null/x': Not a directory");
	check_says(0, script(""), "");
	ck_assert_int_eq(0, chmod(program, 0600));
	snprintf(sentence, sizeof(sentence),
	    "'%s' cannot be run: it must be an executable file", program);
	check_says(-EACCES, program, sentence);
	ck_assert_ptr_nonnull(name);
	memset(name, '/', 8191);
	check_says(-ENAMETOOLONG, name,
	    "BINDERY_JWKS_FETCH in the environment is too long");
	free(name);
	clean();
}
END_TEST

START_TEST(good_urls)
{
	static const char *const good[] = { "https://id.example",
		"https://id.example/", "HTTPS://id.example:8443/a/b.json",
		"https://id.example:1?x=1", "https://127.0.0.1:65535#f",
		"https://[::1]/keys", "https://[2001:db8::1]:443/keys",
		"https://a/user@host", "https://a/?at=@", "https://a_b-c.d./" };
	char url[JWT_FETCH_URL_MAX + 2] = "https://a/";

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ck_assert_msg(!jwt_fetch_url_check(good[i]), "%s", good[i]);
	memset(url + 10, 'x', JWT_FETCH_URL_MAX - 10);
	ck_assert_ptr_null(jwt_fetch_url_check(url));
	url[JWT_FETCH_URL_MAX] = 'x';
	ck_assert_str_eq(
	    "must not be longer than 2000 bytes", jwt_fetch_url_check(url));
}
END_TEST

START_TEST(bad_urls)
{
	static const struct {
		const char *url, *sentence;
	} bad[] = { { "", "must begin with https://" },
		{ "http://a/", "must begin with https://" },
		{ "file:///etc/passwd", "must begin with https://" },
		{ "https:/a", "must begin with https://" },
		{ " https://a", "must not have spaces" },
		{ "https://a/ b", "must not have spaces" },
		{ "https://a/\n", "must not have spaces" },
		{ "https://a/\x7f", "must not have spaces" },
		{ "https://a/\xc3\xa4", "must not have spaces" },
		{ "https://u@a/", "must not have a user" },
		{ "https://u:p@a/", "must not have a user" },
		{ "https://@", "must not have a user" },
		{ "https://", "must have a host" },
		{ "https:///a", "must have a host" },
		{ "https://:443/", "must have a host" },
		{ "https://?a", "must have a host" },
		{ "https://a\\b/", "must have a host" },
		{ "https://a:/", "must have a host" },
		{ "https://a:0/", "must have a host" },
		{ "https://a:65536/", "must have a host" },
		{ "https://a:000443/", "must have a host" },
		{ "https://a:4x/", "must have a host" },
		{ "https://[]/", "must have a host" },
		{ "https://[::1/", "must have a host" },
		{ "https://[::1", "must have a host" },
		{ "https://[::1]x/", "must have a host" },
		{ "https://[a.example]/", "must have a host" } };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *said = jwt_fetch_url_check(bad[i].url);

		ck_assert_msg(said && strncmp(said, bad[i].sentence,
					  strlen(bad[i].sentence)) == 0,
		    "'%s': %s", bad[i].url, said ? said : "good");
	}
}
END_TEST

UNIT_TESTS("jwt-fetch", what_it_prints_is_the_answer,
    it_is_called_as_its_page_says, it_starts_as_a_fresh_program,
    as_much_as_is_allowed_and_no_more, floods_are_cut_off,
    the_status_and_the_first_line_say_why, what_it_says_is_made_harmless,
    one_that_hangs_is_killed, waiting_costs_nothing,
    what_it_started_dies_with_it, it_can_be_cancelled,
    it_may_be_asked_in_slices, children_of_others_are_let_be,
    an_ignored_sigchld_is_told, signals_of_ours_are_no_trouble,
    it_may_be_impossible_to_run, memory_may_run_out, where_the_program_is,
    its_absence_is_told, good_urls, bad_urls)

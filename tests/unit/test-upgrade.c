/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The old program's part of an upgrade; shell scripts are the new one.  Each
 * message is one read of dd. */

#include "base/compiler.h"
#include "log/log.h"
#include "unit.h"
#include "upgrade.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEAR "dd bs=65536 count=1 <&3 >/dev/null 2>&1;"

enum { TURNS = 1000 };

static struct loop loop;
static struct upgrade upgrade;
static const char *argv[] = { "sh", "-c", NULL, NULL };
static int verdicts, verdict;
static pid_t verdict_pid;
static char said[1000];

static void
done(void *arg, int rc, pid_t pid, const struct report *report)
{
	ck_assert_ptr_eq(arg, &verdict);
	verdicts++;
	verdict = rc;
	verdict_pid = pid;
	said[0] = '\0';
	for (size_t i = 0; i < report->count; i++)
		snprintf(said + strlen(said), sizeof(said) - strlen(said),
		    "%s|", report->entries[i].text);
}

static void
begin(const char *script)
{
	if (!upgrade.loop)
		ck_assert_int_eq(loop_init(&loop), 0);
	upgrade_init(&upgrade, &loop, (char *const *)(uintptr_t)argv);
	strcpy(upgrade.program, "/bin/sh");
	argv[2] = script;
	verdicts = 0;
}

static void
decide(void)
{
	ck_assert_int_eq(upgrade_begin(&upgrade, done, &verdict), 0);
	ck_assert_int_eq(verdicts, 0);
	ck_assert(upgrade_is_on(&upgrade));
	ck_assert_int_eq(upgrade_begin(&upgrade, done, &verdict), -EALREADY);
	for (int i = 0; i < TURNS && verdicts == 0; i++)
		loop_turn(&loop, 100);
	ck_assert_int_eq(verdicts, 1);
}

/* No child is left, nor its zombie. */
static void
assert_no_child(void)
{
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}

static void
fails(const char *script, int rc, const char *why)
{
	begin(script);
	decide();
	ck_assert_int_eq(verdict, rc);
	ck_assert_int_eq(verdict_pid, 0);
	ck_assert_str_eq(said, why);
	ck_assert(!upgrade_is_on(&upgrade));
	assert_no_child();
}

START_TEST(it_is_this_program)
{
	char path[PATH_MAX] = "";

	ck_assert_int_gt(readlink("/proc/self/exe", path, sizeof(path) - 1), 0);
	upgrade_init(&upgrade, &loop, NULL);
	ck_assert_str_eq(upgrade.program, path);
	ck_assert_int_eq(upgrade.deadline_ms, 60000);
	upgrade_cancel(&upgrade);
	ck_assert_int_eq(verdicts, 0);
}
END_TEST

START_TEST(it_takes_over)
{
	begin(HEAR "printf 'ready\\n' >&3;" HEAR "printf 'taken\\n' >&3;"
		   "exec sleep 60");
	decide();
	ck_assert_int_eq(verdict, 0);
	ck_assert_int_gt(verdict_pid, 0);
	ck_assert_str_eq(said, "");
	ck_assert_int_eq(kill(verdict_pid, 0), 0);
	ck_assert_int_eq(upgrade_begin(&upgrade, done, &verdict), -EALREADY);
	upgrade_cancel(&upgrade);
	ck_assert_int_eq(kill(verdict_pid, 0), 0);
	/* Its end is seen. */
	kill(verdict_pid, SIGKILL);
	for (int i = 0; i < TURNS && kill(verdict_pid, 0) == 0; i++)
		loop_turn(&loop, 100);
	assert_no_child();
	upgrade_finish(&upgrade);
}
END_TEST

/* As binderyd has it: a nurse is our child, and who serves is its child. */
#define DIVIDED(script) "sh -c '" script "' & exec 3>&-; wait"
#define APART           HEAR "printf \"ready $$\\n\" >&3;" HEAR "kill -9 $PPID;"

START_TEST(it_becomes_an_orphan)
{
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	begin(DIVIDED(APART "printf \"taken\\n\" >&3; exec sleep 60"));
	decide();
	ck_assert_int_eq(verdict, 0);
	/* It is ours, who adopt orphans, and the nurse is reaped. */
	for (int i = 0; i < TURNS && upgrade.pid; i++)
		loop_turn(&loop, 100);
	ck_assert_int_eq(upgrade.pid, 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), 0);
	upgrade_finish(&upgrade);
	kill(verdict_pid, SIGKILL);
	ck_assert_int_eq(waitpid(-1, NULL, 0), verdict_pid);
	assert_no_child();
}
END_TEST

START_TEST(an_orphan_can_fail)
{
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	fails(DIVIDED(APART "exit 1"), -ECHILD,
	    "the new program '/bin/sh' ended before it took over|");
	fails(DIVIDED(APART "exec 3>&-; exec sleep 60"), -ECHILD,
	    "the new program '/bin/sh' ended before it took over|");
	fails(DIVIDED(APART "printf \"x\\n\" >&3; exec sleep 60"), -EPROTO,
	    "the new program '/bin/sh' says what is not understood|");
	loop_finish(&loop);
}
END_TEST

START_TEST(it_outlives_us)
{
	begin(HEAR "printf 'ready\\n' >&3;" HEAR "printf 'taken\\n' >&3;"
		   "exec sleep 60");
	decide();
	upgrade_finish(&upgrade);
	ck_assert_int_eq(waitpid(verdict_pid, NULL, WNOHANG), 0);
	kill(verdict_pid, SIGKILL);
	ck_assert_int_eq(waitpid(verdict_pid, NULL, 0), verdict_pid);
}
END_TEST

START_TEST(it_gets_our_sockets_and_one_more)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (void *)&a, sizeof(sa_family_t)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(inherit_add(dup(fd), "a name", true), 0);
	begin("h=$(dd bs=65536 count=1 <&3 2>/dev/null);"
	      "s=$(dd bs=65536 count=1 <&3 2>/dev/null);"
	      "test \"$BINDERY_UPGRADE\" = 3 || h=$BINDERY_UPGRADE;"
	      "printf 'failed\\n%s\\n%s\\n' \"$h\" \"$s\" >&3");
	upgrade.control_fd = fd;
	decide();
	ck_assert_str_eq(said, "hello 1 2|sockets|l a name|- |");
	inherit_finish();
}
END_TEST

/* More than the pair holds: the rest follows when it reads. */
START_TEST(it_gets_many_sockets)
{
	enum { MANY = 2000 };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct rlimit limit;
	char name[INHERIT_NAME_MAX + 1], expected[32];

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < MANY + 100)
		return;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(bind(fd, (void *)&a, sizeof(sa_family_t)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(inherit_add(dup(fd), name, true), 0);
	begin("sleep 0.2;"
	      "n=$(dd bs=65536 count=33 <&3 2>/dev/null | wc -c);"
	      "printf 'failed\n%s\n' \"$n\" >&3");
	ck_assert_int_eq(upgrade_begin(&upgrade, done, &verdict), 0);
	ck_assert_int_eq(upgrade.state, UPGRADE_GIVING);
	for (int i = 0; i < TURNS && verdicts == 0; i++)
		loop_turn(&loop, 100);
	snprintf(expected, sizeof(expected), "%zu|",
	    strlen("hello 1 2000\n") + 32 * strlen("sockets\n") +
		MANY * (INHERIT_NAME_MAX + strlen("l \n")));
	ck_assert_str_eq(said, expected);
	inherit_finish();
}
END_TEST

START_TEST(how_it_can_fail)
{
	fails("exit 7", -ECHILD,
	    "the new program '/bin/sh' ended with status 7|");
	fails("kill -SEGV $$", -ECHILD,
	    "the new program '/bin/sh' was ended by signal 11 "
	    "(Segmentation fault)|");
	fails("printf 'failed\\nx:1: wrong\\n\\ny\\n' >&3; exit 78", -EINVAL,
	    "x:1: wrong|y|");
	fails("printf 'failed\\n' >&3; exit 78", -EINVAL,
	    "the new program '/bin/sh' ended with status 78|");
	fails("printf 'what\\n' >&3; exec sleep 60", -EPROTO,
	    "the new program '/bin/sh' says what is not understood|");
	fails(HEAR "printf 'ready 1\\n' >&3; exec sleep 60", -EPROTO,
	    "the new program '/bin/sh' says what is not understood|");
	fails("printf 'taken\\n' >&3; exec sleep 60", -EPROTO,
	    "the new program '/bin/sh' says what is not understood|");
	fails(HEAR "printf 'ready\\n' >&3; exit 1", -ECHILD,
	    "the new program '/bin/sh' ended with status 1|");
	fails(HEAR "printf 'ready\\n' >&3;" HEAR "exit 1", -ECHILD,
	    "the new program '/bin/sh' ended with status 1|");
	loop_finish(&loop);
}
END_TEST

START_TEST(it_cannot_be_started)
{
	begin("");
	strcpy(upgrade.program, "/nonexistent");
	decide();
	ck_assert_int_eq(verdict, -ENOENT);
	ck_assert_str_eq(said, "cannot start the new program '/nonexistent': "
			       "No such file or directory|");
	assert_no_child();
}
END_TEST

/* One that does not serve, even one that means to. */
START_TEST(it_is_too_late)
{
	static const char *const scripts[] = { "exec sleep 60",
		HEAR "printf 'ready\\n' >&3;" HEAR "exec sleep 60",
		"trap '' TERM; exec sleep 60" };

	for (size_t i = 0; i < ARRAY_COUNT(scripts); i++) {
		begin(scripts[i]);
		upgrade.deadline_ms = 1000;
		decide();
		ck_assert_int_eq(verdict, -ETIMEDOUT);
		ck_assert_str_eq(said, "the new program '/bin/sh' did not "
				       "serve within 1 s and was ended|");
		assert_no_child();
	}
}
END_TEST

START_TEST(it_hangs_up_and_hangs)
{
	begin("exec 3>&-; exec sleep 60");
	decide();
	ck_assert_str_eq(said, "the new program '/bin/sh' was ended by signal "
			       "9 (Killed)|");
	assert_no_child();
}
END_TEST

START_TEST(it_is_called_off)
{
	begin("exec sleep 60");
	ck_assert_int_eq(upgrade_begin(&upgrade, done, &verdict), 0);
	loop_turn(&loop, 0);
	upgrade_cancel(&upgrade);
	upgrade_cancel(&upgrade);
	ck_assert_int_eq(verdicts, 0);
	for (int i = 0; i < TURNS && verdicts == 0; i++)
		loop_turn(&loop, 100);
	ck_assert_int_eq(verdict, -ECANCELED);
	ck_assert_str_eq(said, "the upgrade is called off, because this "
			       "program is to end|");
	assert_no_child();
}
END_TEST

START_TEST(we_end_meanwhile)
{
	begin("exec sleep 60");
	ck_assert_int_eq(upgrade_begin(&upgrade, done, &verdict), 0);
	loop_turn(&loop, 0);
	upgrade_finish(&upgrade);
	ck_assert_int_eq(verdicts, 0);
	assert_no_child();
}
END_TEST

UNIT_TESTS("upgrade", it_is_this_program, it_takes_over, it_becomes_an_orphan,
    an_orphan_can_fail, it_outlives_us, it_gets_our_sockets_and_one_more,
    it_gets_many_sockets, how_it_can_fail, it_cannot_be_started, it_is_too_late,
    it_hangs_up_and_hangs, it_is_called_off, we_end_meanwhile)

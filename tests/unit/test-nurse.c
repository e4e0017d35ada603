/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* A process that divides: the nurse is our child, the other half its child, and
 * ours once the nurse is gone, because we adopt orphans. */

#include "nurse.h"
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

static int ends[2]; /* a pipe: of the other half, to us */

/* What the other half does; it has told its number before. */
typedef void part_fn(void);

static pid_t
divide(part_fn *part)
{
	pid_t pid;

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		pid_t self;

		close(ends[0]);
		nurse_begin();
		self = getpid();
		if (write(ends[1], &self, sizeof(self)) == sizeof(self))
			part();
		_exit(99);
	}
	ck_assert_int_gt(pid, 0);
	close(ends[1]);
	return pid;
}

static pid_t
other_half(void)
{
	pid_t pid = 0;

	ck_assert_int_eq(read(ends[0], &pid, sizeof(pid)), sizeof(pid));
	return pid;
}

/* Nobody has the pipe any more. */
static void
assert_all_ended(void)
{
	struct pollfd p = { ends[0], POLLIN, 0 };
	char c;

	ck_assert_int_eq(poll(&p, 1, PATIENCE_MS), 1);
	ck_assert_int_eq(read(ends[0], &c, 1), 0);
}

static int
status_of(pid_t pid)
{
	int status = 0;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static void
end_with_7(void)
{
	_exit(7);
}

static void
end_by_signal(void)
{
	signal(SIGTERM, SIG_DFL);
	raise(SIGTERM);
}

static void
stay(void)
{
	sleep(PATIENCE_MS / 1000);
}

static void
leave(void)
{
	pid_t parent;

	nurse_leave();
	nurse_leave();
	parent = getppid();
	if (write(ends[1], &parent, sizeof(parent)) == sizeof(parent))
		stay();
}

START_TEST(it_ends_as_the_other_half)
{
	int status;

	status = status_of(divide(end_with_7));
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	status = status_of(divide(end_by_signal));
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGTERM);
}
END_TEST

START_TEST(who_ends_it_ends_both)
{
	pid_t nurse = divide(stay), half = other_half();

	ck_assert_int_ne(nurse, half);
	kill(nurse, SIGKILL);
	status_of(nurse);
	ck_assert_int_eq(WTERMSIG(status_of(half)), SIGKILL);
	assert_all_ended();
}
END_TEST

/* Those are for the other half, which has them too. */
START_TEST(signals_do_not_end_it)
{
	pid_t nurse = divide(stay), half = other_half();

	kill(nurse, SIGTERM);
	kill(nurse, SIGHUP);
	usleep(50000);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), 0);
	kill(half, SIGUSR1);
	ck_assert_int_eq(WTERMSIG(status_of(nurse)), SIGUSR1);
	assert_all_ended();
}
END_TEST

START_TEST(the_other_half_leaves_it)
{
	pid_t nurse = divide(leave), half = other_half();

	ck_assert_int_eq(other_half(), getpid());
	ck_assert_int_eq(WTERMSIG(status_of(nurse)), SIGKILL);
	ck_assert_int_eq(waitpid(half, NULL, WNOHANG), 0);
	kill(half, SIGKILL);
	status_of(half);
	assert_all_ended();
}
END_TEST

START_TEST(without_one_nothing_is_left)
{
	pid_t parent = getppid();

	nurse_leave();
	ck_assert_int_eq(getppid(), parent);
	ck_assert_int_eq(kill(parent, 0), 0);
}
END_TEST

UNIT_TESTS("nurse", it_ends_as_the_other_half, who_ends_it_ends_both,
    signals_do_not_end_it, the_other_half_leaves_it,
    without_one_nothing_is_left)

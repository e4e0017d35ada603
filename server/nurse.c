/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "nurse.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LEAVE_MS = 2000 };

static pid_t nurse; /* our parent; 0: whoever that is, it is no nurse */

/* End as the other half has. */
_Noreturn static void
nurse_end(int status)
{
	const struct rlimit no_core = { 0 };
	sigset_t one;

	if (WIFSIGNALED(status)) {
		setrlimit(RLIMIT_CORE, &no_core); /* there is one already */
		signal(WTERMSIG(status), SIG_DFL);
		sigemptyset(&one);
		sigaddset(&one, WTERMSIG(status));
		raise(WTERMSIG(status));
		sigprocmask(SIG_UNBLOCK, &one, NULL);
	}
	_exit(WEXITSTATUS(status));
}

/* Nothing is to reach it but its end, and the other half's. */
_Noreturn static void
nurse_watch(pid_t child)
{
	int status = 0;

	close_range(STDERR_FILENO + 1, ~0U, 0);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	nurse_end(status);
}

void
nurse_begin(void)
{
	sigset_t all, before;
	pid_t self = getpid(), child;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	child = fork();
	if (child > 0)
		nurse_watch(child);
	if (child == 0) {
		/* Who ends the nurse, ends us; it may have happened already. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != self)
			_exit(0);
		nurse = self;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void
nurse_leave(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	if (!nurse)
		return;
	prctl(PR_SET_PDEATHSIG, 0);
	if (getppid() == nurse)
		kill(nurse, SIGKILL);
	for (int i = 0; i < LEAVE_MS && getppid() == nurse; i++)
		nanosleep(&pause, NULL);
	nurse = 0;
}

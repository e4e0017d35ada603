/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/program.h"

#include "tool/format.h"
#include "tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "build-info.h"

extern char **environ;

/* What may stand behind the directory of this program. */
enum { FIND_MORE = 256 };

struct program {
	pid_t pid;
	const char *name;
	int64_t deadline_ms, timeout_ms;
	int fd;         /* of the pipe that it writes to; -1: none */
	sigset_t saved; /* the mask of signals before */
};

/* Where a program of ours is installed. */
static const char *
program_home(const char *name)
{
	return strcmp(name, "binderyd") == 0 ? BINDERY_SBINDIR
					     : BINDERY_LIBEXECDIR;
}

static void
program_find(char path[PATH_MAX], const char *name)
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - FIND_MORE);
	char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;

	if (slash) {
		snprintf(slash + 1, FIND_MORE, "%s", name);
		if (access(path, X_OK) == 0)
			return;
		snprintf(slash + 1, FIND_MORE, "%s/%s", BINDERY_LIBEXEC_OF_BIN,
		    name);
		if (access(path, X_OK) == 0)
			return;
	}
	snprintf(path, PATH_MAX, "%s/%s", program_home(name), name);
	if (access(path, X_OK) < 0)
		strcpy(path, name); /* looked for in PATH */
}

static int
program_start(struct program *p, char *const *arguments, int from, int to)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char path[PATH_MAX];
	int rc;

	program_find(path, arguments[0]);
	rc = posix_spawn_file_actions_init(&actions);
	if (rc)
		return rc;
	rc = posix_spawnattr_init(&attributes);
	if (rc) {
		posix_spawn_file_actions_destroy(&actions);
		return rc;
	}
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attributes, &p->saved);
	if (from >= 0)
		rc = posix_spawn_file_actions_adddup2(&actions, to, from);
	if (!rc)
		rc = posix_spawnp(
		    &p->pid, path, &actions, &attributes, arguments, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

static int
program_late(struct program *p)
{
	kill(p->pid, SIGKILL);
	return tool_fail(EX_TEMPFAIL,
	    "%s has not ended within %s: --timeout waits longer", p->name,
	    format_duration(p->timeout_ms).s);
}

/* Everything that it prints, until it closes the pipe. */
static int
program_read(struct program *p, struct program_output *r)
{
	size_t capacity = 0;

	for (;;) {
		struct pollfd pollfd = { p->fd, POLLIN, 0 };
		int64_t left = p->deadline_ms - clock_ms();
		ssize_t n;

		if (r->size + 1 >= capacity) {
			capacity = capacity ? 2 * capacity : 65536;
			void *text = capacity <= PROGRAM_OUTPUT_MAX
					 ? realloc(r->text, capacity)
					 : NULL;

			if (!text)
				return tool_no_memory();
			r->text = text;
		}
		n = poll(&pollfd, 1, left > 0 ? (int)left : 0);
		if (n == 0)
			return program_late(p);
		n = n < 0 ? -1
			  : read(p->fd, r->text + r->size,
				capacity - r->size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		r->size += (size_t)n;
	}
	r->text[r->size] = '\0';
	return EX_OK;
}

/* SIGCHLD is blocked, so that it waits for us here. */
static int
program_wait(struct program *p)
{
	sigset_t set;
	int status;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while (waitpid(p->pid, &status, WNOHANG) == 0) {
		int64_t left = p->deadline_ms - clock_ms();
		struct timespec limit = { left / 1000, left % 1000 * 1000000 };

		if (left <= 0) {
			program_late(p);
			waitpid(p->pid, &status, 0);
			return EX_TEMPFAIL;
		}
		sigtimedwait(&set, NULL, &limit);
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return tool_fail(EX_SOFTWARE, "%s was ended by signal %d (%s)", p->name,
	    WTERMSIG(status), strsignal(WTERMSIG(status)));
}

static int
program_run_piped(
    struct program *p, char *const *arguments, int fd, struct program_output *r)
{
	int ends[2] = { -1, -1 }, rc;

	if (r && pipe2(ends, O_CLOEXEC) < 0)
		return tool_fail(
		    EX_OSERR, "cannot make a pipe: %s", strerror(errno));
	rc = program_start(p, arguments, r ? fd : -1, ends[1]);
	if (r)
		close(ends[1]);
	p->fd = ends[0];
	if (rc)
		rc = tool_fail(
		    EX_UNAVAILABLE, "cannot run %s: %s", p->name, strerror(rc));
	else if (!r || !(rc = program_read(p, r)))
		rc = program_wait(p);
	else {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	if (r)
		close(p->fd);
	return rc;
}

int
program_run(char *const *arguments, int64_t timeout_ms, int fd,
    struct program_output *r)
{
	struct program p = { .name = arguments[0],
		.deadline_ms = clock_ms() + timeout_ms,
		.timeout_ms = timeout_ms };
	sigset_t set;
	int rc;

	fflush(stdout);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &p.saved);
	rc = program_run_piped(&p, arguments, fd, r);
	sigprocmask(SIG_SETMASK, &p.saved, NULL);
	return rc;
}

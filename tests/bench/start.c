/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* How long a server takes from fork() to its first connection and its first
 * answer. */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const uint64_t start_limit_ns = 10000000000;
static const uint64_t stop_limit_ns = 3000000000;

static void
start_exec(const struct options *o)
{
	int null = open("/dev/null", O_RDWR);
	cpu_set_t set;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (o->cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET((unsigned)o->cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	signal(SIGPIPE, SIG_DFL);
	execvp(o->command[0], o->command);
	fail(o->command[0]);
	_exit(127);
}

static void
start_pause(void)
{
	const struct timespec t = { .tv_nsec = 100000 };

	nanosleep(&t, NULL);
}

/* One try; a connected, blocking socket or -1. */
static int
start_connect(const struct options *o)
{
	const struct timeval limit = { .tv_sec = 5 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&o->address,
		sizeof(o->address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Has it?  It stays to be waited for, so that its number is not used again. */
static bool
start_has_ended(pid_t child)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) ==
		   0 &&
	       info.si_pid == child;
}

static int
start_wait(
    const struct options *o, pid_t child, uint64_t begin, struct result *r)
{
	char answer;
	int fd;

	while ((fd = start_connect(o)) < 0) {
		if (now_ns() - begin > start_limit_ns ||
		    start_has_ended(child)) {
			fputs("load: the command does not listen\n", stderr);
			return -1;
		}
		start_pause();
	}
	r->connect_ns = now_ns() - begin;
	if (send(fd, "ex", 2, MSG_NOSIGNAL) != 2 ||
	    recv(fd, &answer, 1, 0) != 1) {
		close(fd);
		fputs("load: the command does not answer\n", stderr);
		return -1;
	}
	r->answer_ns = now_ns() - begin;
	close(fd);
	return 0;
}

static void
start_stop(pid_t child)
{
	uint64_t begin = now_ns();

	kill(child, SIGTERM);
	while (waitpid(child, NULL, WNOHANG) == 0) {
		if (now_ns() - begin > stop_limit_ns) {
			kill(child, SIGKILL);
			waitpid(child, NULL, 0);
			return;
		}
		start_pause();
	}
}

int
start_measure(const struct options *o, struct result *r)
{
	uint64_t begin;
	pid_t child;
	int rc;

	if (!o->command[0]) {
		fputs("load: start: no command\n", stderr);
		return -1;
	}
	begin = now_ns();
	child = fork();
	if (child < 0)
		return fail("fork");
	if (child == 0)
		start_exec(o);
	rc = start_wait(o, child, begin, r);
	start_stop(child);
	r->units = 1;
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "load.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* The CPU-time clock of a process is exact to the nanosecond, where its ticks
 * in /proc/PID/stat are 10 ms and schedstat lags by a tick. */
uint64_t
cpu_ns(const pid_t *pids, uint32_t count)
{
	struct timespec t;
	uint64_t sum = 0;
	clockid_t clock;

	for (uint32_t i = 0; i < count; i++)
		if (clock_getcpuclockid(pids[i], &clock) == 0 &&
		    clock_gettime(clock, &t) == 0)
			sum += (uint64_t)t.tv_sec * 1000000000 +
			       (uint64_t)t.tv_nsec;
	return sum;
}

int
socket_connect(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return fail("socket");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0 &&
	    errno != EINPROGRESS) {
		close(fd);
		return fail("connect");
	}
	return fd;
}

int
fail(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	return -1;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * clock.c - the time of day stands still in this program: what a plugin makes
 * of it (a date, an age) is the same in each play, and plays can be compared.
 */

#include "check.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct timespec stands;

static int
clock_of_kernel(clockid_t id, struct timespec *t)
{
	return (int)syscall(SYS_clock_gettime, id, t);
}

int
clock_gettime(clockid_t id, struct timespec *t)
{
	if (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)
		return clock_of_kernel(id, t);
	if (!stands.tv_sec)
		clock_of_kernel(CLOCK_REALTIME, &stands);
	*t = stands;
	return 0;
}

time_t
time(time_t *r)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (r)
		*r = t.tv_sec;
	return t.tv_sec;
}

int
gettimeofday(struct timeval *r, void *zone)
{
	struct timespec t;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &t);
	r->tv_sec = t.tv_sec;
	r->tv_usec = t.tv_nsec / 1000;
	return 0;
}

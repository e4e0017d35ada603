/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* process.c - what the system says of the process. */

#include "metrics/figures.h"

#include "base/compiler.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static int64_t
count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *e;
	int64_t n = 0;

	if (!d)
		return -1;
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n - 1; /* the directory itself */
}

static int64_t
descriptor_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return -1;
	return r.rlim_cur == RLIM_INFINITY ? INT64_MAX : (int64_t)r.rlim_cur;
}

static int64_t
cpu_ms(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_SELF, &u) < 0)
		return -1;
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * INT64_C(1000) +
	       (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

static void
file_close(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* "Key: number" of /proc/self/status. */
static void
read_status(int64_t *resident_r, int64_t *threads_r)
{
	CLEANUP(file_close) FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long long n;

	*resident_r = *threads_r = -1;
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "VmRSS: %lld kB", &n) == 1)
			*resident_r = n * 1024;
		else if (sscanf(line, "Threads: %lld", &n) == 1)
			*threads_r = n;
	}
}

void
process_figures(struct process_figures *r)
{
	r->descriptors = count_descriptors();
	r->descriptor_limit = descriptor_limit();
	r->cpu_ms = cpu_ms();
	read_status(&r->resident, &r->threads);
}

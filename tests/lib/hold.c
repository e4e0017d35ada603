/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * hold.c - a configuration that takes long to read, by LD_PRELOAD: scandir(3),
 * which is how the reading begins, does not get on while the first byte of the
 * file that HOLD names is not '0'.  Apart from shim.c, so that the sanitizers
 * do not mind.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void
hold(const char *path)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char c = '0';

	while (fd >= 0 && pread(fd, &c, 1, 0) == 1 && c != '0')
		nanosleep(&pause, NULL);
	if (fd >= 0)
		close(fd);
}

int
scandir(const char *dir, struct dirent ***names,
    int (*filter)(const struct dirent *),
    int (*compare)(const struct dirent **, const struct dirent **))
{
	__typeof__(scandir) *next =
	    (__typeof__(scandir) *)dlsym(RTLD_NEXT, "scandir");

	hold(getenv("HOLD"));
	return next(dir, names, filter, compare);
}

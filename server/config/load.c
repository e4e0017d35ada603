/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/load.h"

#include "base/compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	LOAD_CHUNK = 65536,
	LOAD_QUIET_MS = 50, /* a file has settled when it was left alone */
	LOAD_WAITS = 20,    /* for that, in the life of the process */
};

static int waits_left; /* 0: files are taken as they are */

void
file_load_patiently(void)
{
	waits_left = LOAD_WAITS;
}

static void
load_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int
load_failed(int err, const char *why, char why_r[LOAD_WHY_MAX])
{
	snprintf(why_r, LOAD_WHY_MAX, "%s", why ? why : strerror(err));
	return -err;
}

static int
load_too_large(size_t max, char why[LOAD_WHY_MAX])
{
	snprintf(why, LOAD_WHY_MAX, "it is larger than %zu bytes", max);
	return -EFBIG;
}

/* Milliseconds that are missing to LOAD_QUIET_MS without a change. */
static int64_t
load_unrest_ms(const struct stat *st)
{
	struct timespec now;
	int64_t age_ms;

	clock_gettime(CLOCK_REALTIME, &now);
	age_ms = (int64_t)(now.tv_sec - st->st_mtim.tv_sec) * 1000 +
		 (now.tv_nsec - st->st_mtim.tv_nsec) / 1000000;
	/* One that is of the future tells nothing. */
	return age_ms < 0 || age_ms >= LOAD_QUIET_MS ? 0
						     : LOAD_QUIET_MS - age_ms;
}

/* Let whoever is writing the file finish. */
static int
load_settle(int fd, struct stat *st, char why[LOAD_WHY_MAX])
{
	int64_t ms;

	while (waits_left > 0 && (ms = load_unrest_ms(st)) > 0) {
		struct timespec pause = { .tv_nsec = ms * 1000000 };

		if (--waits_left == 0)
			return load_failed(EBUSY,
			    "it is being written: reload again once that is "
			    "done",
			    why);
		nanosleep(&pause, NULL);
		if (fstat(fd, st) < 0)
			return load_failed(errno, NULL, why);
	}
	return 0;
}

/* The size is asked first so that a huge file is refused unread, but it is not
 * trusted: files grow, and those of /proc say 0. */
static int
load_bytes(int fd, size_t max, struct loaded_file *r, char why[LOAD_WHY_MAX])
{
	size_t capacity = r->size + 1;
	ssize_t n;

	r->size = 0;
	for (;;) {
		if (r->size == capacity || !r->data) {
			void *p;

			capacity += r->data ? capacity + LOAD_CHUNK : 0;
			p = realloc(r->data, capacity);
			if (!p)
				return load_failed(ENOMEM, NULL, why);
			r->data = p;
		}
		n = read(fd, r->data + r->size, capacity - r->size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return load_failed(errno, NULL, why);
		if (n == 0)
			return 0;
		r->size += (size_t)n;
		if (r->size > max)
			return load_too_large(max, why);
	}
}

static bool
load_has_changed(int fd, const struct stat *was)
{
	struct stat st;

	return waits_left > 0 && fstat(fd, &st) == 0 &&
	       (st.st_size != was->st_size ||
		   st.st_mtim.tv_sec != was->st_mtim.tv_sec ||
		   st.st_mtim.tv_nsec != was->st_mtim.tv_nsec);
}

int
file_load(
    const char *path, size_t max, struct loaded_file *r, char why[LOAD_WHY_MAX])
{
	/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
	int fd CLEANUP(load_close) =
	    open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int rc;

	*r = (struct loaded_file){ 0 };
	if (fd < 0 || fstat(fd, &st) < 0)
		return load_failed(errno, NULL, why);
	if (S_ISDIR(st.st_mode))
		return load_failed(EISDIR, "it is a directory", why);
	if (!S_ISREG(st.st_mode))
		return load_failed(EINVAL, "it is not a regular file", why);
	if (st.st_size > 0 && (unsigned long long)st.st_size > max)
		return load_too_large(max, why);
	r->device = st.st_dev;
	r->inode = st.st_ino;
	do {
		free(r->data);
		r->data = NULL;
		rc = load_settle(fd, &st, why);
		r->size = (size_t)st.st_size;
		if (rc == 0)
			rc = load_bytes(fd, max, r, why);
	} while (rc == 0 && load_has_changed(fd, &st) &&
		 lseek(fd, 0, SEEK_SET) == 0 && fstat(fd, &st) == 0);
	if (rc) {
		free(r->data);
		r->data = NULL;
	}
	return rc;
}

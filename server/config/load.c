/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/load.h"

#include "base/compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOAD_CHUNK = 65536 };

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
	r->size = (size_t)st.st_size;
	rc = load_bytes(fd, max, r, why);
	if (rc) {
		free(r->data);
		r->data = NULL;
	}
	return rc;
}

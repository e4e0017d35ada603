/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FRESH_NS INT64_C(50000000)

static int64_t
time_ns(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int
id_make(struct jwt_file_id *r, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return S_ISDIR(st->st_mode) ? -EISDIR : -EINVAL;
	*r = (struct jwt_file_id){ .dev = st->st_dev,
		.ino = st->st_ino,
		.size = st->st_size,
		.changed_ns = time_ns(st->st_ctim),
		.written_ns = time_ns(st->st_mtim) };
	return 0;
}

int
jwt_file_look(const char *path, struct jwt_file_id *r)
{
	struct stat st;

	*r = (struct jwt_file_id){ 0 };
	return stat(path, &st) < 0 ? -errno : id_make(r, &st);
}

_Bool
jwt_file_is_fresh(const struct jwt_file_id *id)
{
	struct timespec now;
	int64_t age;

	clock_gettime(CLOCK_REALTIME, &now);
	age = time_ns(now) - id->changed_ns;
	return age >= 0 && age < FRESH_NS; /* else the clock was set */
}

/* As much as there is, up to size; how much that was. */
static ssize_t
file_fill(int fd, char *text, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, text + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

static int
file_read_open(
    int fd, size_t max, char **text_r, size_t *n_r, struct jwt_file_id *id_r)
{
	struct stat st;
	ssize_t n;
	int rc;

	if (fstat(fd, &st) < 0)
		return -errno;
	rc = id_make(id_r, &st);
	if (rc < 0)
		return rc;
	if ((uintmax_t)st.st_size > max)
		return -EFBIG;
	*text_r = calloc(1, (size_t)st.st_size + 1);
	if (!*text_r)
		return -ENOMEM;
	n = file_fill(fd, *text_r, (size_t)st.st_size);
	*n_r = n < 0 ? 0 : (size_t)n;
	if (n < 0)
		jwt_file_free(text_r, (size_t)st.st_size);
	return n < 0 ? (int)n : 0;
}

int
jwt_file_read(const char *path, size_t max, char **text_r, size_t *n_r,
    struct jwt_file_id *id_r)
{
	/* Neither a FIFO nor a terminal may hold us up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), rc;

	*text_r = NULL;
	if (fd < 0)
		return -errno;
	rc = file_read_open(fd, max, text_r, n_r, id_r);
	close(fd);
	return rc;
}

void
jwt_file_free(char **text, size_t n)
{
	if (*text)
		explicit_bzero(*text, n);
	free(*text);
	*text = NULL;
}

const char *
jwt_file_why(int err)
{
	return err == -EINVAL ? "not a regular file" : strerror(-err);
}

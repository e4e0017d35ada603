/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tls-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How large the regular file is, or -errno. */
static off_t
file_size(int fd, size_t max, bool *is_public_r)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (st.st_size == 0)
		return -ENODATA;
	if ((uintmax_t)st.st_size > max)
		return -EFBIG;
	*is_public_r = st.st_mode & S_IROTH;
	return st.st_size;
}

/* Up to `size` bytes; a file that shrinks meanwhile ends early. */
static int
file_fill(struct file *f, int fd, size_t size)
{
	f->data.data = calloc(1, size + 1);
	if (!f->data.data)
		return -ENOMEM;
	f->data.size = (unsigned)size;
	for (size_t used = 0; used < size;) {
		ssize_t n = read(fd, f->data.data + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EAGAIN;
		used += (size_t)n;
	}
	return 0;
}

int
file_read(struct file *f, const char *path, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), rc;
	off_t size;

	*f = (struct file){ 0 };
	if (fd < 0)
		return -errno;
	size = file_size(fd, max, &f->is_public);
	rc = size < 0 ? (int)size : file_fill(f, fd, (size_t)size);
	close(fd);
	if (rc < 0)
		file_free(f);
	return rc;
}

const char *
file_why(int err)
{
	switch (err) {
	case -EINVAL:
		return "not a regular file";
	case -ENODATA:
		return "it is empty";
	case -EAGAIN:
		return "it changed meanwhile";
	default:
		return strerror(-err);
	}
}

void
file_free(struct file *f)
{
	if (f->data.data)
		explicit_bzero(f->data.data, f->data.size);
	free(f->data.data);
	f->data = (gnutls_datum_t){ 0 };
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "plugins/file.h"

#include "plugins/note.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct file_identity
file_identify(const struct stat *st)
{
	return (struct file_identity){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = st->st_size,
		.mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 +
			    st->st_mtim.tv_nsec,
	};
}

static int
file_check(const struct stat *st, struct why *why)
{
	if (!S_ISREG(st->st_mode))
		return why_set(why, -EINVAL, "is not a regular file");
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return why_set(why, -EPERM,
		    "belongs to user %u: it must belong to root or to user %u, "
		    "as whom this host runs",
		    st->st_uid, geteuid());
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return why_set(why, -EPERM,
		    "may be written to by others (mode %04o): take that away "
		    "with chmod go-w",
		    st->st_mode & 07777);
	if (st->st_size > FILE_MAX)
		return why_set(
		    why, -EFBIG, "is larger than %d MiB", FILE_MAX >> 20);
	return 0;
}

/* The directory that the path leads to the file through. */
static int
file_stat_dir(const char *path, struct stat *st)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int rc;

	if (!slash)
		return stat(".", st);
	dir = strndup(path, (size_t)(slash - path) + 1);
	rc = dir ? stat(dir, st) : -1;
	free(dir);
	return rc;
}

/* Who may write to the directory can put another file to the path after this
 * one was checked and before it is mapped.  (Where it is sticky, as /tmp is,
 * the file can be replaced by its owner only.) */
static int
file_check_dir(const char *path, struct why *why)
{
	struct stat st;

	if (file_stat_dir(path, &st) < 0)
		return why_set(why, -errno,
		    "lies in a directory that cannot be looked at: %s",
		    strerror(errno));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return why_set(why, -EPERM,
		    "lies in a directory of user %u: it must belong to root or "
		    "to user %u, as whom this host runs",
		    st.st_uid, geteuid());
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(st.st_mode & S_ISVTX))
		return why_set(why, -EPERM,
		    "lies in a directory that may be written to by others "
		    "(mode %04o): take that away with chmod go-w",
		    st.st_mode & 07777);
	return 0;
}

int
file_open(const char *path, struct file_identity *identity_r, struct why *why)
{
	struct stat st;
	int fd, rc;

	/* NONBLOCK: a FIFO of that name must not hold us up. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		rc = why_set(
		    why, -errno, "cannot be opened: %s", strerror(errno));
	else if ((rc = file_check(&st, why)) == 0)
		rc = file_check_dir(path, why);
	if (rc == 0) {
		*identity_r = file_identify(&st);
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Read up to size bytes; fewer when the file ends earlier. */
static ssize_t
file_read(int fd, char *p, size_t size)
{
	size_t have = 0;
	ssize_t n;

	while (have < size) {
		n = pread(fd, p + have, size - have, (off_t)have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

/* A copy and not a mapping: a file that is cut while we look must not kill us.
 */
static int
file_read_note(
    int fd, off_t size, char text[static NOTE_TEXT_MAX], struct why *why)
{
	char *p = malloc((size_t)size + 1);
	const char *wrong;
	ssize_t n;

	if (!p)
		return why_set(
		    why, -ENOMEM, "cannot be read: %s", strerror(ENOMEM));
	n = file_read(fd, p, (size_t)size);
	wrong = n < 0 ? NULL : note_read(p, (size_t)n, text);
	free(p);
	if (n < 0)
		return why_set(
		    why, (int)n, "cannot be read: %s", strerror((int)-n));
	return wrong ? why_set(why, -ENOEXEC, "%s", wrong) : 0;
}

int
file_negotiate(int fd, off_t size, struct abi *wanted_r, struct why *why)
{
	char text[NOTE_TEXT_MAX];
	int rc;

	rc = file_read_note(fd, size, text, why);
	if (rc < 0)
		return rc;
	rc = abi_negotiate(text, abi_host(), why);
	return rc < 0 ? rc : abi_parse(text, wanted_r);
}

bool
file_is_same(const struct file_identity *a, const struct file_identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns;
}

bool
file_is_at(const struct file_identity *identity, const char *path)
{
	struct file_identity now;
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	now = file_identify(&st);
	return file_is_same(identity, &now);
}

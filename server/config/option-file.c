/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* option-file.c - options that name a file, and secrets, which may lie in one.
 */
#include "config/option-kind.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *
option_path(struct arena *arena, const char *file, const char *text)
{
	const char *slash = file ? strrchr(file, '/') : NULL;
	int n = slash ? (int)(slash - file + 1) : 0;
	char cwd[PATH_MAX];

	if (text[0] == '/')
		return arena_string(arena, text);
	if (n && file[0] == '/')
		return arena_printf(arena, "%.*s%s", n, file, text);
	if (!getcwd(cwd, sizeof(cwd)))
		return NULL;
	return arena_printf(arena, "%s/%.*s%s", cwd, n, n ? file : "", text);
}

/* Can a file of that name be read by us? 0 or -errno. */
static int
option_file_check(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0 ? -errno : 0;
}

int
option_set_file(
    const struct option_place *p, const struct node *value, void *field)
{
	const char **r = field;
	char quote[OPTION_QUOTE];
	char *path;
	int rc;

	if (value->kind != NODE_TEXT)
		return option_kind_error(p, value, "the path of a file");
	if (!*value->text)
		return option_error(p, value, "must not be empty");
	path = option_path(p->ctx->arena, value->file, value->text);
	if (!path)
		return option_no_memory(p);
	rc = option_file_check(path);
	if (rc < 0)
		return option_error(p, value, "cannot read '%s': %s",
		    option_quote(path, quote), strerror(-rc));
	*r = path;
	return option_check_range(p, value, (int64_t)strlen(path));
}

static void
option_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Up to `size` bytes of a regular file; how many, or -errno. */
static ssize_t
option_secret_read(const char *path, char *data, size_t size)
{
	int fd CLEANUP(option_close) =
	    open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	size_t used = 0;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	while (used < size && n > 0) {
		n = read(fd, data + used, size - used);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			used += (size_t)n;
		else if (n < 0)
			n = 1;
	}
	return (ssize_t)used;
}

/* One newline at the end is the editor's, not the secret's. */
static size_t
option_secret_trim(const char *data, size_t n)
{
	if (n && data[n - 1] == '\n')
		n--;
	if (n && data[n - 1] == '\r')
		n--;
	return n;
}

static int
option_secret_keep(const struct option_place *p, const struct node *value,
    const char *data, size_t n, const char **r)
{
	*r = arena_copy(p->ctx->arena, data, n);
	if (!*r)
		return option_no_memory(p);
	return option_check_range(p, value, (int64_t)n);
}

static int
option_secret_file(const struct option_place *p, const struct node *value,
    char *data, const char **r)
{
	const char *path = value->text + 1;
	ssize_t got = option_secret_read(path, data, OPTION_SECRET_MAX + 1);
	char quote[OPTION_QUOTE];
	size_t n;

	option_quote(path, quote);
	if (got < 0)
		return option_error(p, value, "cannot read '%s': %s", quote,
		    got == -EINVAL ? "not a regular file"
				   : strerror((int)-got));
	if (got > OPTION_SECRET_MAX)
		return option_error(p, value,
		    "'%s' is longer than the 64k that a secret may have",
		    quote);
	n = option_secret_trim(data, (size_t)got);
	if (n == 0)
		return option_error(p, value, "'%s' is empty", quote);
	if (memchr(data, 0, n))
		return option_error(
		    p, value, "'%s' has a zero byte and is not text", quote);
	return option_secret_keep(p, value, data, n, r);
}

/* The value itself is never part of a message. */
int
option_set_secret(
    const struct option_place *p, const struct node *value, void *field)
{
	char *data;
	int rc;

	if (value->kind != NODE_TEXT)
		return option_kind_error(p, value, "a string");
	if (value->text[0] != '@')
		return option_secret_keep(
		    p, value, value->text, strlen(value->text), field);
	if (value->text[1] != '/')
		return option_error(p, value,
		    "begins with '@' without an absolute path: write "
		    "\"@/path\" for a file that has the secret");
	data = malloc(OPTION_SECRET_MAX + 1);
	if (!data)
		return option_no_memory(p);
	rc = option_secret_file(p, value, data, field);
	explicit_bzero(data, OPTION_SECRET_MAX + 1);
	free(data);
	return rc;
}

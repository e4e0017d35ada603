/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "log/log-target.h"

#include "base/gauges.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LOG_SYSLOG_PATH  "/dev/log"
#define LOG_JOURNAL_PATH "/run/systemd/journal/socket"

/* Opening. */

static const char *
log_target_sentence(const char *what, const char *path, int r)
{
	static char text[PATH_MAX + 128]; /* [main] */

	snprintf(text, sizeof(text), "could not %s '%s': %s", what, path,
	    strerror(-r));
	return text;
}

/* Non-blocking is for a FIFO; files have no use for it. */
static int
log_file_open(const char *path)
{
	int fd = open(path,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
	    0640);

	return fd < 0 ? -errno : fd;
}

static int
log_socket_open(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, r;

	if (strlen(path) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	strcpy(a.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

static int
log_target_open(const struct log_target *t)
{
	switch (t->kind) {
	case LOG_TO_FILE:
		return log_file_open(t->path);
	case LOG_TO_SYSLOG:
	case LOG_TO_JOURNAL:
		return log_socket_open(t->path);
	default:
		return STDERR_FILENO;
	}
}

/* systemd says which stream is the journal's, so that who inherits the variable
 * but not the stream is not misled. */
static bool
log_is_journal_stream(const struct stat *st)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;

	return text && sscanf(text, "%llu:%llu", &dev, &ino) == 2 &&
	       dev == st->st_dev && ino == st->st_ino;
}

static void
log_target_look(struct log_target *t)
{
	struct stat st;

	if (fstat(t->fd, &st) < 0)
		return;
	t->is_regular = S_ISREG(st.st_mode);
	t->is_socket = S_ISSOCK(st.st_mode);
	if (t->kind == LOG_TO_STDERR && log_is_journal_stream(&st))
		t->envelope = LOG_AS_PREFIXED;
}

void
log_target_init_stderr(struct log_target *t)
{
	*t = (struct log_target){
		.kind = LOG_TO_STDERR, .is_static = true, .fd = STDERR_FILENO
	};
	log_target_look(t);
}

static const struct {
	const char *name;
	enum log_target_kind kind;
	enum log_envelope envelope;
	const char *path; /* NULL: after the name */
} log_kinds[] = {
	{ "stderr", LOG_TO_STDERR, LOG_AS_PLAIN, "" },
	{ "syslog", LOG_TO_SYSLOG, LOG_AS_SYSLOG, LOG_SYSLOG_PATH },
	{ "journal", LOG_TO_JOURNAL, LOG_AS_JOURNAL, LOG_JOURNAL_PATH },
	{ "file:/", LOG_TO_FILE, LOG_AS_PLAIN, NULL },
};

/* What the settings name, not opened. */
static int
log_target_parse(
    struct log_target **t_r, const struct log_settings *s, const char **error_r)
{
	const char *name = s->target ? s->target : "stderr", *path;
	struct log_target *t;
	size_t i = 0, n;

	*t_r = NULL;
	while (i < ARRAY_COUNT(log_kinds) &&
	       (log_kinds[i].path ? strcmp(name, log_kinds[i].name)
				  : strncmp(name, log_kinds[i].name, 6)))
		i++;
	if (i == ARRAY_COUNT(log_kinds)) {
		*error_r = "the log's target must be \"stderr\", \"syslog\", "
			   "\"journal\" or \"file:\" and an absolute path";
		return -EINVAL;
	}
	path = log_kinds[i].path ? log_kinds[i].path : strchr(name, '/');
	n = strlen(path) + 1;
	t = calloc(1, sizeof(*t) + n);
	if (!t) {
		*error_r = "no memory for the log's target";
		return -ENOMEM;
	}
	memcpy(t->path, path, n);
	t->kind = log_kinds[i].kind;
	t->envelope = log_kinds[i].envelope;
	t->format = s->format;
	t->fd = -1;
	*t_r = t;
	return 0;
}

int
log_target_create(
    struct log_target **t_r, const struct log_settings *s, const char **error_r)
{
	int r = log_target_parse(t_r, s, error_r);
	struct log_target *t = *t_r;

	if (r)
		return r;
	t->fd = log_target_open(t);
	if (t->fd < 0) {
		r = t->fd;
		*error_r = log_target_sentence("open", t->path, r);
		log_target_destroy(t_r);
		return r;
	}
	log_target_look(t);
	return 0;
}

void
log_target_destroy(struct log_target **t)
{
	if (*t && (*t)->fd > STDERR_FILENO)
		close((*t)->fd);
	if (*t && !(*t)->is_static)
		free(*t);
	*t = NULL;
}

static void
log_free(char **p)
{
	free(*p);
}

/* It may be written, or it may be made. */
static int
log_file_check(const char *path)
{
	CLEANUP(log_free) char *dir = NULL;
	struct stat st;
	char *slash;

	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return -EISDIR;
		return access(path, W_OK) < 0 ? -errno : 0;
	}
	if (errno != ENOENT)
		return -errno;
	dir = strdup(path);
	if (!dir)
		return -ENOMEM;
	slash = strrchr(dir, '/');
	slash[slash == dir] = '\0';
	return access(dir, W_OK | X_OK) < 0 ? -errno : 0;
}

int
log_target_check(const struct log_settings *s, const char **error_r)
{
	CLEANUP(log_target_destroy) struct log_target *t = NULL;
	int r = log_target_parse(&t, s, error_r);

	if (r || t->kind == LOG_TO_STDERR)
		return r;
	if (t->kind == LOG_TO_FILE) {
		r = log_file_check(t->path);
	} else {
		t->fd = log_socket_open(t->path);
		r = t->fd < 0 ? t->fd : 0;
	}
	if (r)
		*error_r = log_target_sentence("open", t->path, r);
	return r;
}

int
log_target_reopen(struct log_target *t)
{
	int fd, r;

	if (t->kind == LOG_TO_STDERR)
		return 0;
	fd = log_target_open(t);
	if (fd < 0)
		return fd;
	r = dup3(fd, t->fd, O_CLOEXEC) < 0 ? -errno : 0;
	close(fd);
	return r;
}

/* Writing. */

int64_t
log_clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* It said that it may be written and then would not: do not ask again at once.
 */
static bool
log_target_hesitate(int64_t end_ms)
{
	poll(NULL, 0, 1);
	return log_clock_ms() < end_ms;
}

/* Until it may be written or the time is up: false. */
static bool
log_target_wait(const struct log_target *t, int64_t end_ms)
{
	struct pollfd p = { .fd = t->fd, .events = POLLOUT };
	int64_t left_ms;

	do {
		left_ms = end_ms - log_clock_ms();
		if (left_ms < 0)
			left_ms = 0;
		if (poll(&p, 1, (int)left_ms) > 0)
			return true;
	} while (left_ms > 0);
	return false;
}

/* A pipe that can be written takes PIPE_BUF bytes without blocking, and keeps
 * them together: whole lines, then, and no more than that. */
static size_t
log_target_portion(const struct log_target *t, const char *data, size_t n)
{
	const char *newline;

	if (t->is_regular || t->is_socket || n <= PIPE_BUF)
		return n;
	newline = memrchr(data, '\n', PIPE_BUF);
	return newline ? (size_t)(newline - data) + 1 : PIPE_BUF;
}

static ssize_t
log_target_put(struct log_target *t, const char *data, size_t n)
{
	ssize_t r = t->is_socket
			? send(t->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL)
			: write(t->fd, data, n);

	if (r > 0)
		t->is_torn = data[r - 1] != '\n';
	return r < 0 ? -errno : r;
}

/* What comes does not belong to the half line that was written last. */
static ssize_t
log_stream_mend(struct log_target *t, int64_t end_ms)
{
	ssize_t r;

	if (!t->is_regular && !log_target_wait(t, end_ms))
		return 0;
	r = log_target_put(t, "\n", 1);
	t->is_broken = r != 1;
	return r == -EAGAIN || r == -EINTR ? 0 : r;
}

static ssize_t
log_stream_write(
    struct log_target *t, const char *data, size_t n, int64_t end_ms)
{
	size_t done = 0;
	ssize_t r;

	if (t->is_broken && (r = log_stream_mend(t, end_ms)) <= 0)
		return r;
	while (done < n) {
		if (!t->is_regular && !log_target_wait(t, end_ms))
			break;
		r = log_target_put(t, data + done,
		    log_target_portion(t, data + done, n - done));
		if (r > 0)
			done += (size_t)r;
		else if (r != -EINTR && r != -EAGAIN)
			return done ? (ssize_t)done : r ? r : -EIO;
		else if (!log_target_hesitate(end_ms))
			break;
	}
	return (ssize_t)done;
}

/* The reader was started anew: its socket is another one now. */
static bool
log_reader_is_gone(int r)
{
	return r == -ECONNREFUSED || r == -ENOTCONN || r == -ECONNRESET ||
	       r == -EPIPE;
}

static int
log_datagram_send(
    struct log_target *t, const char *data, size_t n, int64_t end_ms)
{
	bool is_anew = false;
	int r;

	for (;;) {
		if (send(t->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 0;
		r = -errno;
		if (log_reader_is_gone(r) && !is_anew) {
			is_anew = true;
			r = log_target_reopen(t);
			if (r)
				return r;
		} else if (r == -EAGAIN || r == -EINTR) {
			if (!log_target_wait(t, end_ms) ||
			    !log_target_hesitate(end_ms))
				return r;
		} else {
			return r;
		}
	}
}

static ssize_t
log_datagrams_write(
    struct log_target *t, const char *data, size_t n, int64_t end_ms)
{
	size_t done = 0;
	uint32_t length;
	int r;

	while (done < n) {
		memcpy(&length, data + done, sizeof(length));
		r = log_datagram_send(
		    t, data + done + sizeof(length), length, end_ms);
		if (r == -EAGAIN || r == -EINTR)
			break;
		if (r)
			return done ? (ssize_t)done : r;
		done += sizeof(length) + length;
	}
	return (ssize_t)done;
}

ssize_t
log_target_write(struct log_target *t, const char *data, size_t n, int wait_ms)
{
	int64_t end_ms = log_clock_ms() + wait_ms;

	if (log_target_is_framed(t))
		return log_datagrams_write(t, data, n, end_ms);
	return log_stream_write(t, data, n, end_ms);
}

static size_t
log_target_forget(struct log_target *t, const char *data, size_t n)
{
	const char *end = data + n;
	size_t count = 0;
	uint32_t length;

	if (!log_target_is_framed(t)) {
		t->is_broken = t->is_torn;
		while (data < end) {
			data = memchr(data, '\n', (size_t)(end - data));
			data = data ? data + 1 : end;
			count++;
		}
		return count;
	}
	for (; data < end; count++) {
		memcpy(&length, data, sizeof(length));
		data += sizeof(length) + length;
	}
	return count;
}

size_t
log_target_drop(struct log_target *t, const char *data, size_t n)
{
	size_t count = log_target_forget(t, data, n);

	gauge_add(GAUGE_LOG_LOST, (int64_t)count);
	return count;
}

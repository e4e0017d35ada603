/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/read.h"

#include "config/node-json.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	/* No configuration of PRESCAN_BYTES_MAX becomes more than this. */
	READ_JSON_MAX = 64 * 1024 * 1024,
	READ_CHUNK = 65536,
	/* A killed child that hangs in the kernel is left behind. */
	READ_KILLED_MS = 2000,
};

struct reading {
	const char *path;
	struct report *report;
	bool is_patient;
	int deadline_ms;
	int64_t deadline; /* of the monotonic clock, in ms */
	pid_t pid;        /* 0: none, or reaped */
	int epoll_fd;     /* both of: */
	int out, err;     /* our ends of its pipes; -1: closed */
	bool has_failed;  /* the report says why */
	char *json;
	size_t length, capacity;
	char said[200]; /* the beginning of what it wrote on its stderr */
	size_t said_length;
	int status; /* as of waitpid() */
};

static int64_t
read_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
read_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ------------------------------------------------------------------- start */

/* Signals as a fresh program has them: ours may be blocked or ignored. */
static int
read_attributes(posix_spawnattr_t *attr)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setsigmask(attr, &none);
	return posix_spawnattr_setflags(
	    attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static int
read_actions(posix_spawn_file_actions_t *actions, int out, int err)
{
	int rc = posix_spawn_file_actions_addopen(
	    actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (!rc)
		rc = posix_spawn_file_actions_adddup2(
		    actions, out, STDOUT_FILENO);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(
		    actions, err, STDERR_FILENO);
	return rc;
}

/* Returns 0 or a positive errno, as posix_spawn() does. */
static int
read_spawn(struct reading *r, int out, int err)
{
	char name[] = "binderyd", arg[] = CONFIG_READ_ARG;
	char settled[] = CONFIG_READ_SETTLED_ARG;
	char *path = strdup(r->path);
	char *argv[] = { name, r->is_patient ? settled : arg, path, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc = path ? posix_spawn_file_actions_init(&actions) : ENOMEM;

	if (!rc) {
		rc = posix_spawnattr_init(&attr);
		if (!rc) {
			rc = read_attributes(&attr);
			if (!rc)
				rc = read_actions(&actions, out, err);
			if (!rc)
				rc = posix_spawn(&r->pid, "/proc/self/exe",
				    &actions, &attr, argv, environ);
			posix_spawnattr_destroy(&attr);
		}
		posix_spawn_file_actions_destroy(&actions);
	}
	free(path);
	return rc;
}

static int
read_wait_for(const struct reading *r, int fd)
{
	struct epoll_event e = { .events = EPOLLIN };

	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
	    epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0)
		return errno;
	return 0;
}

/* 0 or a positive errno */
static int
read_open(struct reading *r, int out[2], int err[2])
{
	int rc;

	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (r->epoll_fd < 0 || pipe2(out, O_CLOEXEC) < 0 ||
	    pipe2(err, O_CLOEXEC) < 0)
		return errno;
	rc = read_wait_for(r, out[0]);
	return rc ? rc : read_wait_for(r, err[0]);
}

/* 0 or -errno */
static int
read_start(struct reading *r)
{
	int out[2] = { -1, -1 }, err[2] = { -1, -1 };
	int rc = read_open(r, out, err);

	if (!rc)
		rc = read_spawn(r, out[1], err[1]);
	read_close(&out[1]);
	read_close(&err[1]);
	r->out = out[0];
	r->err = err[0];
	if (!rc)
		return 0;
	r->pid = 0;
	report_error(r->report, r->path, 0,
	    "the configuration reader could not be started: %s", strerror(rc));
	return -rc;
}

/* ----------------------------------------------------------------- collect */

static int
read_reserve(struct reading *r)
{
	size_t capacity = r->capacity ? r->capacity * 2 : READ_CHUNK;
	void *p;

	if (r->length < r->capacity)
		return 0;
	p = r->capacity < READ_JSON_MAX ? realloc(r->json, capacity) : NULL;
	if (!p) {
		report_error(r->report, r->path, 0,
		    r->capacity < READ_JSON_MAX
			? "out of memory"
			: "the configuration is too large");
		return -ENOMEM;
	}
	r->json = p;
	r->capacity = capacity;
	return 0;
}

/* Read what is there; at its end *fd is closed.  False: nothing more for now.
 */
static bool
read_some(int *fd, void *buf, size_t n, size_t *got_r)
{
	ssize_t got = *fd < 0 ? 0 : read(*fd, buf, n);

	*got_r = got > 0 ? (size_t)got : 0;
	if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
		read_close(fd);
	return got > 0 || (got < 0 && errno == EINTR);
}

static int
read_out(struct reading *r)
{
	size_t got;
	int rc;

	do {
		rc = read_reserve(r);
		if (rc)
			return rc;
		if (!read_some(&r->out, r->json + r->length,
			r->capacity - r->length, &got))
			return 0;
		r->length += got;
	} while (r->out >= 0);
	return 0;
}

static void
read_err(struct reading *r)
{
	size_t room, got;
	char chunk[1024];

	while (read_some(&r->err, chunk, sizeof(chunk), &got)) {
		room = sizeof(r->said) - 1 - r->said_length;
		if (got > room)
			got = room;
		memcpy(r->said + r->said_length, chunk, got);
		r->said_length += got;
	}
}

static void
read_too_late(struct reading *r)
{
	report_error(r->report, r->path, 0,
	    "reading the configuration took longer than %d ms and was given up",
	    r->deadline_ms);
	r->has_failed = true;
}

int
reading_fd(const struct reading *r)
{
	return r->epoll_fd;
}

int
reading_left_ms(const struct reading *r)
{
	int64_t left = r->deadline - read_now();

	return left > 0 ? (int)left : 0;
}

bool
reading_step(struct reading *r)
{
	if (r->has_failed)
		return false;
	if (reading_left_ms(r) == 0) {
		read_too_late(r);
		return false;
	}
	read_err(r);
	if (read_out(r) < 0) {
		r->has_failed = true;
		return false;
	}
	return r->out >= 0 || r->err >= 0;
}

/* --------------------------------------------------------------------- end */

/* Reap the child.  -ETIMEDOUT: it lives on beyond the deadline. */
static int
read_wait(struct reading *r, int64_t deadline)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (;;) {
		pid_t pid = waitpid(r->pid, &r->status, WNOHANG);

		if (pid == r->pid || (pid < 0 && errno != EINTR)) {
			r->pid = 0;
			return 0;
		}
		if (read_now() >= deadline)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
}

static void
read_finish(struct reading *r)
{
	if (r->pid) {
		kill(r->pid, SIGKILL);
		read_wait(r, read_now() + READ_KILLED_MS);
	}
	read_close(&r->out);
	read_close(&r->err);
	read_close(&r->epoll_fd);
	free(r->json);
	free(r);
}

/* It ended without a word on the pipe: what is left is how it ended. */
static void
read_blame(struct reading *r)
{
	const char *colon = ": ";

	r->said[strcspn(r->said, "\r\n")] = 0;
	if (!*r->said)
		colon = "";
	if (WIFSIGNALED(r->status))
		report_error(r->report, r->path, 0,
		    "the configuration reader was ended by signal %d (%s)%s%s",
		    WTERMSIG(r->status), strsignal(WTERMSIG(r->status)), colon,
		    r->said);
	else
		report_error(r->report, r->path, 0,
		    "the configuration reader ended with status %d and no "
		    "answer%s%s",
		    WEXITSTATUS(r->status), colon, r->said);
}

static struct reading *
read_begin(
    const char *path, int deadline_ms, bool is_patient, struct report *report)
{
	struct reading *r = calloc(1, sizeof(*r));
	int rc;

	if (!r) {
		report->out_of_memory = true;
		errno = ENOMEM;
		return NULL;
	}
	r->path = path;
	r->report = report;
	r->is_patient = is_patient;
	r->deadline_ms = deadline_ms;
	/* The clock shows whole milliseconds: never give up early. */
	r->deadline = read_now() + deadline_ms + 1;
	r->epoll_fd = r->out = r->err = -1;
	rc = read_start(r);
	if (!rc)
		return r;
	read_finish(r);
	errno = -rc;
	return NULL;
}

struct reading *
reading_begin(const char *path, int deadline_ms, struct report *report)
{
	return read_begin(path, deadline_ms, true, report);
}

/* It has said all it had to say. */
static struct config_tree *
read_tree(struct reading *r)
{
	if (read_wait(r, r->deadline)) {
		read_too_late(r);
		return NULL;
	}
	if (!r->length || WIFSIGNALED(r->status)) {
		read_blame(r);
		return NULL;
	}
	return node_json_read(r->json, r->length, r->path, r->report);
}

struct config_tree *
reading_end(struct reading **at)
{
	struct reading *r = *at;
	struct config_tree *tree = NULL;

	*at = NULL;
	if (r->out < 0 && r->err < 0 && !r->has_failed)
		tree = read_tree(r);
	read_finish(r);
	return tree;
}

struct config_tree *
config_tree_read(const char *path, int deadline_ms, struct report *report)
{
	struct reading *r = read_begin(path, deadline_ms, false, report);
	struct config_tree *tree;
	struct pollfd fd;

	if (!r)
		return NULL;
	fd = (struct pollfd){ reading_fd(r), POLLIN, 0 };
	while (reading_step(r))
		poll(&fd, 1, reading_left_ms(r));
	tree = reading_end(&r);
	if (!tree)
		errno = EINVAL;
	return tree;
}

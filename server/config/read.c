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
	int64_t deadline; /* of the monotonic clock, in ms */
	pid_t pid;        /* 0: none, or reaped */
	int out, err;     /* our ends of its pipes; -1: closed */
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
	char *path = strdup(r->path);
	char *argv[] = { name, arg, path, NULL };
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
read_start(struct reading *r)
{
	int out[2] = { -1, -1 }, err[2] = { -1, -1 };
	int rc = 0;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		rc = errno;
	else
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

/* Read what is there; at its end *fd is closed. */
static ssize_t
read_some(int *fd, void *buf, size_t n)
{
	ssize_t got = read(*fd, buf, n);

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (got <= 0)
		read_close(fd);
	return got > 0 ? got : 0;
}

static int
read_out(struct reading *r)
{
	int rc = read_reserve(r);

	if (!rc)
		r->length += (size_t)read_some(
		    &r->out, r->json + r->length, r->capacity - r->length);
	return rc;
}

static void
read_err(struct reading *r)
{
	char chunk[1024];
	size_t n = (size_t)read_some(&r->err, chunk, sizeof(chunk));
	size_t room = sizeof(r->said) - 1 - r->said_length;

	if (n > room)
		n = room;
	memcpy(r->said + r->said_length, chunk, n);
	r->said_length += n;
}

static int
read_too_late(struct reading *r, int deadline_ms)
{
	report_error(r->report, r->path, 0,
	    "reading the configuration took longer than %d ms and was given up",
	    deadline_ms);
	return -ETIMEDOUT;
}

static int
read_collect(struct reading *r, int deadline_ms)
{
	while (r->out >= 0 || r->err >= 0) {
		struct pollfd fds[] = { { r->out, POLLIN, 0 },
			{ r->err, POLLIN, 0 } };
		int64_t left = r->deadline - read_now();

		if (left <= 0)
			return read_too_late(r, deadline_ms);
		if (poll(fds, 2, (int)left) <= 0)
			continue;
		if (fds[1].revents)
			read_err(r);
		if (fds[0].revents && read_out(r))
			return -ENOMEM;
	}
	return 0;
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
	free(r->json);
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

struct config_tree *
config_tree_read(const char *path, int deadline_ms, struct report *report)
{
	struct reading r = { .path = path,
		.report = report,
		/* The clock shows whole milliseconds: never give up early. */
		.deadline = read_now() + deadline_ms + 1,
		.out = -1,
		.err = -1 };
	struct config_tree *tree = NULL;
	int rc = read_start(&r);

	if (!rc && !read_collect(&r, deadline_ms)) {
		if (read_wait(&r, r.deadline))
			read_too_late(&r, deadline_ms);
		else if (!r.length || WIFSIGNALED(r.status))
			read_blame(&r);
		else
			tree = node_json_read(r.json, r.length, path, report);
	}
	read_finish(&r);
	errno = tree ? 0 : rc ? -rc : EINVAL;
	return tree;
}

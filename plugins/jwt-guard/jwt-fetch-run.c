/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-fetch-run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	FETCH_SLICE_MS = 100,    /* a cancelled one is noticed within it */
	FETCH_GRACE_MS = 1000,   /* the program ends itself before */
	FETCH_CHUNK = 16384,     /* bytes to begin with */
	FETCH_SAID_MOST = 65536, /* bytes: who writes more has gone mad */
};

static int64_t
fetch_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
fetch_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ------------------------------------------------------------------- start */

/* Signals as a fresh program has them, and a group of its own. */
static int
fetch_attributes(posix_spawnattr_t *attr)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setpgroup(attr, 0);
	return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF |
						  POSIX_SPAWN_SETSIGMASK |
						  POSIX_SPAWN_SETPGROUP);
}

/* It gets the three descriptors, and none that somebody forgot to mark. */
static int
fetch_actions(posix_spawn_file_actions_t *actions, int out, int err)
{
	int rc = posix_spawn_file_actions_addopen(
	    actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (!rc)
		rc = posix_spawn_file_actions_adddup2(
		    actions, out, STDOUT_FILENO);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(
		    actions, err, STDERR_FILENO);
	if (!rc)
		rc = posix_spawn_file_actions_addclosefrom_np(
		    actions, STDERR_FILENO + 1);
	return rc;
}

/* 0 or a positive errno, as posix_spawn() has it. */
static int
fetch_spawn(struct jwt_fetch_run *r, char *const argv[], int out, int err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc)
		return rc;
	rc = posix_spawnattr_init(&attr);
	if (!rc) {
		rc = fetch_attributes(&attr);
		if (!rc)
			rc = fetch_actions(&actions, out, err);
		if (!rc)
			rc = posix_spawn(&r->pid, r->fetch->program, &actions,
			    &attr, argv, environ);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&actions);
	if (rc)
		r->pid = 0;
	return rc;
}

/* The same, with its command line. */
static int
fetch_exec(struct jwt_fetch_run *r, int out, int err)
{
	const struct jwt_fetch *f = r->fetch;
	char bytes[32], ms[32], *argv[10];
	const char *words[10] = { f->program, "-m", bytes, "-t", ms };
	size_t n = 5;

	snprintf(bytes, sizeof(bytes), "%zu", f->max_bytes);
	snprintf(ms, sizeof(ms), "%d", f->timeout_ms);
	if (f->ca) {
		words[n++] = "-c";
		words[n++] = f->ca;
	}
	words[n++] = "--";
	words[n++] = f->url;
	/* posix_spawn() wants them writable, and writes nothing. */
	memcpy(argv, words, sizeof(argv));
	return fetch_spawn(r, argv, out, err);
}

/* 0 or a positive errno */
static int
fetch_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	return fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
}

int
jwt_fetch_run_start(struct jwt_fetch_run *r, const struct jwt_fetch *f)
{
	int out[2] = { -1, -1 }, err[2] = { -1, -1 }, rc;

	*r = (struct jwt_fetch_run){ .fetch = f, .pid_fd = -1 };
	r->deadline = fetch_now() + f->timeout_ms + FETCH_GRACE_MS;
	rc = fetch_pipe(out);
	if (!rc)
		rc = fetch_pipe(err);
	if (!rc)
		rc = fetch_exec(r, out[1], err[1]);
	fetch_close(&out[1]);
	fetch_close(&err[1]);
	r->out = out[0];
	r->err = err[0];
	/* A kernel without it is asked in every slice whether it has ended. */
	if (!rc)
		r->pid_fd = (int)syscall(SYS_pidfd_open, r->pid, 0);
	return -rc;
}

/* -------------------------------------------------------------------- wait */

/* Room for one byte more than it may write, which tells, and for a 0. */
static int
fetch_reserve(struct jwt_fetch_run *r)
{
	size_t most = r->fetch->max_bytes + 2;
	size_t capacity = r->capacity ? r->capacity * 2 : FETCH_CHUNK;
	char *text;

	if (r->n + 1 < r->capacity)
		return 0;
	if (capacity > most)
		capacity = most;
	text = realloc(r->text, capacity);
	if (!text)
		return -ENOMEM;
	r->text = text;
	r->capacity = capacity;
	return 0;
}

/* Bytes that were there; 0: nothing more for now.  At the end *fd is closed. */
static size_t
fetch_read(int *fd, void *buf, size_t size)
{
	ssize_t n;

	if (*fd < 0)
		return 0;
	do
		n = read(*fd, buf, size);
	while (n < 0 && errno == EINTR);
	if (n == 0 || (n < 0 && errno != EAGAIN))
		fetch_close(fd);
	return n > 0 ? (size_t)n : 0;
}

static int
fetch_read_out(struct jwt_fetch_run *r)
{
	size_t n;

	do {
		int rc = fetch_reserve(r);

		if (rc < 0)
			return rc;
		n = fetch_read(&r->out, r->text + r->n, r->capacity - r->n - 1);
		r->n += n;
		if (r->n > r->fetch->max_bytes)
			return -EFBIG;
	} while (n > 0);
	r->text[r->n] = '\0';
	return 0;
}

static int
fetch_read_err(struct jwt_fetch_run *r)
{
	char chunk[1024];
	size_t n;

	while ((n = fetch_read(&r->err, chunk, sizeof(chunk))) > 0) {
		size_t room = JWT_FETCH_SAID_MAX - r->said_n;

		memcpy(r->said + r->said_n, chunk, n < room ? n : room);
		r->said_n += n < room ? n : room;
		r->said_total += n;
		if (r->said_total > FETCH_SAID_MOST)
			return -EFBIG;
	}
	return 0;
}

/* 1: it has ended and is not reaped, so that its number stays its own; 0: it
 * has not; or -errno. */
static int
fetch_has_ended(const struct jwt_fetch_run *r)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return -errno;
	return info.si_pid == r->pid;
}

static void
fetch_pause(const struct jwt_fetch_run *r, int64_t left)
{
	struct pollfd fds[] = { { r->out, POLLIN, 0 }, { r->err, POLLIN, 0 },
		{ r->pid_fd, POLLIN, 0 } };

	poll(fds, 3, left < FETCH_SLICE_MS ? (int)left : FETCH_SLICE_MS);
}

/* All of it: the program, and whatever it might have started.  0 or -ECHILD. */
static int
fetch_bury(struct jwt_fetch_run *r)
{
	pid_t pid = r->pid;
	int rc;

	r->pid = 0;
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL); /* it might have left its group */
	do
		rc = waitpid(pid, &r->status, 0);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : 0;
}

int
jwt_fetch_run_wait(struct jwt_fetch_run *r)
{
	const atomic_bool *is_cancelled = r->fetch->is_cancelled;

	for (;;) {
		/* Asked first: what it wrote before its end is there then. */
		int has_ended = fetch_has_ended(r);
		int rc = fetch_read_out(r);
		int64_t left = r->deadline - fetch_now();

		if (rc == 0)
			rc = fetch_read_err(r);
		if (has_ended < 0)
			r->pid = 0;
		if (has_ended < 0 || rc < 0)
			return has_ended < 0 ? has_ended : rc;
		if (has_ended)
			return fetch_bury(r);
		if (is_cancelled && atomic_load(is_cancelled))
			return -ECANCELED;
		if (left <= 0)
			return -ETIMEDOUT;
		fetch_pause(r, left);
	}
}

void
jwt_fetch_run_finish(struct jwt_fetch_run *r)
{
	if (r->pid)
		fetch_bury(r);
	fetch_close(&r->out);
	fetch_close(&r->err);
	fetch_close(&r->pid_fd);
	free(r->text);
	r->text = NULL;
}

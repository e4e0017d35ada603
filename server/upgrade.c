/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "upgrade.h"

#include "base/compiler.h"
#include "handover.h"
#include "log/log.h"
#include "log/notify.h"
#include "worker/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	LOOK_MS = 20,     /* while it is being ended */
	REAP_MS = 1000,   /* once it has taken over */
	GRACE_MS = 2000,  /* to leave by itself when it has failed */
	KILLED_MS = 2000, /* one that hangs in the kernel is left behind */
	GOING_MS = 10000, /* from "go" to "taken", however late "ready" came */
	HEIR_FD = 3,      /* its end of the pair */
};

static void upgrade_look(struct timer *t);
static watch_fn upgrade_ready;

/* The file may have been replaced between exec and here, but hardly twice. */
static void
program_find(char path[PATH_MAX])
{
	static const char mark[] = " (deleted)";
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	size_t tail = sizeof(mark) - 1;

	path[n > 0 ? n : 0] = '\0';
	if (n > (ssize_t)tail && strcmp(path + n - tail, mark) == 0 &&
	    access(path, F_OK) < 0)
		path[n - (ssize_t)tail] = '\0';
}

void
upgrade_init(struct upgrade *u, struct loop *l, char *const *argv)
{
	*u = (struct upgrade){
		.loop = l,
		.argv = argv,
		.deadline_ms = UPGRADE_DEADLINE_MS,
		.control_fd = -1,
		.watch.fd = -1,
		.timer.fn = upgrade_look,
	};
	program_find(u->program);
}

/* ----------------------------------------------------------------- starting */

/* Ours, with the number of the pair in it: an array to free(). */
static char **
heir_environment(char *variable)
{
	size_t n = 0, k = 0;
	char **all;

	while (environ[n])
		n++;
	all = calloc(n + 2, sizeof(char *));
	for (size_t i = 0; all && i < n; i++)
		if (strncmp(environ[i], HANDOVER_VARIABLE "=",
			sizeof(HANDOVER_VARIABLE)) != 0)
			all[k++] = environ[i];
	if (all)
		all[k] = variable;
	return all;
}

/* Signals as a fresh program has them, but those that are meant for a running
 * one wait until it is one. */
static int
heir_attributes(posix_spawnattr_t *attr)
{
	sigset_t all, later;

	sigfillset(&all);
	sigemptyset(&later);
	sigaddset(&later, SIGHUP);
	sigaddset(&later, SIGUSR1);
	sigaddset(&later, SIGUSR2);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setsigmask(attr, &later);
	return posix_spawnattr_setflags(
	    attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

/* Its end of the pair, and nothing else of ours: some plugin may have been
 * careless with a descriptor. */
static int
heir_actions(posix_spawn_file_actions_t *actions, int fd)
{
	int rc = posix_spawn_file_actions_adddup2(actions, fd, HEIR_FD);

	if (!rc)
		rc = posix_spawn_file_actions_addclosefrom_np(
		    actions, HEIR_FD + 1);
	return rc;
}

/* 0 or a positive errno, as posix_spawn() has it. */
static int
heir_spawn(struct upgrade *u, int fd)
{
	char variable[sizeof(HANDOVER_VARIABLE) + 16];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	char **environment;
	int rc;

	snprintf(
	    variable, sizeof(variable), "%s=%d", HANDOVER_VARIABLE, HEIR_FD);
	environment = heir_environment(variable);
	rc = environment ? posix_spawn_file_actions_init(&actions) : ENOMEM;
	if (!rc) {
		rc = posix_spawnattr_init(&attr);
		if (!rc) {
			rc = heir_attributes(&attr);
			if (!rc)
				rc = heir_actions(&actions, fd);
			if (!rc)
				rc = posix_spawn(&u->pid, u->program, &actions,
				    &attr, u->argv, environment);
			posix_spawnattr_destroy(&attr);
		}
		posix_spawn_file_actions_destroy(&actions);
	}
	free(environment);
	if (rc)
		u->pid = 0;
	return rc;
}

static int
upgrade_list(struct upgrade *u)
{
	int rc = inherit_give(&u->gifts);

	if (rc == 0)
		rc = listeners_give(&u->gifts);
	if (rc == 0 && u->control_fd >= 0)
		rc = gifts_add(&u->gifts, u->control_fd, "", false);
	return rc;
}

static int
upgrade_start(struct upgrade *u)
{
	int pair[2], rc = upgrade_list(u);

	if (rc < 0)
		return rc;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	u->watch = (struct watch){ upgrade_ready, pair[0] };
	rc = -heir_spawn(u, pair[1]);
	close(pair[1]);
	if (rc == 0)
		rc = loop_watch(u->loop, &u->watch, EPOLLIN | EPOLLOUT);
	return rc;
}

/* ------------------------------------------------------------------ failing */

static void
upgrade_look_in(struct upgrade *u, int64_t ms)
{
	timer_arm(u->loop->timers, &u->timer, u->loop->now_ms + ms);
}

static void
upgrade_hang_up(struct upgrade *u)
{
	if (u->watch.fd >= 0) {
		loop_unwatch(u->loop, &u->watch);
		close(u->watch.fd);
	}
	u->watch = (struct watch){ .fd = -1 };
	gifts_finish(&u->gifts);
}

static void
upgrade_kill(struct upgrade *u)
{
	if (u->heir)
		kill(u->heir, SIGKILL);
	if (u->pid)
		kill(u->pid, SIGKILL);
	u->is_killed = true;
	u->due_ms = u->loop->now_ms + KILLED_MS;
}

/* The new one may have said otherwise. */
static void
upgrade_stay(const struct upgrade *u)
{
	if (u->is_told)
		notify_send_surely("MAINPID=%d", (int)getpid());
}

/* From here on it is only to be ended: by itself, or else by us. */
static void
upgrade_fail(struct upgrade *u, int rc, bool at_once)
{
	upgrade_stay(u);
	u->state = UPGRADE_FAILING;
	u->rc = rc;
	u->due_ms = u->loop->now_ms + GRACE_MS;
	upgrade_hang_up(u);
	if (at_once)
		upgrade_kill(u);
	upgrade_look_in(u, 0);
}

static void
heir_tell_end(struct upgrade *u, int status)
{
	if (u->heir && u->is_told) /* that was the nurse's */
		report_error(&u->report, NULL, 0,
		    "the new program '%s' ended before it took over",
		    u->program);
	else if (WIFSIGNALED(status))
		report_error(&u->report, NULL, 0,
		    "the new program '%s' was ended by signal %d (%s)",
		    u->program, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		report_error(&u->report, NULL, 0,
		    "the new program '%s' ended with status %d", u->program,
		    WEXITSTATUS(status));
}

/* It is no child of ours any more, unless it is us who adopt orphans; who has
 * adopted it reaps it. */
static bool
heir_lives_apart(const struct upgrade *u)
{
	return u->heir && waitpid(u->heir, NULL, WNOHANG) <= 0 &&
	       kill(u->heir, 0) == 0;
}

/* Reap it if it has ended; the status is in *status_r. */
static bool
heir_has_ended(struct upgrade *u, int *status_r)
{
	pid_t pid = u->pid ? waitpid(u->pid, status_r, WNOHANG) : -1;

	if (pid == 0 || (u->pid && pid < 0 && errno == EINTR))
		return false;
	if (pid < 0)
		*status_r = 0;
	u->pid = 0;
	return !heir_lives_apart(u);
}

static void
upgrade_tell(struct upgrade *u, int rc, pid_t pid)
{
	struct report report = u->report;
	upgrade_done_fn *done = u->done;

	u->report = (struct report){ 0 };
	done(u->arg, rc, pid, &report);
	report_finish(&report);
}

/* It lives on: is there anything left to wait for? */
static bool
upgrade_may_wait(struct upgrade *u)
{
	if (u->loop->now_ms < u->due_ms)
		return true;
	if (u->is_killed)
		return false;
	upgrade_kill(u);
	return true;
}

static void
upgrade_look_at_end(struct upgrade *u)
{
	bool was_there = u->pid || u->heir;
	int status = 0;

	if (heir_has_ended(u, &status)) {
		if (was_there && !u->has_spoken)
			heir_tell_end(u, status);
	} else if (upgrade_may_wait(u)) {
		upgrade_look_in(u, LOOK_MS);
		return;
	} else {
		report_error(&u->report, NULL, 0,
		    "process %d, the new program, cannot be ended",
		    (int)(u->heir ? u->heir : u->pid));
	}
	upgrade_stay(u);
	u->pid = 0;
	u->state = UPGRADE_IDLE;
	upgrade_tell(u, u->rc, 0);
}

static void
upgrade_too_late(struct upgrade *u)
{
	report_error(&u->report, NULL, 0,
	    "the new program '%s' did not serve within %d s and was ended",
	    u->program, u->deadline_ms / 1000);
	u->has_spoken = true;
	upgrade_fail(u, -ETIMEDOUT, true);
}

/* Our child has to be reaped: the nurse, or who took over, if it had none. */
static void
upgrade_look_after(struct upgrade *u)
{
	pid_t pid = u->pid, heir = u->heir;
	int status;

	u->heir = 0;
	if (!heir_has_ended(u, &status)) {
		u->heir = heir;
		upgrade_look_in(u, REAP_MS);
		return;
	}
	if (heir)
		return;
	if (WIFSIGNALED(status))
		log_error("process %d, which had taken over, was ended by "
			  "signal %d (%s)",
		    (int)pid, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		log_notice("process %d, which had taken over, ended with "
			   "status %d",
		    (int)pid, WEXITSTATUS(status));
}

static void
upgrade_look(struct timer *t)
{
	struct upgrade *u = CONTAINER_OF(t, struct upgrade, timer);

	switch (u->state) {
	case UPGRADE_GIVING:
	case UPGRADE_WAITING:
	case UPGRADE_GOING:
		upgrade_too_late(u);
		break;
	case UPGRADE_FAILING:
		upgrade_look_at_end(u);
		break;
	case UPGRADE_OVER:
		upgrade_look_after(u);
		break;
	case UPGRADE_IDLE:
		break;
	}
}

/* ---------------------------------------------------------------- giving */

/* The batch that begins at `given`. */
static int
upgrade_give_batch(struct upgrade *u, size_t n)
{
	char text[16 + HANDOVER_BATCH * (INHERIT_NAME_MAX + 4)] = "sockets\n";
	size_t size = strlen(text);
	int fds[HANDOVER_BATCH];

	for (size_t i = 0; i < n; i++) {
		const struct gift *g = &u->gifts.all[u->given + i];

		fds[i] = g->fd;
		size += (size_t)snprintf(text + size, sizeof(text) - size,
		    "%c %s\n", g->is_lasting ? 'l' : '-', g->name);
	}
	return handover_send(u->watch.fd, text, size, fds, (unsigned)n);
}

static int
upgrade_give(struct upgrade *u)
{
	int rc = 0;

	while (rc == 0 && u->given < u->gifts.count) {
		size_t n = u->gifts.count - u->given;

		if (n > HANDOVER_BATCH)
			n = HANDOVER_BATCH;
		rc = upgrade_give_batch(u, n);
		if (rc == 0)
			u->given += n;
	}
	if (rc < 0)
		return rc;
	u->state = UPGRADE_WAITING;
	gifts_finish(&u->gifts);
	return loop_rewatch(u->loop, &u->watch, EPOLLIN);
}

/* The first words, and as many sockets as fit. */
static int
upgrade_greet(struct upgrade *u)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "hello %d %zu\n", HANDOVER_VERSION,
	    u->gifts.count);
	int rc = handover_send(u->watch.fd, text, (size_t)n, NULL, 0);

	if (rc == 0)
		rc = upgrade_give(u);
	/* The rest can wait; and if it is dead already we shall hear. */
	return rc == -EAGAIN || rc == -EPIPE ? 0 : rc;
}

/* ----------------------------------------------------------------- hearing */

static void
upgrade_hear_failed(struct upgrade *u, char *text)
{
	char *rest = text, *line;

	strsep(&rest, "\n");
	while (rest && (line = strsep(&rest, "\n")))
		if (*line) {
			report_error(&u->report, NULL, 0, "%s", line);
			u->has_spoken = true;
		}
	upgrade_fail(u, -EINVAL, false);
}

static void
upgrade_succeed(struct upgrade *u)
{
	u->state = UPGRADE_OVER;
	upgrade_hang_up(u);
	upgrade_look_in(u, u->heir ? LOOK_MS : REAP_MS);
	upgrade_tell(u, 0, u->heir ? u->heir : u->pid);
}

/* "ready", of our child, or "ready PID". */
static bool
ready_read(struct upgrade *u, const char *text)
{
	char end;
	int pid;

	if (strcmp(text, "ready\n") == 0)
		return true;
	if (sscanf(text, "ready %d%c", &pid, &end) != 2 || end != '\n' ||
	    pid <= 1)
		return false;
	u->heir = pid != u->pid ? pid : 0;
	return true;
}

static void
upgrade_hear(struct upgrade *u, char *text)
{
	if (strncmp(text, "failed\n", 7) == 0) {
		upgrade_hear_failed(u, text);
	} else if (u->state == UPGRADE_WAITING && ready_read(u, text)) {
		u->state = UPGRADE_GOING;
		u->is_told = true;
		upgrade_look_in(u, GOING_MS);
		/* If that does not reach it, its end is what we hear next. */
		handover_send(u->watch.fd, "go\n", 3, NULL, 0);
	} else if (u->state == UPGRADE_GOING && !strcmp(text, "taken\n")) {
		upgrade_succeed(u);
	} else {
		report_error(&u->report, NULL, 0,
		    "the new program '%s' says what is not understood",
		    u->program);
		u->has_spoken = true;
		upgrade_fail(u, -EPROTO, true);
	}
}

static void
upgrade_ready(struct watch *w, uint32_t events)
{
	struct upgrade *u = CONTAINER_OF(w, struct upgrade, watch);
	struct handover_message m;
	int rc = handover_receive(w->fd, &m);

	if (rc > 0) {
		handover_drop(&m); /* it has nothing to give */
		upgrade_hear(u, m.text);
		return;
	}
	if (rc == -EAGAIN || rc == -EINTR) {
		if (u->state != UPGRADE_GIVING || !(events & EPOLLOUT))
			return;
		rc = upgrade_give(u);
		if (rc == 0 || rc == -EAGAIN)
			return;
	}
	if (rc < 0 && rc != -EPIPE && rc != -ECONNRESET)
		report_error(&u->report, NULL, 0,
		    "cannot hand over to the new program '%s': %s", u->program,
		    strerror(-rc));
	upgrade_fail(u, rc < 0 ? rc : -ECHILD, false);
}

/* -------------------------------------------------------------------- life */

/* The end of a container's first process is that of all others in it. */
static void
upgrade_refuse_first(struct upgrade *u)
{
	report_error(&u->report, NULL, 0,
	    "this is the first process of its container, which would end with "
	    "it: start a new container, or run binderyd under an init");
	u->has_spoken = true;
	upgrade_fail(u, -EPERM, true);
}

int
upgrade_begin(struct upgrade *u, upgrade_done_fn *done, void *arg)
{
	int rc;

	if (u->state != UPGRADE_IDLE)
		return -EALREADY;
	u->done = done;
	u->arg = arg;
	u->began_ms = loop_clock();
	u->given = 0;
	u->heir = 0;
	u->is_told = u->is_killed = u->has_spoken = false;
	u->state = UPGRADE_GIVING;
	if (getpid() == 1) {
		upgrade_refuse_first(u);
		return 0;
	}
	rc = upgrade_start(u);
	if (rc == 0)
		rc = upgrade_greet(u);
	if (rc == -EPIPE || rc == -ECONNRESET)
		rc = 0; /* it has ended already, and its status says more */
	if (rc == 0) {
		upgrade_look_in(u, u->deadline_ms);
		return 0;
	}
	report_error(&u->report, NULL, 0,
	    "cannot start the new program '%s': %s", u->program, strerror(-rc));
	upgrade_fail(u, rc, true);
	return 0;
}

void
upgrade_cancel(struct upgrade *u)
{
	if (!upgrade_is_on(u) || u->state == UPGRADE_FAILING)
		return;
	report_error(&u->report, NULL, 0,
	    "the upgrade is called off, because this program is to end");
	u->has_spoken = true;
	upgrade_fail(u, -ECANCELED, true);
}

void
upgrade_finish(struct upgrade *u)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int64_t due_ms = loop_clock() + KILLED_MS;
	int status;

	if (u->state == UPGRADE_OVER)
		u->pid = u->heir = 0; /* it outlives us */
	if (u->heir)
		kill(u->heir, SIGKILL);
	if (u->pid)
		kill(u->pid, SIGKILL);
	while ((u->pid || u->heir) && !heir_has_ended(u, &status) &&
	       loop_clock() < due_ms)
		nanosleep(&pause, NULL);
	if (u->loop)
		upgrade_hang_up(u);
	report_finish(&u->report);
}

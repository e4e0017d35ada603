/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "control/control-inner.h"

#include "log/log.h"
#include "worker/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	QUESTIONS_MAX = 32, /* at once; more wait in the socket */
	QUESTIONS_CROWD = QUESTIONS_MAX / 2,
	CONTROL_BACKLOG = 128,
	ACCEPT_BATCH = 32, /* before others have their turn */
	PAUSE_MS = 100,    /* while descriptors are short */
	WARN_MS = 1000,    /* between two lines of log */
	GROUPS_MAX = 256,
	MODE_UNKNOWN = 01000, /* of an inherited socket */
};

/* ------------------------------------------------------------ who may ask */

static bool
peer_has_group(int fd, const struct ucred *peer, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t n = sizeof(groups);

	if (peer->gid == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) < 0)
		return false;
	for (size_t i = 0; i < n / sizeof(gid_t); i++)
		if (groups[i] == group)
			return true;
	return false;
}

/* Whoever is sent away must not fill the log. */
static void
control_warn(struct control *c, const struct ucred *peer)
{
	int64_t now = loop_clock();

	if (c->warned_ms && now - c->warned_ms < WARN_MS)
		return;
	c->warned_ms = now;
	log_warn("control socket: user %u, process %d, may not ask: it is "
		 "neither root nor the user of this process nor in group %u",
	    (unsigned)peer->uid, (int)peer->pid, (unsigned)c->group);
}

/* The file's mode says the same to most, but a file is easily opened up. */
static bool
peer_may_ask(struct control *c, int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0)
		return false;
	if (peer.uid == 0 || peer.uid == geteuid() ||
	    peer_has_group(fd, &peer, c->group))
		return true;
	control_warn(c, &peer);
	return false;
}

/* -------------------------------------------------------------- accepting */

void
control_serve(struct control *c)
{
	if (c->watch.fd < 0 || c->is_watched)
		return;
	loop_watch(c->setup.loop, &c->watch, EPOLLIN);
	c->is_watched = true;
}

static void
control_listen_off(struct control *c)
{
	if (c->is_watched)
		loop_unwatch(c->setup.loop, &c->watch);
	c->is_watched = false;
}

static void
control_pause_ends(struct timer *t)
{
	struct control *c = CONTAINER_OF(t, struct control, pause);

	if (c->count < QUESTIONS_MAX)
		control_serve(c);
}

static void
control_reserve(struct control *c)
{
	if (c->reserve_fd < 0)
		c->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Descriptors are short, which is when there is something to ask: one who asks
 * has the place of the reserve, the others wait. */
static void
control_starve(struct control *c)
{
	struct loop *l = c->setup.loop;

	if (c->reserve_fd >= 0) {
		close(c->reserve_fd);
		c->reserve_fd = -1;
		return;
	}
	control_listen_off(c);
	timer_arm(l->timers, &c->pause, loop_clock() + PAUSE_MS);
}

/* May another one be waiting? */
static bool
control_accept(struct control *c)
{
	int fd = accept4(c->watch.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0 && peer_may_ask(c, fd)) {
		question_begin(c, fd);
	} else if (fd >= 0) {
		close(fd);
		control_reserve(c);
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		   errno == ENOMEM) {
		control_starve(c);
	} else {
		return errno != EAGAIN;
	}
	/* Looked at again when a question ends. */
	if (c->count == QUESTIONS_MAX)
		control_listen_off(c);
	return c->is_watched;
}

static void
control_ready(struct watch *w, uint32_t events)
{
	struct control *c = CONTAINER_OF(w, struct control, watch);

	(void)events;
	for (int i = 0; i < ACCEPT_BATCH; i++)
		if (!control_accept(c))
			return;
}

bool
control_is_crowded(const struct control *c)
{
	return c->count > QUESTIONS_CROWD;
}

void
control_leave(struct control *c)
{
	if (c->watch.fd < 0)
		return;
	control_listen_off(c);
	timer_cancel(c->setup.loop->timers, &c->pause);
	close(c->watch.fd);
	c->watch.fd = -1;
}

/* A file that nobody serves any more is in the way of bind(). */
static int
control_unlink_stale(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct stat st;
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (lstat(a->sun_path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode))
			rc = -EEXIST;
		else if (connect(fd, (const void *)a, sizeof(*a)) == 0 ||
			 errno != ECONNREFUSED)
			rc = -EADDRINUSE;
		else if (unlink(a->sun_path) < 0)
			rc = -errno;
	}
	close(fd);
	return rc;
}

static int
control_bind(const struct listen_address *a, unsigned mode)
{
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int rc = control_unlink_stale(&a->un);
	int fd = rc < 0 ? rc : socket(AF_UNIX, type, 0);
	mode_t old;

	if (fd < 0)
		return rc < 0 ? rc : -errno;
	/* Never open to more than it will be. */
	old = umask(0777 & ~(mode_t)mode);
	if (bind(fd, &a->any, a->size) < 0 || listen(fd, CONTROL_BACKLOG) < 0)
		rc = -errno;
	umask(old);
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

/* The listening socket: the one we were given at our start, or a new one. */
static int
control_open(struct control *c)
{
	const struct control_setup *setup = &c->setup;
	struct listen_address a = { .un.sun_family = AF_UNIX };
	size_t n = strlen(setup->path);
	struct inherited given;
	int fd, rc;

	if (n >= sizeof(a.un.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.un.sun_path, setup->path, n + 1);
	a.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
	rc = inherit_take(&a, &given);
	if (rc < 0)
		return rc;
	if (given.count == 0)
		return control_bind(&a, setup->mode);
	c->setup.mode = MODE_UNKNOWN;
	c->is_lasting = given.is_lasting;
	fd = given.fds[0];
	given.fds[0] = -1;
	inherited_finish(&given);
	return fd;
}

static const char *
control_error(int rc)
{
	switch (rc) {
	case -EADDRINUSE:
		return "another process serves it";
	case -EEXIST:
		return "there is a file of that name, which is no socket";
	default:
		return strerror(-rc);
	}
}

static bool
control_has_file(const struct control *c)
{
	struct stat st;

	return lstat(c->setup.path, &st) == 0 && st.st_dev == c->device &&
	       st.st_ino == c->inode;
}

void
control_settle(struct control *c, unsigned mode)
{
	if (mode == c->setup.mode || c->is_lasting)
		return;
	c->setup.mode = mode;
	if (control_has_file(c) && chmod(c->setup.path, mode) < 0)
		log_warn("cannot change the mode of '%s' to %04o: %s",
		    c->setup.path, mode, strerror(errno));
}

static void
control_know_file(struct control *c)
{
	struct stat st;

	if (lstat(c->setup.path, &st) < 0)
		return;
	c->device = st.st_dev;
	c->inode = st.st_ino;
	c->group = st.st_gid;
}

int
control_start(
    struct control **r, const struct control_setup *setup, const char **error_r)
{
	struct control *c = calloc(1, sizeof(*c));
	int fd = -ENOMEM;

	if (c) {
		c->setup = *setup;
		fd = control_open(c);
	}
	if (fd < 0) {
		*error_r = control_error(fd);
		free(c);
		return fd;
	}
	c->group = getegid();
	LIST_INIT(&c->questions);
	control_know_file(c);
	c->started = time(NULL);
	c->started_ms = loop_clock();
	c->watch = (struct watch){ control_ready, fd };
	c->pause.fn = control_pause_ends;
	c->reserve_fd = -1;
	control_reserve(c);
	*r = c;
	return 0;
}

void
control_stop(struct control **at, bool is_kept)
{
	struct control *c = *at;
	struct question *q, *next;

	*at = NULL;
	if (!c)
		return;
	for (q = LIST_FIRST(&c->questions); q; q = next) {
		next = LIST_NEXT(q, link);
		question_hurry(q);
	}
	while ((q = LIST_FIRST(&c->questions)) != NULL)
		question_end(q);
	is_kept |= c->watch.fd < 0 || c->is_lasting;
	control_leave(c);
	if (c->reserve_fd >= 0)
		close(c->reserve_fd);
	if (!is_kept && control_has_file(c))
		unlink(c->setup.path);
	json_decref(c->last.errors);
	free(c);
}

int
control_fd(const struct control *c)
{
	return c->is_lasting ? -1 : c->watch.fd;
}

void
control_question_gone(struct control *c)
{
	control_reserve(c);
	if (c->count-- == QUESTIONS_MAX)
		control_serve(c);
}

/* --------------------------------------------------------------- verdicts */

static void
question_tell_reloaded(struct question *q, const struct verdict *v)
{
	unsigned number =
	    generation_number(q->control->setup.generations->current);

	if (v->rc == -ECANCELED) {
		question_refuse(
		    q, NULL, "reload given up: the process is ending");
		return;
	}
	if (v->rc < 0) {
		question_refuse(q, json_of_report(v->report, false),
		    "reload refused: generation %u goes on as it was", number);
		return;
	}
	question_answer(q, json_pack("{s:i, s:I, s:o}", "generation",
			       (int)number, "ms", (json_int_t)v->took_ms,
			       "warnings", json_of_report(v->report, true)));
}

void
control_reloaded(struct control *c, const struct verdict *v)
{
	struct question *q, *next;

	if (v->rc < 0)
		c->refused++;
	else
		c->good++;
	json_decref(c->last.errors);
	c->last = (struct past_reload){ .at = time(NULL),
		.took_ms = v->took_ms,
		.is_good = v->rc == 0,
		.errors = json_of_report(v->report, false) };
	for (q = LIST_FIRST(&c->questions); q; q = next) {
		next = LIST_NEXT(q, link);
		if (q->ticket && q->ticket <= v->ticket)
			question_tell_reloaded(q, v);
	}
}

void
control_upgraded(struct control *c, int rc, pid_t pid, int64_t took_ms,
    const struct report *report)
{
	struct question *q, *next;

	for (q = LIST_FIRST(&c->questions); q; q = next) {
		next = LIST_NEXT(q, link);
		if (!q->waits_upgrade)
			continue;
		if (rc == 0)
			question_answer(
			    q, json_pack("{s:i, s:I}", "pid", (int)pid, "ms",
				   (json_int_t)took_ms));
		else if (rc == -ECANCELED)
			question_refuse(
			    q, NULL, "upgrade given up: the process is ending");
		else if (report && report_has_errors(report))
			question_refuse(q, json_of_report(report, false),
			    "upgrade refused: process %d goes on as it was",
			    (int)getpid());
		else
			question_refuse(q, NULL,
			    "upgrade refused: process %d goes on as it was: %s",
			    (int)getpid(), strerror(-rc));
	}
}

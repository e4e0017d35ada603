/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/acceptor.h"

#include "base/compiler.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	ACCEPT_BATCH = 32,   /* before others have their turn */
	ACCEPT_LAST = 1024,  /* before the socket is closed */
	PAUSE_MS = 100,      /* while descriptors are short */
	STARVED_MS = 1000,   /* then a waiting client is turned away a pause */
	COMPLAIN_MS = 10000, /* between two lines of log */
	KEPT_FDS = 16,       /* of the last descriptors none is for clients: */
	KEPT_PART = 8,       /* so many, or this part of few */
};

struct acceptor {
	struct watch watch;
	struct worker *worker;     /* NULL: points to nobody */
	LIST_ENTRY(acceptor) link; /* of the worker's pointed ones */
	struct accept_target target;
	bool is_shared, is_watched;
};

LIST_HEAD(acceptor_list, acceptor);

/* What a worker's acceptors share. */
struct acceptors {
	struct acceptor_list list;
	struct worker *worker;
	struct timer pause;
	uint64_t max;
	int reserve_fd; /* closed to make room for turning one away */
	int fd_most;    /* from here on descriptors are short */
	bool is_short;  /* they were, the last time */
	bool is_paused, is_full;
	int64_t starved_ms, complained_ms; /* 0: not */
};

static void
acceptor_watch(struct acceptor *a, struct worker *w)
{
	uint32_t events = EPOLLIN | (a->is_shared ? EPOLLEXCLUSIVE : 0);

	if (!a->is_watched)
		a->is_watched = loop_watch(&w->loop, &a->watch, events) == 0;
}

static void
acceptor_unwatch(struct acceptor *a, struct worker *w)
{
	if (a->is_watched)
		loop_unwatch(&w->loop, &a->watch);
	a->is_watched = false;
}

static void
acceptors_pause(struct worker *w)
{
	struct acceptor *a;

	w->acceptors->is_paused = true;
	cell_add(&w->pauses, 1);
	LIST_FOREACH(a, &w->acceptors->list, link)
	acceptor_unwatch(a, w);
}

static void
acceptors_resume(struct worker *w)
{
	struct acceptor *a;

	if (!w->acceptors->is_paused || w->conn_count >= w->acceptors->max)
		return;
	w->acceptors->is_paused = w->acceptors->is_full = false;
	LIST_FOREACH(a, &w->acceptors->list, link)
	acceptor_watch(a, w);
}

/* Starving for long: give up the reserve, accept one with it and reset it, so
 * that it learns what is going on. */
static void
acceptor_turn_away(struct acceptors *s, struct acceptor *a)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	int fd;

	if (s->reserve_fd < 0)
		return;
	close(s->reserve_fd);
	fd = accept4(a->watch.fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0) {
		setsockopt(
		    fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(fd);
		cell_add(&s->worker->turned_away, 1);
	}
	s->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
acceptor_starve(struct acceptor *a, struct worker *w, int error)
{
	struct acceptors *s = w->acceptors;
	int64_t now = w->loop.now_ms;

	if (!s->starved_ms)
		s->starved_ms = now;
	if (!s->complained_ms || now - s->complained_ms >= COMPLAIN_MS) {
		s->complained_ms = now;
		log_warn("cannot accept connections: %s: worker %u pauses, "
			 "raise the limit on open files or lower "
			 "limits.connections",
		    strerror(error), w->index);
	}
	if (now - s->starved_ms >= STARVED_MS)
		acceptor_turn_away(s, a);
	acceptors_pause(w);
	timer_arm(w->loop.timers, &s->pause, now + PAUSE_MS);
}

static void
acceptors_pause_ends(struct timer *t)
{
	struct acceptors *s = CONTAINER_OF(t, struct acceptors, pause);

	/* Full by now?  Then it is a connection's end that resumes. */
	s->is_full = s->worker->conn_count >= s->max;
	acceptors_resume(s->worker);
}

/* As many connections as this worker may have. */
static bool
acceptors_are_full(struct worker *w)
{
	struct acceptors *s = w->acceptors;

	if (w->conn_count < s->max)
		return false;
	if (!s->complained_ms ||
	    w->loop.now_ms - s->complained_ms >= COMPLAIN_MS) {
		s->complained_ms = w->loop.now_ms;
		log_warn("worker %u has %" PRIu64 " connections, as many as "
			 "limits.connections lets it: new ones wait",
		    w->index, w->conn_count);
	}
	s->is_full = true;
	acceptors_pause(w);
	return true;
}

static void
acceptor_conn_gone(struct worker *w)
{
	if (UNLIKELY(w->acceptors->is_full))
		acceptors_resume(w);
}

/* Errors of the connection that was about to be accepted, see accept(2). */
static bool
error_is_passing(int error)
{
	switch (error) {
	case EINTR:
	case ECONNABORTED:
	case ENETDOWN:
	case EPROTO:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case EOPNOTSUPP:
	case ENETUNREACH:
	case EPERM:
		return true;
	default:
		return false;
	}
}

/* Numbers are given out from the lowest, so a high one tells that few are left:
 * those are for the operator, for logs and for reading a configuration. */
static bool
acceptors_are_short(struct acceptors *s)
{
	int fd = fcntl(s->reserve_fd, F_DUPFD_CLOEXEC, 0);

	s->is_short = fd < 0 || fd >= s->fd_most;
	if (fd >= 0)
		close(fd);
	return s->is_short;
}

/* As many as wait, and most of them at most. */
static void
acceptor_take(struct acceptor *a, int most)
{
	struct worker *w = a->worker; /* NULL: it points to nobody */
	struct acceptors *s = w ? w->acceptors : NULL;
	struct sockaddr_storage peer;

	for (int i = 0; i < most && a->is_watched; i++) {
		socklen_t n = sizeof(peer);
		int fd;

		if (acceptors_are_full(w))
			return;
		if (UNLIKELY(s->is_short) && acceptors_are_short(s)) {
			acceptor_starve(a, w, EMFILE);
			return;
		}
		fd = accept4(a->watch.fd, (void *)&peer, &n,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			s->starved_ms = 0;
			s->is_short = fd >= s->fd_most;
			a->target.accepted(a->target.desk, a->target.number, fd,
			    (void *)&peer, n);
		} else if (errno == EAGAIN) {
			return;
		} else if (!error_is_passing(errno)) {
			acceptor_starve(a, w, errno);
			return;
		}
	}
}

static void
acceptor_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	acceptor_take(
	    CONTAINER_OF(watch, struct acceptor, watch), ACCEPT_BATCH);
}

struct acceptor *
acceptor_create(int fd, bool is_shared)
{
	struct acceptor *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->watch = (struct watch){ acceptor_ready, fd };
	a->is_shared = is_shared;
	return a;
}

int
acceptor_fd(const struct acceptor *a)
{
	return a->watch.fd;
}

void
acceptor_point(
    struct acceptor *a, struct worker *w, const struct accept_target *t)
{
	bool was_pointed = a->worker != NULL;

	a->target = *t;
	if (t->desk && !was_pointed) {
		a->worker = w;
		LIST_INSERT_HEAD(&w->acceptors->list, a, link);
		if (!w->acceptors->is_paused)
			acceptor_watch(a, w);
	} else if (!t->desk && was_pointed) {
		acceptor_unwatch(a, w);
		LIST_REMOVE(a, link);
		a->worker = NULL;
	}
}

static int
acceptor_close(struct worker *w, void *arg)
{
	static const struct accept_target nobody;
	struct acceptor *a = arg;

	/* Whoever is connected already would be reset. */
	acceptor_take(a, ACCEPT_LAST);
	acceptor_point(a, w, &nobody);
	close(a->watch.fd);
	a->watch.fn = NULL;
	loop_bury(&w->loop, a);
	return 0;
}

void
acceptor_destroy(struct acceptor **at, struct worker *w)
{
	struct acceptor *a = *at;

	*at = NULL;
	if (a)
		worker_call(w, acceptor_close, a);
}

static int
descriptors_for_clients(void)
{
	struct rlimit r;
	rlim_t kept;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur > INT_MAX)
		return INT_MAX;
	kept = r.rlim_cur / KEPT_PART;
	return (int)(r.rlim_cur - (kept < KEPT_FDS ? kept : KEPT_FDS));
}

int
acceptors_init(struct worker *w, uint64_t max)
{
	struct acceptors *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	LIST_INIT(&s->list);
	s->worker = w;
	s->pause.fn = acceptors_pause_ends;
	s->max = max;
	s->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	s->fd_most = descriptors_for_clients();
	w->acceptors = s;
	w->conn_gone = acceptor_conn_gone;
	return 0;
}

void
acceptors_limit(struct worker *w, uint64_t max)
{
	w->acceptors->max = max;
	if (w->acceptors->is_full)
		acceptors_resume(w);
}

void
acceptors_finish(struct worker *w)
{
	if (!w->acceptors)
		return;
	timer_cancel(w->loop.timers, &w->acceptors->pause);
	if (w->acceptors->reserve_fd >= 0)
		close(w->acceptors->reserve_fd);
	free(w->acceptors);
	w->acceptors = NULL;
}

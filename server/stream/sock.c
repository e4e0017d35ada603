/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/sock.h"

#include "base/compiler.h"
#include "stream/conn-trace.h"
#include "stream/conn.h"
#include "stream/lane.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static enum conn_party
sock_party(const struct sock *s)
{
	return s->side == BND_FRONT ? PARTY_CLIENT : PARTY_BACKEND;
}

enum pass
sock_failed(struct sock *s, int error)
{
	enum reason reason =
	    s->side == BND_FRONT ? REASON_CLIENT_RESET : REASON_BACKEND_RESET;

	conn_end(
	    s->hop.conn, reason, sock_party(s), -error, "%s", strerror(error));
	return PASS_DEAD;
}

/* Where the kernel says that something is wrong: what? */
static enum pass
sock_check_error(struct sock *s)
{
	int error = 0;
	socklen_t n = sizeof(error);

	getsockopt(s->watch.fd, SOL_SOCKET, SO_ERROR, &error, &n);
	return error ? sock_failed(s, error) : PASS_IDLE;
}

static void
sock_ready(struct watch *w, uint32_t events)
{
	struct sock *s = CONTAINER_OF(w, struct sock, watch);

	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		s->has_tail = s->may_read = true;
	if (events & EPOLLIN) {
		s->may_read = true;
		s->was_found_full = false; /* the event did come */
	}
	if (s->is_full && events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) {
		s->is_full = false;
		if (sock_flush(s) == PASS_DEAD)
			return;
	}
	if (s->may_read) {
		switch (sock_read(s)) {
		case PASS_DEAD:
			return;
		case PASS_AGAIN:
			loop_defer(conn_loop(s->hop.conn), &s->hop.task);
			return;
		case PASS_IDLE:
			break;
		}
	}
	/* Held back, so that no read would show it. */
	if (events & EPOLLERR)
		sock_check_error(s);
}

void
sock_turn(struct task *t)
{
	struct sock *s = CONTAINER_OF(t, struct sock, hop.task);

	if (!sock_is_open(s) || sock_flush(s) == PASS_DEAD || !s->may_read)
		return;
	if (sock_read(s) == PASS_AGAIN)
		loop_defer(conn_loop(s->hop.conn), &s->hop.task);
}

int
sock_attach(struct sock *s, int fd, bool is_watched)
{
	struct loop *l = conn_loop(s->hop.conn);
	const uint32_t events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
	int rc;

	s->watch = (struct watch){ sock_ready, fd };
	rc = is_watched ? loop_rewatch(l, &s->watch, events)
			: loop_watch(l, &s->watch, events);
	if (rc < 0)
		s->watch.fd = -1;
	SOCK_TRACE(s, "is attached, descriptor %d: %d", fd, rc);
	return rc;
}

void
sock_close(struct sock *s, bool is_reset)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	if (!sock_is_open(s))
		return;
	SOCK_TRACE(s,
	    "is %s after %" PRIu64 " bytes from it and %" PRIu64 " to it",
	    is_reset ? "reset" : "closed", s->received, s->sent);
	sock_undoubt(s);
	loop_unqueue(conn_loop(s->hop.conn), &s->hop.task);
	if (is_reset)
		setsockopt(s->watch.fd, SOL_SOCKET, SO_LINGER, &at_once,
		    sizeof(at_once));
	/* A child that is being started holds a copy of every descriptor until
	 * it is another program; as long as it does, a descriptor that is only
	 * closed goes on to have events. */
	loop_unwatch(conn_loop(s->hop.conn), &s->watch);
	close(s->watch.fd);
	/* Events of this turn may still name the watch. */
	s->watch = (struct watch){ NULL, -1 };
}

static enum pass
sock_write_end(struct sock *s)
{
	if (s->is_shut)
		return PASS_IDLE;
	s->is_shut = true;
	SOCK_TRACE(s, "is told the end after %" PRIu64 " bytes", s->sent);
	/* When this was the last end, closing says it too. */
	if (conn_end_if_done(s->hop.conn))
		return PASS_DEAD;
	if (shutdown(s->watch.fd, SHUT_WR) < 0 && errno != ENOTCONN)
		return sock_failed(s, errno);
	conn_touch(s->hop.conn);
	conn_arm(s->hop.conn);
	return PASS_IDLE;
}

/* What was held back may go on; where nothing was, an idle connection needs no
 * pipe. */
static void
sock_flushed(struct queue *q)
{
	struct sock *from;

	if (!q->source || q->source->task.fn != sock_turn)
		return;
	from = CONTAINER_OF(q->source, struct sock, hop);
	if (from->may_read)
		hop_wake(q->source);
	else
		lane_close(q, from->hop.conn);
}

enum pass
sock_flush(struct sock *s)
{
	struct queue *q = s->out;
	enum pass r;

	if (!q || s->is_full)
		return PASS_IDLE;
	if (!queue_is_empty(q)) {
		r = lane_flush(s, q);
		if (r == PASS_DEAD || !queue_is_empty(q))
			return r;
		sock_flushed(q);
	}
	return q->has_ended ? sock_write_end(s) : PASS_IDLE;
}

static enum pass
sock_saw_end(struct sock *s)
{
	struct conn *c = s->hop.conn;

	s->has_ended = true;
	s->may_read = false;
	SOCK_TRACE(s, "has ended after %" PRIu64 " bytes", s->received);
	sock_undoubt(s);
	if (c->closed_by == PARTY_NOBODY)
		c->closed_by = sock_party(s);
	queue_end(s->in);
	conn_touch(c); /* the half-closed limit counts from here */
	conn_arm(c);
	return conn_end_if_done(c) ? PASS_DEAD : PASS_IDLE;
}

enum pass
sock_read_ended(struct sock *s, ssize_t n)
{
	if (n == 0)
		return sock_saw_end(s);
	if (errno == EINTR)
		return PASS_AGAIN;
	if (errno != EAGAIN)
		return sock_failed(s, errno);
	s->may_read = false;
	return PASS_IDLE;
}

/* Into the queue of a stage: a large read stays where it is, a small one is
 * copied so that it does not pin a large buffer. */
static int
sock_queue(struct sock *s, struct bnd_buf *b, size_t n)
{
	int rc;

	if (n >= 4096) {
		b->used = (uint32_t)n;
		return queue_push(s->in, b, 0, n);
	}
	rc = queue_write(s->in, b->data, n);
	buf_unref(b);
	return rc;
}

static enum pass
sock_out_of_memory(struct sock *s)
{
	conn_end(s->hop.conn, REASON_RESOURCES, PARTY_HOST, -ENOMEM,
	    "out of memory");
	return PASS_DEAD;
}

/* Count what a refused client still sends, whoever in front of the refuser
 * takes it; enough is enough. */
static enum pass
sock_lingers(struct sock *s, size_t n)
{
	struct conn *c = s->hop.conn;

	enum { LINGER_BYTES = 1 << 20 };
	if (LIKELY(!c->is_refused) || s->side != BND_FRONT)
		return PASS_IDLE;
	c->linger_bytes += (uint32_t)n;
	if (c->linger_bytes < LINGER_BYTES)
		return PASS_IDLE;
	conn_end(c, REASON_LINGER, PARTY_HOST, -ECANCELED, NULL);
	return PASS_DEAD;
}

static enum pass
sock_read_once(struct sock *s, size_t room)
{
	struct bnd_buf *b = buf_alloc(BUF_LARGE);
	struct conn *c = s->hop.conn;
	ssize_t n;

	if (!b)
		return sock_out_of_memory(s);
	if (room > BUF_LARGE)
		room = BUF_LARGE;
	n = recv(s->watch.fd, b->data, room, MSG_DONTWAIT);
	if (n <= 0) {
		int error = errno;

		buf_unref(b);
		errno = error;
		return sock_read_ended(s, n);
	}
	s->received += (size_t)n;
	conn_count(c, s, ACCOUNT_RECEIVED, (size_t)n);
	SOCK_TRACE(s, "gave %zd bytes, %u wait", n, s->in->bytes);
	conn_touch(c);
	if ((size_t)n < room && !s->has_tail && sock_doubt(s))
		s->may_read = false;
	if (sock_lingers(s, (size_t)n) == PASS_DEAD) {
		buf_unref(b);
		return PASS_DEAD;
	}
	if (s->in->is_discarding) {
		buf_unref(b);
		return PASS_AGAIN;
	}
	if (sock_queue(s, b, (size_t)n) < 0)
		return sock_out_of_memory(s);
	return PASS_AGAIN;
}

static struct sock *
sock_of_lane(const struct queue *q)
{
	if (q->is_discarding || !q->sink || q->sink->task.fn != sock_turn)
		return NULL;
	return CONTAINER_OF(q->sink, struct sock, hop);
}

enum pass
sock_read(struct sock *s)
{
	struct sock *to;
	enum pass r;

	if (!s->in || s->has_ended)
		return PASS_IDLE;
	to = sock_of_lane(s->in);
	if (to)
		return lane_run(s, to);
	for (int i = 0; i < SOCK_READS; i++) {
		size_t room =
		    s->in->is_discarding ? BUF_LARGE : queue_room(s->in);

		if (room == 0)
			SOCK_TRACE(s, "is held back: its queue is full");
		if (!s->may_read || room == 0)
			return PASS_IDLE;
		r = sock_read_once(s, room);
		if (r != PASS_AGAIN)
			return r;
	}
	return PASS_AGAIN;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/lane.h"

#include "stream/conn-trace.h"
#include "stream/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	LANE_VECTORS = 64,
	LANE_UNSENT = 384 * 1024,     /* bytes; more than SPLICE_AFTER reads */
	LANE_TRUST = 4 * 1024 * 1024, /* bytes taken: no slow reader */
	SPLICE_AFTER = 4,             /* full reads in a row */
	SPLICE_SMALL = 16 * 1024,     /* a splice of less ... */
	SPLICE_PATIENCE = 8,        /* ... so many times in a row: copy again */
	SPLICE_BYTES = 1024 * 1024, /* as much as the pipe takes */
	SPILL_LEAST = 4096          /* bytes; less waits in a small block */
};

/* The kernel takes no more for this socket now. */
static void
lane_stalls(struct sock *to)
{
	to->is_full = true;
	SOCK_TRACE(to, "takes no more for now");
	cell_add(&to->hop.conn->account->stalls[to->side], 1);
}

/* The sink took n bytes (negative: errno says why not).  False: no more now. */
static bool
lane_took(struct sock *to, ssize_t n, enum pass *r)
{
	*r = PASS_IDLE;
	if (n > 0) {
		to->sent += (size_t)n;
		conn_count(to->hop.conn, to, ACCOUNT_SENT, (size_t)n);
		SOCK_TRACE(to, "took %zd bytes", n);
		conn_touch(to->hop.conn);
		return true;
	}
	if (n < 0 && errno == EINTR)
		return true;
	if (n == 0 || errno == EAGAIN)
		lane_stalls(to);
	else
		*r = sock_failed(to, errno);
	return false;
}

/* One piece needs no list, which the kernel would copy first. */
static ssize_t
lane_send(struct sock *to, struct iovec *v, size_t count)
{
	const int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
	const struct msghdr m = { .msg_iov = v, .msg_iovlen = count };

	if (count == 1)
		return send(to->watch.fd, v->iov_base, v->iov_len, flags);
	return sendmsg(to->watch.fd, &m, flags);
}

static enum pass
lane_flush_pieces(struct sock *to, struct queue *q)
{
	struct iovec v[LANE_VECTORS];
	enum pass r = PASS_IDLE;
	size_t bytes;
	ssize_t n;

	while (q->bytes) {
		n = queue_vector(q, v, LANE_VECTORS, &bytes);
		n = lane_send(to, v, (size_t)n);
		if (!lane_took(to, n, &r))
			return r;
		if (n > 0)
			queue_eat(q, (size_t)n);
	}
	return r;
}

/* The kernel does not splice into this socket: take the bytes out of the pipe.
 */
static int
lane_unpipe(struct queue *q)
{
	q->may_not_splice = true;
	while (q->pipe->bytes) {
		struct bnd_buf *b = buf_alloc(BUF_LARGE);
		ssize_t n;

		if (!b)
			return -ENOMEM;
		n = read(q->pipe->read_fd, b->data, BUF_LARGE);
		if (n <= 0) {
			buf_unref(b);
			return n < 0 ? -errno : -EIO;
		}
		b->used = (uint32_t)n;
		q->pipe->bytes -= (size_t)n;
		if (queue_push(q, b, 0, (size_t)n) < 0)
			return -ENOMEM;
	}
	return 0;
}

static enum pass
lane_flush_pipe(struct sock *to, struct queue *q)
{
	struct conn *c = to->hop.conn;
	enum pass r = PASS_IDLE;
	ssize_t n;

	while (q->pipe && q->pipe->bytes) {
		n = splice(q->pipe->read_fd, NULL, to->watch.fd, NULL,
		    q->pipe->bytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
		if (n < 0 && errno == EINVAL) {
			if (lane_unpipe(q) < 0) {
				conn_end(c, REASON_RESOURCES, PARTY_HOST,
				    -ENOMEM, "out of memory");
				return PASS_DEAD;
			}
			return lane_flush_pieces(to, q);
		}
		if (!lane_took(to, n, &r))
			return r;
		if (n > 0)
			q->pipe->bytes -= (size_t)n;
	}
	return r;
}

enum pass
lane_flush(struct sock *to, struct queue *q)
{
	enum pass r = lane_flush_pieces(to, q);

	if (r == PASS_DEAD || q->bytes || !q->pipe)
		return r;
	return lane_flush_pipe(to, q);
}

void
lane_close(struct queue *q, struct conn *c)
{
	if (q->pipe) {
		CONN_TRACE(c, "gives its pipe back");
		USDT(splice_end, c->id);
	}
	pipe_give(c->worker->pipes, &q->pipe);
}

static enum pass
lane_splice(struct sock *s, struct queue *q)
{
	ssize_t n;

	n = splice(s->watch.fd, NULL, q->pipe->write_fd, NULL, SPLICE_BYTES,
	    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n > 0) {
		q->pipe->bytes += (size_t)n;
		SOCK_TRACE(s, "gave %zd bytes by splice", n);
		s->received += (size_t)n;
		conn_count(s->hop.conn, s, ACCOUNT_RECEIVED, (size_t)n);
		conn_touch(s->hop.conn);
		q->small_splices =
		    n < SPLICE_SMALL ? (uint8_t)(q->small_splices + 1) : 0;
		if (q->small_splices >= SPLICE_PATIENCE)
			q->full_reads = q->small_splices = 0;
		return PASS_AGAIN;
	}
	if (n < 0 && errno == EINVAL) {
		q->may_not_splice = true;
		return PASS_AGAIN;
	}
	return sock_read_ended(s, n);
}

/* How much the kernel may take for the sink ahead of what it can send: a reader
 * that stalls would else hold megabytes there.  One that has taken a few
 * megabytes is none, and gets what the system gives. */
enum bulk { BULK_NOT, BULK_BOUND, BULK_FREE };

static void
lane_bound(struct sock *to, struct queue *q, enum bulk bulk)
{
	const int unsent = bulk == BULK_BOUND ? LANE_UNSENT : 0;

	q->bulk = (uint8_t)bulk;
	q->unbind_at = (uint32_t)((to->sent + LANE_TRUST) >> 16);
	setsockopt(to->watch.fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent,
	    sizeof(unsent));
}

static void
lane_was_full(struct sock *to, struct queue *q)
{
	if (q->full_reads < SPLICE_AFTER)
		q->full_reads++;
	if (q->bulk == BULK_NOT)
		lane_bound(to, q, BULK_BOUND);
}

/* splice(2) has no flag that keeps it from waiting for a socket. */
static bool
sock_set_nonblocking(const struct sock *s)
{
	int flags = fcntl(s->watch.fd, F_GETFL);

	return flags >= 0 &&
	       (flags & O_NONBLOCK ||
		   fcntl(s->watch.fd, F_SETFL, flags | O_NONBLOCK) == 0);
}

static void
lane_take_pipe(struct sock *s, struct sock *to, struct queue *q)
{
	if (sock_set_nonblocking(s) && sock_set_nonblocking(to))
		q->pipe = pipe_take(s->hop.conn->worker->pipes);
	else
		q->may_not_splice = true;
	if (q->pipe) {
		SOCK_TRACE(s, "has a pipe to the other now");
		USDT(splice_begin, s->hop.conn->id, s->side);
	}
}

/* What a slow sink did not take waits in a pipe: pages of the kernel's, and
 * none of ours.  False: it could not. */
static bool
lane_spill(struct sock *s, struct sock *to, const char *p, size_t n)
{
	struct queue *q = s->in;
	ssize_t w;

	if (n < SPILL_LEAST || q->may_not_splice ||
	    !s->hop.conn->worker->may_splice)
		return false;
	if (!q->pipe)
		lane_take_pipe(s, to, q);
	if (!q->pipe || q->pipe->room < n)
		return false;
	while (q->pipe->bytes < n) {
		w = write(
		    q->pipe->write_fd, p + q->pipe->bytes, n - q->pipe->bytes);
		if (w <= 0) { /* all of it or nothing: blocks go out first */
			lane_close(q, s->hop.conn);
			return false;
		}
		q->pipe->bytes += (size_t)w;
	}
	return true;
}

/* Keep what the sink did not take. */
static enum pass
lane_keep(struct sock *s, struct sock *to, const char *p, size_t n)
{
	if (lane_spill(s, to, p, n) || queue_write(s->in, p, n) == 0)
		return PASS_AGAIN;
	conn_end(s->hop.conn, REASON_RESOURCES, PARTY_HOST, -ENOMEM,
	    "out of memory");
	return PASS_DEAD;
}

static enum pass
lane_copy(struct sock *s, struct sock *to, struct queue *q)
{
	char *scratch = s->hop.conn->worker->scratch;
	ssize_t n, sent;
	enum pass r;

	n = recv(s->watch.fd, scratch, WORKER_SCRATCH, MSG_DONTWAIT);
	if (n <= 0)
		return sock_read_ended(s, n);
	s->received += (size_t)n;
	conn_count(s->hop.conn, s, ACCOUNT_RECEIVED, (size_t)n);
	SOCK_TRACE(s, "gave %zd bytes", n);
	if (n < WORKER_SCRATCH && !s->has_tail && sock_doubt(s))
		s->may_read = false;
	if (n < WORKER_SCRATCH)
		q->full_reads = 0;
	else
		lane_was_full(to, q);
	sent =
	    send(to->watch.fd, scratch, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (!lane_took(to, sent, &r)) {
		if (r == PASS_DEAD)
			return r;
		sent = 0;
	}
	if (sent < 0)
		sent = 0;
	if (sent == n)
		return PASS_AGAIN;
	return lane_keep(s, to, scratch + sent, (size_t)(n - sent));
}

/* Is the next step a splice?  Takes or gives back the pipe. */
static bool
lane_splices(struct sock *s, struct sock *to, struct queue *q)
{
	struct conn *c = s->hop.conn;
	bool wants = q->full_reads >= SPLICE_AFTER && c->worker->may_splice &&
		     !q->may_not_splice;

	if (wants && !q->pipe)
		lane_take_pipe(s, to, q);
	else if (!wants && q->pipe)
		lane_close(q, c);
	return q->pipe != NULL;
}

static enum pass
lane_step(struct sock *s, struct sock *to, struct queue *q)
{
	enum pass r;

	if (lane_splices(s, to, q))
		r = lane_splice(s, q);
	else
		r = lane_copy(s, to, q);
	if (UNLIKELY(q->bulk == BULK_BOUND && to->sent >> 16 >= q->unbind_at))
		lane_bound(to, q, BULK_FREE);
	/* What came in goes out before anything else is read. */
	if (r == PASS_AGAIN && !queue_is_empty(q) && !to->is_full &&
	    lane_flush(to, q) == PASS_DEAD)
		return PASS_DEAD;
	return r;
}

enum pass
lane_run(struct sock *s, struct sock *to)
{
	struct queue *q = s->in;
	enum pass r = PASS_IDLE;
	int i;

	if (!queue_is_empty(q) && !to->is_full &&
	    lane_flush(to, q) == PASS_DEAD)
		return PASS_DEAD;
	for (i = 0; i < SOCK_READS; i++) {
		if (!s->may_read || !queue_is_empty(q))
			break;
		r = lane_step(s, to, q);
		if (r != PASS_AGAIN)
			break;
	}
	if (r == PASS_DEAD)
		return r;
	if (q->pipe && q->pipe->bytes == 0 && !s->may_read)
		lane_close(q, s->hop.conn);
	return i == SOCK_READS && s->may_read ? PASS_AGAIN : PASS_IDLE;
}

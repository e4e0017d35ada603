/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * host.h - the heart of the host without the daemon, for unit tests: workers
 * whose loops are turned by hand, a clock that can be set forward, pipelines
 * built from binding types of the test's own, and peers on loopback sockets.
 * One test process has one host; everything is bounded in time.
 */
#ifndef TESTS_HOST_H
#define TESTS_HOST_H

#include "abi/table.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "pipeline/keep.h"
#include "pipeline/metric.h"
#include "pipeline/pipeline.h"
#include "pipeline/post.h"
#include "pipeline/waits.h"
#include "stream/conn.h"
#include "stream/pledge.h"
#include "stream/setup.h"
#include "stream/work.h"
#include "unit.h"
#include "worker/listener.h"
#include "worker/pool.h"
#include "worker/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Tests are plugins of the host that they are linked with. */
const struct bnd_host *bnd_host = &abi_table;

/* ------------------------------------------------------------------ the clock
 */

static int64_t host_ahead_ms;

/* In the place of the C library's: the host's clock can be set forward. */
int
clock_gettime(clockid_t id, struct timespec *t)
{
	long rc = syscall(SYS_clock_gettime, id, t);

	if (rc == 0 && id == CLOCK_MONOTONIC)
		t->tv_sec += host_ahead_ms / 1000;
	if (rc == 0 && id == CLOCK_MONOTONIC)
		t->tv_nsec += host_ahead_ms % 1000 * 1000000;
	if (rc == 0 && t->tv_nsec >= 1000000000) {
		t->tv_nsec -= 1000000000;
		t->tv_sec++;
	}
	return (int)rc;
}

/* ---------------------------------------------------------------- the workers
 */

enum { HOST_WORKERS = 2, HOST_LINE = 8, HOST_TRIES = 400 };

static struct {
	struct worker *workers[HOST_WORKERS];
	struct pool *pool;
	struct line *lines;
} host;

/* A pipeline without a generation. */
struct line {
	struct pipeline pipeline;
	struct line *next;
	struct pins pins[HOST_WORKERS];
	struct binding bindings[HOST_LINE];
	struct desk *desks[HOST_LINE][HOST_WORKERS];
	struct arena arena;
};

UNUSED static void
host_turn(void)
{
	for (unsigned i = 0; i < HOST_WORKERS; i++)
		loop_turn(&host.workers[i]->loop, 0);
}

/* Until nothing moves any more, however it was caused. */
UNUSED static void
host_settle(void)
{
	for (int i = 0; i < 20; i++)
		host_turn();
}

/* Let time pass. */
UNUSED static void
host_pass(int64_t ms)
{
	host_ahead_ms += ms;
	host_settle();
}

UNUSED static void
host_start(void)
{
	ck_assert_int_eq(pledges_init(), 0);
	host.pool = pool_create(4);
	ck_assert_ptr_nonnull(host.pool);
	works_init(host.pool);
	for (unsigned i = 0; i < HOST_WORKERS; i++) {
		host.workers[i] = worker_create(i);
		ck_assert_ptr_nonnull(host.workers[i]);
		ck_assert_int_eq(stream_init(host.workers[i]), 0);
		stream_settle(host.workers[i], true, 64);
		ck_assert_int_eq(acceptors_init(host.workers[i], 1000), 0);
	}
	ck_assert_int_eq(posts_init(host.workers, HOST_WORKERS), 0);
}

UNUSED static void
line_free(struct line *l)
{
	for (struct binding *b = l->pipeline.bindings; b; b = b->next) {
		for (unsigned i = 0; i < HOST_WORKERS; i++) {
			struct desk *d = b->desks[i];

			d->is_stopping = true;
			if (b->type->worker_stop)
				b->type->worker_stop(&d->pub);
			waits_destroy(&d->waits);
			LIST_REMOVE(d, link);
			keep_release(b, (int)i);
			metrics_leave(d);
			metrics_take_back(d);
			free(d);
		}
		keep_release(b, KEEP_ALL_WORKERS);
	}
	arena_finish(&l->arena);
	free(l);
}

/* Every connection must be gone: a leak of one is a failure. */
UNUSED static void
host_stop(void)
{
	struct line *l;

	host_settle();
	pool_destroy(&host.pool, 1000);
	host_settle();
	while ((l = host.lines) != NULL) {
		for (unsigned i = 0; i < HOST_WORKERS; i++)
			ck_assert_uint_eq(atomic_load(&l->pins[i].count), 0);
		host.lines = l->next;
		line_free(l);
	}
	for (unsigned i = 0; i < HOST_WORKERS; i++) {
		ck_assert_uint_eq(host.workers[i]->conn_count, 0);
		acceptors_finish(host.workers[i]);
		stream_finish(host.workers[i]);
		worker_destroy(&host.workers[i]);
	}
	posts_finish();
	buf_cache_empty();
	host_ahead_ms = 0; /* libcheck measures too */
}

UNUSED static struct desk *
line_desk(struct binding *b, unsigned worker)
{
	size_t head = (sizeof(struct desk) + 15u) & ~(size_t)15;
	size_t self = (b->type->worker_size + 15u) & ~(size_t)15;
	struct desk *d = calloc(1, head + self);

	ck_assert_ptr_nonnull(d);
	d->pub.self = (char *)d + head;
	d->pub.binding = &b->pub;
	d->pub.index = worker;
	d->binding = b;
	d->worker = host.workers[worker];
	ck_assert_int_eq(metrics_give(d), 0);
	metrics_serve(d);
	LIST_INSERT_HEAD(&d->worker->desks, d, link);
	d->is_started = true;
	return d;
}

/* A pipeline of these types, in this order; its bindings have the types' names.
 * It lives until host_stop(). */
UNUSED static struct line *
host_line(const char *name, size_t n, const struct bnd_type *const types[])
{
	struct line *l = aligned_alloc(64, (sizeof(*l) + 63) & ~(size_t)63);

	ck_assert_ptr_nonnull(l);
	memset(l, 0, sizeof(*l));
	l->pipeline.name = name;
	l->pipeline.pins = l->pins;
	l->pipeline.bindings = l->bindings;
	l->pipeline.count = n;
	l->pipeline.exit.pipeline = &l->pipeline;
	l->pipeline.log_level = 3;
	l->pipeline.ledger = account_open(name, HOST_WORKERS);
	ck_assert_ptr_nonnull(l->pipeline.ledger);
	for (size_t i = 0; i < n; i++) {
		struct binding *b = &l->bindings[i];

		b->pub.name = types[i]->name;
		b->pub.pipeline = name;
		b->pub.workers = HOST_WORKERS;
		b->pub.generation = 1;
		b->type = types[i];
		b->pipeline = &l->pipeline;
		b->next = i + 1 < n ? b + 1 : NULL;
		b->desks = l->desks[i];
		b->claim_id = (uint32_t)i + 1;
		ck_assert_int_eq(metrics_lay_out(b, &l->arena), 0);
		for (unsigned w = 0; w < HOST_WORKERS; w++)
			l->desks[i][w] = line_desk(b, w);
		for (unsigned w = 0; w < HOST_WORKERS; w++)
			if (types[i]->worker_start)
				types[i]->worker_start(&l->desks[i][w]->pub);
	}
	l->next = host.lines;
	host.lines = l;
	return l;
}
#define HOST_LINE_OF(name, ...)                                  \
	host_line(name,                                          \
	    sizeof((const struct bnd_type *[]){ __VA_ARGS__ }) / \
		sizeof(struct bnd_type *),                       \
	    (const struct bnd_type *[]){ __VA_ARGS__ })

/* ------------------------------------------------------------------ the peers
 */

/* Two ends of a TCP connection over loopback. */
UNUSED static void
peer_pair(int fd[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(l, (void *)&a, n), 0);
	ck_assert_int_eq(listen(l, 1), 0);
	ck_assert_int_eq(getsockname(l, (void *)&a, &n), 0);
	fd[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(fd[0], (void *)&a, n), 0);
	fd[1] = accept4(l, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	ck_assert_int_ge(fd[1], 0);
	close(l);
}

UNUSED static void
peer_say(int fd, const char *text)
{
	ssize_t n = (ssize_t)strlen(text);

	ck_assert_int_eq(send(fd, text, (size_t)n, MSG_NOSIGNAL), n);
}

/* What the peer reads within a bounded time: n bytes, or 0 the end, or the
 * negative errno; -ETIMEDOUT: nothing. */
UNUSED static ssize_t
peer_read(int fd, char *to, size_t max)
{
	for (int i = 0; i < HOST_TRIES; i++) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		host_turn();
		n = recv(fd, to, max, MSG_DONTWAIT);
		if (n >= 0)
			return n;
		if (errno != EAGAIN)
			return -errno;
		poll(&p, 1, 5);
	}
	return -ETIMEDOUT;
}

UNUSED static void
peer_hears(int fd, const char *text)
{
	char got[4096];
	size_t n = 0;

	while (n < strlen(text)) {
		ssize_t part = peer_read(fd, got + n, sizeof(got) - 1 - n);

		if (part <= 0)
			ck_abort_msg("waited for '%s', got '%.*s' and %zd",
			    text, (int)n, got, part);
		n += (size_t)part;
	}
	got[n] = 0;
	ck_assert_str_eq(got, text);
}

UNUSED static void
peer_hears_end(int fd)
{
	char c;

	ck_assert_int_eq(peer_read(fd, &c, 1), 0);
}

UNUSED static void
peer_hears_reset(int fd)
{
	char c;

	ck_assert_int_eq(peer_read(fd, &c, 1), -ECONNRESET);
}

/* Nothing comes, and nobody closes. */
UNUSED static void
peer_hears_nothing(int fd)
{
	char c;

	host_settle();
	ck_assert_int_eq(recv(fd, &c, 1, MSG_DONTWAIT), -1);
	ck_assert_int_eq(errno, EAGAIN);
}

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "client.h"

#include "tls.h"
#include "tokens.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, MAX_ERRORS = 100 };
enum phase { OPENING, WARMING, MEASURING, DONE };

static const uint64_t opening_limit_ns = 30000000000;

char client_scratch[CHUNK];

static struct client {
	const struct options *options;
	const struct client_mode *mode;
	struct result *result;
	struct conn *conns;
	int epoll;
	uint32_t started, opening, open;
	enum phase phase;
	uint64_t phase_began_ns, phase_ends_ns, cpu_began_ns;
	bool failed;
} client;

void
conn_watch(struct conn *c, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	if (events != c->events)
		epoll_ctl(client.epoll, EPOLL_CTL_MOD, c->fd, &e);
	c->events = events;
}

static void
conn_close(struct conn *c)
{
	tls_end(&c->tls);
	close(c->fd);
	c->fd = -1;
}

ssize_t
conn_send(struct conn *c, const void *data, size_t n)
{
	return c->tls ? tls_send(c->tls, data, n)
		      : send(c->fd, data, n, MSG_NOSIGNAL);
}

ssize_t
conn_receive(struct conn *c, void *to, size_t n)
{
	return c->tls ? tls_receive(c->tls, to, n) : recv(c->fd, to, n, 0);
}

int
conn_open(struct conn *c)
{
	struct epoll_event e = { .events = EPOLLOUT, .data.ptr = c };

	if (c->fd >= 0)
		conn_close(c);
	c->events = 0;
	c->received = 0;
	c->began_ns = now_ns();
	c->fd = socket_connect(&client.options->address);
	if (c->fd < 0)
		return -1;
	return epoll_ctl(client.epoll, EPOLL_CTL_ADD, c->fd, &e);
}

static void
client_open_more(void)
{
	const struct options *o = client.options;

	while (client.started < o->connections &&
	       client.opening < o->in_flight && !client.failed) {
		client.opening++;
		if (conn_open(&client.conns[client.started++]) < 0)
			client.failed = true;
	}
}

void
conn_opened(struct conn *c)
{
	if (c->is_open)
		return;
	c->is_open = true;
	client.opening--;
	client.open++;
	client_open_more();
}

void
client_count(uint64_t units, uint64_t bytes)
{
	if (client.phase != MEASURING)
		return;
	client.result->units += units;
	client.result->bytes += bytes;
}

void
client_count_latency(uint64_t ns)
{
	if (client.phase != MEASURING)
		return;
	client.result->units++;
	histogram_add(&client.result->latency, ns);
}

void
client_stop_at_end_of_input(void)
{
	struct epoll_event e = { .events = EPOLLIN };

	/* Refused for /dev/null and files: then only time ends it. */
	epoll_ctl(client.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &e);
}

static void
conn_failed(struct conn *c)
{
	struct result *r = client.result;

	if (r->errors++ == 0)
		fprintf(stderr, "load: a connection failed: %s\n",
		    errno ? strerror(errno) : "closed or changed by the peer");
	if (!client.mode->may_fail || r->errors >= MAX_ERRORS ||
	    conn_open(c) < 0)
		client.failed = true;
}

static int
conn_shake(struct conn *c)
{
	int rc = tls_shake(c->tls);

	if (rc < 0)
		return -1;
	c->is_shaking = rc == 0;
	if (c->is_shaking) {
		conn_watch(c, EPOLLIN);
		return 0;
	}
	return client.mode->connected(c);
}

static int
conn_connected(struct conn *c)
{
	socklen_t size = sizeof(int);
	int err = 0;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &size);
	errno = err;
	if (err != 0)
		return -1;
	c->events = EPOLLOUT;
	if (tokens_say(c->fd) < 0)
		return -1;
	if (client.options->tls == TLS_NONE)
		return client.mode->connected(c);
	c->is_shaking = true;
	c->tls = tls_begin(c->fd, client.options->tls == TLS_RESUME);
	return c->tls ? conn_shake(c) : -1;
}

static void
conn_event(struct conn *c, uint32_t events)
{
	int rc = 0;

	errno = 0;
	if (c->events == 0) {
		rc = conn_connected(c);
	} else if (c->is_shaking) {
		rc = conn_shake(c);
	} else {
		if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
			rc = client.mode->readable(c);
		/* A connection that was replaced has nothing to write. */
		if (rc == 0 && c->events & EPOLLOUT && events & EPOLLOUT)
			rc = client.mode->writable(c);
	}
	if (rc < 0)
		conn_failed(c);
}

static void
client_enter(enum phase phase, uint64_t lasts_ns)
{
	client.phase = phase;
	client.phase_began_ns = now_ns();
	client.phase_ends_ns = client.phase_began_ns + lasts_ns;
}

static void
client_enter_measuring(void)
{
	const struct options *o = client.options;

	if (client.mode->measuring)
		client.mode->measuring();
	client.cpu_began_ns = cpu_ns(o->pids, o->pid_count);
	client_enter(MEASURING, o->measure_ns);
}

static void
client_enter_done(void)
{
	const struct options *o = client.options;
	uint64_t ended = now_ns(), cpu = cpu_ns(o->pids, o->pid_count);

	client.result->seconds = (double)(ended - client.phase_began_ns) / 1e9;
	client.result->cpu_seconds = (double)(cpu - client.cpu_began_ns) / 1e9;
	client.phase = DONE;
}

static void
client_advance(void)
{
	const struct options *o = client.options;
	bool is_over = now_ns() >= client.phase_ends_ns;

	if (client.phase == OPENING && client.open == o->connections) {
		client_enter(WARMING, o->warm_up_ns);
	} else if (client.phase == OPENING && is_over) {
		fprintf(stderr, "load: only %u of %u connections opened\n",
		    client.open, o->connections);
		client.failed = true;
	} else if (client.phase == WARMING && is_over) {
		client_enter_measuring();
	} else if (client.phase == MEASURING && is_over) {
		client_enter_done();
	}
}

static void
client_turn(void)
{
	struct epoll_event events[EVENTS];
	uint64_t now = now_ns(), left = 0;
	int n;

	if (client.phase_ends_ns > now)
		left = (client.phase_ends_ns - now + 999999) / 1000000;
	if (client.phase == OPENING &&
	    client.open == client.options->connections)
		left = 0;
	n = epoll_wait(client.epoll, events, EVENTS, (int)left);
	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr)
			conn_event(events[i].data.ptr, events[i].events);
		else
			client.phase_ends_ns = 0; /* end of input */
	}
	client_advance();
}

static int
client_init(void)
{
	uint32_t size = client.mode->message_size;
	uint32_t count = client.options->connections;

	client.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (client.epoll < 0)
		return fail("epoll_create1");
	client.conns = calloc(count, sizeof(*client.conns));
	if (!client.conns)
		return fail("calloc");
	for (uint32_t i = 0; i < count; i++) {
		client.conns[i].fd = -1;
		if (size == 0)
			continue;
		client.conns[i].message = malloc(size);
		if (!client.conns[i].message)
			return fail("malloc");
	}
	return 0;
}

static void
client_finish(void)
{
	if (client.conns)
		for (uint32_t i = 0; i < client.options->connections; i++) {
			free(client.conns[i].message);
			if (client.conns[i].fd >= 0)
				conn_close(&client.conns[i]);
		}
	free(client.conns);
	close(client.epoll);
}

int
client_run(
    const struct options *o, const struct client_mode *mode, struct result *r)
{
	client = (struct client){ .options = o, .mode = mode, .result = r };
	if (client_init() < 0) {
		client_finish();
		return -1;
	}
	client_enter(OPENING, opening_limit_ns);
	client_open_more();
	while (client.phase != DONE && !client.failed)
		client_turn();
	client_finish();
	return client.failed ? -1 : 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* What the clients do: ping-pong, idle, bulk, and new connections. */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* Of the one run that a process does. */
static const struct options *options;

/* --- ping-pong: a message there and back, each different from the one before
 */

static int
pingpong_send(struct conn *c)
{
	uint32_t end = 1 + options->size;
	ssize_t n = conn_send(c, c->message + c->sent, end - c->sent);

	if (n < 0 && errno != EAGAIN)
		return -1;
	if (n > 0)
		c->sent += (uint32_t)n;
	conn_watch(c, c->sent < end ? EPOLLIN | EPOLLOUT : EPOLLIN);
	return 0;
}

static int
pingpong_next(struct conn *c, uint64_t now)
{
	size_t size = options->size < sizeof(c->serial) ? options->size
							: sizeof(c->serial);

	c->serial++;
	memcpy(c->message + 1, &c->serial, size);
	c->sent = 1;
	c->received = 0;
	c->began_ns = now;
	return pingpong_send(c);
}

static int
pingpong_connected(struct conn *c)
{
	c->message[0] = CMD_ECHO;
	for (uint32_t i = 1; i <= options->size; i++)
		c->message[i] = (char)(i * 31 + (uint32_t)c->fd);
	if (options->raw)
		return pingpong_next(c, now_ns());
	/* The command and the first message travel together. */
	c->sent = 0;
	c->began_ns = now_ns();
	return pingpong_send(c);
}

/* 1: the answer is whole; 0: not yet; -1: the connection has failed. */
static int
pingpong_receive(struct conn *c)
{
	size_t left = options->size - c->received;
	ssize_t n = conn_receive(c, client_scratch,
	    left < sizeof(client_scratch) ? left : sizeof(client_scratch));

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	if (n == 0 || memcmp(client_scratch, c->message + 1 + c->received,
			  (size_t)n) != 0)
		return -1;
	c->received += (uint32_t)n;
	return c->received == options->size;
}

static int
pingpong_readable(struct conn *c)
{
	uint64_t now;
	int rc = pingpong_receive(c);

	if (rc <= 0)
		return rc;
	now = now_ns();
	client_count_latency(now - c->began_ns);
	conn_opened(c);
	return pingpong_next(c, now);
}

int
client_pingpong(const struct options *o, struct result *r)
{
	const struct client_mode mode = {
		.connected = pingpong_connected,
		.readable = pingpong_readable,
		.writable = pingpong_send,
		.message_size = 1 + o->size,
	};

	options = o;
	return client_run(o, &mode, r);
}

/* --- idle: one round trip, then silence until the time, or the input, ends */

static int
idle_readable(struct conn *c)
{
	int rc;

	if (c->received == options->size)
		return -1; /* nothing more was to come */
	rc = pingpong_receive(c);
	if (rc > 0)
		conn_opened(c);
	return rc < 0 ? -1 : 0;
}

static void
idle_measuring(void)
{
	puts("{\"ready\":true}");
	fflush(stdout);
	client_stop_at_end_of_input();
}

int
client_idle(const struct options *o, struct result *r)
{
	const struct client_mode mode = {
		.connected = pingpong_connected,
		.readable = idle_readable,
		.writable = pingpong_send,
		.measuring = idle_measuring,
		.message_size = 1 + o->size,
	};
	int rc;

	options = o;
	rc = client_run(o, &mode, r);
	r->units = o->connections;
	return rc;
}

/* --- bulk: as fast as it goes, down, up or both */

static int
bulk_connected(struct conn *c)
{
	char command = (char)options->bulk;

	if (conn_send(c, &command, 1) != 1)
		return -1;
	conn_watch(
	    c, options->bulk == CMD_SOURCE ? EPOLLIN : EPOLLIN | EPOLLOUT);
	return 0;
}

static int
bulk_readable(struct conn *c)
{
	/* Copied, though nobody looks at it, as by a real client: MSG_TRUNC
	 * would make the client cheaper than any there is. */
	ssize_t n = conn_receive(c, client_scratch, sizeof(client_scratch));

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	if (n == 0)
		return -1;
	client_count(0, (uint64_t)n);
	conn_opened(c);
	return 0;
}

static int
bulk_writable(struct conn *c)
{
	static const char zeros[CHUNK];
	ssize_t n = conn_send(c, zeros, sizeof(zeros));

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	client_count(0, (uint64_t)n);
	if (options->bulk == CMD_SINK)
		conn_opened(c);
	return 0;
}

int
client_bulk(const struct options *o, struct result *r)
{
	const struct client_mode mode = {
		.connected = bulk_connected,
		.readable = bulk_readable,
		.writable = bulk_writable,
	};

	options = o;
	return client_run(o, &mode, r);
}

/* --- conn: connect, ask, be answered, see the end, and again */

static int
conn_mode_connected(struct conn *c)
{
	char command = CMD_ANSWER;

	if (conn_send(c, &command, 1) != 1)
		return -1;
	conn_watch(c, EPOLLIN);
	return 0;
}

static int
conn_mode_readable(struct conn *c)
{
	ssize_t n;

	while (
	    (n = conn_receive(c, client_scratch, sizeof(client_scratch))) > 0)
		c->received += (uint32_t)n;
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	if (c->received != 1)
		return -1;
	client_count_latency(now_ns() - c->began_ns);
	conn_opened(c);
	return conn_open(c);
}

static int
conn_mode_writable(struct conn *c)
{
	(void)c;
	return 0;
}

int
client_conn(const struct options *o, struct result *r)
{
	const struct client_mode mode = {
		.connected = conn_mode_connected,
		.readable = conn_mode_readable,
		.writable = conn_mode_writable,
		.may_fail = true,
	};

	options = o;
	return client_run(o, &mode, r);
}

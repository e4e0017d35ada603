/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The backend: each connection does what its first byte asks for.  With a fixed
 * command there is no such byte: a bare epoll echo server. */
#include "load.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, SCRATCH = 64 * 1024, BACKLOG = 4096 };

struct peer {
	int fd;
	enum command command;
	uint32_t events; /* what epoll watches now */
	char *rest;      /* of an echo that did not fit; reading waits for it */
	size_t rest_size, rest_sent;
};

struct server {
	int listener, epoll;
	enum command fixed;
	char scratch[CHUNK];
};

static struct server server;
static const char zeros[CHUNK];

static int
server_listen(const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 ||
	    listen(fd, BACKLOG) < 0) {
		close(fd);
		return fail("cannot listen");
	}
	return fd;
}

static int
peer_watch(struct peer *p, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = p };
	int how = p->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	p->events = events;
	return epoll_ctl(server.epoll, how, p->fd, &e);
}

static void
peer_close(struct peer *p)
{
	close(p->fd);
	free(p->rest);
	free(p);
}

static void
peer_create(int fd)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (!p) {
		close(fd);
		return;
	}
	p->fd = fd;
	p->command = server.fixed;
	if (peer_watch(p, EPOLLIN) < 0)
		peer_close(p);
}

/* -1: out of descriptors, which a benchmark must not hide. */
static int
server_accept(void)
{
	int fd;

	for (int i = 0; i < EVENTS; i++) {
		fd = accept4(
		    server.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return errno == EMFILE || errno == ENFILE
				   ? fail("accept4")
				   : 0;
		peer_create(fd);
	}
	return 0;
}

/* All of it, or keep what does not fit. */
static int
peer_echo(struct peer *p, const char *data, size_t size)
{
	ssize_t n = send(p->fd, data, size, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN)
		return -1;
	if (n < 0)
		n = 0;
	if ((size_t)n == size)
		return 0;
	p->rest_size = size - (size_t)n;
	p->rest_sent = 0;
	p->rest = malloc(p->rest_size);
	if (!p->rest)
		return -1;
	memcpy(p->rest, data + n, p->rest_size);
	return peer_watch(p, EPOLLOUT);
}

static int
peer_send_rest(struct peer *p)
{
	ssize_t n = send(p->fd, p->rest + p->rest_sent,
	    p->rest_size - p->rest_sent, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	p->rest_sent += (size_t)n;
	if (p->rest_sent == p->rest_size) {
		free(p->rest);
		p->rest = NULL;
		return peer_watch(p, EPOLLIN);
	}
	return 0;
}

/* The first byte.  How many bytes it took, or -1. */
static int
peer_begin(struct peer *p)
{
	p->command = (enum command)server.scratch[0];
	switch (p->command) {
	case CMD_ECHO:
	case CMD_SINK:
		return 1;
	case CMD_SOURCE:
	case CMD_BOTH:
		return peer_watch(p, EPOLLIN | EPOLLOUT) < 0 ? -1 : 1;
	case CMD_ANSWER:
		send(p->fd, "!", 1, MSG_NOSIGNAL);
		return -1;
	default:
		return -1;
	}
}

static int
peer_read(struct peer *p)
{
	bool is_echo = p->command == CMD_ECHO;
	ssize_t n = recv(p->fd, server.scratch, is_echo ? SCRATCH : CHUNK, 0);
	int skip = 0;

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	if (n == 0)
		return -1;
	if (p->command == CMD_NONE)
		skip = peer_begin(p);
	if (skip < 0)
		return -1;
	if (p->command == CMD_ECHO && n > skip)
		return peer_echo(p, server.scratch + skip, (size_t)(n - skip));
	return 0;
}

static int
peer_write(struct peer *p)
{
	if (p->rest)
		return peer_send_rest(p);
	if (send(p->fd, zeros, sizeof(zeros), MSG_NOSIGNAL) < 0)
		return errno == EAGAIN ? 0 : -1;
	return 0;
}

static void
peer_event(struct peer *p, uint32_t events)
{
	int rc = 0;

	if (p->events & EPOLLIN && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		rc = peer_read(p);
	if (rc == 0 && events & EPOLLOUT)
		rc = peer_write(p);
	else if (rc == 0 && !(p->events & EPOLLIN) &&
		 events & (EPOLLHUP | EPOLLERR))
		rc = -1;
	if (rc < 0)
		peer_close(p);
}

static int
server_setup(const struct options *o, enum command fixed)
{
	struct epoll_event e = { .events = EPOLLIN };

	server.fixed = fixed;
	server.listener = server_listen(&o->address);
	if (server.listener < 0)
		return -1;
	server.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (server.epoll < 0)
		return fail("epoll_create1");
	return epoll_ctl(server.epoll, EPOLL_CTL_ADD, server.listener, &e);
}

int
server_run(const struct options *o, enum command fixed)
{
	struct epoll_event events[EVENTS];
	uint64_t end = now_ns() + o->measure_ns;
	int n;

	if (server_setup(o, fixed) < 0)
		return -1;
	while (now_ns() < end) {
		n = epoll_wait(server.epoll, events, EVENTS, 1000);
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				peer_event(
				    events[i].data.ptr, events[i].events);
			else if (server_accept() < 0)
				return -1;
		}
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * A bare broadcast server, the yardstick of the reflect binding: one thread,
 * one epoll loop.  What was read in a turn is sent to everybody at its end, in
 * one call each.  It knows no lines, no limits and no order but that.
 */
#include "load.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, BACKLOG = 4096, REST_MOST = 16 << 20 };

struct member {
	int fd;
	uint32_t index;
	char *rest; /* what it did not take */
	size_t rest_size;
};

static struct {
	int listener, epoll;
	struct member *members[MAX_CONNECTIONS];
	uint32_t count;
	char said[CHUNK];
	size_t said_size;
} server;

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

static void
member_close(struct member *m)
{
	server.members[m->index] = server.members[--server.count];
	server.members[m->index]->index = m->index;
	close(m->fd);
	free(m->rest);
	free(m);
}

static int
member_watch(struct member *m, int how)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = m };

	if (m->rest_size)
		e.events |= EPOLLOUT;
	return epoll_ctl(server.epoll, how, m->fd, &e);
}

static void
server_accept(void)
{
	for (;;) {
		int fd = accept4(
		    server.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct member *m;

		if (fd < 0)
			return;
		m = server.count < MAX_CONNECTIONS ? calloc(1, sizeof(*m))
						   : NULL;
		if (!m) {
			close(fd);
			continue;
		}
		m->fd = fd;
		m->index = server.count;
		server.members[server.count++] = m;
		if (member_watch(m, EPOLL_CTL_ADD) < 0)
			member_close(m);
	}
}

/* Keep it for later, behind what is kept already; -1: too much. */
static int
member_keep(struct member *m, const char *data, size_t n)
{
	bool was_empty = m->rest_size == 0;
	char *rest;

	if (m->rest_size + n > REST_MOST)
		return -1;
	rest = realloc(m->rest, m->rest_size + n);
	if (!rest)
		return -1;
	memcpy(rest + m->rest_size, data, n);
	m->rest = rest;
	m->rest_size += n;
	return was_empty ? member_watch(m, EPOLL_CTL_MOD) : 0;
}

static int
member_tell(struct member *m)
{
	ssize_t n = 0;

	if (m->rest_size == 0)
		n = send(m->fd, server.said, server.said_size, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN)
		return -1;
	if (n < 0)
		n = 0;
	if ((size_t)n == server.said_size)
		return 0;
	return member_keep(m, server.said + n, server.said_size - (size_t)n);
}

static void
server_tell(void)
{
	for (uint32_t i = server.count; server.said_size && i-- > 0;)
		if (member_tell(server.members[i]) < 0)
			member_close(server.members[i]);
	server.said_size = 0;
}

static int
member_flush(struct member *m)
{
	ssize_t n = send(m->fd, m->rest, m->rest_size, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	m->rest_size -= (size_t)n;
	memmove(m->rest, m->rest + n, m->rest_size);
	return m->rest_size ? 0 : member_watch(m, EPOLL_CTL_MOD);
}

static int
member_read(struct member *m)
{
	size_t room = sizeof(server.said) - server.said_size;
	ssize_t n = recv(m->fd, server.said + server.said_size, room, 0);

	if (n == 0 && room > 0)
		return -1;
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	server.said_size += (size_t)n;
	return 0;
}

static void
member_event(struct member *m, uint32_t events)
{
	int rc = 0;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		rc = member_read(m);
	if (rc == 0 && events & EPOLLOUT)
		rc = member_flush(m);
	if (rc < 0)
		member_close(m);
}

int
room_server_run(const struct options *o)
{
	struct epoll_event e = { .events = EPOLLIN }, events[EVENTS];
	uint64_t end = now_ns() + o->measure_ns;

	server.listener = server_listen(&o->address);
	server.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (server.listener < 0 || server.epoll < 0 ||
	    epoll_ctl(server.epoll, EPOLL_CTL_ADD, server.listener, &e) < 0)
		return fail("epoll");
	while (now_ns() < end) {
		int n = epoll_wait(server.epoll, events, EVENTS, 1000);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				member_event(
				    events[i].data.ptr, events[i].events);
			else
				server_accept();
		}
		server_tell();
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * Members of a room: some of them speak, a round at a time, and a round is over
 * when every member has heard all of it.  What is counted is deliveries; the
 * latency is that of the last one of a round.  Against Redis the speakers are
 * connections of their own, which publish, and the members subscribe.
 */
#include "load.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SAY_MOST = 256 * 1024, TRIES = 100, STALL_MS = 10000 };

struct listener {
	int fd;
	uint64_t heard; /* bytes */
};

static struct room {
	const struct options *o;
	struct listener *members;
	int *speakers; /* descriptors, members' or their own */
	uint32_t late; /* members that have not heard all of the round */
	uint64_t goal; /* bytes that each is to hear */
	size_t said_size, heard_size; /* of a message */
	char said[SAY_MOST];          /* what a speaker says in a round */
	size_t said_bytes;
	int epoll;
} room;

static char scratch[CHUNK];

/* ------------------------------------------------------------- what is said */

static size_t
message_make(char *to, size_t size, bool is_redis)
{
	size_t n = is_redis ? (size_t)sprintf(to, "PUBLISH r ") : 0;

	memset(to + n, 'x', size - 1);
	n += size - 1;
	if (is_redis)
		to[n++] = '\r';
	to[n++] = '\n';
	return n;
}

static int
room_compose(const struct options *o)
{
	const size_t text = o->size - 1;

	room.heard_size = o->size;
	if (o->redis)
		room.heard_size =
		    (size_t)snprintf(NULL, 0,
			"*3\r\n$7\r\nmessage\r\n$1\r\nr\r\n$%zu\r\n\r\n",
			text) +
		    text;
	if (o->depth * (o->size + 16) > SAY_MOST) {
		fputs("load: --depth times --size is too much\n", stderr);
		return -1;
	}
	for (uint32_t i = 0; i < o->depth; i++)
		room.said_bytes += message_make(
		    room.said + room.said_bytes, o->size, o->redis);
	room.said_size = room.said_bytes / o->depth;
	return 0;
}

/* --------------------------------------------------------------- connections
 */

static int
room_connect(const struct options *o)
{
	int fd = socket_connect(&o->address);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t n = sizeof(int);
	int error = 0;

	if (fd < 0 || poll(&p, 1, 5000) != 1 ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0 || error)
		return fail("connect");
	return fd;
}

static int
room_watch(int fd, void *p)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = p };

	return epoll_ctl(room.epoll, EPOLL_CTL_ADD, fd, &e) < 0
		   ? fail("epoll_ctl")
		   : 0;
}

static int
room_open_member(struct listener *l)
{
	static const char subscribe[] = "SUBSCRIBE r\r\n";

	l->fd = room_connect(room.o);
	if (l->fd < 0 || room_watch(l->fd, l) < 0)
		return -1;
	if (room.o->redis &&
	    send(l->fd, subscribe, sizeof(subscribe) - 1, MSG_NOSIGNAL) < 0)
		return fail("send");
	return 0;
}

/* A speaker of Redis is answered, which is read and forgotten. */
static int
room_open_speaker(uint32_t i)
{
	room.speakers[i] =
	    room.o->redis ? room_connect(room.o) : room.members[i].fd;
	if (room.o->redis && room.speakers[i] >= 0)
		return room_watch(room.speakers[i], &room.speakers[i]);
	return room.speakers[i] < 0 ? -1 : 0;
}

static int
room_open(const struct options *o)
{
	room.o = o;
	room.members = calloc(o->connections, sizeof(*room.members));
	room.speakers = calloc(o->speakers, sizeof(*room.speakers));
	room.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!room.members || !room.speakers || room.epoll < 0)
		return fail("out of memory");
	for (uint32_t i = 0; i < o->connections; i++)
		if (room_open_member(&room.members[i]) < 0)
			return -1;
	for (uint32_t i = 0; i < o->speakers; i++)
		if (room_open_speaker(i) < 0)
			return -1;
	return 0;
}

/* ------------------------------------------------------------------ hearing */

static bool
is_member(const void *p)
{
	const struct listener *l = p;

	return l >= room.members && l < room.members + room.o->connections;
}

static int
room_hear(struct listener *l)
{
	ssize_t n = recv(l->fd, scratch, sizeof(scratch), MSG_DONTWAIT);
	bool was_late = l->heard < room.goal;

	if (n < 0)
		return errno == EAGAIN ? 0 : fail("recv");
	if (n == 0) {
		fputs("load: a member was thrown out\n", stderr);
		return -1;
	}
	l->heard += (uint64_t)n;
	if (was_late && l->heard >= room.goal)
		room.late--;
	return 0;
}

static int
room_turn(int wait_ms)
{
	struct epoll_event events[256];
	int n = epoll_wait(room.epoll, events, 256, wait_ms);

	for (int i = 0; i < n; i++) {
		void *p = events[i].data.ptr;

		if (!is_member(p)) {
			if (recv(*(int *)p, scratch, sizeof(scratch), 0) <= 0)
				return fail("recv");
		} else if (room_hear(p) < 0) {
			return -1;
		}
	}
	return n;
}

/* Until nothing comes for a while. */
static int
room_drain(void)
{
	int n = 1;

	while (n > 0)
		n = room_turn(50);
	for (uint32_t i = 0; i < room.o->connections; i++)
		room.members[i].heard = 0;
	room.goal = 0;
	return n;
}

/* Is everybody in the room?  Then they all hear one message. */
static int
room_gather(void)
{
	for (int i = 0; i < TRIES; i++) {
		uint32_t in = 0;

		if (room_drain() < 0)
			return -1;
		if (send(room.speakers[0], room.said, room.said_size,
			MSG_NOSIGNAL) != (ssize_t)room.said_size)
			return fail("send");
		while (room_turn(50) > 0)
			;
		for (uint32_t k = 0; k < room.o->connections; k++)
			in += room.members[k].heard == room.heard_size;
		if (in == room.o->connections)
			return room_drain();
	}
	fputs("load: not all members hear what is said\n", stderr);
	return -1;
}

/* ------------------------------------------------------------------- rounds */

static int
room_round(uint64_t *ns)
{
	uint64_t began = now_ns();

	room.goal +=
	    (uint64_t)room.o->speakers * room.o->depth * room.heard_size;
	room.late = room.o->connections;
	for (uint32_t i = 0; i < room.o->speakers; i++)
		if (send(room.speakers[i], room.said, room.said_bytes,
			MSG_NOSIGNAL) != (ssize_t)room.said_bytes)
			return fail("send");
	while (room.late > 0) {
		int n = room_turn(STALL_MS);

		if (n == 0)
			fputs("load: a message was not heard\n", stderr);
		if (n <= 0)
			return -1;
	}
	*ns = now_ns() - began;
	return 0;
}

static int
room_rounds(const struct options *o, uint64_t for_ns, struct result *r)
{
	uint64_t end = now_ns() + for_ns, ns = 0;

	while (now_ns() < end) {
		if (room_round(&ns) < 0)
			return -1;
		if (!r)
			continue;
		histogram_add(&r->latency, ns);
		r->units += (uint64_t)o->connections * o->speakers * o->depth;
	}
	return 0;
}

int
client_room(const struct options *o, struct result *r)
{
	uint64_t began, cpu;

	if (o->speakers > o->connections && !o->redis) {
		fputs("load: more --speakers than --connections\n", stderr);
		return -1;
	}
	if (room_compose(o) < 0 || room_open(o) < 0 || room_gather() < 0 ||
	    room_rounds(o, o->warm_up_ns, NULL) < 0)
		return -1;
	began = now_ns();
	cpu = cpu_ns(o->pids, o->pid_count);
	if (room_rounds(o, o->measure_ns, r) < 0)
		return -1;
	r->cpu_seconds = (double)(cpu_ns(o->pids, o->pid_count) - cpu) / 1e9;
	r->seconds = (double)(now_ns() - began) / 1e9;
	return 0;
}

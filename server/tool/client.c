/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/client.h"

#include "tool/format.h"
#include "tool/tool.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

struct client {
	const char *path;
	int64_t timeout_ms, deadline_ms;
	int fd;
};

void
client_answer_finish(struct client_answer *a)
{
	free(a->text);
	*a = (struct client_answer){ 0 };
}

static void
client_finish(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
}

static int
client_late(const struct client *c)
{
	return tool_fail(EX_TEMPFAIL,
	    "no answer through '%s' within %s: binderyd is busy or hangs, "
	    "--timeout waits longer",
	    c->path, format_duration(c->timeout_ms).s);
}

static int
client_gone(const struct client *c)
{
	return tool_fail(EX_UNAVAILABLE,
	    "the daemon closed '%s' before it had answered: its log may say "
	    "why",
	    c->path);
}

static int
client_no_daemon(const struct client *c, int error)
{
	switch (error) {
	case EAGAIN:
		return client_late(c);
	case ENOENT:
	case ENOTDIR:
		return tool_fail(EX_UNAVAILABLE,
		    "there is no control socket '%s': start binderyd, or name "
		    "the control.socket of its configuration with -s",
		    c->path);
	case ECONNREFUSED:
		return tool_fail(EX_UNAVAILABLE,
		    "nobody serves the control socket '%s': start binderyd",
		    c->path);
	case EACCES:
	case EPERM:
		return tool_fail(EX_UNAVAILABLE,
		    "no permission for the control socket '%s': be root, the "
		    "user that binderyd runs as, or of the socket's group",
		    c->path);
	default:
		return tool_fail(EX_UNAVAILABLE, "cannot connect to '%s': %s",
		    c->path, strerror(error));
	}
}

static int
client_open(struct client *c)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval limit = { c->timeout_ms / 1000,
		c->timeout_ms % 1000 * 1000 };

	if (strlen(c->path) >= sizeof(address.sun_path))
		return tool_fail(EX_USAGE,
		    "the path of the control socket is longer than %zu bytes",
		    sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, c->path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return tool_fail(
		    EX_OSERR, "cannot make a socket: %s", strerror(errno));
	/* It bounds connect(), which waits for room in the daemon's queue. */
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(c->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return client_no_daemon(c, errno);
	return EX_OK;
}

/* Until the socket is ready. */
static int
client_wait(const struct client *c, short events)
{
	struct pollfd pollfd = { c->fd, events, 0 };
	int64_t left;
	int n;

	do {
		left = c->deadline_ms - clock_ms();
		n = poll(&pollfd, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return tool_fail(EX_OSERR, "cannot wait for the daemon: %s",
		    strerror(errno));
	return n ? EX_OK : client_late(c);
}

/* A daemon that turns us away may answer before it has read everything: so that
 * its refusal to read on is no error yet. */
static int
client_send(const struct client *c, const char *request, size_t size)
{
	ssize_t n;
	int rc;

	while (size) {
		if ((rc = client_wait(c, POLLOUT)))
			return rc;
		n = send(c->fd, request, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return EX_OK;
		request += n;
		size -= (size_t)n;
	}
	return EX_OK;
}

static int
client_grow(struct client_answer *a)
{
	size_t capacity = a->capacity ? 2 * a->capacity : 64 * 1024;
	void *p;

	if (a->size < a->capacity)
		return EX_OK;
	if (a->size >= CLIENT_ANSWER_MAX)
		return tool_fail(EX_SOFTWARE,
		    "the daemon's answer is longer than %s: ask for less",
		    format_bytes(CLIENT_ANSWER_MAX).s);
	p = realloc(a->text, capacity);
	if (!p)
		return tool_no_memory();
	a->text = p;
	a->capacity = capacity;
	return EX_OK;
}

static int
client_receive(const struct client *c, struct client_answer *a)
{
	ssize_t n;
	int rc;

	for (;;) {
		if ((rc = client_grow(a)) || (rc = client_wait(c, POLLIN)))
			return rc;
		n = recv(c->fd, a->text + a->size, a->capacity - a->size,
		    MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		a->size += (size_t)n;
	}
	if (!a->size || a->text[a->size - 1] != '\n')
		return client_gone(c);
	return EX_OK;
}

int
client_ask(const char *path, int64_t timeout_ms, const char *request,
    size_t size, struct client_answer *r)
{
	CLEANUP(client_finish)
	struct client c = { path, timeout_ms, clock_ms() + timeout_ms, -1 };
	int rc;

	if ((rc = client_open(&c)) || (rc = client_send(&c, request, size)))
		return rc;
	return client_receive(&c, r);
}

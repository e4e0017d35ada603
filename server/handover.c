/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "handover.h"

#include "nurse.h"
#include "worker/inherit.h"
#include "worker/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TAKE_MS = 10000 }; /* for all sockets to come */

/* --------------------------------------------------------------- messages */

int
handover_send(
    int fd, const char *text, size_t n, const int *fds, unsigned fd_count)
{
	union {
		char bytes[CMSG_SPACE(HANDOVER_BATCH * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec v = { (void *)(uintptr_t)text, n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	size_t size = fd_count * sizeof(int);

	if (fd_count > 0) {
		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(size);
		control.align = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(size) };
		memcpy(CMSG_DATA(&control.align), fds, size);
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static void
message_take_fds(struct handover_message *m, struct msghdr *h)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(m->fds, CMSG_DATA(c), n * sizeof(int));
		m->fd_count = (unsigned)n;
	}
}

int
handover_receive(int fd, struct handover_message *m)
{
	union {
		char bytes[CMSG_SPACE(HANDOVER_BATCH * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec v = { m->text, HANDOVER_TEXT };
	struct msghdr h = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(fd, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	/* It ended without hearing us out; its last words come behind that. */
	if (n < 0 && errno == ECONNRESET)
		n = recvmsg(fd, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	m->fd_count = 0;
	if (n < 0)
		return -errno;
	message_take_fds(m, &h);
	m->size = (size_t)n;
	m->text[n] = '\0';
	if (h.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ||
	    memchr(m->text, '\0', m->size)) {
		handover_drop(m);
		return -EPROTO;
	}
	if (n == 0 && m->fd_count == 0)
		return 0;
	return 1;
}

void
handover_drop(struct handover_message *m)
{
	for (unsigned i = 0; i < m->fd_count; i++)
		if (m->fds[i] >= 0)
			close(m->fds[i]);
	m->fd_count = 0;
}

/* ------------------------------------------------------------------ taking */

static struct heir {
	struct watch watch; /* fd 0: nobody to speak with */
	bool is_on;         /* the old one is still the main process */
	struct loop *loop;
	void (*taken)(void *arg, bool is_heir);
	void *arg;
} heir;

static void
heir_forget(void)
{
	if (heir.loop)
		loop_unwatch(heir.loop, &heir.watch);
	if (heir.watch.fd)
		close(heir.watch.fd);
	heir.watch = (struct watch){ 0 };
}

bool
handover_is_on(void)
{
	return heir.is_on;
}

static bool
fd_is_pair(int fd)
{
	int domain = 0, type = 0;
	socklen_t n = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 &&
	       domain == AF_UNIX && type == SOCK_SEQPACKET;
}

/* The number of the environment's descriptor; 0: none is named. */
static int
heir_find(struct report *report)
{
	const char *text = getenv(HANDOVER_VARIABLE);
	char *end = NULL;
	long fd;

	if (!text)
		return 0;
	fd = strtol(text, &end, 10);
	if (fd < 3 || fd > INT_MAX || *end || !fd_is_pair((int)fd)) {
		report_error(report, NULL, 0,
		    "%s is '%s', which leads to no running binderyd: unset it",
		    HANDOVER_VARIABLE, text);
		return -EBADF;
	}
	unsetenv(HANDOVER_VARIABLE);
	fcntl((int)fd, F_SETFD, FD_CLOEXEC);
	return (int)fd;
}

void
handover_begin(void)
{
	const char *text = getenv(HANDOVER_VARIABLE);

	if (text && fd_is_pair(atoi(text)))
		nurse_begin();
}

static int
message_wait(int fd, struct handover_message *m, int64_t due_ms)
{
	int rc;

	while ((rc = handover_receive(fd, m)) == -EAGAIN || rc == -EINTR) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = due_ms - loop_clock();

		if (left <= 0)
			return -ETIMEDOUT;
		poll(&p, 1, (int)left);
	}
	return rc == 0 ? -ECONNRESET : rc;
}

/* "hello 1 COUNT"; other versions are the old program's affair. */
static int
hello_read(const struct handover_message *m, uint64_t *count_r)
{
	unsigned version;
	char end;

	if (m->fd_count > 0 || sscanf(m->text, "hello %u", &version) != 1)
		return -EPROTO;
	if (version != HANDOVER_VERSION)
		return -EPROTONOSUPPORT;
	if (sscanf(m->text, "hello %u %" SCNu64 "%c", &version, count_r,
		&end) != 3 ||
	    end != '\n')
		return -EPROTO;
	return 0;
}

/* Into the table: a line of text for each descriptor. */
static int
sockets_read(struct handover_message *m)
{
	char *rest = m->text, *line = strsep(&rest, "\n");
	int rc = strcmp(line, "sockets") == 0 ? 0 : -EPROTO;

	for (unsigned i = 0; rc == 0 && i < m->fd_count; i++) {
		line = rest ? strsep(&rest, "\n") : NULL;
		if (!line || (line[0] != 'l' && line[0] != '-') ||
		    line[1] != ' ')
			return -EPROTO;
		rc = inherit_add(m->fds[i], line + 2, line[0] == 'l');
		if (rc == 0)
			m->fds[i] = -1;
	}
	/* One without sockets would keep us waiting. */
	if (rc == 0 && (m->fd_count == 0 || (rest && *rest)))
		rc = -EPROTO;
	return rc;
}

static int
sockets_take(int fd, struct handover_message *m)
{
	int64_t due_ms = loop_clock() + TAKE_MS;
	uint64_t count = 0;
	int rc = message_wait(fd, m, due_ms);

	if (rc > 0)
		rc = hello_read(m, &count);
	while (rc >= 0 && count > 0) {
		rc = message_wait(fd, m, due_ms);
		if (rc < 0)
			break;
		rc = m->fd_count <= count ? 0 : -EPROTO;
		count -= m->fd_count;
		if (rc == 0)
			rc = sockets_read(m);
		handover_drop(m);
	}
	return rc < 0 ? rc : 0;
}

int
handover_take(struct report *report)
{
	struct handover_message m = { .fd_count = 0 };
	int fd = heir_find(report), rc;

	if (fd <= 0)
		return fd;
	heir.watch.fd = fd;
	/* Until the other is gone the files are its: when we fail, too. */
	heir.is_on = true;
	listeners_keep_files(true);
	rc = sockets_take(fd, &m);
	handover_drop(&m);
	if (rc < 0)
		report_error(report, NULL, 0,
		    "cannot take over from the running binderyd: %s",
		    rc == -EPROTONOSUPPORT
			? "its version hands over in another way, restart it "
			  "instead"
			: strerror(-rc));
	return rc;
}

void
handover_refuse(const struct report *report)
{
	char text[HANDOVER_TEXT] = "failed\n";
	size_t n = strlen(text);

	if (!heir.watch.fd)
		return;
	for (size_t i = 0; i < report->count; i++) {
		const struct report_entry *e = &report->entries[i];
		size_t size = strlen(e->text) + 1;

		if (e->is_warning || size > sizeof(text) - n)
			continue;
		memcpy(text + n, e->text, size);
		n += size;
		text[n - 1] = '\n';
	}
	handover_send(heir.watch.fd, text, n, NULL, 0);
	heir_forget();
}

/* We are the main process. */
static void
heir_take(void)
{
	heir_forget();
	heir.is_on = false;
	listeners_keep_files(false);
	inherit_settle();
}

/* "go", or it is gone. */
static void
heir_hear(struct watch *w, uint32_t events)
{
	struct handover_message m;
	int rc = handover_receive(w->fd, &m);
	bool is_agreed = rc > 0 && strcmp(m.text, "go\n") == 0;

	(void)events;
	handover_drop(&m);
	if (rc == -EAGAIN || rc == -EINTR)
		return;
	nurse_leave();
	heir.taken(heir.arg, true);
	if (is_agreed)
		handover_send(w->fd, "taken\n", 6, NULL, 0);
	heir_take();
}

int
handover_ready(
    struct loop *l, void (*taken)(void *arg, bool is_heir), void *arg)
{
	char text[32];
	int rc, n = snprintf(text, sizeof(text), "ready %d\n", (int)getpid());

	if (!heir.watch.fd) {
		taken(arg, false);
		return 0;
	}
	heir.loop = l;
	heir.taken = taken;
	heir.arg = arg;
	heir.watch.fn = heir_hear;
	rc = loop_watch(l, &heir.watch, EPOLLIN);
	/* It may be dead: then its end is what we hear. */
	if (rc == 0)
		handover_send(heir.watch.fd, text, (size_t)n, NULL, 0);
	else
		heir_forget(); /* it ends us */
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/listener.h"

#include "base/compiler.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker/acceptor.h"

/* A range of ports is as many listeners. */
enum { LISTS = 1024 };

struct listener {
	struct listener *next; /* of its list */
	struct listen_address address;
	unsigned refs;
	const void *holder; /* the last that claimed it, or NULL */
	struct worker *const *workers;
	unsigned count;
	struct acceptor **acceptors; /* one a worker */
};

static struct listener *lists[LISTS]; /* by address */

static bool
address_is_same(const struct listen_address *a, const struct listen_address *b)
{
	return a->size == b->size && a->is_v6only == b->is_v6only &&
	       memcmp(&a->any, &b->any, a->size) == 0;
}

static struct listener **
listener_list(const struct listen_address *a)
{
	const unsigned char *bytes = (const void *)&a->any;
	uint32_t hash = 2166136261; /* FNV-1a */

	for (socklen_t i = 0; i < a->size; i++)
		hash = (hash ^ bytes[i]) * 16777619;
	return &lists[(hash ^ hash >> 16) % LISTS];
}

static struct listener *
listener_find(const struct listen_address *a)
{
	struct listener *l = *listener_list(a);

	while (l && !address_is_same(&l->address, a))
		l = l->next;
	return l;
}

static int
set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno
								      : 0;
}

/* A socket file that nobody listens on any more is in the way of bind(). */
static void
unlink_stale(const struct sockaddr_un *a, socklen_t size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct stat st;

	if (fd < 0)
		return;
	if (stat(a->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    connect(fd, (const void *)a, size) < 0 && errno == ECONNREFUSED)
		unlink(a->sun_path);
	close(fd);
}

static int
bind_unix(int fd, const struct listen_address *a, unsigned mode)
{
	mode_t old;
	int rc;

	unlink_stale(&a->un, a->size);
	/* The file must never be open to more than it will be. */
	old = umask(0777 & ~(mode_t)mode);
	rc = bind(fd, &a->any, a->size) < 0 ? -errno : 0;
	umask(old);
	return rc;
}

/* SO_REUSEPORT is set after the first bind, so that an address that another
 * process has is noticed even when that one shares it. */
static int
bind_inet(int fd, const struct listen_address *a, bool is_first)
{
	int rc = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (rc == 0 && a->any.sa_family == AF_INET6)
		rc = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, a->is_v6only);
	if (rc == 0 && !is_first)
		rc = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (rc == 0 && bind(fd, &a->any, a->size) < 0)
		rc = -errno;
	if (rc == 0 && is_first)
		rc = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	/* Inherited by every accepted socket: a call saved on each. */
	if (rc == 0)
		rc = set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	return rc;
}

/* A listening socket, or -errno. */
static int
open_socket(
    const struct listen_address *a, int backlog, unsigned mode, bool is_first)
{
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, rc;
	int fd = socket(a->any.sa_family, type, 0);

	if (fd < 0)
		return -errno;
	rc = a->any.sa_family == AF_UNIX ? bind_unix(fd, a, mode)
					 : bind_inet(fd, a, is_first);
	if (rc == 0 && listen(fd, backlog > 0 ? backlog : SOMAXCONN) < 0)
		rc = -errno;
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return fd;
}

static void
listener_free(struct listener *l)
{
	for (unsigned i = 0; l->acceptors && i < l->count; i++)
		acceptor_destroy(&l->acceptors[i], l->workers[i]);
	free(l->acceptors);
	free(l);
}

static int
listener_open_all(struct listener *l, int backlog, unsigned mode)
{
	const struct listen_address *a = &l->address;
	bool is_shared = a->any.sa_family == AF_UNIX;
	int fd = -1;

	for (unsigned i = 0; i < l->count; i++) {
		if (i > 0 && is_shared)
			fd = dup(fd);
		else
			fd = open_socket(a, backlog, mode, i == 0);
		if (fd < 0)
			return is_shared && i > 0 ? -errno : fd;
		l->acceptors[i] = acceptor_create(fd, is_shared);
		if (!l->acceptors[i]) {
			close(fd);
			return -ENOMEM;
		}
	}
	return 0;
}

int
listener_open(const struct listen_address *a, int backlog, unsigned mode,
    struct worker *const *workers, unsigned count, struct listener **r)
{
	struct listener *l = listener_find(a), **list = listener_list(a);
	int rc;

	if (l) {
		l->refs++;
		*r = l;
		return 0;
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->address = *a;
	l->refs = 1;
	l->workers = workers;
	l->count = count;
	l->acceptors = calloc(count, sizeof(struct acceptor *));
	rc = l->acceptors ? listener_open_all(l, backlog, mode) : -ENOMEM;
	if (rc < 0) {
		listener_free(l);
		return rc;
	}
	l->next = *list;
	*list = l;
	*r = l;
	return 0;
}

void
listener_release(struct listener **at)
{
	struct listener *l = *at, **p;

	*at = NULL;
	if (!l || --l->refs > 0)
		return;
	p = listener_list(&l->address);
	while (*p != l)
		p = &(*p)->next;
	*p = l->next;
	if (l->address.any.sa_family == AF_UNIX)
		unlink(l->address.un.sun_path);
	listener_free(l);
}

bool
listener_claim(struct listener *l, const void *holder)
{
	if (l->holder == holder)
		return false;
	l->holder = holder;
	return true;
}

void
listener_disclaim(struct listener *l, const void *holder)
{
	if (l && l->holder == holder)
		l->holder = NULL;
}

void
listener_point(
    struct listener *l, struct worker *w, const struct accept_target *t)
{
	acceptor_point(l->acceptors[w->index], w, t);
}

const struct listen_address *
listener_address(const struct listener *l)
{
	return &l->address;
}

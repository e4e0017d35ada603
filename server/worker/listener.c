/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/listener.h"

#include "base/compiler.h"
#include "log/log.h"
#include "worker/inherit.h"

#include <errno.h>
#include <fcntl.h>
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
	struct listen_file file; /* of a unix socket */
	unsigned refs;
	const void *holder; /* the last that claimed it, or NULL */
	struct worker *const *workers;
	unsigned count;              /* of workers */
	struct acceptor **acceptors; /* number i is of worker i % count */
	unsigned acceptor_count;
	unsigned socket_count; /* the acceptors behind these have duplicates */
	bool is_lasting;       /* the sockets are the service manager's */
	int backlog;           /* -1: not known */
	unsigned mode;         /* MODE_UNKNOWN */
};

enum { MODE_UNKNOWN = 01000 };

static struct listener *lists[LISTS]; /* by address */
static bool files_are_kept;           /* another process serves them */

static struct listener **
listener_list(const struct listen_address *a)
{
	return &lists[listen_address_hash(a) % LISTS];
}

static struct listener *
listener_find(const struct listen_address *a)
{
	struct listener *l = *listener_list(a);

	while (l && !listen_address_is_same(&l->address, a))
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
	for (unsigned i = 0; i < l->acceptor_count; i++)
		acceptor_destroy(&l->acceptors[i], l->workers[i % l->count]);
	free(l->acceptors);
	free(l);
}

/* One more acceptor, which has the descriptor. */
static int
listener_add(struct listener *l, int fd, bool is_shared)
{
	struct acceptor *a;

	if (fd < 0)
		return fd;
	a = acceptor_create(fd, is_shared);
	if (!a) {
		close(fd);
		return -ENOMEM;
	}
	l->acceptors[l->acceptor_count++] = a;
	return 0;
}

/* The workers that have no socket get duplicates. */
static int
listener_share(struct listener *l)
{
	int rc = 0;

	l->socket_count = l->acceptor_count;
	for (unsigned i = l->socket_count; rc == 0 && i < l->count; i++) {
		int from = acceptor_fd(l->acceptors[i % l->socket_count]);
		int fd = fcntl(from, F_DUPFD_CLOEXEC, 0);

		rc = listener_add(l, fd < 0 ? -errno : fd, true);
	}
	return rc;
}

static int
listener_bind(struct listener *l, int backlog, unsigned mode)
{
	bool is_unix = l->address.any.sa_family == AF_UNIX;
	unsigned n = is_unix ? 1 : l->count;
	int rc = 0;

	l->backlog = backlog;
	l->mode = mode;
	for (unsigned i = 0; rc == 0 && i < n; i++)
		rc = listener_add(l,
		    open_socket(&l->address, backlog, mode, i == 0), is_unix);
	return rc == 0 ? listener_share(l) : rc;
}

static int
listener_adopt(struct listener *l, struct inherited *given)
{
	int rc = 0;

	l->is_lasting = given->is_lasting;
	l->backlog = -1;
	l->mode = MODE_UNKNOWN;
	for (unsigned i = 0; rc == 0 && i < given->count; i++) {
		rc = listener_add(l, given->fds[i], given->count < l->count);
		given->fds[i] = -1;
	}
	return rc == 0 ? listener_share(l) : rc;
}

static int
listener_open_all(struct listener *l, int backlog, unsigned mode)
{
	struct inherited given;
	int rc = inherit_take(&l->address, &given);
	unsigned n = given.count > l->count ? given.count : l->count;

	if (rc < 0)
		return rc;
	l->acceptors = calloc(n, sizeof(struct acceptor *));
	if (!l->acceptors)
		rc = -ENOMEM;
	else if (given.count > 0)
		rc = listener_adopt(l, &given);
	else
		rc = listener_bind(l, backlog, mode);
	inherited_finish(&given);
	return rc;
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
	rc = listener_open_all(l, backlog, mode);
	if (rc < 0) {
		listener_free(l);
		return rc;
	}
	l->file = listen_file_of(&l->address);
	l->next = *list;
	*list = l;
	*r = l;
	return 0;
}

bool
listener_differs(const struct listen_address *a)
{
	struct listen_address other = *a;

	other.is_v6only = !a->is_v6only;
	return !listen_address_is_same(a, &other) &&
	       (listener_find(&other) || inherit_has(&other));
}

static void
listener_set_backlog(struct listener *l, int backlog)
{
	l->backlog = backlog;
	if (l->is_lasting && backlog == 0)
		return;
	for (unsigned i = 0; i < l->socket_count; i++)
		if (listen(acceptor_fd(l->acceptors[i]),
			backlog > 0 ? backlog : SOMAXCONN) < 0)
			log_warn("cannot change a backlog to %d: %s", backlog,
			    strerror(errno));
}

void
listener_settle(struct listener *l, int backlog, unsigned mode)
{
	const char *path = listen_address_path(&l->address);

	if (backlog != l->backlog)
		listener_set_backlog(l, backlog);
	if (path && !l->is_lasting && mode != l->mode &&
	    listen_file_is_there(&l->file, &l->address) &&
	    chmod(path, mode) < 0)
		log_warn("cannot change the mode of '%s' to %04o: %s", path,
		    mode, strerror(errno));
	l->mode = mode;
}

static void
listener_unlink(const struct listener *l)
{
	if (!l->is_lasting && !files_are_kept)
		listen_file_remove(&l->file, &l->address);
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
	listener_unlink(l);
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
	for (unsigned i = w->index; i < l->acceptor_count; i += l->count)
		acceptor_point(l->acceptors[i], w, t);
}

int
listeners_give(struct gifts *g)
{
	int rc = 0;

	for (size_t i = 0; i < LISTS; i++)
		for (const struct listener *l = lists[i]; l; l = l->next)
			for (unsigned k = 0;
			     rc == 0 && !l->is_lasting && k < l->socket_count;
			     k++)
				rc = gifts_add(
				    g, acceptor_fd(l->acceptors[k]), "", false);
	return rc;
}

void
listeners_keep_files(bool keep)
{
	files_are_kept = keep;
}

const struct listen_address *
listener_address(const struct listener *l)
{
	return &l->address;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LISTS = 1024, GIFTS = 64 };

struct entry {
	struct entry *next; /* of its list */
	struct listen_address address;
	struct listen_file file; /* of a unix socket */
	int fd;
	bool is_lasting;
	char name[];
};

static struct entry *lists[LISTS]; /* by address */

static struct entry **
entry_list(const struct listen_address *a)
{
	return &lists[listen_address_hash(a) % LISTS];
}

/* Accepted sockets have TCP_NODELAY from the listening one; see listener.c. */
static int
socket_prepare(int fd, const struct listen_address *a)
{
	int flags = fcntl(fd, F_GETFL), on = 1;

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	if (a->any.sa_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return 0;
}

int
inherit_add(int fd, const char *name, bool is_lasting)
{
	size_t n = strnlen(name, INHERIT_NAME_MAX);
	struct listen_address a;
	struct entry *e, **list;
	int rc = listen_address_of(fd, &a);

	if (rc == 0)
		rc = socket_prepare(fd, &a);
	if (rc < 0)
		return rc;
	e = calloc(1, sizeof(*e) + n + 1);
	if (!e)
		return -ENOMEM;
	e->address = a;
	e->file = listen_file_of(&a);
	e->fd = fd;
	e->is_lasting = is_lasting;
	memcpy(e->name, name, n);
	list = entry_list(&a);
	e->next = *list;
	*list = e;
	return 0;
}

/* ------------------------------------------------------------------ taking */

static unsigned
entry_count(const struct listen_address *a)
{
	unsigned n = 0;

	for (const struct entry *e = *entry_list(a); e; e = e->next)
		n += listen_address_is_same(&e->address, a);
	return n;
}

/* A descriptor for the taker: a lasting one stays in the table. */
static int
entry_take(struct entry **at)
{
	struct entry *e = *at;
	int fd = e->fd;

	if (e->is_lasting) {
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		return fd < 0 ? -errno : fd;
	}
	*at = e->next;
	free(e);
	return fd;
}

int
inherit_take(const struct listen_address *a, struct inherited *r)
{
	unsigned n = entry_count(a);

	*r = (struct inherited){ 0 };
	if (n == 0)
		return 0;
	r->fds = calloc(n, sizeof(int));
	if (!r->fds)
		return -ENOMEM;
	for (struct entry **at = entry_list(a); *at;) {
		struct entry *e = *at;
		bool is_lasting = e->is_lasting;
		int fd;

		if (!listen_address_is_same(&e->address, a)) {
			at = &e->next;
			continue;
		}
		fd = entry_take(at);
		if (fd < 0) {
			inherited_finish(r);
			return fd;
		}
		r->fds[r->count++] = fd;
		r->is_lasting = r->is_lasting || is_lasting;
		if (is_lasting)
			at = &e->next;
	}
	return 0;
}

void
inherited_finish(struct inherited *i)
{
	for (unsigned k = 0; k < i->count; k++)
		if (i->fds[k] >= 0)
			close(i->fds[k]);
	free(i->fds);
	*i = (struct inherited){ 0 };
}

bool
inherit_has(const struct listen_address *a)
{
	return entry_count(a) > 0;
}

/* ------------------------------------------------------------------- names */

static bool
addresses_have(
    const struct listen_address *all, int n, const struct listen_address *a)
{
	for (int i = 0; i < n; i++)
		if (listen_address_is_same(&all[i], a))
			return true;
	return false;
}

int
inherit_named(const char *name, struct listen_address **r)
{
	int n = 0;

	*r = NULL;
	for (size_t i = 0; i < LISTS; i++) {
		for (const struct entry *e = lists[i]; e; e = e->next) {
			struct listen_address *more;

			if (!e->is_lasting || strcmp(e->name, name) != 0 ||
			    addresses_have(*r, n, &e->address))
				continue;
			more = reallocarray(*r, (size_t)n + 1, sizeof(**r));
			if (!more) {
				free(*r);
				*r = NULL;
				return -ENOMEM;
			}
			*r = more;
			more[n++] = e->address;
		}
	}
	return n;
}

/* The least name behind `after`, or NULL. */
static const char *
name_behind(const char *after)
{
	const char *least = NULL;

	for (size_t i = 0; i < LISTS; i++)
		for (const struct entry *e = lists[i]; e; e = e->next)
			if (e->is_lasting &&
			    (!after || strcmp(e->name, after) > 0) &&
			    (!least || strcmp(e->name, least) < 0))
				least = e->name;
	return least;
}

const char *
inherit_names(char *text, size_t size)
{
	const char *name = name_behind(NULL);
	size_t n = 0;

	if (!name)
		return "none";
	for (; name && n < size; name = name_behind(name))
		n += (size_t)snprintf(
		    text + n, size - n, "%s'%s'", n ? ", " : "", name);
	return text;
}

/* ------------------------------------------------------------------ ending */

static void
entries_close(bool with_lasting)
{
	for (size_t i = 0; i < LISTS; i++) {
		for (struct entry **at = &lists[i]; *at;) {
			struct entry *e = *at;

			if (e->is_lasting && !with_lasting) {
				at = &e->next;
				continue;
			}
			*at = e->next;
			if (!with_lasting)
				listen_file_remove(&e->file, &e->address);
			close(e->fd);
			free(e);
		}
	}
}

void
inherit_settle(void)
{
	entries_close(false);
}

void
inherit_finish(void)
{
	entries_close(true);
}

/* ------------------------------------------------------------------- gifts */

int
gifts_add(struct gifts *g, int fd, const char *name, bool is_lasting)
{
	if (g->count == g->capacity) {
		size_t capacity = g->capacity ? 2 * g->capacity : GIFTS;
		struct gift *more =
		    reallocarray(g->all, capacity, sizeof(*more));

		if (!more)
			return -ENOMEM;
		g->all = more;
		g->capacity = capacity;
	}
	g->all[g->count++] = (struct gift){ fd, name, is_lasting };
	return 0;
}

void
gifts_finish(struct gifts *g)
{
	free(g->all);
	*g = (struct gifts){ 0 };
}

int
inherit_give(struct gifts *g)
{
	int rc = 0;

	for (size_t i = 0; i < LISTS; i++)
		for (const struct entry *e = lists[i]; e && rc == 0;
		     e = e->next)
			rc = gifts_add(g, e->fd, e->name, e->is_lasting);
	return rc;
}

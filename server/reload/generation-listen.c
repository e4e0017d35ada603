/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "reload/generation-inner.h"

#include "plugins/argument.h"
#include "worker/inherit.h"
#include "worker/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* [worker] A connection for a desk. */
static void
desk_accepted(void *arg, int number, int fd, const struct sockaddr *peer,
    socklen_t peer_size)
{
	struct desk *d = arg;
	struct bnd_accept a = { .fd = fd,
		.listener = number,
		.peer = peer,
		.peer_size = peer_size };

	if (!d->binding->type->accepted) {
		close(fd);
		return;
	}
	d->worker->accepting = &a;
	PLUGIN_CALL(d->worker, d->binding, accepted, &d->pub, &a);
	d->worker->accepting = NULL;
}

void
bookings_point(struct generation *g, struct worker *w)
{
	for (const struct booking *k = g->bookings; k; k = k->next) {
		const struct accept_target t = { desk_accepted,
			k->binding->desks[w->index], k->number };

		listener_point(k->listener, w, &t);
	}
}

/* Options of sockets that were carried over. */
void
bookings_settle(const struct generation *g)
{
	for (const struct booking *k = g->bookings; k; k = k->next)
		listener_settle(k->listener, k->backlog, k->mode);
}

void
bookings_release(struct generation *g)
{
	for (struct booking *k = g->bookings; k; k = k->next) {
		listener_disclaim(k->listener, g);
		listener_release(&k->listener);
	}
	g->bookings = NULL;
}

unsigned
bookings_release_of(struct pipeline *p)
{
	struct generation *g = p->generation;
	struct booking **at = &g->bookings, *k;
	unsigned n = 0;

	while ((k = *at) != NULL) {
		if (k->binding->pipeline != p) {
			at = &k->next;
			continue;
		}
		*at = k->next;
		listener_disclaim(k->listener, g);
		listener_release(&k->listener);
		n++;
	}
	return n;
}

/* "Address already in use" by ourselves needs more words. */
static void
book_explain(struct binding *b, const struct listen_address *a)
{
	if (listener_differs(a))
		report_error(b->pipeline->generation->report, b->map->file,
		    b->map->line,
		    "pipeline '%s', binding '%s': '[::]:%u' is open and %s, "
		    "which cannot change while it is: set v6only as "
		    "it was, or restart the host",
		    b->pub.pipeline, b->pub.name, ntohs(a->in6.sin6_port),
		    a->is_v6only ? "serves IPv4 too" : "does not serve IPv4");
}

static int
book(struct binding *b, const struct listen_address *a, int backlog,
    unsigned mode, int number)
{
	struct generation *g = b->pipeline->generation;
	struct booking *k = arena_alloc(&g->arena, sizeof(*k));
	int rc;

	if (!k)
		return -ENOMEM;
	rc = listener_open(
	    a, backlog, mode, g->crew.workers, g->crew.count, &k->listener);
	if (rc == -EADDRINUSE)
		book_explain(b, a);
	if (rc < 0)
		return rc;
	/* Two bindings cannot both have the connections. */
	if (!listener_claim(k->listener, g)) {
		listener_release(&k->listener);
		return -EADDRINUSE;
	}
	k->binding = b;
	k->number = number;
	k->backlog = backlog;
	k->mode = mode;
	k->next = g->bookings;
	g->bookings = k;
	return 0;
}

static int
book_unix(
    struct binding *b, const char *path, int backlog, unsigned mode, int number)
{
	struct listen_address a = { .un.sun_family = AF_UNIX };
	size_t n = strlen(path);

	if (n >= sizeof(a.un.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.un.sun_path, path, n + 1);
	a.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
	return book(b, &a, backlog, mode, number);
}

static int
book_port(struct binding *b, const struct bnd_endpoint *e, unsigned port,
    unsigned flags, int backlog, int number)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV },
			*all = NULL;
	char service[8];
	int rc;

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(e->host, service, &hint, &all) != 0)
		return -EADDRNOTAVAIL;
	rc = -EADDRNOTAVAIL;
	for (const struct addrinfo *i = all; i; i = i->ai_next) {
		struct listen_address a = { .size = i->ai_addrlen,
			.is_v6only = i->ai_family == AF_INET6 &&
				     (flags & BND_LISTEN_V6ONLY) != 0 };

		memcpy(&a.any, i->ai_addr, i->ai_addrlen);
		rc = book(b, &a, backlog, 0, number);
		if (rc < 0)
			break;
	}
	freeaddrinfo(all);
	return rc;
}

/* All sockets that the service manager passed under this name. */
static int
book_named(struct binding *b, const struct bnd_endpoint *e, int backlog,
    unsigned mode, int number)
{
	struct listen_address *all;
	int n = inherit_named(e->inherited, &all), rc = n;
	char names[256];

	if (n == 0) {
		report_error(b->pipeline->generation->report, b->map->file,
		    b->map->line,
		    "pipeline '%s', binding '%s': the service manager passed "
		    "no socket named '%s' (it passed: %s)",
		    b->pub.pipeline, b->pub.name, e->inherited,
		    inherit_names(names, sizeof(names)));
		rc = -ENOENT;
	}
	for (int i = 0; rc >= 0 && i < n; i++)
		rc = book(b, &all[i], backlog, mode, number);
	free(all);
	return rc;
}

static int
book_host(struct binding *b, const struct bnd_endpoint *e, unsigned flags,
    int backlog, int number)
{
	unsigned last = e->last > e->port ? e->last : e->port;
	int rc = 0;

	for (unsigned port = e->port; rc == 0 && port <= last; port++)
		rc = book_port(b, e, port, flags, backlog, number);
	return rc;
}

/* What a listener had before it failed: all of its ports, or none. */
static void
book_undo(struct binding *b, int number)
{
	struct generation *g = b->pipeline->generation;
	struct booking *k;

	while ((k = g->bookings) != NULL && k->binding == b &&
	       k->number == number) {
		g->bookings = k->next;
		listener_disclaim(k->listener, g);
		listener_release(&k->listener);
	}
}

int
generation_listen(struct binding *b, const struct bnd_endpoint *e,
    unsigned flags, int backlog, unsigned mode)
{
	int number = (int)b->listener_count;
	int rc = listen_check(flags);

	if (b->pipeline->generation->at != b)
		return -EINVAL; /* only in start() */
	if (rc < 0)
		return rc;
	if (e->inherited)
		rc = book_named(b, e, backlog, mode, number);
	else if (e->path)
		rc = book_unix(b, e->path, backlog, mode, number);
	else
		rc = book_host(b, e, flags, backlog, number);
	if (rc < 0) {
		book_undo(b, number);
		return b->pipeline->generation->listen_error = rc;
	}
	b->listener_count++;
	return number;
}

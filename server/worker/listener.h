/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * listener.h - listening sockets.  They belong to the host, are known by
 * address and outlive generations: a new generation that listens on the same
 * address takes the socket over, and not one connect is refused.
 *
 * Each worker has a TCP socket of its own (SO_REUSEPORT: the kernel spreads the
 * connections evenly), a unix socket is shared.  Sockets that the process was
 * given (inherit.h) come first: with fewer than workers they are shared too,
 * with more a worker has several.  An `acceptor` says which desk gets the
 * connections of a socket on a worker.
 */
#ifndef WORKER_LISTENER_H
#define WORKER_LISTENER_H

#include "worker/listen-address.h"
#include "worker/worker.h"

struct gifts;
struct listener;

/* A desk that takes connections, and the number the listener has for it. */
struct accept_target {
	void (*accepted)(void *desk, int number, int fd,
	    const struct sockaddr *peer, socklen_t peer_size);
	void *desk; /* NULL: nobody */
	int number;
};

/* [main] Open the address on every worker, or take one more reference to the
 * listener that has it already.  backlog 0: the system's; mode: of a unix
 * socket.  0, or -errno. */
int listener_open(const struct listen_address *a, int backlog, unsigned mode,
    struct worker *const *workers, unsigned count, struct listener **r);

/* [main] Is the address held with another is_v6only?  That cannot be changed
 * while the socket is open, and is why -EADDRINUSE was said. */
bool listener_differs(const struct listen_address *a);

/* [main] Take on options that may have changed since it was opened.  A socket
 * of the service manager keeps its mode, and with 0 its backlog. */
void listener_settle(struct listener *l, int backlog, unsigned mode);

/* [main] Give up a reference; with the last one the sockets are closed, on
 * their workers, and the file of a unix socket goes.  Leaves NULL behind. */
void listener_release(struct listener **l);

/* [main] List the sockets, each once; those that last are in the table of
 * inherit.h and not here.  0 or -ENOMEM. */
int listeners_give(struct gifts *g);

/* [main] Another process serves the addresses too, or alone: leave the files of
 * unix sockets where they are. */
void listeners_keep_files(bool keep);

/* [main] Whoever claims a listener holds it until somebody else does or until
 * it disclaims it.  False: this one holds it already. */
bool listener_claim(struct listener *l, const void *holder);
void listener_disclaim(struct listener *l, const void *holder);

/* [worker] Connections that arrive here go to t from now on; NULL desk: to
 * nobody, they wait in the socket's queue. */
void listener_point(
    struct listener *l, struct worker *w, const struct accept_target *t);

/* [main] Where it listens. */
const struct listen_address *listener_address(const struct listener *l);

/* [main, before start] What all listeners of the worker share.  max:
 * connections it may have before it stops accepting. */
int acceptors_init(struct worker *w, uint64_t max);

/* [worker] Another limit; connections above it stay. */
void acceptors_limit(struct worker *w, uint64_t max);

/* [the worker, or main once it has stopped] */
void acceptors_finish(struct worker *w);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * listener.h - listening sockets.  They belong to the host, are known by
 * address and outlive generations: a new generation that listens on the same
 * address takes the socket over, and not one connect is refused.
 *
 * Each worker has a TCP socket of its own (SO_REUSEPORT: the kernel spreads the
 * connections evenly), a unix socket is shared.  Each worker's `acceptor` says
 * which desk gets the connections.
 */
#ifndef WORKER_LISTENER_H
#define WORKER_LISTENER_H

#include "worker/worker.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

struct listener;

/* A desk that takes connections, and the number the listener has for it. */
struct accept_target {
	void (*accepted)(void *desk, int number, int fd,
	    const struct sockaddr *peer, socklen_t peer_size);
	void *desk; /* NULL: nobody */
	int number;
};

struct listen_address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
	socklen_t size;
	bool is_v6only;
};

/* [main] Open the address on every worker, or take one more reference to the
 * listener that has it already.  backlog 0: the system's; mode: of a unix
 * socket.  0, or -errno. */
int listener_open(const struct listen_address *a, int backlog, unsigned mode,
    struct worker *const *workers, unsigned count, struct listener **r);

/* [main] Give up a reference; with the last one the sockets are closed, on
 * their workers.  Leaves NULL behind. */
void listener_release(struct listener **l);

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

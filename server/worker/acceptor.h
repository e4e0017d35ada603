/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * acceptor.h - one worker's end of a listener: accepts, and hands over to a
 * desk.  When descriptors or memory run out, or the worker has as many
 * connections as it may, all its acceptors pause; clients wait in the sockets'
 * queues meanwhile.
 */
#ifndef WORKER_ACCEPTOR_H
#define WORKER_ACCEPTOR_H

#include "worker/listener.h"

struct acceptor;

/* [main] Takes over fd on success.  NULL: no memory. */
struct acceptor *acceptor_create(int fd, bool is_shared);

/* [any] Its socket, which stays its own. */
int acceptor_fd(const struct acceptor *a);

/* [main] On the worker if it runs; leaves NULL behind. */
void acceptor_destroy(struct acceptor **a, struct worker *w);

/* [worker] */
void acceptor_point(
    struct acceptor *a, struct worker *w, const struct accept_target *t);

#endif

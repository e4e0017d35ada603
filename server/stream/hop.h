/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * hop.h - what stands at either end of a queue: a stage or a socket.  A queue
 * knows nothing more of it than how to wake it; its task then looks at
 * everything.
 */
#ifndef STREAM_HOP_H
#define STREAM_HOP_H

#include "worker/loop.h"

struct conn;

struct hop {
	struct task task; /* its fn: the stage's or the socket's turn */
	struct conn *conn;
	bool is_woken; /* a queue of it changed */
};

/* Queue its task on its worker's loop; idempotent. */
void hop_wake(struct hop *h);

#endif

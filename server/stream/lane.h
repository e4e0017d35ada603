/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * lane.h - the fast way: a queue whose source and sink are both sockets,
 * because every stage between them has stepped aside.  Small messages are
 * copied through one scratch buffer of the worker's (recv, send: no memory of
 * the connection's own); once a few reads in a row were full, bytes go socket
 * -> pipe -> socket without entering user space, until they become small again.
 * Per direction.
 *
 * The order is always: pieces of the queue, bytes of the pipe, bytes of the
 * socket.
 */
#ifndef STREAM_LANE_H
#define STREAM_LANE_H

#include "stream/sock.h"

/* Move what s has to the socket behind its `in`. */
enum pass lane_run(struct sock *s, struct sock *to);

/* Write out what the lane holds.  PASS_IDLE with queue_is_empty(): all of it.
 */
enum pass lane_flush(struct sock *to, struct queue *q);

/* The lane is closed: give its pipe back. */
void lane_close(struct queue *q, struct conn *c);

#endif

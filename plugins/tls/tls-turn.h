/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-turn.h - handshakes wait for one another.  One costs as much as thousands
 * of small records, so a worker does them for a millisecond, then lets its
 * other connections have theirs, and goes on with who waits longest.  [worker]
 */
#ifndef TLS_TURN_H
#define TLS_TURN_H

#include "tls.h"

void turn_begin(struct desk *d);

/* The handshake can go on: now, or when it is its turn. */
void turn_shake(struct session *s);

/* The connection ends: it waits no more. */
void turn_leave(struct session *s);

/* The timer of the worker: a turn of its loop is over. */
void turn_next(struct bnd_worker *w);

#endif

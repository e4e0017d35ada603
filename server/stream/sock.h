/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * sock.h - an attached socket: one of the two outer ends of a connection.  It
 * reads into the queue behind it and writes from the queue before it,
 * edge-triggered, never blocking.  Where the queue it reads into leads straight
 * to a socket, lane.c moves the bytes without the queue.  [the connection's
 * worker only]
 */
#ifndef STREAM_SOCK_H
#define STREAM_SOCK_H

#include "stream/hop.h"
#include "stream/queue.h"

#include <sys/types.h>

struct sock {
	struct hop hop;
	struct watch watch;      /* watch.fd is -1 when there is no socket */
	uint32_t doubt;          /* 1 + its place in the worker's doubts */
	struct queue *in;        /* what it reads goes here; it is its source */
	struct queue *out;       /* what it writes comes from here */
	uint64_t received, sent; /* bytes, spliced ones too */
	uint8_t side;       /* BND_FRONT or BND_BACK: its index in the conn */
	bool may_read : 1;  /* the kernel said so, and has not said EAGAIN */
	bool is_full : 1;   /* send said EAGAIN */
	bool has_tail : 1;  /* an end or error is near: read to the end */
	bool has_ended : 1; /* it read the end */
	bool is_shut : 1;   /* the end was written */
	bool was_read : 1;  /* since the last look at doubts */
	bool was_found_full : 1; /* that look found bytes */
};

/* What a pass over a socket came to. */
enum pass {
	PASS_IDLE,  /* nothing more to do until an event */
	PASS_AGAIN, /* its share of the turn is used up */
	PASS_DEAD   /* the connection is being torn down */
};

/* How much one socket may do before others have their turn. */
enum { SOCK_READS = 16 };

/* Register fd with the loop.  0 or -errno; on success the socket owns fd.
 * is_watched: a plugin watched fd on this loop before. */
int sock_attach(struct sock *s, int fd, bool is_watched);

/* Close; as a reset (RST) when is_reset.  Idempotent. */
void sock_close(struct sock *s, bool is_reset);

static inline bool
sock_is_open(const struct sock *s)
{
	return s->watch.fd >= 0;
}

/* Write what waits in `out`, and the end behind it. */
enum pass sock_flush(struct sock *s);

/* Read as long as there is something, room, and a share of the turn left. */
enum pass sock_read(struct sock *s);

/* The task of its hop. */
task_fn sock_turn;

/* A read came back with n: 0 (the end: its mark goes into `in`) or an error.
 * PASS_AGAIN: read again. */
enum pass sock_read_ended(struct sock *s, ssize_t n);

/* Its last read was short, which the kernel only does when nothing is left. But
 * a library between us and the kernel may cut reads: look again later, once,
 * and if that finds bytes never trust a short read again. */
bool sock_doubt(struct sock *s); /* false: read on now */
void sock_undoubt(struct sock *s);
timer_fn sock_doubts_due;

/* The connection ended with an error of this socket: errno, positive. */
enum pass sock_failed(struct sock *s, int error);

#endif

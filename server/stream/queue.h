/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * queue.h - the bounded byte queue between two neighbours of a connection: one
 * hop's outlet is the next hop's inlet.
 *
 *     source --> [ piece piece ... | end mark ] --> sink
 *
 * A queue holds references to buffers and owns them.  Bytes that arrive wake
 * the sink; room that appears (more than half full became half full) wakes the
 * source: that is the whole of backpressure.  Between two sockets, the pipe of
 * a splice hangs behind the pieces (lane.h).  [the connection's worker only]
 */
#ifndef STREAM_QUEUE_H
#define STREAM_QUEUE_H

#include "base/buf.h"
#include "stream/pipe.h"

#include <stdbool.h>
#include <sys/uio.h>

/* What an inlet or outlet holds: a TLS record and a half, twice over. */
enum { QUEUE_LIMIT = 65536 };

struct hop;
struct piece;

struct queue {
	struct piece *first, **last;
	struct hop *source, *sink; /* either may be NULL: not there (yet) */
	struct pipe *pipe;         /* lane.c's, while splicing */
	uint32_t bytes;            /* in the pieces */
	uint32_t unbind_at;  /* bytes >> 16 that the sink took: see lane.c */
	bool has_ended;      /* the end mark is behind the last byte */
	bool is_discarding;  /* the sink wants no more: drop */
	bool was_tight;      /* more than half full since the source was last
				told of room */
	bool has_reserved;   /* the last piece may be written to by
				queue_commit() */
	bool may_not_splice; /* the kernel refused it here */
	uint8_t full_reads, small_splices; /* lane.c's */
	uint8_t bulk;                      /* enum bulk, lane.c's */
};

/* NULL: no memory. */
struct queue *queue_create(void);

/* Drops what is inside.  NULL is harmless.  A pipe must be gone. */
void queue_destroy(struct queue *q);
void queue_drop(struct queue *q);

/* A hop gives up its end(s) of *q, which becomes NULL; the last one that leaves
 * frees the queue. */
void queue_leave(struct queue **q, const struct hop *h);

/* Bytes that fit. */
static inline size_t
queue_room(const struct queue *q)
{
	if (q->has_ended || q->bytes >= QUEUE_LIMIT)
		return 0;
	return QUEUE_LIMIT - q->bytes;
}

/* Is there nothing before the end mark? */
static inline bool
queue_is_empty(const struct queue *q)
{
	return q->bytes == 0 && (!q->pipe || q->pipe->bytes == 0);
}

/* ---- the source's side.  Each wakes the sink. */

/* Copy n bytes in, whatever the room is.  0 or -ENOMEM (then nothing went in).
 */
int queue_write(struct queue *q, const void *data, size_t n);

/* Queue b[off, off+n), taking over the caller's reference, on failure too.  A
 * few bytes behind others are copied: what waits takes not much more memory
 * than it has bytes. */
int queue_push(struct queue *q, struct bnd_buf *b, size_t off, size_t n);

/* n >= min bytes in one piece to write into, NULL and *n_r 0 when there is no
 * memory; queue_commit() the first used bytes of it.  Whatever else is done to
 * this side of the queue first takes the reservation back. */
char *queue_reserve(struct queue *q, size_t min, size_t *n_r);
void queue_commit(struct queue *q, size_t used);

void queue_end(struct queue *q);

/* ---- the sink's side.  Taking wakes the source when room appears. */

/* At most `max` vectors of what waits; how many.  *bytes_r: in all of them. */
int
queue_vector(const struct queue *q, struct iovec *v, int max, size_t *bytes_r);

/* The first bytes in one piece: at least min(want, waiting, QUEUE_LIMIT / 2),
 * joining pieces when it must.  0: nothing waits, or no memory to join (*p is
 * then ""). */
size_t queue_peek(struct queue *q, size_t want, const char **p);

/* The same for exactly min(max, waiting, limit / 2), to be changed in place. */
size_t queue_edit(struct queue *q, size_t max, char **p);

/* Drop up to n bytes; how many. */
size_t queue_eat(struct queue *q, size_t n);

/* Detach up to max bytes of the first piece; NULL: nothing there or no memory.
 */
struct bnd_buf *queue_take(struct queue *q, size_t max);

/* Move up to n bytes to another queue, the few as queue_push() does, all else
 * without a copy; how many. */
size_t queue_move(struct queue *from, struct queue *to, size_t n);

/* The way between a and b is clear: whoever feeds a now feeds b, behind what b
 * holds already.  a's source is repointed by the caller; a is destroyed. */
void queue_join(struct queue *a, struct queue *b);

/* The sink wants no more. */
void queue_discard(struct queue *q);

/* A callback reserved and did not commit: take the empty piece out again. */
void queue_trim(struct queue *q);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/queue.h"

#include "base/compiler.h"
#include "stream/hop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A run of bytes in one buffer.  The queue holds the reference. */
struct piece {
	struct piece *next;
	struct bnd_buf *buf;
	uint32_t off, len;
};

/* Pieces that carry little share a buffer of at least this size, so that many
 * small writes become one piece. */
enum { PIECE_SMALL = 448 };

/* Of so few bytes a copy joins others that wait: the queue's limit counts
 * bytes, and a piece of one byte takes a hundred times as much. */
enum { PIECE_JOIN = PIECE_SMALL / 2 };

struct queue *
queue_create(void)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (q)
		q->last = &q->first;
	return q;
}

static void
queue_pop(struct queue *q)
{
	struct piece *p = q->first;

	q->first = p->next;
	if (!q->first)
		q->last = &q->first;
	buf_unref(p->buf);
	free(p);
}

void
queue_drop(struct queue *q)
{
	while (q->first)
		queue_pop(q);
	q->bytes = 0;
}

void
queue_destroy(struct queue *q)
{
	if (!q)
		return;
	queue_drop(q);
	free(q);
}

void
queue_leave(struct queue **at, const struct hop *h)
{
	struct queue *q = *at;

	*at = NULL;
	if (q->source == h)
		q->source = NULL;
	if (q->sink == h)
		q->sink = NULL;
	if (!q->source && !q->sink)
		queue_destroy(q);
}

static void
queue_wake_sink(struct queue *q)
{
	if (q->sink)
		hop_wake(q->sink);
}

static void
queue_wake_source(struct queue *q)
{
	if (!q->was_tight || q->bytes > QUEUE_LIMIT / 2)
		return;
	q->was_tight = false;
	if (q->source)
		hop_wake(q->source);
}

static void
queue_gained(struct queue *q, size_t n)
{
	q->bytes += (uint32_t)n;
	if (q->bytes > QUEUE_LIMIT / 2)
		q->was_tight = true;
	queue_wake_sink(q);
}

static struct piece *
queue_last_piece(const struct queue *q)
{
	return q->first ? CONTAINER_OF(q->last, struct piece, next) : NULL;
}

/* The unwritten tail of the last buffer, when it is ours to write. */
static size_t
queue_tail_room(const struct queue *q, struct piece **r)
{
	struct piece *p = queue_last_piece(q);

	*r = p;
	if (!p || !buf_is_own(p->buf) || p->off + p->len != p->buf->used)
		return 0;
	return p->buf->size - p->buf->used;
}

static void
queue_cut_last(struct queue *q)
{
	struct piece **at = &q->first;

	while ((*at)->next)
		at = &(*at)->next;
	buf_unref((*at)->buf);
	free(*at);
	*at = NULL;
	q->last = at;
}

void
queue_trim(struct queue *q)
{
	struct piece *p;

	if (LIKELY(!q->has_reserved))
		return;
	q->has_reserved = false;
	p = queue_last_piece(q);
	if (p && p->len == 0)
		queue_cut_last(q);
}

static int
queue_append(struct queue *q, struct bnd_buf *b, size_t off, size_t n)
{
	struct piece *p = malloc(sizeof(*p));

	if (!p) {
		buf_unref(b);
		return -ENOMEM;
	}
	*p = (struct piece){ NULL, b, (uint32_t)off, (uint32_t)n };
	*q->last = p;
	q->last = &p->next;
	queue_gained(q, n);
	return 0;
}

int
queue_push(struct queue *q, struct bnd_buf *b, size_t off, size_t n)
{
	int rc;

	queue_trim(q);
	if (!q->is_discarding && n > 0 && (n > PIECE_JOIN || !q->first))
		return queue_append(q, b, off, n);
	rc = queue_write(q, b->data + off, n);
	buf_unref(b);
	return rc;
}

int
queue_write(struct queue *q, const void *data, size_t n)
{
	struct piece *tail;
	struct bnd_buf *b;
	size_t room;

	queue_trim(q);
	if (q->is_discarding || n == 0)
		return 0;
	room = queue_tail_room(q, &tail);
	if (room >= n) {
		memcpy(tail->buf->data + tail->buf->used, data, n);
		tail->buf->used += (uint32_t)n;
		tail->len += (uint32_t)n;
		queue_gained(q, n);
		return 0;
	}
	b = buf_alloc(n < PIECE_SMALL ? PIECE_SMALL : n);
	if (!b)
		return -ENOMEM;
	memcpy(b->data, data, n);
	b->used = (uint32_t)n;
	return queue_append(q, b, 0, n);
}

char *
queue_reserve(struct queue *q, size_t min, size_t *n_r)
{
	struct piece *p;
	struct bnd_buf *b;

	queue_trim(q);
	*n_r = queue_tail_room(q, &p);
	if (p && *n_r >= min && *n_r > 0) {
		q->has_reserved = true;
		return p->buf->data + p->buf->used;
	}
	*n_r = 0;
	b = buf_alloc(min < PIECE_SMALL ? PIECE_SMALL : min);
	p = malloc(sizeof(*p));
	if (!b || !p) {
		buf_unref(b);
		free(p);
		return NULL;
	}
	/* An empty piece is legal only between reserve and commit. */
	b->used = 0;
	*p = (struct piece){ NULL, b, 0, 0 };
	*q->last = p;
	q->last = &p->next;
	q->has_reserved = true;
	*n_r = b->size;
	return b->data;
}

void
queue_commit(struct queue *q, size_t used)
{
	struct piece *p = queue_last_piece(q);

	if (!q->has_reserved || !p)
		return;
	if (used > p->buf->size - p->buf->used)
		used = p->buf->size - p->buf->used;
	if (q->is_discarding)
		used = 0;
	p->buf->used += (uint32_t)used;
	p->len += (uint32_t)used;
	queue_trim(q);
	if (used)
		queue_gained(q, used);
}

void
queue_end(struct queue *q)
{
	if (q->has_ended)
		return;
	q->has_ended = true;
	queue_wake_sink(q);
}

int
queue_vector(const struct queue *q, struct iovec *v, int max, size_t *bytes_r)
{
	int n = 0;

	*bytes_r = 0;
	for (const struct piece *p = q->first; p && n < max; p = p->next) {
		v[n].iov_base = p->buf->data + p->off;
		v[n++].iov_len = p->len;
		*bytes_r += p->len;
	}
	return n;
}

/* Make the first n bytes lie in one piece; false: no memory. */
static bool
queue_join_pieces(struct queue *q, size_t n)
{
	struct bnd_buf *b = buf_alloc(n);
	struct piece *p = malloc(sizeof(*p));
	size_t done = 0;

	if (!b || !p) {
		buf_unref(b);
		free(p);
		return false;
	}
	while (done < n) {
		struct piece *old = q->first;
		size_t part = old->len < n - done ? old->len : n - done;

		memcpy(b->data + done, old->buf->data + old->off, part);
		done += part;
		old->off += (uint32_t)part;
		old->len -= (uint32_t)part;
		if (old->len == 0)
			queue_pop(q);
	}
	*p = (struct piece){ q->first, b, 0, (uint32_t)n };
	if (!q->first)
		q->last = &p->next;
	q->first = p;
	return true;
}

static size_t
queue_clamp(const struct queue *q, size_t want)
{
	if (want > q->bytes)
		want = q->bytes;
	return want > QUEUE_LIMIT / 2 ? QUEUE_LIMIT / 2 : want;
}

size_t
queue_peek(struct queue *q, size_t want, const char **p)
{
	*p = "";
	want = queue_clamp(q, want);
	if (q->bytes == 0)
		return 0;
	if (q->first->len < want && !queue_join_pieces(q, want))
		return 0;
	*p = q->first->buf->data + q->first->off;
	return q->first->len;
}

size_t
queue_edit(struct queue *q, size_t max, char **p)
{
	static char nothing[1];
	size_t n = queue_clamp(q, max);

	*p = nothing;
	if (n == 0)
		return 0;
	/* Joining copies, and a copy is nobody else's. */
	if ((q->first->len < n || !buf_is_own(q->first->buf)) &&
	    !queue_join_pieces(q, n))
		return 0;
	*p = q->first->buf->data + q->first->off;
	return n;
}

size_t
queue_eat(struct queue *q, size_t n)
{
	size_t left;

	if (n > q->bytes)
		n = q->bytes;
	for (left = n; left > 0;) {
		struct piece *p = q->first;

		if (p->len > left) {
			p->off += (uint32_t)left;
			p->len -= (uint32_t)left;
			break;
		}
		left -= p->len;
		queue_pop(q);
	}
	q->bytes -= (uint32_t)n;
	queue_wake_source(q);
	return n;
}

/* Does the piece show all that its buffer holds, so that the buffer alone can
 * stand for it? */
static bool
piece_is_whole(const struct piece *p)
{
	return p->off == 0 && p->len == p->buf->used;
}

struct bnd_buf *
queue_take(struct queue *q, size_t max)
{
	struct piece *p = q->first;
	struct bnd_buf *b;
	size_t n;

	if (q->bytes == 0 || max == 0)
		return NULL;
	n = p->len < max ? p->len : max;
	b = n == p->len && piece_is_whole(p)
		? buf_ref(p->buf)
		: buf_copy(p->buf->data + p->off, n);
	if (b)
		queue_eat(q, n);
	return b;
}

/* Hand the first piece over as it is. */
static void
queue_move_piece(struct queue *from, struct queue *to)
{
	struct piece *p = from->first;

	from->first = p->next;
	if (!from->first)
		from->last = &from->first;
	p->next = NULL;
	*to->last = p;
	to->last = &p->next;
}

/* Or what it holds, when others wait and it is little. */
static bool
queue_move_copy(struct queue *from, struct queue *to)
{
	const struct piece *p = from->first;

	if (p->len > PIECE_JOIN || !to->first ||
	    queue_write(to, p->buf->data + p->off, p->len) < 0)
		return false;
	to->bytes -= p->len; /* counted by queue_move() */
	queue_pop(from);
	return true;
}

size_t
queue_move(struct queue *from, struct queue *to, size_t n)
{
	size_t done = 0;

	if (n > from->bytes)
		n = from->bytes;
	if (to->is_discarding)
		return queue_eat(from, n);
	queue_trim(to);
	while (done < n) {
		struct piece *p = from->first;

		if (p->len <= n - done) {
			done += p->len;
			if (!queue_move_copy(from, to))
				queue_move_piece(from, to);
		} else {
			size_t part = n - done;

			if (queue_push(to, buf_ref(p->buf), p->off, part) < 0)
				break;
			to->bytes -= (uint32_t)part; /* counted below */
			p->off += (uint32_t)part;
			p->len -= (uint32_t)part;
			done = n;
		}
	}
	from->bytes -= (uint32_t)done;
	if (done)
		queue_gained(to, done);
	queue_wake_source(from);
	return done;
}

void
queue_join(struct queue *a, struct queue *b)
{
	bool had_news = a->bytes > 0 || a->has_ended;

	queue_trim(b);
	if (a->first && !b->is_discarding) {
		*b->last = a->first;
		b->last = a->last;
		b->bytes += a->bytes;
		a->first = NULL;
		a->last = &a->first;
	}
	b->source = a->source;
	b->has_ended = a->has_ended;
	b->was_tight = b->bytes > QUEUE_LIMIT / 2;
	/* The new source may have been held back by a queue that is no more. */
	if (a->was_tight && !b->was_tight && b->source)
		hop_wake(b->source);
	queue_destroy(a);
	if (had_news)
		queue_wake_sink(b);
}

void
queue_discard(struct queue *q)
{
	q->is_discarding = true;
	queue_drop(q);
	q->was_tight = true;
	queue_wake_source(q);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * delay-line.h - when the bytes that wait in an inlet may go on: marks "up to
 * this byte of the stream, at this time", in the order of both.  The bytes stay
 * where they are, so the inlet's limit is the only one that is needed.  No
 * clock of its own; times are monotonic ms.
 *
 *     gone       marks[first].upto     seen
 *      |-------------|---------|---------|  (what is not here yet)
 */
#ifndef DELAY_LINE_H
#define DELAY_LINE_H

#include <stdint.h>

/* A delay is cut into so many steps at most, so that there are marks enough
 * whatever comes when: bytes are at most that part of it late, never early. */
enum { LINE_STEPS = 100, LINE_MARKS = 104 };

struct mark {
	int64_t due_ms;
	uint64_t upto; /* bytes of the stream */
};

struct line {
	struct mark marks[LINE_MARKS]; /* a ring */
	unsigned first, count;
	uint64_t seen, ripe, gone; /* bytes of the stream */
	int64_t last_ms;           /* due time of the last mark ever made */
};

/* step: of a delay that is at most `most_ms`. */
static inline int64_t
line_step(int64_t most_ms)
{
	return most_ms / LINE_STEPS + 1;
}

/* When something of this time goes on: not before what was seen before it, and
 * at a full step. */
static inline int64_t
line_due(struct line *l, int64_t due_ms, int64_t step)
{
	due_ms = (due_ms + step - 1) / step * step;
	if (due_ms > l->last_ms)
		l->last_ms = due_ms;
	return l->last_ms;
}

/* So many bytes wait now; those that are new go on when they are due. */
static inline void
line_note(struct line *l, uint64_t waiting, int64_t due_ms)
{
	struct mark *last;

	if (l->gone + waiting <= l->seen)
		return;
	l->seen = l->gone + waiting;
	last = &l->marks[(l->first + l->count + LINE_MARKS - 1) % LINE_MARKS];
	if (l->count == 0 || (last->due_ms < due_ms && l->count < LINE_MARKS)) {
		last = &l->marks[(l->first + l->count) % LINE_MARKS];
		l->count++;
	}
	*last = (struct mark){ due_ms, l->seen };
}

/* How many bytes may go on now; the caller adds to gone what did. */
static inline uint64_t
line_ripe(struct line *l, int64_t now_ms)
{
	while (l->count > 0 && l->marks[l->first].due_ms <= now_ms) {
		l->ripe = l->marks[l->first].upto;
		l->first = (l->first + 1) % LINE_MARKS;
		l->count--;
	}
	return l->ripe - l->gone;
}

/* When more do; INT64_MAX: nothing waits for a time. */
static inline int64_t
line_next(const struct line *l)
{
	return l->count ? l->marks[l->first].due_ms : INT64_MAX;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "reflect.h"

#include <errno.h>
#include <stdlib.h>

/* What the members of a corner may say in one turn of the loop: as much as an
 * empty outlet takes, so that nobody falls behind who is not slow, and others
 * have their turn, too. */
enum { CORNER_TURN = 48 * 1024 };

struct corner *
corner_enter(struct wing *wing, struct room *r)
{
	/* Only this thread sets, and clears, this worker's. */
	struct place *p = r->places[wing->index];
	struct heard here;
	struct corner *c;

	if (p)
		return corner_of_place(p);
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->wing = wing;
	c->room = r;
	c->draft.workers = r->workers;
	c->draft.spare = &wing->spare;
	LIST_INIT(&c->members);
	LIST_INIT(&c->behind);
	TAILQ_INIT(&c->waiting);
	LIST_INSERT_HEAD(&wing->corners, c, link);
	room_enter(r, wing->index, &c->place, &here);
	c->at = here.head;
	return c;
}

void
corner_leave(struct corner *c)
{
	if (c->member_count > 0)
		return;
	if (c->is_due)
		TAILQ_REMOVE(&c->wing->due, c, due_link);
	if (c->is_spending)
		TAILQ_REMOVE(&c->wing->spending, c, spend_link);
	LIST_REMOVE(c, link);
	c->wing->must_tell |= room_leave(c->room, c->wing->index);
	draft_destroy(&c->draft);
	free(c);
}

/* ----------------------------------------------------------------- speaking */

static bool
corner_wait(struct corner *c, struct member *m)
{
	if (!m->is_waiting) {
		m->is_waiting = true;
		TAILQ_INSERT_TAIL(&c->waiting, m, wait_link);
	}
	return false;
}

void
corner_waits_no_more(struct corner *c, struct member *m)
{
	if (!m->is_waiting)
		return;
	m->is_waiting = false;
	TAILQ_REMOVE(&c->waiting, m, wait_link);
	m = TAILQ_FIRST(&c->waiting);
	if (m)
		bnd_wake(m->st);
}

/* It keeps its turn: who comes next would find no memory either, and two that
 * hand each other the turn never end. */
void
corner_waits_for_memory(struct corner *c, struct member *m)
{
	if (!m->is_waiting) {
		m->is_waiting = true;
		TAILQ_INSERT_HEAD(&c->waiting, m, wait_link);
	}
	wing_watch(c->wing, m->st->worker);
}

void
corner_wake_waiting(struct corner *c)
{
	struct member *m;

	if (c->spent >= CORNER_TURN)
		return;
	TAILQ_FOREACH(m, &c->waiting, wait_link)
	{
		bnd_wake(m->st);
	}
}

bool
corner_has_said_enough(const struct corner *c)
{
	return c->spent + draft_bytes(&c->draft) >= CORNER_TURN;
}

bool
corner_may_speak(struct corner *c, struct member *m)
{
	const uint64_t buffer = (uint64_t)member_conf(m)->buffer;
	const struct member *first = TAILQ_FIRST(&c->waiting);

	/* Once that was given out, it is counted anew; without the memory for
	 * it there is nothing to count. */
	if (corner_has_said_enough(c))
		return corner_wait(c, m);
	if (c->ahead >= buffer)
		c->ahead = room_ahead(c->room, c->wing->index, buffer);
	if (c->ahead >= buffer) /* it waits for the slowest to hear */
		return corner_wait(c, m);
	if (first && first != m)
		return corner_wait(c, m);
	corner_waits_no_more(c, m);
	return true;
}

/* ------------------------------------------------------------------ hearing */

static uint32_t *
corner_readers(const struct corner *c, struct batch *b, bool may_hold)
{
	return &b->readers[2 * c->wing->index + may_hold];
}

static void
corner_arrives(struct corner *c, struct batch *b, bool may_hold)
{
	struct batch **lowest = &c->lowest[may_hold];

	++*corner_readers(c, b, may_hold);
	if (!*lowest || b->at.pos < (*lowest)->at.pos)
		*lowest = b;
}

void
corner_move(
    struct corner *c, struct member *m, struct batch *to, uint32_t offset)
{
	const bool may_hold = member_conf(m)->slow == SLOW_WAIT;

	if (m->next)
		--*corner_readers(c, m->next, may_hold);
	if (to)
		corner_arrives(c, to, may_hold);
	if (!to != !m->next) {
		LIST_REMOVE(m, link);
		LIST_INSERT_HEAD(to ? &c->behind : &c->members, m, link);
	}
	c->behind_count += (to != NULL) - (m->next != NULL);
	m->next = to;
	m->offset = offset;
}

/* Where the last of them is. */
static uint64_t
corner_lowest(struct corner *c, bool may_hold)
{
	struct batch *b = c->lowest[may_hold];

	while (b && *corner_readers(c, b, may_hold) == 0)
		b = batch_end(b) < c->at.pos ? b->next : NULL;
	c->lowest[may_hold] = b;
	return b ? b->at.pos : c->at.pos;
}

static void
corner_falls_behind(
    struct corner *c, struct member *m, struct batch *b, int64_t now_ms)
{
	corner_move(c, m, b, 0);
	m->moved_ms = now_ms;
	wing_watch(c->wing, m->st->worker);
}

/* Give all batches to one that is not behind: the one that it has no room for,
 * or NULL. */
static struct batch *
corner_give(struct member *m, const struct heard *h)
{
	for (struct batch *b = h->first;; b = b->next) {
		if (member_give(m, b, 0) == -EAGAIN)
			return b;
		if (b == h->last)
			return NULL;
	}
}

static void
corner_give_all(struct corner *c, const struct heard *h)
{
	int64_t now_ms = bnd_now();
	struct member *m, *next;
	struct batch *b;

	for (m = LIST_FIRST(&c->members); m; m = next) {
		next = LIST_NEXT(m, link);
		b = corner_give(m, h);
		if (b)
			corner_falls_behind(c, m, b, now_ms);
	}
}

static void
corner_judge(struct corner *c)
{
	struct member *m, *next;

	for (m = LIST_FIRST(&c->behind); m; m = next) {
		next = LIST_NEXT(m, link);
		member_judge_buffer(m);
	}
}

void
corner_settle(struct corner *c)
{
	uint64_t gate = corner_lowest(c, true);
	uint64_t low = corner_lowest(c, false);

	if (gate < low)
		low = gate;
	/* Only this thread changes them. */
	if (low == c->place.low && gate == c->place.gate &&
	    c->at.pos == c->settled)
		return;
	c->settled = c->at.pos;
	c->wing->must_tell |=
	    room_settle(c->room, c->wing->index, low, gate, &c->ahead);
	corner_wake_waiting(c);
}

void
corner_feed(struct corner *c, struct bnd_worker *w)
{
	struct heard h;

	if (draft_finish(&c->draft) < 0)
		wing_watch(c->wing, w); /* and try again */
	c->spent += c->draft.done_bytes;
	if (c->spent >= CORNER_TURN / 2)
		wing_count_anew(c->wing, c, w);
	c->wing->must_tell |= room_say(c->room, c->wing->index, &c->draft.done);
	c->draft.done_bytes = 0;
	room_hear(c->room, c->wing->index, &h);
	c->at = h.head;
	if (h.first) {
		corner_give_all(c, &h);
		corner_judge(c);
	}
	corner_settle(c);
	corner_wake_waiting(c);
}

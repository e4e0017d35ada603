/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/timer.h"

#include "base/compiler.h"

#include <stddef.h>
#include <stdlib.h>

/*
 * Write times as numbers to the base of 64.  A timer lives at the level of the
 * highest digit in which its time differs from the present, in the slot that
 * this digit names:
 *
 *	level 0    1 ms each    the rest of these 64 ms
 *	level 1    64 ms each   the rest of these 4 s
 *	level 2    4 s each     the rest of these 4 min, and so on
 *
 * So every timer of a level is due before all those of the next, no level ever
 * turns around, eleven levels hold any time there is, and passing time changes
 * nothing but the timers of the slot that it enters.
 */
enum { TIMER_BITS = 6, TIMER_SLOTS = 1 << TIMER_BITS, TIMER_LEVELS = 11 };

struct timer_wheel {
	int64_t now_ms;  /* what is due by then was taken off the levels */
	unsigned levels; /* bit n: level n is not empty */
	uint64_t used[TIMER_LEVELS]; /* bit n: slot n is not empty */
	struct timer *slots[TIMER_LEVELS * TIMER_SLOTS];
	struct timer *late; /* armed for a time that had passed, newest first */
	struct timer *due;  /* to be fired in this run */
};

struct timer_wheel *
timer_wheel_create(int64_t now_ms)
{
	struct timer_wheel *w = calloc(1, sizeof(*w));

	if (w)
		w->now_ms = now_ms > 0 ? now_ms : 0;
	return w;
}

void
timer_wheel_destroy(struct timer_wheel **wheel)
{
	free(*wheel);
	*wheel = NULL;
}

static void
timer_push(struct timer **head, struct timer *t)
{
	t->next = *head;
	t->link = head;
	if (t->next)
		t->next->link = &t->next;
	*head = t;
}

/* due_ms is not before now_ms; the one of all slots where it belongs. */
static unsigned
timer_slot(const struct timer_wheel *w, int64_t due_ms)
{
	uint64_t apart = (uint64_t)due_ms ^ (uint64_t)w->now_ms;
	unsigned level =
	    (63u - (unsigned)__builtin_clzll(apart | 1)) / TIMER_BITS;
	unsigned digit =
	    (unsigned)((uint64_t)due_ms >> level * TIMER_BITS) % TIMER_SLOTS;

	return level * TIMER_SLOTS + digit;
}

static void
timer_place(struct timer_wheel *w, struct timer *t, unsigned slot)
{
	unsigned level = slot / TIMER_SLOTS;

	timer_push(&w->slots[slot], t);
	w->used[level] |= UINT64_C(1) << slot % TIMER_SLOTS;
	w->levels |= 1u << level;
}

static void
timer_slot_emptied(struct timer_wheel *w, unsigned slot)
{
	unsigned level = slot / TIMER_SLOTS;

	w->used[level] &= ~(UINT64_C(1) << slot % TIMER_SLOTS);
	if (!w->used[level])
		w->levels &= ~(1u << level);
}

void
timer_cancel(struct timer_wheel *w, struct timer *t)
{
	uintptr_t at = (uintptr_t)t->link - (uintptr_t)w->slots;

	if (!t->link)
		return;
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	else if (at < sizeof(w->slots))
		timer_slot_emptied(w, (unsigned)(at / sizeof(t->link)));
	t->link = NULL;
}

/* Most timers are put off again and again and never fire: when the new time
 * belongs to the same slot, no other memory than the timer's is touched. */
void
timer_arm(struct timer_wheel *w, struct timer *t, int64_t due_ms)
{
	bool is_late = due_ms <= w->now_ms;
	unsigned slot = is_late ? 0 : timer_slot(w, due_ms);

	if (t->link && !is_late && t->due_ms > w->now_ms &&
	    timer_slot(w, t->due_ms) == slot) {
		t->due_ms = due_ms;
		return;
	}
	timer_cancel(w, t);
	t->due_ms = due_ms;
	if (is_late)
		timer_push(&w->late, t);
	else
		timer_place(w, t, slot);
}

/* The slot that time enters next; there is one. */
static unsigned
timer_first_slot(const struct timer_wheel *w)
{
	unsigned level = (unsigned)__builtin_ctz(w->levels);

	return level * TIMER_SLOTS + (unsigned)__builtin_ctzll(w->used[level]);
}

/* When time enters the slot. */
static int64_t
timer_slot_start(const struct timer_wheel *w, unsigned slot)
{
	unsigned shift = slot / TIMER_SLOTS * TIMER_BITS;
	uint64_t above = shift + TIMER_BITS < 64
			     ? (uint64_t)w->now_ms >> (shift + TIMER_BITS)
			     : 0;

	return (int64_t)((above << TIMER_BITS | slot % TIMER_SLOTS) << shift);
}

int64_t
timer_next(const struct timer_wheel *w)
{
	if (w->late)
		return w->now_ms;
	if (!w->levels)
		return INT64_MAX;
	return timer_slot_start(w, timer_first_slot(w));
}

/* Append a list, newest first, to the due ones, oldest first; returns where the
 * next will be appended. */
static struct timer **
timer_collect(struct timer **head, struct timer **tail)
{
	struct timer *t, *next, *reverse = NULL;

	for (t = *head; t; t = next) {
		next = t->next;
		t->next = reverse;
		reverse = t;
	}
	*head = NULL;
	for (t = reverse; t; t = t->next) {
		*tail = t;
		t->link = tail;
		tail = &t->next;
	}
	return tail;
}

/* Time has entered the slot: its timers move to finer levels. */
static void
timer_spread(struct timer_wheel *w, struct timer *list)
{
	struct timer *t, *next;

	for (t = list; t; t = next) {
		next = t->next;
		timer_place(w, t, timer_slot(w, t->due_ms));
	}
}

/* Gather on w->due what is due by now_ms. */
static void
timer_advance(struct timer_wheel *w, int64_t now_ms)
{
	struct timer **tail = timer_collect(&w->late, &w->due);

	while (w->levels) {
		unsigned slot = timer_first_slot(w);
		int64_t start_ms = timer_slot_start(w, slot);
		struct timer *list = w->slots[slot];

		if (start_ms > now_ms)
			break;
		w->now_ms = start_ms;
		timer_slot_emptied(w, slot);
		if (slot < TIMER_SLOTS) {
			tail = timer_collect(&w->slots[slot], tail);
		} else {
			w->slots[slot] = NULL;
			timer_spread(w, list);
		}
	}
	if (now_ms > w->now_ms)
		w->now_ms = now_ms;
}

void
timer_run(struct timer_wheel *w, int64_t now_ms)
{
	struct timer *t;

	timer_advance(w, now_ms);
	while ((t = w->due)) {
		timer_cancel(w, t);
		t->fn(t);
	}
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* act.c - the dice, and what each of those at the table may do next. */

#include "table.h"

#include <errno.h>

enum {
	IDLE_CALLS = 20000, /* callbacks in a row while nobody does anything */
	WAKES_MAX = 2000
};

static uint64_t state;

void
dice_begin(uint64_t seed)
{
	state = (seed + 1) * 0x9e3779b97f4a7c15;
}

uint64_t
dice(uint64_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1d >> 11) % n;
}

static bool
side_may_speak(const struct table *t, unsigned side)
{
	const struct bndk_conn *c = t->c;

	if (c->is_ended || !c->side[side].is_there ||
	    c->side[side].has_sent_end)
		return false;
	if (side == BND_FRONT || !check.is_in_turn)
		return true;
	return c->side[BND_FRONT].is_there &&
	       t->sent[BND_FRONT] == t->most[BND_FRONT] &&
	       !c->side[BND_FRONT].in.bytes && !c->side[BND_BACK].out.bytes;
}

static bool
act_send(struct table *t, unsigned side)
{
	size_t left = t->most[side] - t->sent[side];
	size_t room = bndk_room(t->c, side), n = left < room ? left : room;

	if (!side_may_speak(t, side) || n == 0)
		return false;
	if (table_is_cut(t))
		n = 1 + dice(n < t->cut ? n : t->cut);
	bndk_send_bytes(t->c, side, t->p->inputs[side].data + t->sent[side], n);
	t->sent[side] += n;
	return true;
}

static bool
act_end(struct table *t, unsigned side)
{
	if (!side_may_speak(t, side) || t->sent[side] < t->most[side])
		return false;
	bndk_end(t->c, side);
	return true;
}

static bool
act_take(struct table *t, unsigned side)
{
	size_t n = t->c->side[side].out.bytes;

	if (!n)
		return false;
	return bndk_take(t->c, side, table_is_cut(t) ? 1 + dice(n) : n) > 0;
}

static bool
act_open_back(struct table *t)
{
	if (t->c->back != BACK_ASKED || t->c->is_ended)
		return false;
	/* A stage may try another way, which may be no better. */
	if (t->p->mode & PLAY_NO_WAY && (t->ways++ == 0 || dice(2)))
		stage_back_fails(&t->c->stage, -ECONNREFUSED);
	else
		stage_back_opens(&t->c->stage);
	return true;
}

static bool
act_call(struct table *t)
{
	if (!bndk_step(t->k))
		return false;
	if (++t->idle_calls > IDLE_CALLS)
		broken("busy",
		    "%s() was called %d times in a row while nobody sent or "
		    "took anything: it wakes itself for nothing",
		    shared->callback, IDLE_CALLS);
	return true;
}

/* What a host may do at any time and a stage must not mind. */
static void
act_mischief(struct table *t)
{
	unsigned mode = t->p->mode;
	int64_t next = waits_next(t->k);

	if (mode & PLAY_SPURIOUS && t->wakes++ < WAKES_MAX)
		bndk_wake(t->c);
	if (mode & PLAY_ASK) {
		bndk_show(t->k, t->c);
		bndk_show(t->k, NULL);
	}
	if (mode & PLAY_TIMERS && dice(8) == 0)
		clock_pass(t->k,
		    next < 0 ? (int64_t)dice(100000) : next - t->k->now_ms,
		    false);
	if (mode & PLAY_RELOAD && !t->has_reloaded && dice(16) == 0) {
		t->has_reloaded = true;
		bndk_reload(t->k, check.options);
	}
}

static bool
act(struct table *t, unsigned kind)
{
	switch (kind) {
	case 0:
		return bndk_work_run(t->k, 1) > 0;
	case 1:
		return act_open_back(t);
	case 2:
		return act_take(t, BND_FRONT);
	case 3:
		return act_take(t, BND_BACK);
	case 4:
		return act_send(t, BND_FRONT);
	case 5:
		return act_send(t, BND_BACK);
	case 6:
		return act_end(t, BND_FRONT);
	case 7:
		return act_end(t, BND_BACK);
	default:
		return false;
	}
}

enum { KINDS = 8 };

bool
table_step(struct table *t)
{
	unsigned first = table_is_cut(t) ? (unsigned)dice(2 * KINDS) : KINDS;

	if (t->p->mode & (PLAY_SPURIOUS | PLAY_ASK | PLAY_TIMERS | PLAY_RELOAD))
		act_mischief(t);
	/* Half of the time it is the plugin's turn. */
	if (first >= KINDS && act_call(t))
		return true;
	for (unsigned i = 0; i < KINDS; i++) {
		if (!act(t, (first + i) % KINDS))
			continue;
		t->idle_calls = 0;
		return true;
	}
	return act_call(t);
}

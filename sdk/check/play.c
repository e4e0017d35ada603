/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * play.c - one connection through the plugin, with the neighbours played by
 * dice.  Whatever the dice say the neighbours say the same, so that the outcome
 * of one play can be held against that of another.
 */

#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	STEPS_MAX = 3000000,
	IDLE_CALLS = 20000, /* callbacks in a row while nobody does anything */
	REAL_WAIT_MS = 4000,/* for descriptors */
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

/* ------------------------------------------------------------------ a table */

struct table {
	struct bndk *k;
	struct bndk_conn *c;
	struct play *p;
	size_t sent[2], most[2]; /* bytes, said and to be said */
	size_t cut;              /* the longest piece */
	unsigned idle_calls, wakes;
	bool has_reloaded;
};

static bool
is_cut(const struct table *t)
{
	return t->p->mode & PLAY_CUTS;
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
	if (is_cut(t))
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
	return bndk_take(t->c, side, is_cut(t) ? 1 + dice(n) : n) > 0;
}

static bool
act_open_back(struct table *t)
{
	if (t->c->back != BACK_ASKED || t->c->is_ended)
		return false;
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
		bndk_clock(t->k,
		    next < 0 ? (int64_t)dice(100000) : next - t->k->now_ms);
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

/* One thing that somebody does; false: there is nothing left to do. */
static bool
step(struct table *t)
{
	unsigned first = is_cut(t) ? (unsigned)dice(2 * KINDS) : KINDS;

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

/* ------------------------------------------------------------- its two ends */

static struct bndk_conn *
open_conn(struct table *t)
{
	struct bndk *k = t->k;
	unsigned worker = is_cut(t) ? (unsigned)dice(k->workers) : 0;

	if (bndk_type(k)->role == BND_SOURCE)
		return bndk_accept(k, worker);
	return bndk_open_on(k, worker);
}

static void
set_up(struct table *t)
{
	static const size_t cuts[] = { 1, 3, 16, 200, 1500, 70000 };
	struct play *p = t->p;
	size_t longest = p->inputs[0].size > p->inputs[1].size
			     ? p->inputs[0].size
			     : p->inputs[1].size;
	size_t least = longest > 20000 ? 3 : 0;

	t->cut = cuts[least + dice(ARRAY_COUNT(cuts) - least)];
	for (unsigned side = 0; side < 2; side++) {
		t->most[side] = p->inputs[side].size;
		if (p->end_side == (int)side && p->end_at < t->most[side])
			t->most[side] = p->end_at;
	}
	t->k->back_waits = is_cut(t);
	bndk_dice(t->k, is_cut(t) ? p->seed * 2 + 1 : 0);
	t->c = open_conn(t);
	if (!t->c)
		return;
	for (unsigned side = 0; side < 2 && is_cut(t); side++)
		bndk_hold(t->c, side, dice(2) == 0);
	if (p->mode & PLAY_LIMIT)
		bndk_limit(t->c, 65536 + dice(4) * 65536 + dice(2));
}

static bool
is_watching(struct bndk *k)
{
	struct bndk_conn *c;

	TAILQ_FOREACH(c, &k->conns, link)
	for (unsigned i = 0; i < KIT_FDS; i++)
		if (c->stage.state < STAGE_CLOSING &&
		    c->stage.waits.watches[i].events)
			return true;
	return false;
}

static void
steps(struct table *t)
{
	struct play *p = t->p;

	for (; p->steps < STEPS_MAX; p->steps++) {
		if (p->reset_side >= 0 && p->steps == p->reset_at) {
			if (p->mode & PLAY_LATE)
				bndk_work_run(t->k, BND_EVERY_WORKER);
			bndk_reset(t->c, (unsigned)p->reset_side, -ECONNRESET);
			return;
		}
		if (!step(t))
			return;
	}
	broken("busy", "the connection does not come to an end");
}

/* Sockets of the system's need a moment, timers their time. */
static void
settle(struct table *t)
{
	int64_t until = clock_real_ms() + REAL_WAIT_MS;

	for (unsigned side = 0; side < 2; side++)
		bndk_hold(t->c, side, 0);
	steps(t);
	while (
	    !t->c->is_ended && is_watching(t->k) && clock_real_ms() < until) {
		usleep(500);
		steps(t);
	}
	for (unsigned i = 0; i < 10 && !t->c->is_ended; i++) {
		if (waits_next(t->k) < 0)
			break;
		bndk_clock(t->k, 60000);
		steps(t);
	}
}

static void
collect(struct table *t, struct outcome *r)
{
	struct bndk_conn *c = t->c;

	for (unsigned side = 0; side < 2; side++) {
		const struct kit_side *x = &c->side[side];

		text_add(&r->bytes[side], x->got.data, x->got.size);
		text_add(&r->bytes[side], queue_data(&x->out), x->out.bytes);
		r->has_ended[side] = x->has_got_end;
	}
	r->abort_err = c->abort_err;
	r->refuse_err = c->refuse_err;
	r->is_alive = !c->is_ended;
	snprintf(r->exit, sizeof(r->exit), "%s", c->exit ? c->exit : "-");
	snprintf(r->why, sizeof(r->why), "%s", c->why);
}

static void
put_away(struct table *t)
{
	bndk_reset(t->c, BND_FRONT, -ECANCELED);
	bndk_run(t->k);
	bndk_work_run(t->k, BND_EVERY_WORKER);
	bndk_run(t->k);
	if (t->c->stage.state != STAGE_DEAD)
		broken("close", "the stage does not close");
	bndk_forget(t->c);
}

void
play(struct bndk *k, struct play *p, struct outcome *r)
{
	struct table t = { .k = k, .p = p };

	p->steps = 0;
	*r = (struct outcome){ 0 };
	dice_begin(p->seed);
	set_up(&t);
	if (!t.c) {
		snprintf(r->why, sizeof(r->why), "turned away");
		r->abort_err = -ECONNREFUSED;
		return;
	}
	steps(&t);
	if (p->reset_side < 0)
		settle(&t);
	collect(&t, r);
	put_away(&t);
}

/* The dice choose who is next, and some are reset. */
void
play_crowd(struct bndk *k, uint64_t seed)
{
	enum { CROWD = 6, TURNS = 4000 };
	struct play p = { .inputs = inputs_short(),
		.mode = PLAY_CUTS,
		.seed = seed,
		.end_side = -1,
		.reset_side = -1 };
	struct table t[CROWD];

	dice_begin(seed);
	for (unsigned i = 0; i < CROWD; i++) {
		t[i] = (struct table){ .k = k, .p = &p };
		set_up(&t[i]);
	}
	for (unsigned i = 0; i < TURNS; i++) {
		struct table *one = &t[dice(CROWD)];

		if (!one->c)
			continue;
		if (dice(TURNS) == 0)
			bndk_reset(one->c, (unsigned)dice(2), -ECONNRESET);
		step(one);
	}
	for (unsigned i = 0; i < CROWD; i++)
		if (t[i].c)
			put_away(&t[i]);
}

void
outcome_finish(struct outcome *o)
{
	text_finish(&o->bytes[0]);
	text_finish(&o->bytes[1]);
}

/* ----------------------------------------------------------------- starting */

struct bndk *
play_start(struct kit_text *why)
{
	struct bndk *k = kit_start(check.file, check.options, 2, why, &watcher);

	if (k)
		alloc_learn(k->generations->image);
	return k;
}

struct bndk *
play_start_well(void)
{
	struct kit_text why = { 0 };
	struct bndk *k = play_start(&why);

	if (!k)
		broken("load", "%s", text_of(&why));
	text_finish(&why);
	return k;
}

void
play_needs_connections(struct bndk *k)
{
	if (bndk_type(k)->role == BND_SOURCE && !bndk_type(k)->accepted)
		skipped("a source without accepted() opens no connection here");
}

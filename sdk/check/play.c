/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * play.c - one connection through the plugin, with the neighbours played by
 * dice.  Whatever the dice say the neighbours say the same, so that the outcome
 * of one play can be held against that of another.
 */

#include "table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	STEPS_MAX = 3000000,
	REAL_WAIT_MS = 4000, /* for descriptors */
};

/* ------------------------------------------------------------- its two ends */

static struct bndk_conn *
open_conn(struct table *t)
{
	struct bndk *k = t->k;
	unsigned worker = table_is_cut(t) ? (unsigned)dice(k->workers) : 0;
	struct bndk_conn *c = bndk_type(k)->role == BND_SOURCE
				  ? bndk_accept(k, worker)
				  : bndk_open_on(k, worker);

	if (c)
		facts_tell(c);
	return c;
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
	t->k->back_waits = table_is_cut(t);
	bndk_dice(t->k, table_is_cut(t) ? p->seed * 2 + 1 : 0);
	t->c = open_conn(t);
	if (!t->c)
		return;
	for (unsigned side = 0; side < 2 && table_is_cut(t); side++)
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
		if (!table_step(t))
			return;
	}
	broken("busy", "the connection does not come to an end");
}

/* Does the stage wait for somebody who lives in real time?  A sink that has not
 * reached where it leads does, even if only a timer says when to try again. */
static bool
is_outside(const struct table *t)
{
	if (t->c->is_ended)
		return false;
	return is_watching(t->k) ||
	       (bndk_type(t->k)->role == BND_SINK && !t->c->stage.is_way_open);
}

/* Sockets of the system's need a moment, timers their time. */
static void
settle(struct table *t)
{
	int64_t began = clock_real_ms(), now = began, last;

	for (unsigned side = 0; side < 2; side++)
		bndk_hold(t->c, side, 0);
	steps(t);
	while (is_outside(t) && now - began < REAL_WAIT_MS) {
		usleep(500);
		last = now;
		now = clock_real_ms();
		clock_pass(t->k, now - last, false);
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
	/* Only a limit of the host's has ended it: it would not have. */
	r->is_alive =
	    !c->is_ended || (c->is_overdue && !(t->p->mode & PLAY_TIMERS));
	r->abort_err = r->is_alive ? 0 : c->abort_err;
	r->is_refused = c->is_refused;
	r->refuse_err = c->refuse_err;
	/* Who does not hold its back need not ask for what comes next. */
	r->has_way = c->exit || !(bndk_type(t->k)->flags & BND_HOLD_BACK);
	snprintf(r->exit, sizeof(r->exit), "%s", c->exit ? c->exit : "");
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
		table_step(one);
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

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "reflect.h"

#include <errno.h>
#include <stdlib.h>

enum { TICK_SLOT, TURN_SLOT, TICK_MS = 250, NEWS = 1 };

void
wing_init(struct wing *wing, struct hall *hall, uint32_t index)
{
	if (wing->is_ready)
		return;
	TAILQ_INIT(&wing->due);
	TAILQ_INIT(&wing->spending);
	wing->hall = hall;
	wing->index = index;
	wing->is_ready = true;
}

void
wing_finish(void *wing)
{
	free(((struct wing *)wing)->spare);
}

/* --------------------------------------------------------------- feeding */

static struct member *
corner_any(const struct corner *c)
{
	struct member *m = LIST_FIRST(&c->members);

	return m ? m : LIST_FIRST(&c->behind);
}

/* A stage that wakes itself comes after all that are ready now: what they say
 * is given out together. */
static void
wing_set_feeder(struct wing *wing, struct member *m)
{
	if (wing->feeder || !m)
		return;
	wing->feeder = m;
	bnd_wake(m->st);
}

void
wing_replace_feeder(struct wing *wing, const struct member *gone)
{
	struct corner *c;

	if (wing->feeder != gone)
		return;
	wing->feeder = NULL;
	/* The first one may be the corner that it leaves empty. */
	TAILQ_FOREACH(c, &wing->due, due_link)
	{
		wing_set_feeder(wing, corner_any(c));
		if (wing->feeder)
			return;
	}
}

void
corner_is_due(struct corner *c, struct member *m)
{
	if (!c->is_due) {
		c->is_due = true;
		TAILQ_INSERT_TAIL(&c->wing->due, c, due_link);
	}
	wing_set_feeder(c->wing, m ? m : corner_any(c));
}

void
wing_feed(struct wing *wing, struct bnd_worker *w)
{
	struct corner *c;

	wing->feeder = NULL;
	while ((c = TAILQ_FIRST(&wing->due)) != NULL) {
		TAILQ_REMOVE(&wing->due, c, due_link);
		c->is_due = false;
		corner_feed(c, w);
	}
	wing_tell(wing, w);
}

/* ------------------------------------------------------- between the workers
 */

void
wing_tell(struct wing *wing, struct bnd_worker *w)
{
	if (!wing->must_tell)
		return;
	wing->must_tell = false;
	for (uint32_t i = 0; i < wing->hall->workers; i++) {
		struct box *b = &wing->hall->boxes[i];

		if (i == wing->index || !box_must_be_told(b) ||
		    bnd_post(w, i, 0, NEWS, 0, NULL) == 0)
			continue;
		box_was_not_told(b);
		wing->must_tell = true;
		wing_watch(wing, w);
	}
}

void
wing_has_news(struct wing *wing)
{
	struct box *b = &wing->hall->boxes[wing->index];
	struct news *n;

	while ((n = box_take(b)) != NULL)
		corner_is_due(corner_of_news(n), NULL);
}

/* ---------------------------------------------------------------- the clock */

/* The newest generation's, because only its values are shown. */
void
wing_watch(struct wing *wing, struct bnd_worker *w)
{
	if (wing->clock)
		return;
	wing->clock = wing->newest ? wing->newest : w;
	bnd_worker_timer(wing->clock, TICK_SLOT, TICK_MS);
}

static void
corner_tick(struct corner *c, int64_t now_ms, uint64_t *bytes, int64_t *ms)
{
	struct member *m, *next;

	for (m = LIST_FIRST(&c->behind); m; m = next) {
		int64_t lag_ms;
		uint64_t lag;

		next = LIST_NEXT(m, link);
		member_judge_patience(m, now_ms);
		lag = member_lag(m, now_ms, &lag_ms);
		*bytes = lag > *bytes ? lag : *bytes;
		*ms = lag_ms > *ms ? lag_ms : *ms;
	}
	corner_settle(c);
	if (draft_bytes(&c->draft) > 0) /* memory was short */
		corner_is_due(c, NULL);
	corner_wake_waiting(c);
}

static void
wing_tick(struct wing *wing, struct bnd_worker *w)
{
	bool goes_on = false;
	uint64_t bytes = 0;
	struct corner *c;
	int64_t ms = 0;

	if (wing->clock == w)
		wing->clock = NULL;
	LIST_FOREACH(c, &wing->corners, link)
	{
		corner_tick(c, bnd_now(), &bytes, &ms);
		goes_on |= c->behind_count > 0 || !TAILQ_EMPTY(&c->waiting) ||
			   draft_bytes(&c->draft) > 0;
	}
	bnd_metric(w, METRIC_LAG_BYTES, (int64_t)bytes);
	bnd_metric(w, METRIC_LAG_MS, ms);
	wing_tell(wing, w);
	if (goes_on || wing->must_tell)
		wing_watch(wing, w);
}

/* A timer that is due at once comes after the descriptors of the next turn. */
void
wing_count_anew(struct wing *wing, struct corner *c, struct bnd_worker *w)
{
	if (!c->is_spending) {
		c->is_spending = true;
		TAILQ_INSERT_TAIL(&wing->spending, c, spend_link);
	}
	if (wing->pacer)
		return;
	wing->pacer = w;
	bnd_worker_timer(w, TURN_SLOT, 0);
}

static void
wing_go_on(struct wing *wing)
{
	struct corner *c;

	wing->pacer = NULL;
	while ((c = TAILQ_FIRST(&wing->spending)) != NULL) {
		TAILQ_REMOVE(&wing->spending, c, spend_link);
		c->is_spending = false;
		c->spent = 0;
		corner_wake_waiting(c);
	}
}

void
wing_timer(struct wing *wing, struct bnd_worker *w, unsigned slot)
{
	if (slot == TICK_SLOT)
		wing_tick(wing, w);
	else
		wing_go_on(wing);
}

void
wing_forget(struct wing *wing, const struct bnd_worker *w)
{
	struct corner *c;

	if (wing->newest == w)
		wing->newest = NULL;
	if (wing->pacer == w)
		wing_go_on(wing);
	if (wing->clock != w)
		return;
	wing->clock = NULL;
	c = LIST_FIRST(&wing->corners);
	if (c)
		wing_watch(wing, corner_any(c)->st->worker);
}

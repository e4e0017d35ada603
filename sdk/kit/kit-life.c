/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * kit-life.c - a stage from open() to close(): what is due in a stage is
 * noted, and done one callback at a time.  The order, and who hears what, is
 * the host's (OPENING in bindery/plugin.h).
 */

#include "kit-inner.h"

#include <errno.h>
#include <string.h>

enum { LINGER_MS = 5000 };

void
stage_due(struct kit_stage *s, unsigned due)
{
	if (s->state < STAGE_CLOSING)
		s->due |= due;
}

/* ----------------------------------------------------------- stepping aside */

void
stage_bypass(struct kit_stage *s, unsigned from, unsigned to)
{
	struct kit_side *a = &s->conn->side[from], *b = &s->conn->side[to];

	if (s->state >= STAGE_CLOSING || a->bypass_to >= 0 || b->is_given)
		return;
	side_forget_seen(a);
	side_forget_reserved(b);
	if (a->in.is_discarding || b->out.has_ended) {
		b->out.has_ended = true;
		a->in.is_discarding = true;
		queue_clear(&a->in);
		return;
	}
	a->bypass_to = (int)to;
	b->is_given = true;
}

/* Has it given away an outer side on which there is no socket? */
static bool
stage_leads_nowhere(const struct kit_stage *s)
{
	uint32_t role = stage_type(s)->role;
	const struct kit_side *x =
	    &s->conn->side[role == BND_SINK ? BND_BACK : BND_FRONT];

	return role != BND_FILTER && x->is_given && x->fd < 0 &&
	       !s->conn->is_refused;
}

static void
stage_leave(struct kit_stage *s)
{
	struct bndk_conn *c = s->conn;

	if (stage_leads_nowhere(s)) {
		conn_end(c, -EINVAL, "%s: has left without a socket",
		    s->pub.binding->name);
		kit_wrong(c->k, "leave", "%s", c->why);
		return;
	}
	if (stage_type(s)->role != BND_SINK && c->back != BACK_OPEN &&
	    !c->is_refused) {
		s->has_left = true;
		if (!s->has_back) {
			s->has_back = true;
			stage_due(s, DUE_BACK);
		}
		return;
	}
	if (s->is_back_open || stage_type(s)->role == BND_SINK)
		stage_open_way(s);
	stage_remove(s, 0);
}

/* ------------------------------------------------------------------ opening */

void
stage_open_way(struct kit_stage *s)
{
	s->is_way_open = true;
}

static void
stage_opened_well(struct kit_stage *s)
{
	const struct bnd_type *type = stage_type(s);
	bool is_held = type->flags & BND_HOLD_FRONT;

	if (type->role == BND_SINK) {
		if (!is_held)
			stage_open_way(s);
	} else if (!(type->flags & BND_HOLD_BACK)) {
		if (!s->has_back) {
			s->has_back = true;
			stage_due(s, DUE_BACK);
		}
	} else if (!s->has_back && !is_held) {
		stage_open_way(s);
	}
}

static void
stage_open(struct kit_stage *s)
{
	const struct bnd_type *type = stage_type(s);
	struct kit_context before;
	int rc = 0;

	s->state = STAGE_OPENING;
	if (type->open) {
		before = kit_enter(s->conn->k, TAG_WORKER, "open", s->desk, s);
		rc = type->open(&s->pub, s->arg);
		kit_leave(s->conn->k, before);
		rc = kit_result(s->conn->k, "open", rc);
	}
	if (s->state != STAGE_OPENING)
		return;
	s->state = STAGE_OPEN;
	if (s->conn->is_refused)
		return;
	if (rc < 0)
		conn_end(s->conn, rc, "open() failed: %s", strerror(-rc));
	else
		stage_opened_well(s);
}

void
stage_back_opens(struct kit_stage *s)
{
	struct bndk_conn *c = s->conn;

	c->back = BACK_OPEN;
	c->side[BND_BACK].is_there = true;
	s->is_back_open = true;
	if (!s->has_heard_open) {
		s->has_heard_open = true;
		s->opened_err = 0;
		stage_due(s, DUE_OPENED);
	}
	if (!(stage_type(s)->flags & BND_HOLD_FRONT))
		stage_open_way(s);
	if (s->has_left)
		stage_due(s, DUE_LEAVE);
}

void
stage_back_fails(struct kit_stage *s, int err)
{
	struct bndk_conn *c = s->conn;

	c->back = BACK_NONE;
	if (s->state >= STAGE_CLOSING || s->has_left ||
	    !stage_type(s)->opened || s->has_heard_open) {
		conn_end(c, err, "the way behind cannot be opened");
		return;
	}
	queue_clear(&c->side[BND_BACK].out);
	c->side[BND_BACK].out.has_ended = false;
	outlet_taken(c, BND_BACK);
	s->has_back = s->is_back_open = false;
	c->exit = NULL;
	s->due &= ~DUE_BACK;
	s->opened_err = err;
	stage_due(s, DUE_OPENED);
}

static void
stage_build_back(struct kit_stage *s)
{
	s->conn->back = BACK_ASKED;
	if (!s->conn->k->back_waits)
		stage_back_opens(s);
}

static void
stage_opened(struct kit_stage *s)
{
	const struct bnd_type *type = stage_type(s);
	struct kit_context before;
	int err = s->opened_err;

	if (type->opened) {
		before =
		    kit_enter(s->conn->k, TAG_WORKER, "opened", s->desk, s);
		type->opened(&s->pub, err);
		kit_leave(s->conn->k, before);
	}
	if (err == 0 && !type->flow) {
		stage_bypass(s, BND_FRONT, BND_BACK);
		stage_bypass(s, BND_BACK, BND_FRONT);
	} else if (err == 0) {
		stage_due(s, DUE_FLOW);
	}
}

/* ----------------------------------------------------------------- refusing */

void
stage_refuse(struct kit_stage *s, int err, const char *fmt, va_list ap)
{
	struct bndk_conn *c = s->conn;
	struct kit_side *front = &c->side[BND_FRONT];
	struct kit_side *back = &c->side[BND_BACK];

	conn_say_why(c, fmt, ap);
	if (c->is_refused)
		return;
	c->is_refused = true;
	c->refuse_err = err <= 0 ? err : -EACCES;
	side_forget_seen(front);
	side_forget_seen(back);
	side_forget_reserved(back);
	front->out.has_ended = true;
	front->in.is_discarding = true;
	front->bypass_to = -1;
	queue_clear(&front->in);
	queue_clear(&back->in);
	queue_clear(&back->out);
	back->in.is_discarding = true;
	back->bypass_to = -1;
	back->is_there = false;
	c->back = BACK_NONE;
	s->has_back = true;
	s->due &= ~(DUE_BACK | DUE_OPENED);
	c->linger_until = c->k->now_ms + LINGER_MS;
	stage_open_way(s);
}

/* ----------------------------------------------------------------- its turn */

static void
stage_flow(struct kit_stage *s)
{
	const struct bnd_type *type = stage_type(s);
	struct kit_context before;

	if (s->state != STAGE_OPEN || !type->flow)
		return;
	before = kit_enter(s->conn->k, TAG_WORKER, "flow", s->desk, s);
	type->flow(&s->pub);
	kit_leave(s->conn->k, before);
}

/* Who spawned a connection was promised that open() takes what it gave, even if
 * the end came first. */
static void
stage_open_late(struct kit_stage *s)
{
	const struct bnd_type *type = stage_type(s);
	struct kit_context before;
	int rc;

	if (s->was_opened || type->role != BND_SOURCE || !type->open)
		return;
	before = kit_enter(s->conn->k, TAG_WORKER, "open", s->desk, s);
	rc = type->open(&s->pub, s->arg);
	kit_leave(s->conn->k, before);
	kit_result(s->conn->k, "open", rc);
	s->was_opened = true;
}

static void
stage_close(struct kit_stage *s)
{
	const struct bnd_type *type = stage_type(s);
	struct bndk_conn *c = s->conn;
	struct kit_context before;

	stage_open_late(s);
	if (type->close && s->was_opened) {
		before = kit_enter(c->k, TAG_WORKER, "close", s->desk, s);
		type->close(&s->pub, s->close_err);
		kit_leave(c->k, before);
	}
	waits_close(c->k, &s->waits);
	works_disown(s);
	lens_hide(&c->self);
	s->state = STAGE_DEAD;
	s->desk->generation->pins--;
}

static bool
stage_take_due(struct kit_stage *s, unsigned due)
{
	if (!(s->due & due))
		return false;
	s->due &= ~due;
	return true;
}

/* One callback, or what stands for one; false: nothing was due. */
bool
stage_step(struct kit_stage *s)
{
	if (stage_take_due(s, DUE_OPEN))
		stage_open(s);
	else if (stage_take_due(s, DUE_BACK))
		stage_build_back(s);
	else if (stage_take_due(s, DUE_OPENED))
		stage_opened(s);
	else if (stage_take_due(s, DUE_FLOW))
		stage_flow(s);
	else if (stage_take_due(s, DUE_LEAVE))
		stage_leave(s);
	else if (stage_take_due(s, DUE_CLOSE))
		stage_close(s);
	else
		return false;
	return true;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/dry.h"

#include "stream/fact.h"
#include "stream/stage.h"

#include <stdlib.h>

struct conn *
dry_create(struct worker *w)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->worker = w;
	c->opened_ms = c->active_ms = w->loop.now_ms;
	for (unsigned side = 0; side < 2; side++) {
		c->sock[side].side = (uint8_t)side;
		c->sock[side].watch.fd = -1;
		c->sock[side].hop.conn = c;
	}
	return c;
}

void
dry_destroy(struct conn **at)
{
	struct conn *c = *at;

	*at = NULL;
	if (!c)
		return;
	facts_free(c);
	free(c->why);
	free(c);
}

enum dry_verdict
dry_ask(struct conn *c, struct binding *b, struct bnd_answer *a,
    const struct bnd_exit **exit_r)
{
	enum dry_verdict r = b->type->role == BND_SINK ? DRY_END : DRY_NEXT;
	struct stage *s;

	*exit_r = NULL;
	if (!b->type->explain)
		return r == DRY_END ? r : DRY_UNKNOWN;
	s = stage_alloc(c, b->desks[c->worker->index]);
	if (!s)
		return DRY_NO_MEMORY;
	s->state = STAGE_DRY;
	PLUGIN_CALL(c->worker, b, explain, &s->pub, a);
	if (c->is_blamed)
		r = DRY_REFUSED;
	else if (s->has_back && s->back_exit)
		r = DRY_EXIT;
	*exit_r = s->back_exit;
	free(s);
	return r;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * circles.c - which exits lead back to where they came from?  One depth-first
 * pass finds the strongly connected pipelines (Tarjan); an exit between two of
 * the same is part of a circle.  The way is kept in the heap, not on the stack:
 * pipelines may be chained as long as the operator likes.
 */

#include "reload/generation-inner.h"

#include <errno.h>

/* A pipeline, for the search. */
struct spot {
	struct route *ahead; /* exits not followed yet */
	struct spot *back;   /* from where the search came */
	struct spot *older;  /* of the open ones */
	size_t number;       /* 1, 2, ... as they are found; 0: not yet */
	size_t first;        /* the lowest number it is known to lead back
				to; in the end the same in all of a circle */
	bool is_open;        /* its circle is not complete */
};

struct search {
	const struct generation *g;
	struct spot *spots; /* one a pipeline */
	struct spot *at, *open;
	size_t found;
};

static struct spot *
search_spot(const struct search *s, const struct pipeline *p)
{
	return &s->spots[p - s->g->pipelines];
}

static void
search_enter(struct search *s, struct spot *spot)
{
	spot->number = spot->first = ++s->found;
	spot->is_open = true;
	spot->older = s->open;
	s->open = spot;
	spot->back = s->at;
	s->at = spot;
}

/* All its exits were followed. */
static void
search_leave(struct search *s)
{
	struct spot *left = s->at, *member;

	s->at = left->back;
	if (s->at && left->first < s->at->first)
		s->at->first = left->first;
	if (left->first != left->number)
		return;
	do {
		member = s->open;
		s->open = member->older;
		member->first = left->number;
		member->is_open = false;
	} while (member != left);
}

static void
search_step(struct search *s)
{
	const struct route *r = s->at->ahead;
	struct spot *to;

	if (!r) {
		search_leave(s);
		return;
	}
	s->at->ahead = r->also;
	to = search_spot(s, r->to);
	if (!to->number)
		search_enter(s, to);
	else if (to->is_open && to->number < s->at->first)
		s->at->first = to->number;
}

int
circles_find(struct generation *g)
{
	struct arena arena = { 0 };
	struct search s = { .g = g };

	s.spots = arena_array(&arena, g->pipeline_count + 1, sizeof(*s.spots));
	if (!s.spots)
		return -ENOMEM;
	for (struct route *r = g->routes; r; r = r->next) {
		struct spot *from = search_spot(&s, r->from);

		r->also = from->ahead;
		from->ahead = r;
	}
	for (size_t i = 0; i < g->pipeline_count; i++) {
		if (!s.spots[i].number)
			search_enter(&s, &s.spots[i]);
		while (s.at)
			search_step(&s);
	}
	for (struct route *r = g->routes; r; r = r->next)
		r->is_circle = search_spot(&s, r->from)->first ==
			       search_spot(&s, r->to)->first;
	arena_finish(&arena);
	return 0;
}

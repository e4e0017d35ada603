/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-limits.c - the host's limits: how long a connection may be idle, half
 * closed, or there at all. */

#include "kit-inner.h"

#include <errno.h>

/* Where no stage asked for anything. */
static const int64_t default_ms[] = {
	[BND_LIMIT_IDLE] = 3600 * 1000,
	[BND_LIMIT_HALF_CLOSED] = 60 * 1000,
	[BND_LIMIT_LIFETIME] = 24 * 3600 * 1000,
};

static const char *const limit_names[] = {
	[BND_LIMIT_IDLE] = "it was idle",
	[BND_LIMIT_HALF_CLOSED] = "it was half closed",
	[BND_LIMIT_LIFETIME] = "its lifetime is over",
};

static bool
conn_is_half_closed(const struct bndk_conn *c)
{
	for (unsigned side = 0; side < 2; side++)
		if (c->side[side].has_sent_end || c->side[side].has_got_end)
			return true;
	return false;
}

/* -1: never. */
static int64_t
limit_due(const struct bndk_conn *c, unsigned which)
{
	int64_t ms = c->limits[which];

	if (ms < 0)
		ms = default_ms[which];
	if (ms == 0 ||
	    (which == BND_LIMIT_HALF_CLOSED && !conn_is_half_closed(c)))
		return -1;
	return (which == BND_LIMIT_LIFETIME ? c->opened_ms : c->active_ms) + ms;
}

/* The limit that ends it first; 0: none. */
static unsigned
conn_limit(const struct bndk_conn *c, int64_t *due_r)
{
	unsigned first = 0;

	*due_r = -1;
	if (c->is_ended)
		return 0;
	for (unsigned i = BND_LIMIT_IDLE; i <= BND_LIMIT_LIFETIME; i++) {
		int64_t due = limit_due(c, i);

		if (due < 0 || (*due_r >= 0 && due >= *due_r))
			continue;
		*due_r = due;
		first = i;
	}
	if (c->is_refused && (*due_r < 0 || c->linger_until < *due_r)) {
		*due_r = c->linger_until;
		first = BND_LIMIT_LIFETIME;
	}
	return first;
}

/* When the next limit ends a connection; -1: none does. */
int64_t
limits_next(struct bndk *k)
{
	int64_t next = -1, due;
	struct bndk_conn *c;

	TAILQ_FOREACH(c, &k->conns, link)
	if (conn_limit(c, &due) && (next < 0 || due < next))
		next = due;
	return next;
}

void
limits_enforce(struct bndk *k)
{
	struct bndk_conn *c;
	int64_t due;

	TAILQ_FOREACH(c, &k->conns, link)
	{
		unsigned which = conn_limit(c, &due);

		if (!which || due > k->now_ms)
			continue;
		c->is_overdue = !c->is_refused;
		conn_end(c, -ETIMEDOUT, "%s", limit_names[which]);
	}
}

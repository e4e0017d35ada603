/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/setup.h"

#include "base/buf.h"
#include "stream/conn.h"
#include "stream/pipe.h"

#include <errno.h>

static void
stream_last_words(struct worker *w)
{
	(void)w;
	buf_cache_empty(); /* the thread's own */
}

int
stream_init(struct worker *w)
{
	w->pipes = pipe_pool_create();
	if (!w->pipes)
		return -ENOMEM;
	w->doubt_timer.fn = sock_doubts_due;
	w->at_end = stream_last_words;
	return 0;
}

void
stream_settle(struct worker *w, bool may_splice, unsigned pipes)
{
	w->may_splice = may_splice;
	pipe_pool_limit(w->pipes, pipes);
}

void
stream_finish(struct worker *w)
{
	pipe_pool_destroy(&w->pipes);
}

static bool
conn_is_of(const struct conn *c, const struct pipeline *p)
{
	return c->pipeline == p && c->state == CONN_LIVE;
}

uint64_t
stream_end_some(
    struct worker *w, const struct pipeline *p, uint64_t of, enum reason reason)
{
	uint64_t n = 0, ended = 0;
	struct conn *c;

	LIST_FOREACH(c, &w->conns, link)
	n += conn_is_of(c, p);
	n = (n + of - 1) / of;
	LIST_FOREACH(c, &w->conns, link)
	{
		if (ended == n)
			break;
		if (!conn_is_of(c, p))
			continue;
		conn_end(c, reason, PARTY_HOST, -ECANCELED, NULL);
		ended++;
	}
	return ended;
}

unsigned
stream_end_all(struct worker *w, enum reason reason)
{
	unsigned n = 0;
	struct conn *c;

	LIST_FOREACH(c, &w->conns, link)
	{
		if (c->state != CONN_LIVE)
			continue;
		conn_end(c, reason, PARTY_HOST, -ECANCELED, NULL);
		n++;
	}
	return n;
}

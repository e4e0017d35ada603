/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * edition: a sink of which there are several editions, to be put in place of
 * one another.  It says which one it is and what was kept, "EDITION ALL
 * WORKER\n", then answers each byte with its own number.
 */
#include <bindery/plugin.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

struct edition {
	atomic_int *opens; /* kept */
};

struct edition_worker {
	int *opens; /* kept, of this worker */
};

static int
edition_start(struct bnd_binding *b)
{
	struct edition *e = b->self;

	e->opens = bnd_keep(b, "opens", sizeof(atomic_int), NULL);
	return e->opens ? 0 : -ENOMEM;
}

static int
edition_worker_start(struct bnd_worker *w)
{
	struct edition_worker *e = w->self;

	e->opens = bnd_worker_keep(w, "opens", sizeof(int), NULL);
	return e->opens ? 0 : -ENOMEM;
}

static int
edition_open(struct bnd_stage *st, void *arg)
{
	const struct edition *e = st->binding->self;
	const struct edition_worker *w = st->worker->self;
	char line[64];
	int n;

	(void)arg;
	n = snprintf(line, sizeof(line), "%d %d %d\n", EDITION,
	    atomic_fetch_add(e->opens, 1) + 1, ++*w->opens);
	bnd_out(st, BND_FRONT, line, (size_t)n);
	return 0;
}

static void
edition_flow(struct bnd_stage *st)
{
	size_t n;
	char *p;

	while ((n = bnd_room(st, BND_FRONT)) > 0 &&
	       (n = bnd_edit(st, BND_FRONT, n, &p)) > 0) {
		memset(p, '0' + EDITION, n);
		bnd_move(st, BND_FRONT, BND_FRONT, n);
	}
	if (bnd_ended(st, BND_FRONT))
		bnd_end(st, BND_FRONT);
}

static const struct bnd_type type = {
	BND_HEAD("edition", "1.0", BND_SINK),
	.state_version = STATE,
	.binding_size = sizeof(struct edition),
	.worker_size = sizeof(struct edition_worker),
	.start = edition_start,
	.worker_start = edition_worker_start,
	.open = edition_open,
	.flow = edition_flow,
};

BND_PLUGIN(type);

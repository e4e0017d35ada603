/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* worker.c - what a binding asks for on its worker. */

#include "abi/calls.h"

#include "pipeline/metric.h"
#include "pipeline/post.h"
#include "pipeline/waits.h"
#include "stream/stage.h"
#include "stream/work.h"

#include <errno.h>

int
abi_spawn(struct bnd_worker *w, void *arg)
{
	struct desk *d = desk_of(w);

	if (d->is_stopping)
		return -ECANCELED;
	if (d->binding->type->role != BND_SOURCE)
		return -EINVAL;
	return conn_spawn(d, arg);
}

static void
desk_timer_due(void *owner, unsigned slot)
{
	struct desk *d = owner;

	if (d->binding->type->worker_timer)
		PLUGIN_CALL(d->worker, d->binding, worker_timer, &d->pub, slot);
}

static const struct waits_calls desk_calls = { desk_timer_due, NULL };

void
abi_worker_timer(struct bnd_worker *w, unsigned slot, int64_t ms)
{
	struct desk *d = desk_of(w);

	if (d->is_stopping && ms >= 0)
		return;
	/* Out of memory once: the first timer of a desk is set while it starts,
	 * and a desk that could not is refused there. */
	if (waits_timer(&d->waits, &d->worker->loop, d, &desk_calls, slot,
		ms) == -ENOMEM)
		d->has_failed = true;
}

int
abi_work(struct bnd_worker *w, struct bnd_stage *st, void (*run)(void *),
    void (*done)(struct bnd_worker *, struct bnd_stage *, void *), void *arg)
{
	return work_submit(
	    desk_of(w), st ? stage_of(st) : NULL, run, done, arg);
}

int
abi_post(struct bnd_worker *w, uint32_t to, unsigned flags, uint32_t tag,
    uint64_t arg, struct bnd_buf *b)
{
	return post_send(desk_of(w), to, flags, tag, arg, b);
}

void
abi_metric(struct bnd_worker *w, unsigned id, int64_t value)
{
	metric_add(desk_of(w), id, value);
}

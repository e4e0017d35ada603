/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/work.h"

#include "stream/stage.h"
#include "worker/pool.h"

#include <errno.h>
#include <stdlib.h>

struct work {
	struct job job;
	struct work *next; /* of the stage's */
	struct desk *desk;
	struct stage *stage; /* NULL: a desk's, or the stage has closed */
	void (*run)(void *);
	void (*done)(struct bnd_worker *, struct bnd_stage *, void *);
	void *arg;
};

static struct pool *work_pool;

void
works_init(struct pool *pool)
{
	work_pool = pool;
}

static void
work_run(struct job *j)
{
	struct work *k = CONTAINER_OF(j, struct work, job);

	k->run(k->arg);
}

static void
work_unlink(struct work *k)
{
	struct work **at = &k->stage->works;

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
}

static void
work_finish(struct work *k)
{
	CLEANUP(duty_end)
	UNUSED struct duty *duty = duty_begin(
	    &k->desk->worker->duty, &k->desk->binding->pub, DUTY_done, "done");

	k->done(&k->desk->pub, k->stage ? &k->stage->pub : NULL, k->arg);
}

static void
work_done(struct letter *l)
{
	struct work *k = CONTAINER_OF(l, struct work, job.done);
	struct desk *d = k->desk;
	struct stage *s = k->stage;

	if (s)
		work_unlink(k);
	work_finish(k);
	if (s)
		stage_after_call(s);
	d->works--;
	pipeline_unpin(d->binding->pipeline, d->worker->index);
	free(k);
}

int
work_submit(struct desk *d, struct stage *s, void (*run)(void *),
    void (*done)(struct bnd_worker *, struct bnd_stage *, void *), void *arg)
{
	struct work *k;
	int rc;

	if (d->is_stopping || (s && stage_is_closing(s)))
		return -ECANCELED;
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	k->job.done.fn = work_done;
	k->job.home = &d->worker->loop.box;
	k->job.run = work_run;
	k->job.owner = d->binding;
	k->desk = d;
	k->stage = s;
	k->run = run;
	k->done = done;
	k->arg = arg;
	rc = pool_submit(work_pool, &k->job);
	if (rc < 0) {
		free(k);
		return -ENOMEM;
	}
	d->works++;
	pipeline_pin(d->binding->pipeline, d->worker->index);
	if (s) {
		k->next = s->works;
		s->works = k;
	}
	return 0;
}

void
works_disown(struct stage *s)
{
	while (s->works) {
		struct work *k = s->works;

		s->works = k->next;
		k->stage = NULL;
		pool_cancel(work_pool, &k->job);
	}
}

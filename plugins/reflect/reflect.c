/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * reflect - the end of a pipeline in which every connection hears what any of
 * them says, all in the same order.  See reflect.h for what there is and
 * bindery-reflect(7) for what it does.
 */

#include "reflect.h"

#include <errno.h>
#include <stdlib.h>

static int
reflect_start(struct bnd_binding *b)
{
	struct reflect *conf = b->self;

	conf->hall = bnd_keep(b, "hall", hall_size(b->workers), hall_finish);
	if (!conf->hall)
		return -ENOMEM;
	hall_init(conf->hall, b->workers);
	return 0;
}

static int
reflect_worker_start(struct bnd_worker *w)
{
	const struct reflect *conf = w->binding->self;
	struct reflect_worker *self = w->self;

	self->wing =
	    bnd_worker_keep(w, "wing", sizeof(*self->wing), wing_finish);
	if (!self->wing)
		return -ENOMEM;
	wing_init(self->wing, conf->hall, w->index);
	bnd_metric(w, METRIC_LAG_BYTES, 0);
	bnd_metric(w, METRIC_LAG_MS, 0);
	return 0;
}

static void
reflect_worker_stop(struct bnd_worker *w)
{
	if (wing_of(w))
		wing_forget(wing_of(w), w);
}

static void
reflect_worker_timer(struct bnd_worker *w, unsigned slot)
{
	wing_timer(wing_of(w), w, slot);
}

static void
reflect_message(struct bnd_worker *w, const struct bnd_msg *msg)
{
	(void)msg;
	wing_has_news(wing_of(w));
}

static void
reflect_worker_room(struct bnd_worker *w)
{
	wing_tell(wing_of(w), w);
}

static int
reflect_open(struct bnd_stage *st, void *arg)
{
	struct wing *wing = wing_of(st->worker);
	struct member *m = st->self;

	(void)arg;
	m->st = st;
	m->id = st->id;
	if (!wing->newest ||
	    wing->newest->binding->generation < st->binding->generation)
		wing->newest = st->worker;
	return member_enter(m) == -ENOMEM ? -ENOMEM : 0;
}

static void
reflect_flow(struct bnd_stage *st)
{
	struct wing *wing = wing_of(st->worker);
	struct member *m = st->self;
	/* Who has just become it feeds the next time, when others spoke. */
	bool is_feeder = wing->feeder == m;

	if (m->next)
		member_catch_up(m);
	member_listen(m);
	if (is_feeder && wing->feeder == m)
		wing_feed(wing, st->worker);
	wing_tell(wing, st->worker);
}

static void
reflect_close(struct bnd_stage *st, int err)
{
	struct member *m = st->self;

	(void)err;
	member_leave(m);
	free(m->name);
}

static const struct bnd_type reflect = {
	BND_HEAD("reflect", "1.0", BND_SINK),
	.summary = "Lets every member of a room hear what any of them says.",
	.options = reflect_options,
	.metrics = reflect_metrics,
	.binding_size = sizeof(struct reflect),
	.worker_size = sizeof(struct reflect_worker),
	.stage_size = sizeof(struct member),
	.state_version = REFLECT_STATE,
	.check = reflect_check,
	.start = reflect_start,
	.worker_start = reflect_worker_start,
	.worker_stop = reflect_worker_stop,
	.worker_timer = reflect_worker_timer,
	.worker_room = reflect_worker_room,
	.message = reflect_message,
	.open = reflect_open,
	.flow = reflect_flow,
	.close = reflect_close,
	.show = reflect_show,
	.explain = reflect_explain,
	.command = reflect_command,
};

BND_PLUGIN(reflect);

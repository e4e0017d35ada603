/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-work.c - jobs, which run when the test says so, and messages between the
 * simulated workers. */

#include "kit-calls.h"
#include "kit-inner.h"
#include "plugins/argument.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------- jobs */

int
call_work(struct bnd_worker *w, struct bnd_stage *st, void (*run)(void *),
    void (*done)(struct bnd_worker *, struct bnd_stage *, void *), void *arg)
{
	struct kit_desk *d = desk_of(w);
	struct kit_stage *s = st ? stage_of(st) : NULL;
	struct bndk *k = d->generation->k;
	int fail = kit_call(k, "work", TAG_WORKER);
	struct kit_work *j;

	if (fail)
		return fail;
	if (d->is_stopping || (s && s->state >= STAGE_CLOSING))
		return -ECANCELED;
	if (!run || !done) {
		kit_wrong(
		    k, "value", "bnd_work() without %s", run ? "done" : "run");
		return -EINVAL;
	}
	j = kit_alloc(sizeof(*j));
	*j = (struct kit_work){
		.desk = d, .stage = s, .run = run, .done = done, .arg = arg
	};
	TAILQ_INSERT_TAIL(&k->works, j, link);
	d->generation->pins++;
	return 0;
}

/* The stage closes: what has not begun will not run. */
void
works_disown(struct kit_stage *s)
{
	struct kit_work *j;

	TAILQ_FOREACH(j, &s->conn->k->works, link)
	{
		if (j->stage != s)
			continue;
		j->stage = NULL;
		j->has_run = true;
	}
}

static struct kit_work *
work_next(struct bndk *k, bool has_run)
{
	struct kit_work *j;

	TAILQ_FOREACH(j, &k->works, link)
	if (j->has_run == has_run)
		return j;
	return NULL;
}

/* done() of the first job that has run; false: there is none. */
bool
work_finish_one(struct bndk *k)
{
	struct kit_work *j = work_next(k, true);
	struct kit_context before;

	if (!j)
		return false;
	TAILQ_REMOVE(&k->works, j, link);
	before = kit_enter(k, TAG_WORKER, "done", j->desk, j->stage);
	j->done(&j->desk->pub, j->stage ? &j->stage->pub : NULL, j->arg);
	kit_leave(k, before);
	j->desk->generation->pins--;
	free(j);
	return true;
}

unsigned
bndk_work_count(struct bndk *k)
{
	unsigned n = 0;
	struct kit_work *j;

	TAILQ_FOREACH(j, &k->works, link)
	n += !j->has_run;
	return n;
}

unsigned
bndk_work_run(struct bndk *k, unsigned count)
{
	struct kit_context before;
	struct kit_work *j;
	unsigned n = 0;

	while (n < count && (j = work_next(k, false)) != NULL) {
		j->has_run = true;
		before = kit_enter(k, TAG_POOL, "run", NULL, NULL);
		j->run(j->arg);
		kit_leave(k, before);
		n++;
	}
	return n;
}

/* ----------------------------------------------------------------- messages */

static void
post_add(struct kit_desk *from, uint32_t to, unsigned flags, uint32_t tag,
    uint64_t arg, struct bnd_buf *b)
{
	struct kit_generation *g = from->generation;
	struct kit_post *p = kit_alloc(sizeof(*p));

	p->generation = g;
	p->msg = (struct bnd_msg){ tag, from->pub.index, arg,
		b ? buf_hold(b) : NULL };
	p->to = to;
	p->flags = flags;
	g->pins++;
	g->k->boxes[from->pub.index][to]++;
	TAILQ_INSERT_TAIL(&g->k->posts, p, link);
}

int
call_post(struct bnd_worker *w, uint32_t to, unsigned flags, uint32_t tag,
    uint64_t arg, struct bnd_buf *b)
{
	struct kit_desk *d = desk_of(w);
	struct bndk *k = d->generation->k;
	int fail = kit_call(k, "post", TAG_WORKER);
	bool is_full = fail == -EAGAIN;
	uint32_t here = d->pub.index;
	size_t n;

	if (d->is_stopping)
		return -ECANCELED;
	if (post_check(here, to, flags, k->workers) < 0)
		return -EINVAL;
	for (uint32_t i = 0; i < k->workers; i++)
		if (post_is_for(here, to, flags, i) &&
		    k->boxes[here][i] >= KIT_BOX)
			is_full = true;
	if (is_full) {
		d->wants_room = true;
		return -EAGAIN;
	}
	if (fail)
		return fail;
	if (b)
		buf_bytes(k, b, &n);
	for (uint32_t i = 0; i < k->workers; i++)
		if (post_is_for(here, to, flags, i))
			post_add(d, i, flags, tag, arg, b);
	return 0;
}

static void
post_hand_over(struct kit_desk *d, const struct bnd_msg *m)
{
	const struct bnd_type *type = &d->generation->image->type;
	struct kit_context before;

	if (!d->is_started || d->is_stopping || !type->message)
		return;
	before = kit_enter(d->generation->k, TAG_WORKER, "message", d, NULL);
	type->message(&d->pub, m);
	kit_leave(d->generation->k, before);
}

static void
post_tell_room(struct bndk *k)
{
	struct kit_context before;

	for (struct kit_generation *g = k->generations; g; g = g->next) {
		for (unsigned i = 0; i < k->workers; i++) {
			struct kit_desk *d = g->desks[i];

			if (!d->wants_room || d->is_stopping)
				continue;
			d->wants_room = false;
			if (!g->image->type.worker_room)
				continue;
			before =
			    kit_enter(k, TAG_WORKER, "worker_room", d, NULL);
			g->image->type.worker_room(&d->pub);
			kit_leave(k, before);
		}
	}
}

static void
post_deliver(struct bndk *k, struct kit_post *p)
{
	struct kit_generation *g, *next;

	if (p->msg.from != p->to)
		post_hand_over(p->generation->desks[p->to], &p->msg);
	if (!(p->flags & BND_POST_ALL_GENERATIONS))
		return;
	for (g = k->generations; g; g = next) {
		next = g->next;
		if (g != p->generation &&
		    g->image->type.state_version ==
			p->generation->image->type.state_version)
			post_hand_over(g->desks[p->to], &p->msg);
	}
}

/* The oldest message, or the news that there is room; false: there is none. */
bool
post_deliver_one(struct bndk *k)
{
	struct kit_post *p = TAILQ_FIRST(&k->posts);

	if (!p)
		return false;
	TAILQ_REMOVE(&k->posts, p, link);
	post_deliver(k, p);
	k->boxes[p->msg.from][p->to]--;
	if (p->msg.buf)
		buf_drop(p->msg.buf);
	p->generation->pins--;
	free(p);
	post_tell_room(k);
	return true;
}

void
bndk_post_(const char *file, int line, struct bndk *k, unsigned from,
    unsigned to, uint32_t tag, uint64_t arg, const void *data, size_t n)
{
	struct bnd_buf *b = data ? buf_make(k, data, n) : NULL;

	k->file = file;
	k->line = line;
	if (from >= k->workers || to >= k->workers)
		kit_wrong(k, "test", "there is no worker %u",
		    from >= k->workers ? from : to);
	else
		post_add(k->generations->desks[from], to, 0, tag, arg, b);
	if (b)
		buf_drop(b);
}

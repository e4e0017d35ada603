/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "pipeline/post.h"

#include "base/buf.h"
#include "plugins/argument.h"
#include "worker/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct post {
	struct letter letter;
	struct bnd_msg msg; /* holds a reference to its buffer */
	struct binding *binding;
	uint32_t to;
	unsigned flags;
};

/* From one worker to another. */
struct box {
	atomic_uint count;  /* messages under way */
	atomic_bool wanted; /* the sender met it full */
	struct letter room; /* the news that it is not any more */
	uint32_t from;
	atomic_bool room_is_out;
};

static struct worker *const *workers;
static unsigned worker_count;
static struct box *boxes;

static struct box *
box_of(uint32_t from, uint32_t to)
{
	return &boxes[(size_t)from * worker_count + to];
}

/* [the sender] There is room again: tell whoever was refused. */
static void
post_room(struct letter *l)
{
	struct box *box = CONTAINER_OF(l, struct box, room);
	struct desk *d;

	atomic_store(&box->room_is_out, false);
	LIST_FOREACH(d, &workers[box->from]->desks, link)
	{
		if (!d->wants_room)
			continue;
		d->wants_room = 0;
		if (d->binding->type->worker_room && !d->is_stopping)
			PLUGIN_CALL(
			    d->worker, d->binding, worker_room, &d->pub);
	}
}

int
posts_init(struct worker *const *all, unsigned count)
{
	boxes = calloc((size_t)count * count, sizeof(*boxes));
	if (!boxes)
		return -ENOMEM;
	workers = all;
	worker_count = count;
	for (unsigned i = 0; i < count * count; i++) {
		boxes[i].from = i / count;
		boxes[i].room.fn = post_room;
	}
	return 0;
}

void
posts_finish(void)
{
	free(boxes);
	boxes = NULL;
}

/* Is the desk, of another generation perhaps, the same binding as b? */
static bool
desk_is_kin(const struct desk *d, const struct binding *b)
{
	const struct binding *o = d->binding;

	return o->type->state_version == b->type->state_version &&
	       strcmp(o->pub.name, b->pub.name) == 0 &&
	       strcmp(o->pub.pipeline, b->pub.pipeline) == 0 &&
	       strcmp(o->type->name, b->type->name) == 0;
}

static void
post_hand_over(struct desk *d, const struct bnd_msg *m)
{
	if (d->is_started && !d->is_stopping && d->binding->type->message)
		PLUGIN_CALL(d->worker, d->binding, message, &d->pub, m);
}

static void
post_free(struct post *p)
{
	pipeline_unpin(p->binding->pipeline, p->to);
	buf_unref(p->msg.buf);
	free(p);
}

static void
post_deliver(struct post *p)
{
	struct desk *own = p->binding->desks[p->to], *d, *next;
	struct box *box = box_of(p->msg.from, p->to);

	if (p->msg.from != p->to)
		post_hand_over(own, &p->msg);
	if (p->flags & BND_POST_ALL_GENERATIONS) {
		for (d = LIST_FIRST(&workers[p->to]->desks); d; d = next) {
			next = LIST_NEXT(d, link);
			if (d != own && desk_is_kin(d, p->binding))
				post_hand_over(d, &p->msg);
		}
	}
	atomic_fetch_sub(&box->count, 1);
	if (atomic_exchange(&box->wanted, false) &&
	    !atomic_exchange(&box->room_is_out, true))
		mail_send(&workers[box->from]->loop.box, &box->room);
	post_free(p);
}

/* Workers start one after the other, and the first may already post. */
static void
post_arrived(struct letter *l)
{
	struct post *p = CONTAINER_OF(l, struct post, letter);
	struct desk *own = p->binding->desks[p->to];

	if (own->is_started || own->is_stopping) {
		post_deliver(p);
		return;
	}
	l->next = own->early;
	own->early = l;
}

void
post_hand_early(struct desk *d)
{
	struct letter *l, *oldest = NULL;

	while ((l = d->early) != NULL) {
		d->early = l->next;
		l->next = oldest;
		oldest = l;
	}
	while ((l = oldest) != NULL) {
		oldest = l->next;
		post_deliver(CONTAINER_OF(l, struct post, letter));
	}
}

static bool
post_has_room(struct desk *from, uint32_t to)
{
	struct box *box = box_of(from->pub.index, to);

	if (atomic_load(&box->count) < POST_BOX)
		return true;
	atomic_store(&box->wanted, true);
	/* It may have emptied before it knew that it was wanted. */
	if (atomic_load(&box->count) < POST_BOX)
		return true;
	from->wants_room = 1;
	return false;
}

static struct post *
post_create(struct desk *from, uint32_t to, unsigned flags, uint32_t tag,
    uint64_t arg, struct bnd_buf *b)
{
	struct post *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->letter.fn = post_arrived;
	p->msg = (struct bnd_msg){ tag, from->pub.index, arg,
		b ? buf_ref(b) : NULL };
	p->binding = from->binding;
	p->to = to;
	p->flags = flags;
	pipeline_pin(p->binding->pipeline, to);
	return p;
}

static struct post *
post_take_first(struct post **list)
{
	struct post *p = *list;

	*list = p->letter.next
		    ? CONTAINER_OF(p->letter.next, struct post, letter)
		    : NULL;
	return p;
}

int
post_send(struct desk *from, uint32_t to, unsigned flags, uint32_t tag,
    uint64_t arg, struct bnd_buf *b)
{
	struct post *list = NULL, *p;
	uint32_t here = from->pub.index;
	bool is_whole = true;

	if (from->is_stopping)
		return -ECANCELED;
	if (post_check(here, to, flags, worker_count) < 0)
		return -EINVAL;
	for (uint32_t i = 0; i < worker_count; i++)
		if (post_is_for(here, to, flags, i) && !post_has_room(from, i))
			return -EAGAIN;
	/* All or nothing: make every letter before the first is sent. */
	for (uint32_t i = 0; i < worker_count && is_whole; i++) {
		if (!post_is_for(here, to, flags, i))
			continue;
		p = post_create(from, i, flags, tag, arg, b);
		is_whole = p != NULL;
		if (p) {
			p->letter.next = list ? &list->letter : NULL;
			list = p;
		}
	}
	while (list) {
		p = post_take_first(&list);
		if (!is_whole) {
			post_free(p);
			continue;
		}
		atomic_fetch_add(&box_of(here, p->to)->count, 1);
		mail_send(&workers[p->to]->loop.box, &p->letter);
	}
	return is_whole ? 0 : -ENOMEM;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-waits.c - timers by the kit's own clock, and descriptors. */

#include "kit-calls.h"
#include "kit-inner.h"
#include "plugins/argument.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

void
waits_init(struct kit_waits *w)
{
	*w = (struct kit_waits){ 0 };
	for (unsigned i = 0; i < KIT_SLOTS; i++)
		w->due[i] = -1;
}

/* Its owner is gone; whoever closed a watched descriptor before said too late
 * that it watches no more. */
void
waits_close(struct bndk *k, struct kit_waits *w)
{
	for (unsigned i = 0; i < KIT_FDS; i++)
		if (w->watches[i].events &&
		    fcntl(w->watches[i].fd, F_GETFD) < 0)
			kit_wrong(k, "watch",
			    "a descriptor was closed while it was watched");
	waits_init(w);
}

static void
waits_timer(struct bndk *k, struct kit_waits *w, unsigned slot, int64_t ms)
{
	if (slot >= KIT_SLOTS)
		kit_wrong(k, "value", "a timer in slot %u, and there are %d",
		    slot, KIT_SLOTS);
	else if (ms > INT64_MAX / 4)
		w->due[slot] = INT64_MAX / 4;
	else
		w->due[slot] = ms < 0 ? -1 : k->now_ms + ms;
}

static int
waits_watch(struct kit_waits *w, int fd, unsigned events)
{
	unsigned i, place = KIT_FDS;
	int rc = watch_check(fd, events);

	if (rc < 0)
		return rc;
	for (i = 0; i < KIT_FDS; i++) {
		if (w->watches[i].events && w->watches[i].fd == fd)
			break;
		if (!w->watches[i].events)
			place = i;
	}
	if (i == KIT_FDS && !events)
		return 0;
	if (i == KIT_FDS && fcntl(fd, F_GETFD) < 0)
		return -EBADF;
	i = i < KIT_FDS ? i : place;
	if (i == KIT_FDS)
		return -ENOMEM;
	w->watches[i].fd = fd;
	w->watches[i].events = events;
	return 0;
}

void
call_timer(struct bnd_stage *st, unsigned slot, int64_t ms)
{
	struct kit_stage *s;
	int fail;

	if (!kit_stage_call(st, "timer", &s, &fail))
		return;
	if (fail)
		conn_end(s->conn, -ENOMEM, "out of memory");
	else
		waits_timer(s->conn->k, &s->waits, slot, ms);
}

void
call_worker_timer(struct bnd_worker *w, unsigned slot, int64_t ms)
{
	struct kit_desk *d = desk_of(w);

	kit_call(d->generation->k, "worker_timer", TAG_WORKER);
	if (!d->is_stopping)
		waits_timer(d->generation->k, &d->waits, slot, ms);
}

int
call_watch(struct bnd_stage *st, int fd, unsigned events)
{
	struct kit_stage *s;
	int fail;

	if (!kit_stage_call(st, "watch", &s, &fail) && events)
		return -ECANCELED;
	kit_current->has_watch_news |= events != 0;
	return fail && events ? fail : waits_watch(&s->waits, fd, events);
}

int64_t
call_now(void)
{
	kit_call(kit_current, "now", TAG_ANY);
	return kit_current->now_ms;
}

/* ---------------------------------------------------------------- who waits */

/* Stages and desks, one after the other. */
struct waiter {
	struct kit_waits *waits;
	struct kit_stage *stage; /* NULL: the desk's own */
	struct kit_desk *desk;
};

static bool
waiter_next(struct bndk *k, unsigned n, struct waiter *r)
{
	struct bndk_conn *c;

	TAILQ_FOREACH(c, &k->conns, link)
	{
		if (c->stage.state >= STAGE_CLOSING || n-- > 0)
			continue;
		*r = (struct waiter){ &c->stage.waits, &c->stage,
			c->stage.desk };
		return true;
	}
	for (struct kit_generation *g = k->generations; g; g = g->next) {
		for (unsigned i = 0; i < k->workers; i++) {
			if (!g->desks || !g->desks[i]->is_started || n-- > 0)
				continue;
			*r = (struct waiter){ &g->desks[i]->waits, NULL,
				g->desks[i] };
			return true;
		}
	}
	return false;
}

static void
waiter_ready(struct bndk *k, const struct waiter *w, int fd, unsigned events)
{
	const struct bnd_type *type = &w->desk->generation->image->type;
	struct kit_context before =
	    kit_enter(k, TAG_WORKER, "ready", w->desk, w->stage);

	if (type->ready)
		type->ready(&w->stage->pub, fd, events);
	kit_leave(k, before);
}

static short
watch_wants(unsigned events)
{
	return (short)((events & BND_READ ? POLLIN | POLLRDHUP : 0) |
		       (events & BND_WRITE ? POLLOUT : 0));
}

static bool
watch_poll(struct bndk *k, const struct waiter *w, unsigned i)
{
	unsigned wanted = w->waits->watches[i].events, events = 0;
	struct pollfd p = { .fd = w->waits->watches[i].fd };

	p.events = watch_wants(wanted);
	if (!wanted || poll(&p, 1, 0) <= 0)
		return false;
	if (p.revents & POLLNVAL) {
		kit_wrong(
		    k, "watch", "a descriptor was closed while it was watched");
		w->waits->watches[i].events = 0;
		return false;
	}
	if (p.revents & (POLLIN | POLLRDHUP | POLLHUP | POLLERR))
		events |= BND_READ;
	if (p.revents & (POLLOUT | POLLHUP | POLLERR))
		events |= BND_WRITE;
	k->has_watch_news = true;
	waiter_ready(k, w, p.fd, events);
	return true;
}

bool
waits_sleep(struct bndk *k, int ms)
{
	struct pollfd p[KIT_FDS];
	struct waiter w;
	nfds_t count = 0;

	for (unsigned n = 0; waiter_next(k, n, &w); n++)
		for (unsigned i = 0; i < KIT_FDS && count < KIT_FDS; i++)
			if (w.waits->watches[i].events)
				p[count++] =
				    (struct pollfd){ .fd =
							 w.waits->watches[i].fd,
					    .events = watch_wants(
						w.waits->watches[i].events) };
	if (count)
		poll(p, count, ms > 0 ? ms : 0);
	return count > 0;
}

/* Tell the first whose descriptor is ready; false: none is. */
bool
waits_poll(struct bndk *k)
{
	struct waiter w;

	for (unsigned n = 0; waiter_next(k, n, &w); n++)
		for (unsigned i = 0; i < KIT_FDS; i++)
			if (watch_poll(k, &w, i))
				return true;
	return false;
}

/* When the next timer is due; -1: none is armed. */
int64_t
waits_next(struct bndk *k)
{
	int64_t next = -1;
	struct waiter w;

	for (unsigned n = 0; waiter_next(k, n, &w); n++)
		for (unsigned i = 0; i < KIT_SLOTS; i++)
			if (w.waits->due[i] >= 0 &&
			    (next < 0 || w.waits->due[i] < next))
				next = w.waits->due[i];
	return next;
}

static void
waiter_timer(struct bndk *k, const struct waiter *w, unsigned slot)
{
	const struct bnd_type *type = &w->desk->generation->image->type;
	struct kit_context before;

	w->waits->due[slot] = -1;
	if (w->stage ? !type->timer : !type->worker_timer)
		return;
	before = kit_enter(k, TAG_WORKER, w->stage ? "timer" : "worker_timer",
	    w->desk, w->stage);
	if (w->stage)
		type->timer(&w->stage->pub, slot);
	else
		type->worker_timer(&w->desk->pub, slot);
	kit_leave(k, before);
}

/* Fire the timer that has been due for longest; false: none is due. */
bool
waits_fire(struct bndk *k)
{
	int64_t next = waits_next(k);
	struct waiter w;

	if (next < 0 || next > k->now_ms)
		return false;
	for (unsigned n = 0; waiter_next(k, n, &w); n++) {
		for (unsigned i = 0; i < KIT_SLOTS; i++) {
			if (w.waits->due[i] != next)
				continue;
			waiter_timer(k, &w, i);
			return true;
		}
	}
	return false;
}

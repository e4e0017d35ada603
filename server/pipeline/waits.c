/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "pipeline/waits.h"

#include "base/compiler.h"
#include "pipeline/pipeline.h"
#include "plugins/argument.h"

#include <errno.h>
#include <stdlib.h>

struct wait_timer {
	struct timer timer;
	struct waits *waits;
};

struct wait_fd {
	struct grave grave; /* first: see loop_bury() */
	struct wait_fd *next;
	struct watch watch;
	struct waits *waits;
};

struct waits {
	struct loop *loop;
	void *owner;
	const struct waits_calls *calls;
	struct wait_fd *fds;
	struct wait_timer timers[TIMER_SLOTS];
};

static void
wait_timer_due(struct timer *t)
{
	struct wait_timer *wt = CONTAINER_OF(t, struct wait_timer, timer);
	struct waits *w = wt->waits;

	w->calls->timer(w->owner, (unsigned)(wt - w->timers));
}

static void
wait_fd_ready(struct watch *watch, uint32_t ev)
{
	struct wait_fd *f = CONTAINER_OF(watch, struct wait_fd, watch);
	unsigned events = 0;

	if (ev & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		events |= BND_READ;
	if (ev & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		events |= BND_WRITE;
	f->waits->calls->ready(f->waits->owner, watch->fd, events);
}

static struct waits *
waits_get(struct waits **w, struct loop *l, void *owner,
    const struct waits_calls *calls)
{
	if (*w)
		return *w;
	*w = calloc(1, sizeof(**w));
	if (!*w)
		return NULL;
	(*w)->loop = l;
	(*w)->owner = owner;
	(*w)->calls = calls;
	for (unsigned i = 0; i < TIMER_SLOTS; i++) {
		(*w)->timers[i].timer.fn = wait_timer_due;
		(*w)->timers[i].waits = *w;
	}
	return *w;
}

/* A plugin's timer never fires early: the turn may have taken a while by now,
 * and of the clock's present millisecond a part is over. */
static int64_t
waits_due(const struct loop *l, int64_t ms)
{
	if (ms == 0)
		return l->now_ms;
	if (ms > INT64_MAX / 2)
		return INT64_MAX / 2;
	return loop_clock() + ms + 1;
}

int
waits_timer(struct waits **w, struct loop *l, void *owner,
    const struct waits_calls *calls, unsigned slot, int64_t ms)
{
	struct timer *t;

	if (slot >= TIMER_SLOTS)
		return -EINVAL;
	if (ms < 0 && !*w)
		return 0;
	if (!waits_get(w, l, owner, calls))
		return -ENOMEM;
	t = &(*w)->timers[slot].timer;
	if (ms < 0)
		timer_cancel(l->timers, t);
	else
		timer_arm(l->timers, t, waits_due(l, ms));
	return 0;
}

static struct wait_fd **
waits_find(struct waits *w, int fd)
{
	struct wait_fd **f = &w->fds;

	while (*f && (*f)->watch.fd != fd)
		f = &(*f)->next;
	return f;
}

static void
waits_drop_fd(struct waits *w, struct wait_fd **at)
{
	struct wait_fd *f = *at;

	*at = f->next;
	f->watch.fn = NULL;
	loop_bury(w->loop, f);
}

static int
waits_add_fd(struct waits *w, int fd, uint32_t ev)
{
	struct wait_fd *f = calloc(1, sizeof(*f));
	int rc;

	if (!f)
		return -ENOMEM;
	f->watch = (struct watch){ wait_fd_ready, fd };
	f->waits = w;
	rc = loop_watch(w->loop, &f->watch, ev);
	if (rc < 0) {
		free(f);
		return rc;
	}
	f->next = w->fds;
	w->fds = f;
	return 0;
}

int
waits_watch(struct waits **w, struct loop *l, void *owner,
    const struct waits_calls *calls, int fd, unsigned events)
{
	uint32_t ev = (events & BND_READ ? EPOLLIN | EPOLLRDHUP : 0) |
		      (events & BND_WRITE ? EPOLLOUT : 0);
	int rc = watch_check(fd, events);
	struct wait_fd **at;

	if (rc < 0)
		return rc;
	if (!events && !*w)
		return 0;
	if (!waits_get(w, l, owner, calls))
		return -ENOMEM;
	at = waits_find(*w, fd);
	if (!*at)
		return events ? waits_add_fd(*w, fd, ev) : 0;
	if (events)
		return loop_rewatch(l, &(*at)->watch, ev);
	loop_unwatch(l, &(*at)->watch);
	waits_drop_fd(*w, at);
	return 0;
}

bool
waits_has(struct waits *w, int fd)
{
	return w && *waits_find(w, fd);
}

void
waits_forget(struct waits *w, int fd)
{
	struct wait_fd **at = w ? waits_find(w, fd) : NULL;

	if (at && *at)
		waits_drop_fd(w, at);
}

void
waits_destroy(struct waits **w)
{
	if (!*w)
		return;
	for (unsigned i = 0; i < TIMER_SLOTS; i++)
		timer_cancel((*w)->loop->timers, &(*w)->timers[i].timer);
	while ((*w)->fds) {
		loop_unwatch((*w)->loop, &(*w)->fds->watch);
		waits_drop_fd(*w, &(*w)->fds);
	}
	free(*w);
	*w = NULL;
}

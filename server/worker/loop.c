/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/loop.h"

#include "base/compiler.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LOOP_EVENTS = 256 };

/* The end of a task list, so that next == NULL can mean "not queued". */
static struct task loop_tail;

static int64_t
loop_clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
loop_clock(void)
{
	return loop_clock_us() / 1000;
}

static void
loop_mail_ready(struct watch *w, uint32_t events)
{
	struct loop *l = CONTAINER_OF(w, struct loop, box_watch);

	(void)events;
	mail_run(&l->box);
}

int
loop_init(struct loop *l)
{
	int rc;

	*l = (struct loop){ .epoll_fd = -1, .box = { .fd = -1 } };
	l->first = l->later = &loop_tail;
	l->last = &l->first;
	l->later_last = &l->later;
	l->now_ms = loop_clock();
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	rc = l->epoll_fd < 0 ? -errno : mailbox_init(&l->box);
	if (rc == 0) {
		l->box_watch = (struct watch){ loop_mail_ready, l->box.fd };
		rc = loop_watch(l, &l->box_watch, EPOLLIN);
	}
	if (rc == 0) {
		l->timers = timer_wheel_create(l->now_ms);
		rc = l->timers ? 0 : -ENOMEM;
	}
	if (rc < 0)
		loop_finish(l);
	return rc;
}

static void
loop_empty_graves(struct loop *l)
{
	struct grave *g, *next;

	for (g = l->graves; g; g = next) {
		next = g->next;
		free(g);
	}
	l->graves = NULL;
}

void
loop_finish(struct loop *l)
{
	loop_empty_graves(l);
	timer_wheel_destroy(&l->timers);
	if (l->box.fd >= 0)
		mailbox_finish(&l->box);
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	l->epoll_fd = -1;
}

void
loop_queue(struct loop *l, struct task *t)
{
	if (t->next)
		return;
	t->next = &loop_tail;
	*l->last = t;
	l->last = &t->next;
}

void
loop_defer(struct loop *l, struct task *t)
{
	if (t->next)
		return;
	t->next = &loop_tail;
	*l->later_last = t;
	l->later_last = &t->next;
}

static bool
loop_list_remove(struct task **first, struct task ***last, struct task *t)
{
	for (struct task **p = first; *p != &loop_tail; p = &(*p)->next) {
		if (*p != t)
			continue;
		*p = t->next;
		if (*last == &t->next)
			*last = p;
		return true;
	}
	return false;
}

void
loop_unqueue(struct loop *l, struct task *t)
{
	if (!t->next)
		return;
	if (!loop_list_remove(&l->first, &l->last, t))
		loop_list_remove(&l->later, &l->later_last, t);
	t->next = NULL;
}

int
loop_watch(struct loop *l, struct watch *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, w->fd, &ev) < 0 ? -errno
								     : 0;
}

int
loop_rewatch(struct loop *l, struct watch *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	return epoll_ctl(l->epoll_fd, EPOLL_CTL_MOD, w->fd, &ev) < 0 ? -errno
								     : 0;
}

void
loop_unwatch(struct loop *l, struct watch *w)
{
	epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
}

void
loop_bury(struct loop *l, void *object)
{
	struct grave *g = object;

	g->next = l->graves;
	l->graves = g;
}

static void
loop_run_tasks(struct loop *l)
{
	while (l->first != &loop_tail) {
		struct task *t = l->first;

		l->first = t->next;
		__builtin_prefetch(l->first); /* of another connection */
		if (l->first == &loop_tail)
			l->last = &l->first;
		t->next = NULL;
		t->fn(t);
	}
}

/* What was put off becomes the work of the turn that begins. */
static void
loop_take_later(struct loop *l)
{
	if (l->later == &loop_tail)
		return;
	*l->last = l->later;
	l->last = l->later_last;
	l->later = &loop_tail;
	l->later_last = &l->later;
}

static int
loop_wait_ms(const struct loop *l, int wait_ms)
{
	int64_t next, ms;

	if (l->first != &loop_tail || l->later != &loop_tail)
		return 0;
	next = timer_next(l->timers);
	if (next == INT64_MAX)
		return wait_ms;
	ms = next - l->now_ms;
	if (ms < 0)
		ms = 0;
	if (ms > INT_MAX)
		ms = INT_MAX;
	return wait_ms >= 0 && wait_ms < ms ? wait_ms : (int)ms;
}

void
loop_turn(struct loop *l, int wait_ms)
{
	struct epoll_event events[LOOP_EVENTS];
	int64_t began_us;
	int n;

	n = epoll_wait(
	    l->epoll_fd, events, LOOP_EVENTS, loop_wait_ms(l, wait_ms));
	began_us = loop_clock_us();
	l->now_ms = began_us / 1000;
	l->turns++;
	loop_take_later(l);
	for (int i = 0; i < n; i++) {
		struct watch *w = events[i].data.ptr;

		if (w->fn)
			w->fn(w, events[i].events);
	}
	timer_run(l->timers, l->now_ms);
	loop_run_tasks(l);
	loop_empty_graves(l);
	pulse_turn(&l->pulse, l->now_ms, loop_clock_us() - began_us);
}

void
loop_run(struct loop *l)
{
	while (!l->is_ended)
		loop_turn(l, -1);
}

void
loop_end(struct loop *l)
{
	l->is_ended = true;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * doubt.c - short reads that may have lied (sock_doubt() in sock.h).
 * Edge-triggered sockets whose last read was short stand in the worker's list;
 * one that was not read for a tick leaves it, after a look whether the kernel
 * still holds bytes.
 */

#include "base/compiler.h"
#include "log/log.h"
#include "stream/conn.h"
#include "stream/sock.h"

#include <stdlib.h>
#include <sys/ioctl.h>

enum { DOUBT_MS = 20 };

static bool
doubt_grow(struct worker *w)
{
	size_t n = w->doubt_capacity ? w->doubt_capacity * 2 : 64;
	void *p;

	if (w->doubt_count < w->doubt_capacity)
		return true;
	p = realloc(w->doubts, n * sizeof(struct sock *));
	if (!p)
		return false;
	w->doubts = p;
	w->doubt_capacity = n;
	return true;
}

bool
sock_doubt(struct sock *s)
{
	struct worker *w = s->hop.conn->worker;

	if (UNLIKELY(w->reads_are_cut))
		return false;
	s->was_read = true;
	if (LIKELY(s->doubt))
		return true;
	if (!doubt_grow(w))
		return false;
	w->doubts[w->doubt_count++] = s;
	s->doubt = (uint32_t)w->doubt_count;
	if (!timer_is_armed(&w->doubt_timer))
		timer_arm(
		    w->loop.timers, &w->doubt_timer, w->loop.now_ms + DOUBT_MS);
	return true;
}

void
sock_undoubt(struct sock *s)
{
	struct worker *w = s->hop.conn->worker;
	struct sock *last;

	if (!s->doubt)
		return;
	last = w->doubts[--w->doubt_count];
	w->doubts[s->doubt - 1] = last;
	last->doubt = s->doubt;
	s->doubt = 0;
	s->was_found_full = false;
}

/* Bytes that an edge had announced, or is about to. */
static bool
doubt_holds_bytes(const struct sock *s)
{
	int n = 0;

	return ioctl(s->watch.fd, FIONREAD, &n) == 0 && n > 0;
}

/* Bytes found at one look may have arrived a moment ago, with their event still
 * under way.  Found at two looks, without a read between them, no event will
 * come. */
static void
doubt_look(struct worker *w, struct sock *s)
{
	/* One that is held back knows that there is more. */
	if (s->may_read || !doubt_holds_bytes(s)) {
		sock_undoubt(s);
	} else if (!s->was_found_full) {
		s->was_found_full = true;
	} else {
		if (!w->reads_are_cut)
			log_notice("reads are cut short by something between "
				   "the host and the kernel, reading on until "
				   "the kernel says that nothing is left");
		w->reads_are_cut = true;
		sock_undoubt(s);
		s->may_read = true;
		hop_wake(&s->hop);
	}
}

void
sock_doubts_due(struct timer *t)
{
	struct worker *w = CONTAINER_OF(t, struct worker, doubt_timer);

	for (size_t i = w->doubt_count; i-- > 0;) {
		struct sock *s = w->doubts[i];

		if (s->was_read) {
			s->was_read = false;
			s->was_found_full = false;
		} else {
			doubt_look(w, s);
		}
	}
	if (w->doubt_count)
		timer_arm(w->loop.timers, t, w->loop.now_ms + DOUBT_MS);
}

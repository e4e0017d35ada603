/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * way.h - the way that the tests of opening and refusing build: a source r, two
 * filters a and b and a sink s, all of them actors that pass bytes on until a
 * test has given them hooks.  s2 is the sink of a second way.
 */
#ifndef TESTS_WAY_H
#define TESTS_WAY_H

#include "actor.h"

static struct actor r, a, b, s, s2;

static void
begin(void)
{
	host_start();
	trace.n = 0;
	trace.flags = 0;
	r = ACTOR("r", BND_SOURCE, 0);
	a = ACTOR("a", BND_FILTER, 0);
	b = ACTOR("b", BND_FILTER, 0);
	s = ACTOR("s", BND_SINK, 0);
	s2 = ACTOR("s2", BND_SINK, 0);
	r.open = open_front;
	r.flow = a.flow = b.flow = flow_pass;
	s.flow = s2.flow = flow_echo;
	back_peer = -1;
}

static void
end(void)
{
	host_stop();
	actor_is_over(&r);
	actor_is_over(&a);
	actor_is_over(&b);
	actor_is_over(&s);
	actor_is_over(&s2);
}

UNUSED static struct line *
line_rabs(void)
{
	return HOST_LINE_OF("p", &r.type, &a.type, &b.type, &s.type);
}

UNUSED static void
hang_up(int fd)
{
	close(fd);
	host_settle();
	fd = back_peer;
	back_peer = -1;
	if (fd >= 0)
		close(fd);
	host_settle();
}

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* When a connection is done, where an end of it is no socket: ENDING in
 * bindery/plugin.h. */

#include "way.h"

static size_t eaten;   /* by s */
static size_t got;     /* by r */
static bool has_ended; /* s was told that the client had */
static bool has_heard; /* r, that the sink had */

static int
open_ends(struct bnd_stage *st, void *arg)
{
	(void)arg;
	bnd_end(st, BND_FRONT);
	return 0;
}

static void
sink_eats(struct bnd_stage *st)
{
	eaten += bnd_eat(st, BND_FRONT, BND_ALL);
	if (bnd_ended(st, BND_FRONT))
		has_ended = true;
}

START_TEST(what_comes_after_the_sinks_end_is_still_heard)
{
	char text[1001];
	int fd;

	begin();
	eaten = 0;
	has_ended = false;
	memset(text, 'x', 1000);
	text[1000] = 0;
	s.open = open_ends;
	s.flow = sink_eats;
	fd = line_connect(HOST_LINE_OF("p", &r.type, &s.type));
	host_settle();
	peer_hears_end(fd);
	peer_say(fd, text);
	shutdown(fd, SHUT_WR);
	host_settle();
	ck_assert_uint_eq(eaten, 1000);
	ck_assert(has_ended);
	trace_is("r.open s.open r.opened:0 r.close:0 s.close:0");
	close(fd);
	end();
}
END_TEST

static int
open_from_nowhere(struct bnd_stage *st, void *arg)
{
	(void)arg;
	bnd_out(st, BND_BACK, "ask", 3);
	bnd_end(st, BND_BACK);
	return 0;
}

static void
source_listens(struct bnd_stage *st)
{
	got += bnd_eat(st, BND_BACK, BND_ALL);
	if (bnd_ended(st, BND_BACK))
		has_heard = true;
}

static void
sink_answers_at_the_end(struct bnd_stage *st)
{
	eaten += bnd_eat(st, BND_FRONT, BND_ALL);
	if (!bnd_ended(st, BND_FRONT))
		return;
	if (!has_ended)
		bnd_out(st, BND_FRONT, "answer", 6);
	has_ended = true;
	bnd_end(st, BND_FRONT);
}

START_TEST(a_way_without_any_socket_ends)
{
	struct line *l;

	begin();
	eaten = got = 0;
	has_ended = has_heard = false;
	r.open = open_from_nowhere;
	r.flow = source_listens;
	s.flow = sink_answers_at_the_end;
	l = HOST_LINE_OF("p", &r.type, &s.type);
	ck_assert_int_eq(bnd_spawn(&l->desks[0][0]->pub, NULL), 0);
	host_settle();
	ck_assert_uint_eq(eaten, 3);
	ck_assert_uint_eq(got, 6);
	ck_assert(has_ended && has_heard);
	trace_is("r.open s.open r.opened:0 r.close:0 s.close:0");
	end();
}
END_TEST

START_TEST(a_source_without_a_socket_hears_the_whole_answer)
{
	static char answer[5001];
	struct line *l;

	begin();
	got = 0;
	has_heard = false;
	memset(answer, 'y', 5000);
	r.open = open_from_nowhere;
	r.flow = source_listens;
	s.open = open_back_sock;
	s.flow = flow_pass;
	l = HOST_LINE_OF("p", &r.type, &s.type);
	ck_assert_int_eq(bnd_spawn(&l->desks[0][0]->pub, NULL), 0);
	host_settle();
	peer_hears(back_peer, "ask");
	peer_hears_end(back_peer);
	peer_say(back_peer, answer);
	close(back_peer);
	back_peer = -1;
	host_settle();
	ck_assert_uint_eq(got, 5000);
	ck_assert(has_heard);
	trace_is("r.open s.open r.opened:0 r.close:0 s.close:0");
	end();
}
END_TEST

UNIT_TESTS("protocol-end", what_comes_after_the_sinks_end_is_still_heard,
    a_way_without_any_socket_ends,
    a_source_without_a_socket_hears_the_whole_answer)

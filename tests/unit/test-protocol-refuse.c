/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Refusing, and its peculiar moments: bnd_refuse() in bindery/plugin.h. */

#include "way.h"

static int
open_refuses(struct bnd_stage *st, void *arg)
{
	(void)arg;
	bnd_out(st, BND_FRONT, "no\n", 3);
	bnd_refuse(st, -EACCES, "not you");
	return 0;
}

static int
open_refuses_and_fails(struct bnd_stage *st, void *arg)
{
	open_refuses(st, arg);
	return -EACCES;
}

static void
refuse_in_open(int (*how)(struct bnd_stage *, void *), bool is_held)
{
	int fd;

	begin();
	b.open = how;
	b.type.flags = is_held ? BND_HOLD_BACK : 0;
	fd = line_connect(line_rabs());
	peer_hears(fd, "no\n");
	peer_hears_end(fd);
	peer_say(fd, "but");
	host_settle();
	trace_is("r.open a.open b.open a.opened:0 r.opened:0");
	hang_up(fd);
	trace_is("r.close:0 a.close:0 b.close:0");
	ck_assert_uint_eq(host.workers[0]->reasons[REASON_DENIED], 1);
	end();
}

START_TEST(refusing_in_open_builds_nothing_behind)
{
	refuse_in_open(open_refuses, false);
	refuse_in_open(open_refuses, true);
}
END_TEST

START_TEST(refusing_and_failing_is_a_refusal)
{
	refuse_in_open(open_refuses_and_fails, false);
}
END_TEST

static void
refuse_with(int err, const char *behind, enum reason reason)
{
	int fd;

	begin();
	s.open = open_back_sock;
	s.flow = flow_pass;
	fd = line_connect(line_rabs());
	host_settle();
	trace.n = 0;
	bnd_out(a.last, BND_FRONT, "bye\n", 4);
	bnd_refuse(a.last, err, "enough");
	peer_hears(fd, "bye\n");
	peer_hears_end(fd);
	peer_hears_reset(back_peer);
	trace_is(behind);
	hang_up(fd);
	ck_assert_uint_eq(host.workers[0]->reasons[reason], 1);
	end();
}

START_TEST(a_refusal_tears_down_what_lies_behind)
{
	refuse_with(-EDQUOT, "b.close:EDQUOT s.close:EDQUOT", REASON_LIMIT);
	refuse_with(0, "b.close:0 s.close:0", REASON_DONE);
}
END_TEST

/* It means to refuse, and nobody hears an errno that is none. */
START_TEST(a_refusal_above_0_is_one)
{
	refuse_with(EDQUOT, "b.close:EACCES s.close:EACCES", REASON_DENIED);
}
END_TEST

/* The refuser had bypassed one way or both before it changed its mind. */
static void
refuse_after_bypass(unsigned from, unsigned to)
{
	int fd;

	begin();
	s.open = open_back_sock;
	s.flow = flow_pass;
	fd = line_connect(line_rabs());
	host_settle();
	bnd_bypass(a.last, from, to);
	host_settle();
	bnd_refuse(a.last, -EDQUOT, "enough");
	peer_say(fd, "dropped");
	peer_hears_end(fd);
	peer_hears_reset(back_peer);
	hang_up(fd);
	ck_assert_uint_eq(host.workers[0]->reasons[REASON_LIMIT], 1);
	end();
}

START_TEST(a_refusal_after_a_bypass_still_ends_the_front)
{
	refuse_after_bypass(BND_BACK, BND_FRONT);
	refuse_after_bypass(BND_FRONT, BND_BACK);
}
END_TEST

START_TEST(who_has_refused_may_leave)
{
	int fd;

	begin();
	s.open = open_back_sock;
	s.flow = flow_pass;
	fd = line_connect(line_rabs());
	host_settle();
	trace.n = 0;
	bnd_out(a.last, BND_FRONT, "bye\n", 4);
	bnd_refuse(a.last, -EDQUOT, "enough");
	bnd_leave(a.last);
	peer_hears(fd, "bye\n");
	peer_hears_end(fd);
	peer_say(fd, "dropped");
	host_settle();
	/* and nothing new is built in its place */
	trace_is("b.close:EDQUOT s.close:EDQUOT a.close:0");
	ck_assert_uint_eq(host.workers[0]->conn_count, 1);
	hang_up(fd);
	ck_assert_uint_eq(host.workers[0]->conn_count, 0);
	end();
}
END_TEST

/* What was ended stays so, and what was discarded too. */
START_TEST(a_bypass_brings_no_ended_way_back)
{
	int fd;

	begin();
	s.open = open_back_sock;
	s.flow = flow_pass;
	fd = line_connect(line_rabs());
	host_settle();
	bnd_out(a.last, BND_BACK, "last", 4);
	bnd_end(a.last, BND_BACK);
	bnd_leave(a.last);
	peer_hears(back_peer, "last");
	peer_hears_end(back_peer);
	peer_say(fd, "dropped");
	host_settle();
	bnd_discard(b.last, BND_BACK);
	bnd_leave(b.last);
	peer_say(back_peer, "dropped too");
	peer_hears_end(fd);
	shutdown(fd, SHUT_WR);
	hang_up(fd);
	end();
}
END_TEST

START_TEST(a_refused_client_that_stays_is_cut)
{
	int fd;

	begin();
	b.open = open_refuses;
	fd = line_connect(line_rabs());
	peer_hears(fd, "no\n");
	peer_hears_end(fd);
	host_pass(4900);
	ck_assert_uint_eq(host.workers[0]->conn_count, 1);
	host_pass(200);
	ck_assert_uint_eq(host.workers[0]->conn_count, 0);
	/* The reason is the refusal's: the first word counts. */
	ck_assert_uint_eq(host.workers[0]->reasons[REASON_DENIED], 1);
	hang_up(fd);
	end();
}
END_TEST

START_TEST(a_refused_client_that_floods_is_cut)
{
	static char junk[65536];
	int fd;

	begin();
	b.open = open_refuses;
	fd = line_connect(line_rabs());
	peer_hears(fd, "no\n");
	for (int i = 0; i < 200 && host.workers[0]->conn_count; i++) {
		send(fd, junk, sizeof(junk), MSG_DONTWAIT | MSG_NOSIGNAL);
		host_turn();
	}
	ck_assert_uint_eq(host.workers[0]->conn_count, 0);
	hang_up(fd);
	end();
}
END_TEST

UNIT_TESTS("protocol-refuse", refusing_in_open_builds_nothing_behind,
    refusing_and_failing_is_a_refusal, a_refusal_tears_down_what_lies_behind,
    a_refusal_above_0_is_one, a_refusal_after_a_bypass_still_ends_the_front,
    who_has_refused_may_leave, a_bypass_brings_no_ended_way_back,
    a_refused_client_that_stays_is_cut, a_refused_client_that_floods_is_cut)

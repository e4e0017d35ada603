/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The rules under OPENING in bindery/plugin.h. */

#include "way.h"

START_TEST(a_way_opens_from_the_back_to_the_front)
{
	int fd;

	begin();
	fd = line_connect(line_rabs());
	host_settle();
	trace_is("r.open a.open b.open s.open b.opened:0 a.opened:0 "
		 "r.opened:0");
	peer_say(fd, "hello");
	peer_hears(fd, "hello");
	hang_up(fd);
	trace_is("r.close:0 a.close:0 b.close:0 s.close:0");
	end();
}
END_TEST

START_TEST(bytes_that_came_first_are_not_forgotten)
{
	struct line *l;
	int fd[2];

	begin();
	l = line_rabs();
	peer_pair(fd);
	peer_say(fd[0], "early");
	shutdown(fd[0], SHUT_WR);
	bnd_spawn(&l->desks[0][0]->pub, (void *)(intptr_t)fd[1]);
	peer_hears(fd[0], "early");
	peer_hears_end(fd[0]);
	hang_up(fd[0]);
	end();
}
END_TEST

static int
open_back_at_once(struct bnd_stage *st, void *arg)
{
	(void)arg;
	ck_assert_int_eq(bnd_open_back(st, NULL), 0);
	ck_assert_int_eq(bnd_open_back(st, NULL), -EINVAL);
	return 0;
}

START_TEST(a_stage_that_holds_its_back_counts_as_open)
{
	int fd;

	begin();
	a.type.flags = BND_HOLD_BACK;
	fd = line_connect(line_rabs());
	host_settle();
	trace_is("r.open a.open r.opened:0");
	bnd_open_back(a.last, NULL);
	host_settle();
	trace_is("b.open s.open b.opened:0 a.opened:0");
	peer_say(fd, "x");
	peer_hears(fd, "x");
	hang_up(fd);
	end();
}
END_TEST

START_TEST(what_went_to_a_held_back_waits_there)
{
	int fd;

	begin();
	a.type.flags = BND_HOLD_BACK;
	fd = line_connect(HOST_LINE_OF("p", &r.type, &a.type, &s.type));
	peer_say(fd, "waits");
	shutdown(fd, SHUT_WR);
	host_settle();
	bnd_open_back(a.last, NULL);
	peer_hears(fd, "waits");
	peer_hears_end(fd);
	hang_up(fd);
	end();
}
END_TEST

START_TEST(a_back_opened_in_open_is_not_held)
{
	int fd;

	begin();
	a.type.flags = BND_HOLD_BACK;
	a.open = open_back_at_once;
	fd = line_connect(line_rabs());
	host_settle();
	trace_is("r.open a.open b.open s.open b.opened:0 a.opened:0 "
		 "r.opened:0");
	hang_up(fd);
	end();
}
END_TEST

START_TEST(a_held_front_stops_the_news)
{
	int fd;

	begin();
	a.type.flags = BND_HOLD_FRONT;
	s.type.flags = BND_HOLD_FRONT;
	fd = line_connect(line_rabs());
	host_settle();
	trace_is("r.open a.open b.open s.open");
	bnd_open_front(s.last);
	bnd_open_front(s.last);
	host_settle();
	trace_is("b.opened:0 a.opened:0");
	bnd_open_front(a.last);
	host_settle();
	trace_is("r.opened:0");
	hang_up(fd);
	end();
}
END_TEST

START_TEST(both_held_waits_for_the_front)
{
	int fd;

	begin();
	a.type.flags = BND_HOLD_BACK | BND_HOLD_FRONT;
	fd = line_connect(line_rabs());
	host_settle();
	trace_is("r.open a.open");
	bnd_open_front(a.last);
	host_settle();
	trace_is("r.opened:0");
	bnd_open_back(a.last, NULL);
	host_settle();
	trace_is("b.open s.open b.opened:0 a.opened:0");
	hang_up(fd);
	end();
}
END_TEST

START_TEST(a_held_front_that_leaves_holds_no_more)
{
	int fd;

	begin();
	a.type.flags = BND_HOLD_FRONT;
	fd = line_connect(line_rabs());
	host_settle();
	trace_is("r.open a.open b.open s.open b.opened:0 a.opened:0");
	bnd_leave(a.last);
	host_settle();
	trace_is("r.opened:0 a.close:0");
	peer_say(fd, "x");
	peer_hears(fd, "x");
	hang_up(fd);
	end();
}
END_TEST

START_TEST(attaching_opens_a_held_sink)
{
	int fd;

	begin();
	s.type.flags = BND_HOLD_FRONT;
	s.open = open_back_sock_and_leave;
	fd = line_connect(line_rabs());
	host_settle();
	trace_is("r.open a.open b.open s.open b.opened:0 a.opened:0 "
		 "r.opened:0 s.close:0");
	peer_say(fd, "to");
	peer_hears(back_peer, "to");
	peer_say(back_peer, "fro");
	peer_hears(fd, "fro");
	hang_up(fd);
	end();
}
END_TEST

/* ------------------------------------------------------------ it cannot be */

static int
open_fails(struct bnd_stage *st, void *arg)
{
	(void)st;
	(void)arg;
	return -ECONNREFUSED;
}

static int
open_aborts(struct bnd_stage *st, void *arg)
{
	(void)arg;
	bnd_abort(st, -ECONNREFUSED, "no");
	actor_is_dead(st);
	return 0;
}

static int
open_aborts_and_fails(struct bnd_stage *st, void *arg)
{
	open_aborts(st, arg);
	return -EIO;
}

static void
opened_refuses(struct bnd_stage *st, int err)
{
	if (err == 0)
		return;
	bnd_out(st, BND_FRONT, "ERR\n", 4);
	bnd_refuse(st, err, "no way");
}

START_TEST(a_failing_open_without_anybody_to_hear_resets)
{
	int fd;

	begin();
	r.type.opened = a.type.opened = b.type.opened = NULL;
	s.open = open_fails;
	fd = line_connect(line_rabs());
	host_settle();
	trace_is("r.open a.open b.open s.open r.close:ECONNREFUSED "
		 "a.close:ECONNREFUSED b.close:ECONNREFUSED "
		 "s.close:ECONNREFUSED");
	peer_hears_reset(fd);
	ck_assert_uint_eq(host.workers[0]->reasons[REASON_BACKEND_REFUSED], 1);
	hang_up(fd);
	end();
}
END_TEST

static void
nearest_hears(int (*how)(struct bnd_stage *, void *))
{
	int fd;

	begin();
	b.type.opened = NULL;
	a.opened = opened_refuses;
	s.open = how;
	fd = line_connect(line_rabs());
	peer_hears(fd, "ERR\n");
	peer_hears_end(fd);
	trace_is("r.open a.open b.open s.open b.close:ECONNREFUSED "
		 "s.close:ECONNREFUSED a.opened:ECONNREFUSED r.opened:0");
	hang_up(fd);
	trace_is("r.close:0 a.close:0");
	ck_assert_uint_eq(host.workers[0]->reasons[REASON_BACKEND_REFUSED], 1);
	end();
}

START_TEST(the_nearest_that_asked_hears_of_a_failing_open)
{
	nearest_hears(open_fails);
}
END_TEST

START_TEST(the_nearest_that_asked_hears_of_an_abort)
{
	nearest_hears(open_aborts);
}
END_TEST

START_TEST(aborting_and_failing_is_one_failure)
{
	nearest_hears(open_aborts_and_fails);
}
END_TEST

/* The balancer: it keeps the client's bytes in its inlet until a way is open,
 * and tries a second one. */
static struct line *second;

static void
opened_tries_second(struct bnd_stage *st, int err)
{
	struct actor_self *self = st->self;

	if (err == 0) {
		self->is_open = true;
		bnd_wake(st);
	} else {
		ck_assert_int_eq(bnd_open_back(st, &second->pipeline.exit), 0);
	}
}

static void
flow_when_open(struct bnd_stage *st)
{
	struct actor_self *self = st->self;

	if (self->is_open)
		flow_pass(st);
}

static void
balance(bool is_held)
{
	struct line *l;
	int fd;

	begin();
	a.type.flags = is_held ? BND_HOLD_BACK : 0;
	a.open = is_held ? open_back_at_once : NULL;
	a.opened = opened_tries_second;
	a.flow = flow_when_open;
	b.type.opened = NULL;
	s.open = open_aborts;
	l = line_rabs();
	second = HOST_LINE_OF("q", &s2.type);
	fd = line_connect(l);
	peer_say(fd, "kept");
	peer_hears(fd, "kept");
	trace_is("r.open a.open b.open s.open b.close:ECONNREFUSED "
		 "s.close:ECONNREFUSED a.opened:ECONNREFUSED s2.open "
		 "a.opened:0 r.opened:0");
	hang_up(fd);
	/* What failed before is no reason any more. */
	ck_assert_uint_eq(host.workers[0]->reasons[REASON_DONE], 1);
	end();
}

START_TEST(a_second_exit_works_and_the_bytes_survive)
{
	balance(false);
}
END_TEST

START_TEST(so_it_does_for_one_that_held_its_back)
{
	balance(true);
}
END_TEST

static void
opened_aborts(struct bnd_stage *st, int err)
{
	if (err)
		bnd_abort(st, err, "no way");
}

START_TEST(an_abort_travels_on_to_the_next_that_asked)
{
	int fd;

	begin();
	r.opened = opened_refuses;
	b.opened = opened_aborts;
	a.opened = opened_aborts;
	s.open = open_fails;
	fd = line_connect(line_rabs());
	peer_hears(fd, "ERR\n");
	peer_hears_end(fd);
	trace_is("r.open a.open b.open s.open s.close:ECONNREFUSED "
		 "b.opened:ECONNREFUSED b.close:ECONNREFUSED "
		 "a.opened:ECONNREFUSED a.close:ECONNREFUSED "
		 "r.opened:ECONNREFUSED");
	hang_up(fd);
	end();
}
END_TEST

/* A held back is opened after the front has heard 0: only the holder itself may
 * hear of the failure. */
START_TEST(who_has_heard_of_success_does_not_hear_of_failure)
{
	int fd;

	begin();
	a.type.flags = BND_HOLD_BACK;
	a.type.opened = NULL;
	s.open = open_fails;
	b.type.opened = NULL;
	fd = line_connect(line_rabs());
	host_settle();
	trace_is("r.open a.open r.opened:0");
	bnd_open_back(a.last, NULL);
	host_settle();
	trace_is("b.open s.open r.close:ECONNREFUSED a.close:ECONNREFUSED "
		 "b.close:ECONNREFUSED s.close:ECONNREFUSED");
	peer_hears_reset(fd);
	hang_up(fd);
	end();
}
END_TEST

START_TEST(an_abort_of_an_open_way_ends_the_connection)
{
	int fd;

	begin();
	s.open = open_back_sock;
	s.flow = flow_pass;
	fd = line_connect(line_rabs());
	host_settle();
	trace.n = 0;
	bnd_abort(b.last, -EPROTO, "bad byte");
	actor_is_dead(b.last);
	actor_is_dead(a.last);
	host_settle();
	trace_is("r.close:EPROTO a.close:EPROTO b.close:EPROTO "
		 "s.close:EPROTO");
	peer_hears_reset(fd);
	peer_hears_reset(back_peer);
	ck_assert_uint_eq(host.workers[0]->reasons[REASON_PROTOCOL], 1);
	hang_up(fd);
	end();
}
END_TEST

START_TEST(there_may_be_no_next_binding)
{
	int fd;

	begin();
	a.type.flags = BND_HOLD_BACK;
	a.open = open_back_at_once;
	a.opened = opened_refuses;
	fd = line_connect(HOST_LINE_OF("p", &r.type, &a.type));
	peer_hears(fd, "ERR\n");
	peer_hears_end(fd);
	trace_is("r.open a.open a.opened:ENOENT r.opened:0");
	hang_up(fd);
	end();
}
END_TEST

/* A sink cannot open a back; nobody can while it is being asked for. */
START_TEST(open_back_is_for_those_who_have_one)
{
	int fd;

	begin();
	fd = line_connect(line_rabs());
	host_settle();
	ck_assert_int_eq(bnd_open_back(s.last, NULL), -EINVAL);
	ck_assert_int_eq(bnd_open_back(a.last, NULL), -EINVAL);
	hang_up(fd);
	end();
}
END_TEST

/* What was given to the back before the way was open is lost with it, and what
 * the failed way had said is too. */
static void
flow_gives_early(struct bnd_stage *st)
{
	struct actor_self *self = st->self;

	if (self->step++ == 0)
		bnd_out(st, BND_BACK, "lost", 4);
	if (self->is_open)
		flow_pass(st);
}

START_TEST(what_was_given_to_a_failed_way_is_lost)
{
	struct line *l;
	int fd;

	begin();
	a.opened = opened_tries_second;
	a.flow = flow_gives_early;
	s.type.flags = BND_HOLD_FRONT;
	l = HOST_LINE_OF("p", &r.type, &a.type, &s.type);
	second = HOST_LINE_OF("q", &s2.type);
	fd = line_connect(l);
	host_settle();
	bnd_wake(a.last);
	host_settle();
	bnd_abort(s.last, -ETIMEDOUT, "late");
	peer_say(fd, "kept");
	peer_hears(fd, "kept");
	peer_hears_nothing(fd);
	hang_up(fd);
	end();
}
END_TEST

/* --------------------------------------------------------------- attaching */

static int
open_twice(struct bnd_stage *st, void *arg)
{
	ck_assert_int_eq(bnd_attach(st, BND_FRONT, 9999), -EBADF);
	ck_assert_int_eq(bnd_attach(st, BND_BACK, 9999), -EINVAL);
	ck_assert_int_eq(bnd_attach(st, 2, 9999), -EINVAL);
	return open_front(st, arg);
}

START_TEST(after_a_failed_attach_another_may_succeed)
{
	int fd;

	begin();
	r.open = open_twice;
	fd = line_connect(line_rabs());
	peer_say(fd, "x");
	peer_hears(fd, "x");
	ck_assert_int_eq(bnd_attach(r.last, BND_FRONT, fd), -EINVAL);
	hang_up(fd);
	end();
}
END_TEST

/* The socket was watched while it connected: the host takes it over. */
static int watched[2];

static int
open_watched(struct bnd_stage *st, void *arg)
{
	(void)arg;
	peer_pair(watched);
	ck_assert_int_eq(bnd_watch(st, watched[1], BND_WRITE), 0);
	return 0;
}

static void
ready_attaches(struct bnd_stage *st, int fd, unsigned events)
{
	(void)events;
	ck_assert_int_eq(bnd_attach(st, BND_BACK, fd), 0);
	ck_assert_int_eq(bnd_watch(st, fd, 0), 0); /* forgotten: no harm */
}

START_TEST(attaching_a_watched_socket_takes_it_over)
{
	int fd;

	begin();
	s.type.flags = BND_HOLD_FRONT;
	s.open = open_watched;
	s.ready = ready_attaches;
	s.flow = flow_pass;
	fd = line_connect(line_rabs());
	host_settle();
	peer_say(fd, "x");
	peer_hears(watched[0], "x");
	peer_say(watched[0], "y");
	peer_hears(fd, "y");
	close(watched[0]);
	hang_up(fd);
	trace_is("r.open a.open b.open s.open s.ready b.opened:0 a.opened:0 "
		 "r.opened:0 r.close:0 a.close:0 b.close:0 s.close:0");
	end();
}
END_TEST

/* ---------------------------------------------------------------- spawning */

START_TEST(what_was_spawned_is_opened_whatever_happens)
{
	struct line *l;
	int fd;

	begin();
	l = line_rabs();
	fd = line_connect(l);
	ck_assert_uint_eq(stream_end_all(host.workers[0], REASON_SHUTDOWN), 1);
	host_settle();
	/* Its argument, the descriptor, must not leak. */
	trace_is("r.open r.close:ECANCELED");
	peer_hears_end(fd);
	hang_up(fd);
	end();
}
END_TEST

START_TEST(only_sources_spawn)
{
	struct line *l;

	begin();
	l = line_rabs();
	ck_assert_int_eq(bnd_spawn(&l->desks[1][0]->pub, NULL), -EINVAL);
	l->desks[0][0]->is_stopping = true;
	ck_assert_int_eq(bnd_spawn(&l->desks[0][0]->pub, NULL), -ECANCELED);
	end();
}
END_TEST

static int
open_says_seven(struct bnd_stage *st, void *arg)
{
	(void)st;
	(void)arg;
	return 7;
}

START_TEST(more_than_0_is_no_success)
{
	int fd;

	begin();
	s.open = open_says_seven;
	s.type.flow = NULL;
	r.type.opened = NULL;
	fd = line_connect(HOST_LINE_OF("p", &r.type, &s.type));
	host_settle();
	trace_is("r.open s.open r.close:EINVAL s.close:EINVAL");
	peer_hears_reset(fd);
	hang_up(fd);
	end();
}
END_TEST

static int
open_leaves(struct bnd_stage *st, void *arg)
{
	(void)arg;
	bnd_leave(st);
	return 0;
}

START_TEST(a_sink_without_a_socket_cannot_leave)
{
	int fd;

	begin();
	s.open = open_leaves;
	fd = line_connect(HOST_LINE_OF("p", &r.type, &s.type));
	host_settle();
	trace_is("r.open s.open r.close:EINVAL s.close:EINVAL");
	peer_hears_reset(fd);
	hang_up(fd);
	end();
}
END_TEST

UNIT_TESTS("protocol-open", a_way_opens_from_the_back_to_the_front,
    bytes_that_came_first_are_not_forgotten,
    a_stage_that_holds_its_back_counts_as_open,
    what_went_to_a_held_back_waits_there, a_back_opened_in_open_is_not_held,
    a_held_front_stops_the_news, both_held_waits_for_the_front,
    a_held_front_that_leaves_holds_no_more, attaching_opens_a_held_sink,
    a_failing_open_without_anybody_to_hear_resets,
    the_nearest_that_asked_hears_of_a_failing_open,
    the_nearest_that_asked_hears_of_an_abort,
    aborting_and_failing_is_one_failure,
    a_second_exit_works_and_the_bytes_survive,
    so_it_does_for_one_that_held_its_back,
    an_abort_travels_on_to_the_next_that_asked,
    who_has_heard_of_success_does_not_hear_of_failure,
    an_abort_of_an_open_way_ends_the_connection, there_may_be_no_next_binding,
    open_back_is_for_those_who_have_one, what_was_given_to_a_failed_way_is_lost,
    after_a_failed_attach_another_may_succeed,
    attaching_a_watched_socket_takes_it_over,
    what_was_spawned_is_opened_whatever_happens, only_sources_spawn,
    more_than_0_is_no_success, a_sink_without_a_socket_cannot_leave)

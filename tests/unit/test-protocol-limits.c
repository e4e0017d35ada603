/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Facts, limits, claims, timers, descriptors and work of a connection. */

#include "actor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/un.h>

static struct actor r, s;
static struct line *line;

static void
begin(void)
{
	host_start();
	trace.n = 0;
	trace.flags = 0;
	r = ACTOR("r", BND_SOURCE, 0);
	s = ACTOR("s", BND_SINK, 0);
	r.open = open_front;
	r.flow = flow_pass;
	s.flow = flow_echo;
	line = HOST_LINE_OF("p", &r.type, &s.type);
}

static void
end(void)
{
	host_settle();
	host_stop();
	actor_is_over(&r);
	actor_is_over(&s);
}

static int
client(void)
{
	int fd = line_connect(line);

	host_settle();
	trace.n = 0;
	return fd;
}

/* --------------------------------------------------------------------- facts
 */

START_TEST(facts_have_kinds)
{
	size_t size;
	int fd;

	begin();
	fd = client();
	ck_assert_int_eq(bnd_fact_text_set(r.last, "who", "me"), 0);
	ck_assert_str_eq(bnd_fact_text(s.last, "who"), "me");
	ck_assert_ptr_null(bnd_fact(s.last, "who", BND_F_BYTES, &size));
	ck_assert_uint_eq(size, 0);
	ck_assert_int_eq(
	    bnd_fact_set(s.last, "der", BND_F_BYTES, "a\0b", 3), 0);
	ck_assert_ptr_null(bnd_fact_text(s.last, "der"));
	ck_assert_mem_eq(
	    bnd_fact(s.last, "der", BND_F_BYTES, &size), "a\0b", 3);
	ck_assert_uint_eq(size, 3);
	/* set again, from itself */
	ck_assert_int_eq(
	    bnd_fact_text_set(r.last, "who", bnd_fact_text(s.last, "who") + 1),
	    0);
	ck_assert_str_eq(bnd_fact_text(s.last, "who"), "e");
	ck_assert_int_eq(bnd_fact_text_set(r.last, "who", ""), 0);
	ck_assert_str_eq(bnd_fact_text(s.last, "who"), "");
	close(fd);
	end();
}
END_TEST

START_TEST(facts_that_make_no_sense_are_refused)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr odd = { .sa_family = 999 };
	static char big[65537];
	int fd;

	begin();
	fd = client();
	memset(big, 'x', sizeof(big));
	ck_assert_int_eq(bnd_fact_set(r.last, "", BND_F_TEXT, "", 0), -EINVAL);
	ck_assert_int_eq(
	    bnd_fact_set(r.last, NULL, BND_F_TEXT, "", 0), -EINVAL);
	ck_assert_int_eq(
	    bnd_fact_set(r.last, "x", BND_F_TEXT, NULL, 1), -EINVAL);
	ck_assert_int_eq(bnd_fact_set(r.last, "x", 77, "x", 1), -EINVAL);
	ck_assert_int_eq(
	    bnd_fact_set(r.last, "x", BND_F_TEXT, "admin\0evil", 10), -EINVAL);
	ck_assert_int_eq(bnd_fact_text_set(r.last, "peer", "me"), -EINVAL);
	ck_assert_int_eq(bnd_fact_text_set(r.last, "local", "me"), -EINVAL);
	ck_assert_int_eq(
	    bnd_fact_set(r.last, "identity", BND_F_BYTES, "x", 1), -EINVAL);
	ck_assert_int_eq(
	    bnd_fact_set(r.last, "back.name", BND_F_ADDR, &in, sizeof(in)),
	    -EINVAL);
	ck_assert_int_eq(bnd_fact_set(r.last, "x", 4, "12345678", 8), -EINVAL);
	ck_assert_int_eq(
	    bnd_fact_set(r.last, "x", BND_F_ADDR, "x", 1), -EINVAL);
	ck_assert_int_eq(
	    bnd_fact_set(r.last, "x", BND_F_ADDR, NULL, 0), -EINVAL);
	ck_assert_int_eq(
	    bnd_fact_set(r.last, "x", BND_F_ADDR, &odd, sizeof(odd)), -EINVAL);
	ck_assert_int_eq(
	    bnd_fact_set(r.last, "x", BND_F_ADDR, &in, sizeof(in) - 1),
	    -EINVAL);
	ck_assert_int_eq(
	    bnd_fact_set(r.last, "x", BND_F_TEXT, big, 65537), -EDQUOT);
	ck_assert_int_eq(bnd_fact_set(r.last, "x", BND_F_TEXT, big, 65536), 0);
	big[65536] = 0;
	ck_assert_int_eq(bnd_fact_text_set(r.last, big, "long key"), -EDQUOT);
	close(fd);
	end();
}
END_TEST

START_TEST(a_connection_has_at_most_64_facts)
{
	char key[16];
	int fd;

	begin();
	fd = client();
	for (int i = 0; i < 64; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		ck_assert_int_eq(bnd_fact_text_set(r.last, key, key), 0);
	}
	ck_assert_int_eq(bnd_fact_text_set(r.last, "more", "x"), -EDQUOT);
	ck_assert_int_eq(bnd_fact_text_set(r.last, "k63", "again"), 0);
	ck_assert_str_eq(bnd_fact_text(s.last, "k63"), "again");
	ck_assert_str_eq(bnd_fact_text(s.last, "k0"), "k0");
	/* What the host knows is still known. */
	ck_assert_ptr_nonnull(bnd_fact(s.last, "peer", BND_F_ADDR, NULL));
	ck_assert_ptr_nonnull(bnd_fact_text(s.last, "peer"));
	ck_assert_ptr_nonnull(bnd_fact_text(s.last, "local"));
	close(fd);
	end();
}
END_TEST

START_TEST(peer_and_local_are_known)
{
	struct sockaddr_in a, other = { .sin_family = AF_INET,
		.sin_port = htons(99),
		.sin_addr.s_addr = htonl(0xC0000201) };
	socklen_t n = sizeof(a);
	char text[32];
	size_t size;
	int fd;

	begin();
	fd = client();
	getsockname(fd, (void *)&a, &n);
	ck_assert_mem_eq(
	    bnd_fact(s.last, "peer", BND_F_ADDR, &size), &a, sizeof(a));
	ck_assert_uint_eq(size, sizeof(a));
	snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(a.sin_port));
	ck_assert_str_eq(bnd_fact_text(s.last, "peer"), text);
	getpeername(fd, (void *)&a, &n);
	ck_assert_mem_eq(
	    bnd_fact(s.last, "local", BND_F_ADDR, &size), &a, sizeof(a));
	ck_assert_uint_eq(size, sizeof(a));
	/* A stage that knows better, of the PROXY protocol say, says so. */
	ck_assert_int_eq(
	    bnd_fact_set(s.last, "peer", BND_F_ADDR, &other, sizeof(other)), 0);
	ck_assert_str_eq(bnd_fact_text(r.last, "peer"), "192.0.2.1:99");
	ck_assert_mem_eq(
	    bnd_fact(r.last, "peer", BND_F_ADDR, &size), &other, sizeof(other));
	ck_assert_ptr_null(bnd_fact_text(r.last, "identity"));
	ck_assert_ptr_null(bnd_fact(r.last, NULL, BND_F_TEXT, NULL));
	close(fd);
	end();
}
END_TEST

START_TEST(the_peer_of_a_unix_socket_is_unix)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "/x" };
	const struct sockaddr *a;
	size_t size;
	int fd[2];

	begin();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	bnd_spawn(&line->desks[0][0]->pub, (void *)(intptr_t)fd[1]);
	host_settle();
	a = bnd_fact(s.last, "peer", BND_F_ADDR, &size);
	ck_assert_ptr_nonnull(a);
	ck_assert_int_eq(a->sa_family, AF_UNIX);
	/* no more than there is */
	ck_assert_uint_le(size, sizeof(struct sockaddr_in6));
	ck_assert_str_eq(bnd_fact_text(s.last, "peer"), "unix");
	ck_assert_str_eq(bnd_fact_text(s.last, "local"), "unix");
	ck_assert_int_eq(
	    bnd_fact_set(s.last, "un", BND_F_ADDR, &un, sizeof(un)), 0);
	ck_assert_int_eq(
	    bnd_fact_set(s.last, "un2", BND_F_ADDR, &un, sizeof(sa_family_t)),
	    0);
	a = bnd_fact(s.last, "un2", BND_F_ADDR, &size);
	ck_assert_int_eq(a->sa_family, AF_UNIX);
	ck_assert_uint_eq(size, sizeof(sa_family_t));
	close(fd[0]);
	end();
}
END_TEST

/* -------------------------------------------------------------------- limits
 */

static void
ends_after(int64_t ms, enum reason reason)
{
	host_pass(ms - 100);
	ck_assert_uint_eq(host.workers[0]->conn_count, 1);
	host_pass(200);
	ck_assert_uint_eq(host.workers[0]->conn_count, 0);
	ck_assert_uint_eq(host.workers[0]->reasons[reason], 1);
	trace_is("r.close:ETIMEDOUT s.close:ETIMEDOUT");
	ck_assert_uint_eq(r.closes, 1);
}

START_TEST(limits_are_finite_where_nobody_asked)
{
	int fd;

	begin();
	fd = client();
	ends_after(3600 * 1000, REASON_IDLE);
	close(fd);
	end();
}
END_TEST

START_TEST(bytes_put_the_idle_limit_off)
{
	int fd;

	begin();
	fd = client();
	bnd_limit(s.last, BND_LIMIT_IDLE, 10000);
	for (int i = 0; i < 5; i++) {
		host_pass(9000);
		peer_say(fd, "x");
		peer_hears(fd, "x");
	}
	ends_after(10000, REASON_IDLE);
	close(fd);
	end();
}
END_TEST

START_TEST(the_shortest_limit_counts)
{
	int fd;

	begin();
	fd = client();
	bnd_limit(r.last, BND_LIMIT_IDLE, 0); /* never */
	bnd_limit(s.last, BND_LIMIT_IDLE, 20000);
	bnd_limit(s.last, BND_LIMIT_IDLE, 10000);
	bnd_limit(s.last, 0, 1);
	bnd_limit(s.last, 4, 1);
	ends_after(10000, REASON_IDLE);
	close(fd);
	end();
}
END_TEST

START_TEST(a_limit_can_be_taken_back)
{
	int fd;

	begin();
	fd = client();
	bnd_limit(s.last, BND_LIMIT_IDLE, 10000);
	bnd_limit(r.last, BND_LIMIT_IDLE, 20000);
	bnd_limit(s.last, BND_LIMIT_IDLE, -1);
	ends_after(20000, REASON_IDLE);
	close(fd);
	end();
}
END_TEST

START_TEST(a_limit_outlives_its_stage)
{
	int fd;

	begin();
	fd = client();
	bnd_limit(r.last, BND_LIMIT_IDLE, 10000);
	bnd_leave(r.last);
	host_settle();
	trace_is("r.close:0");
	host_pass(10100);
	ck_assert_uint_eq(host.workers[0]->reasons[REASON_IDLE], 1);
	close(fd);
	end();
}
END_TEST

START_TEST(lifetime_ends_busy_connections_too)
{
	int fd;

	begin();
	fd = client();
	bnd_limit(s.last, BND_LIMIT_LIFETIME, 25000);
	host_pass(20000);
	peer_say(fd, "x");
	peer_hears(fd, "x");
	ends_after(5000, REASON_LIFETIME);
	close(fd);
	end();
}
END_TEST

static void
flow_swallow(struct bnd_stage *st)
{
	bnd_eat(st, BND_FRONT, BND_ALL);
}

/* Counted from the end, not from the last byte before it. */
START_TEST(half_closed_counts_from_the_end)
{
	int fd;

	begin();
	s.flow = flow_swallow;
	fd = client();
	bnd_limit(s.last, BND_LIMIT_HALF_CLOSED, 10000);
	host_pass(30000);
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < 20; i++) {
		host_settle();
		usleep(500);
	}
	ck_assert_uint_eq(host.workers[0]->conn_count, 1);
	ends_after(10000, REASON_HALF_CLOSED);
	close(fd);
	end();
}
END_TEST

/* -------------------------------------------------------------------- claims
 */

START_TEST(claims_count_connections)
{
	struct bnd_stage *first, *second;
	int fd[2];

	begin();
	fd[0] = client();
	first = s.last;
	fd[1] = client();
	second = s.last;
	ck_assert_int_eq(bnd_claim(first, "t", "k", 1, 1), 0);
	ck_assert_int_eq(bnd_claim(first, "t", "k", 1, 1), 0); /* it has it */
	ck_assert_int_eq(bnd_claim(second, "t", "k", 1, 1), -EDQUOT);
	ck_assert_int_eq(bnd_claim(second, "t", "other", 5, 1), 0);
	ck_assert_int_eq(bnd_claim(second, "u", "k", 1, 1), 0);
	ck_assert_int_eq(bnd_claim(r.last, "t", "k", 1, 1), 0); /* r's table */
	bnd_unclaim(first, "t");
	bnd_unclaim(first, "t");
	bnd_unclaim(first, "never");
	/* one key a table: the new one takes the old one's place */
	ck_assert_int_eq(bnd_claim(second, "t", "k", 1, 1), 0);
	ck_assert_int_eq(bnd_claim(first, "t", "other", 5, 1), 0);
	ck_assert_int_eq(bnd_claim(first, "t", "k", 1, 1), -EDQUOT);
	/* refused, it keeps what it has */
	ck_assert_int_eq(bnd_claim(second, "t", "other", 5, 1), -EDQUOT);
	close(fd[1]);
	host_settle();
	ck_assert_int_eq(bnd_claim(first, "t", "k", 1, 1), 0);
	close(fd[0]);
	end();
}
END_TEST

START_TEST(odd_claims)
{
	static char big[600];
	int fd;

	begin();
	fd = client();
	memset(big, 'x', sizeof(big) - 1);
	ck_assert_int_eq(bnd_claim(s.last, "t", NULL, 0, 0), -EDQUOT);
	ck_assert_int_eq(bnd_claim(s.last, "t", NULL, 0, 1), 0);
	ck_assert_int_eq(bnd_claim(s.last, "t", NULL, 1, 1), -EINVAL);
	ck_assert_int_eq(bnd_claim(s.last, "t", big, sizeof(big), 1), -EINVAL);
	ck_assert_int_eq(bnd_claim(s.last, big, "k", 1, 1), -EINVAL);
	bnd_unclaim(s.last, big);
	close(fd);
	end();
}
END_TEST

/* What others could see of a connection when its line was logged. */
static struct {
	unsigned lines;
	int64_t connections, done, lifetimes;
	bool has_claims;
} seen;

void __real_conn_log_closed(struct conn *c);
void __wrap_conn_log_closed(struct conn *c);

void
__wrap_conn_log_closed(struct conn *c)
{
	seen.lines++;
	seen.connections = cell_read(&c->account->connections);
	seen.done = cell_read(&c->account->reasons[REASON_DONE]);
	seen.lifetimes = cell_read(&c->account->lifetime[HISTOGRAM_N]);
	seen.has_claims = c->pledges;
	__real_conn_log_closed(c);
}

START_TEST(the_line_comes_when_figures_and_claims_are_settled)
{
	struct stage *st;
	int fd;

	begin();
	memset(&seen, 0, sizeof(seen));
	fd = client();
	st = CONTAINER_OF(s.last, struct stage, pub);
	ck_assert_int_eq(bnd_claim(s.last, "t", "k", 1, 1), 0);
	ck_assert_int_eq(cell_read(&st->hop.conn->account->connections), 1);
	shutdown(fd, SHUT_WR);
	host_settle();
	ck_assert_uint_eq(seen.lines, 1);
	ck_assert_int_eq(seen.connections, 0);
	ck_assert_int_eq(seen.done, 1);
	ck_assert_int_eq(seen.lifetimes, 1);
	ck_assert(!seen.has_claims);
	close(fd);
	end();
}
END_TEST

START_TEST(a_claim_outlives_its_stage)
{
	struct bnd_stage *first;
	int fd[2];

	begin();
	fd[0] = client();
	ck_assert_int_eq(bnd_claim(r.last, "t", "k", 1, 1), 0);
	bnd_leave(r.last);
	host_settle();
	fd[1] = client();
	first = r.last;
	ck_assert_int_eq(bnd_claim(first, "t", "k", 1, 1), -EDQUOT);
	close(fd[0]);
	host_settle();
	ck_assert_int_eq(bnd_claim(first, "t", "k", 1, 1), 0);
	close(fd[1]);
	end();
}
END_TEST

/* --------------------------------------------------- timers and descriptors */

static void
timer_again(struct bnd_stage *st, unsigned slot)
{
	struct actor_self *self = st->self;

	if (self->step++ < 2)
		bnd_timer(st, slot, 10);
}

START_TEST(timers_fire_once_in_their_slot)
{
	int fd;

	begin();
	s.timer = timer_again;
	fd = client();
	bnd_timer(s.last, 0, 50);
	bnd_timer(s.last, 3, 100);
	bnd_timer(s.last, 2, 70);
	bnd_timer(s.last, 2, -1);
	bnd_timer(s.last, 4, 1);
	bnd_timer(r.last, 1, -1);
	host_pass(51);
	trace_is("s.timer0");
	host_pass(11);
	trace_is("s.timer0");
	host_pass(40);
	trace_is("s.timer0 s.timer3");
	host_pass(1000);
	trace_is("");
	bnd_timer(s.last, 1, 10);
	close(fd);
	host_settle();
	trace_is("r.close:0 s.close:0");
	host_pass(100);
	trace_is("");
	end();
}
END_TEST

static void
timer_aborts(struct bnd_stage *st, unsigned slot)
{
	(void)slot;
	bnd_abort(st, -ETIMEDOUT, "too slow");
	actor_is_dead(st);
}

START_TEST(aborting_in_a_timer)
{
	int fd;

	begin();
	s.timer = timer_aborts;
	fd = client();
	bnd_timer(s.last, 0, 10);
	bnd_timer(s.last, 1, 11); /* in the same turn: not called any more */
	host_pass(20);
	trace_is("s.timer0 r.close:ETIMEDOUT s.close:ETIMEDOUT");
	ck_assert_uint_eq(host.workers[0]->reasons[REASON_STAGE_TIMEOUT], 1);
	peer_hears_reset(fd);
	close(fd);
	end();
}
END_TEST

static void
ready_reads(struct bnd_stage *st, int fd, unsigned events)
{
	eventfd_t n;

	(void)st;
	ck_assert_uint_eq(events, BND_READ);
	eventfd_read(fd, &n);
}

static void
ready_aborts(struct bnd_stage *st, int fd, unsigned events)
{
	(void)fd;
	(void)events;
	bnd_abort(st, -EIO, "broken");
	actor_is_dead(st);
}

START_TEST(descriptors_are_watched_level_triggered)
{
	int fd, e = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	begin();
	s.ready = NULL;
	fd = client();
	ck_assert_int_eq(bnd_watch(s.last, e, BND_READ), 0);
	ck_assert_int_eq(bnd_watch(r.last, e, BND_READ), -EEXIST);
	ck_assert_int_eq(bnd_watch(s.last, -1, BND_READ), -EBADF);
	ck_assert_int_eq(bnd_watch(s.last, 9999, BND_READ), -EBADF);
	ck_assert_int_eq(bnd_watch(s.last, e, BND_READ | 8), -EINVAL);
	eventfd_write(e, 1);
	host_turn();
	host_turn();
	trace_is("s.ready s.ready");
	s.ready = ready_reads;
	host_settle();
	trace_is("s.ready");
	ck_assert_int_eq(bnd_watch(s.last, e, BND_WRITE), 0);
	s.ready = NULL;
	host_turn();
	trace_is("s.ready");
	ck_assert_int_eq(bnd_watch(s.last, e, 0), 0);
	ck_assert_int_eq(bnd_watch(s.last, e, 0), 0);
	host_settle();
	trace_is("");
	ck_assert_int_eq(bnd_watch(s.last, e, BND_READ), 0);
	close(fd);
	host_settle();
	trace_is("r.close:0 s.close:0");
	/* The host forgot it, and left it open. */
	eventfd_write(e, 1);
	host_settle();
	trace_is("");
	ck_assert_int_eq(close(e), 0);
	end();
}
END_TEST

START_TEST(aborting_in_ready)
{
	int fd, e[2];

	begin();
	s.ready = ready_aborts;
	fd = client();
	for (int i = 0; i < 2; i++) {
		e[i] = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
		ck_assert_int_eq(bnd_watch(s.last, e[i], BND_READ), 0);
	}
	host_settle();
	/* The second event of that turn finds nobody. */
	trace_is("s.ready r.close:EIO s.close:EIO");
	peer_hears_reset(fd);
	close(fd);
	close(e[0]);
	close(e[1]);
	end();
}
END_TEST

/* --------------------------------------------------------------------- work */

static atomic_int runs;
static int dones;
static bool done_had_stage;
static atomic_bool work_may_end;

static void
work_run(void *arg)
{
	(void)arg;
	atomic_fetch_add(&runs, 1);
	while (!atomic_load(&work_may_end))
		usleep(200);
}

static void
work_done(struct bnd_worker *w, struct bnd_stage *st, void *arg)
{
	ck_assert_ptr_eq(w, &line->desks[1][0]->pub);
	ck_assert_ptr_eq(arg, &runs);
	dones++;
	done_had_stage = st != NULL;
}

static void
work_done_aborts(struct bnd_worker *w, struct bnd_stage *st, void *arg)
{
	work_done(w, st, arg);
	bnd_abort(st, -EKEYREJECTED, "no");
	actor_is_dead(st);
}

static void
await_done(int n)
{
	for (int i = 0; i < 2000 && dones < n; i++) {
		host_turn();
		usleep(500);
	}
	ck_assert_int_eq(dones, n);
}

static void
work_begin(void)
{
	begin();
	atomic_store(&runs, 0);
	atomic_store(&work_may_end, false);
	dones = 0;
}

START_TEST(work_comes_back)
{
	int fd;

	work_begin();
	fd = client();
	atomic_store(&work_may_end, true);
	ck_assert_int_eq(bnd_work(s.last, work_run, work_done, &runs), 0);
	ck_assert_uint_eq(atomic_load(&line->pins[0].count), 2);
	await_done(1);
	ck_assert(done_had_stage);
	ck_assert_int_eq(
	    bnd_work(s.last, work_run, work_done_aborts, &runs), 0);
	await_done(2);
	host_settle();
	trace_is("r.close:EKEYREJECTED s.close:EKEYREJECTED");
	ck_assert_uint_eq(host.workers[0]->reasons[REASON_DENIED], 1);
	ck_assert_int_eq(bnd_worker_work(&line->desks[1][0]->pub, work_run,
			     work_done, &runs),
	    0);
	await_done(3);
	ck_assert(!done_had_stage);
	close(fd);
	end();
}
END_TEST

START_TEST(work_of_a_stage_that_closed_comes_back_without_it)
{
	int fd;

	work_begin();
	fd = client();
	/* four threads, one owner gets two: of five, three have not begun */
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(
		    bnd_work(s.last, work_run, work_done, &runs), 0);
	for (int i = 0; i < 1000 && atomic_load(&runs) < 2; i++)
		usleep(500);
	close(fd);
	host_settle();
	trace_is("r.close:0 s.close:0");
	await_done(3);
	ck_assert(!done_had_stage);
	ck_assert_int_eq(atomic_load(&runs), 2);
	ck_assert_uint_eq(atomic_load(&line->pins[0].count), 2);
	atomic_store(&work_may_end, true);
	await_done(5);
	ck_assert(!done_had_stage);
	ck_assert_int_eq(atomic_load(&runs), 2);
	end();
}
END_TEST

START_TEST(work_of_a_stopping_desk_is_refused)
{
	work_begin();
	line->desks[1][0]->is_stopping = true;
	ck_assert_int_eq(bnd_worker_work(&line->desks[1][0]->pub, work_run,
			     work_done, &runs),
	    -ECANCELED);
	end();
}
END_TEST

UNIT_TESTS("protocol-limits", facts_have_kinds,
    facts_that_make_no_sense_are_refused, a_connection_has_at_most_64_facts,
    peer_and_local_are_known, the_peer_of_a_unix_socket_is_unix,
    limits_are_finite_where_nobody_asked, bytes_put_the_idle_limit_off,
    the_shortest_limit_counts, a_limit_can_be_taken_back,
    a_limit_outlives_its_stage, lifetime_ends_busy_connections_too,
    half_closed_counts_from_the_end, claims_count_connections, odd_claims,
    the_line_comes_when_figures_and_claims_are_settled,
    a_claim_outlives_its_stage, timers_fire_once_in_their_slot,
    aborting_in_a_timer, descriptors_are_watched_level_triggered,
    aborting_in_ready, work_comes_back,
    work_of_a_stage_that_closed_comes_back_without_it,
    work_of_a_stopping_desk_is_refused)

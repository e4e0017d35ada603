/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The plugin tcp-client against real sockets on loopback and a fake host; the
 * resolver is ours too, so that a name can have any addresses. */

#include "fake-host.h"

#include "../../plugins/tcp-common/crc32c.c"
#include "../../plugins/tcp-common/proxy-write.c"
#include "../../plugins/tcp-common/tcp-address.c"
#include "../../plugins/tcp-common/tcp-options.c"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>

static struct addrinfo *answer; /* of the next lookups */
static int answer_rc;           /* EAI_* */
static int answers_out;         /* not freed yet */
static struct addrinfo asked;   /* the last hints */
static bool no_memory;

static int
test_getaddrinfo(const char *host, const char *port,
    const struct addrinfo *hints, struct addrinfo **found)
{
	ck_assert_str_eq(host, "db.example");
	ck_assert_str_ne(port, "0");
	asked = *hints;
	errno = EIO;
	if (answer_rc)
		return answer_rc;
	answers_out++;
	*found = answer;
	return 0;
}

static void
test_freeaddrinfo(struct addrinfo *found)
{
	ck_assert_ptr_eq(found, answer);
	answers_out--;
}

static void *
test_calloc(size_t n, size_t size)
{
	return no_memory ? NULL : calloc(n, size);
}

#define getaddrinfo  test_getaddrinfo
#define freeaddrinfo test_freeaddrinfo
#define calloc       test_calloc
#include "../../plugins/tcp-client/forward.c"
#include "../../plugins/tcp-client/questions.c"
#include "../../plugins/tcp-client/tcp-client.c"
#undef calloc
#undef getaddrinfo
#undef freeaddrinfo

static struct bnd_endpoint endpoint;
static char endpoint_text[140];

static struct tcp_client *
client(const char *host, const char *path, unsigned port)
{
	struct tcp_client *c;

	bnd_plugin_v1(&fake_host);
	c = fake_binding(&tcp_client);
	snprintf(endpoint_text, sizeof(endpoint_text), "%s:%u",
	    host ? host : path, port);
	endpoint = (struct bnd_endpoint){ .text = endpoint_text,
		.host = host,
		.path = path,
		.port = (uint16_t)port };
	c->connect = &endpoint;
	c->connect_timeout = 10000;
	c->tcp.nodelay = 1;
	return c;
}

static void
client_check(void)
{
	ck_assert_int_eq(tcp_client.check(&fake.binding), 0);
	ck_assert_int_eq(fake.errors, 0);
	ck_assert_int_eq(tcp_client.worker_start(&fake.worker), 0);
}

/* A socket bound to a free port of the address. */
static int
bound(const char *host, unsigned *port)
{
	struct tcp_address a;
	int fd, on = 1;

	ck_assert_int_eq(tcp_address_parse(&a, host, (uint16_t)*port), 0);
	fd = socket(a.any.sa_family, SOCK_STREAM, 0);
	ck_assert_int_ge(fd, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	ck_assert_int_eq(bind(fd, &a.any, a.size), 0);
	ck_assert_int_eq(getsockname(fd, &a.any, &a.size), 0);
	*port = ntohs(a.in.sin_port); /* at the same place in both */
	return fd;
}

static int
listening(const char *host, unsigned *port)
{
	int fd = bound(host, port);

	ck_assert_int_eq(listen(fd, 10), 0);
	return fd;
}

/* An address where SYNs are not answered: its backlog of one is full. */
static int
silent(const char *host, unsigned *port, int fill[2])
{
	int fd = bound(host, port);
	struct tcp_address a;

	ck_assert_int_eq(listen(fd, 0), 0);
	tcp_address_parse(&a, host, (uint16_t)*port);
	for (size_t i = 0; i < 2; i++) {
		fill[i] =
		    socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(fill[i], &a.any, a.size);
	}
	return fd;
}

static struct tcp_address addresses[40];
static struct addrinfo list[40];

/* What the name stands for: so many texts, all with one port. */
static void
name_is(const char *const *texts, size_t n, unsigned port)
{
	memset(list, 0, sizeof(list));
	for (size_t i = 0; i < n; i++) {
		ck_assert_int_eq(
		    tcp_address_parse(&addresses[i], texts[i], (uint16_t)port),
		    0);
		list[i].ai_family = addresses[i].any.sa_family;
		list[i].ai_addr = &addresses[i].any;
		list[i].ai_addrlen = addresses[i].size;
		list[i].ai_next = i + 1 < n ? &list[i + 1] : NULL;
	}
	answer = list;
	answer_rc = 0;
}

static void
assert_connected(struct fake_stage *s, int listener)
{
	struct pollfd p = { listener, POLLIN, 0 };
	int fd;

	ck_assert_int_eq(poll(&p, 1, 1000), 1);
	fd = accept(listener, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(s->attached[BND_BACK], 0);
	ck_assert(s->is_left);
	ck_assert(!s->is_aborted);
	for (unsigned i = 0; i < FAKE_TIMERS; i++)
		ck_assert_int_eq(s->due[i], -1);
	ck_assert_uint_eq(fake_watched(s), 0);
	ck_assert_ptr_null(((struct connecting *)s->pub.self)->race);
	close(fd);
}

START_TEST(numeric_connects_at_once)
{
	unsigned port = 0;
	int l = listening("127.0.0.1", &port), fds, v;
	socklen_t n = sizeof(v);
	struct fake_stage *s;

	client("127.0.0.1", NULL, port);
	client_check();
	fds = fake_fds();
	s = fake_open(&tcp_client, 0, NULL);
	assert_connected(s, l);
	ck_assert_int_eq(fake_fds(), fds + 1);
	ck_assert_int_eq(fake.works, 0);
	ck_assert_str_eq(s->name, "");
	ck_assert_int_eq(
	    getsockopt(s->attached[BND_BACK], IPPROTO_TCP, TCP_NODELAY, &v, &n),
	    0);
	ck_assert_int_ne(v, 0);
	fake_end(&tcp_client);
	ck_assert_int_eq(fake_fds(), fds);
	close(l);
}
END_TEST

START_TEST(refused_is_said)
{
	unsigned port = 0;
	int b = bound("127.0.0.1", &port), fds;
	char text[100];
	struct fake_stage *s;

	client("127.0.0.1", NULL, port);
	client_check();
	fds = fake_fds();
	s = fake_open(&tcp_client, 0, NULL);
	ck_assert(s->is_aborted);
	ck_assert(!s->is_left);
	snprintf(text, sizeof(text),
	    "connect to 127.0.0.1:%u: Connection refused", port);
	ck_assert_str_eq(s->text, text);
	ck_assert_int_eq(fake_fds(), fds);
	fake_end(&tcp_client);
	close(b);
}
END_TEST

/* A blackhole: the timeout ends it, nothing is left open. */
START_TEST(silence_times_out)
{
	unsigned port = 0;
	int fill[2], l = silent("127.0.0.1", &port, fill), fds;
	struct fake_stage *s;
	char text[100];

	client("127.0.0.1", NULL, port);
	client_check();
	fds = fake_fds();
	s = fake_open(&tcp_client, 0, NULL);
	ck_assert_uint_eq(fake_watched(s), 1);
	fake_pass(&tcp_client, 0, 9999);
	ck_assert(!s->is_aborted);
	fake_pass(&tcp_client, 0, 1);
	ck_assert(s->is_aborted);
	ck_assert_int_eq(s->err, -ETIMEDOUT);
	snprintf(text, sizeof(text),
	    "connect to 127.0.0.1:%u: no answer within 10000 ms", port);
	ck_assert_str_eq(s->text, text);
	ck_assert_int_eq(fake_fds(), fds);
	fake_end(&tcp_client);
	close(fill[0]);
	close(fill[1]);
	close(l);
}
END_TEST

/* The client goes away while the backend is silent. */
START_TEST(close_during_an_attempt)
{
	unsigned port = 0;
	int fill[2], l = silent("127.0.0.1", &port, fill), fds;

	client("127.0.0.1", NULL, port);
	client_check();
	fds = fake_fds();
	fake_open(&tcp_client, 0, NULL);
	ck_assert_int_eq(fake_fds(), fds + 1);
	fake_close(&tcp_client, 0);
	ck_assert_int_eq(fake_fds(), fds);
	fake_end(&tcp_client);
	close(fill[0]);
	close(fill[1]);
	close(l);
}
END_TEST

/* An attempt that succeeds later is found by its readiness. */
START_TEST(readiness_connects)
{
	unsigned port = 0;
	int fill[2], l = silent("127.0.0.1", &port, fill), fd;
	struct fake_stage *s;

	client("127.0.0.1", NULL, port);
	client_check();
	s = fake_open(&tcp_client, 0, NULL);
	ck_assert_uint_eq(fake_watched(s), 1);
	tcp_client.ready(&s->pub, 9999, BND_WRITE); /* none of its own */
	tcp_client.ready(&s->pub, s->watches[0].fd, BND_WRITE); /* too early */
	ck_assert_uint_eq(fake_watched(s), 1);
	fd = accept(l, NULL, NULL); /* room: the next SYN is answered */
	close(fd);
	for (int i = 0; i < 10 && !s->is_left; i++)
		fake_poll(&tcp_client, 0);
	ck_assert(s->is_left);
	ck_assert_int_ge(s->attached[BND_BACK], 0);
	fake_end(&tcp_client);
	close(fill[0]);
	close(fill[1]);
	close(l);
}
END_TEST

START_TEST(attach_failure_aborts)
{
	unsigned port = 0;
	int l = listening("127.0.0.1", &port), fds;
	struct fake_stage *s;

	client("127.0.0.1", NULL, port);
	client_check();
	fds = fake_fds();
	fake.attach_rc = -ENOMEM;
	s = fake_open(&tcp_client, 0, NULL);
	ck_assert(s->is_aborted);
	ck_assert(!s->is_left);
	ck_assert_int_eq(fake_fds(), fds);
	fake_end(&tcp_client);
	close(l);
}
END_TEST

START_TEST(no_memory_aborts)
{
	unsigned port = 0;
	int fill[2], l = silent("127.0.0.1", &port, fill), fds;
	struct fake_stage *s;

	client("127.0.0.1", NULL, port);
	client_check();
	fds = fake_fds();
	no_memory = true;
	s = fake_open(&tcp_client, 0, NULL);
	no_memory = false;
	ck_assert(s->is_aborted);
	ck_assert_str_eq(s->text, "out of memory");
	fake.watch_rc = -ENOMEM;
	s = fake_open(&tcp_client, 1, NULL);
	ck_assert(s->is_aborted);
	ck_assert_int_eq(fake_fds(), fds);
	fake_end(&tcp_client);
	close(fill[0]);
	close(fill[1]);
	close(l);
}
END_TEST

START_TEST(unix_connects_and_waits_for_room)
{
	struct tcp_address a;
	char path[100];
	int l = socket(AF_UNIX, SOCK_STREAM, 0), fill[8], n = 0, fd;
	struct fake_stage *s;

	snprintf(path, sizeof(path), "/tmp/bindery-test-%d", (int)getpid());
	ck_assert_int_eq(tcp_address_path(&a, path), 0);
	ck_assert_int_eq(bind(l, &a.any, a.size), 0);
	ck_assert_int_eq(listen(l, 0), 0);
	client(NULL, path, 0);
	client_check();
	s = fake_open(&tcp_client, 0, NULL);
	assert_connected(s, l);
	for (; n < 8; n++) {
		fill[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(fill[n], &a.any, a.size) < 0)
			break;
	}
	ck_assert_int_lt(n, 8);
	s = fake_open(&tcp_client, 1, NULL);
	ck_assert(!s->is_aborted);
	fake_pass(&tcp_client, 1, 100);
	ck_assert(!s->is_aborted && !s->is_left);
	for (; n > 0; n--) {
		fd = accept(l, NULL, NULL);
		ck_assert_int_ge(fd, 0);
		close(fd);
	}
	fake_pass(&tcp_client, 1, 20);
	ck_assert(s->is_left);
	close(l);
	unlink(path);
	s = fake_open(&tcp_client, 2, NULL);
	ck_assert(s->is_aborted);
	ck_assert_ptr_nonnull(strstr(s->text, "No such file"));
	fake_end(&tcp_client);
}
END_TEST

START_TEST(a_name_is_looked_up_once_for_all)
{
	static const char *const texts[] = { "127.0.0.1" };
	unsigned port = 0;
	int l = listening("127.0.0.1", &port);
	struct fake_stage *s[3];

	client("db.example", NULL, port);
	client_check();
	name_is(texts, 1, port);
	s[0] = fake_open(&tcp_client, 0, NULL);
	s[1] = fake_open(&tcp_client, 1, NULL);
	s[2] = fake_open(&tcp_client, 2, NULL);
	ck_assert_int_eq(fake.works, 1);
	ck_assert_str_eq(s[0]->name, "db.example");
	fake_close(&tcp_client, 1); /* while it waits */
	fake_work_run();
	assert_connected(s[0], l);
	assert_connected(s[2], l);
	ck_assert_int_ne(asked.ai_flags & AI_ADDRCONFIG, 0);
	ck_assert_int_eq(asked.ai_family, AF_UNSPEC);

	/* the answer is good for a moment, then asked for again */
	fake.now += GOOD_MS - 1;
	s[1] = fake_open(&tcp_client, 1, NULL);
	assert_connected(s[1], l);
	ck_assert_int_eq(fake.works, 1);
	fake.now += 1;
	s[1] = fake_open(&tcp_client, 3, NULL);
	ck_assert_int_eq(fake.works, 2);
	fake_work_run();
	assert_connected(s[1], l);
	fake_end(&tcp_client);
	ck_assert_int_eq(answers_out, 0);
	close(l);
}
END_TEST

START_TEST(a_name_that_is_none)
{
	struct fake_stage *s;

	client("db.example", NULL, 9);
	client_check();
	answer_rc = EAI_NONAME;
	s = fake_open(&tcp_client, 0, NULL);
	fake_work_run();
	ck_assert(s->is_aborted);
	ck_assert_int_eq(s->err, -ENOENT);
	ck_assert_str_eq(
	    s->text, "look up 'db.example': Name or service not known");
	answer_rc = EAI_SYSTEM;
	s = fake_open(&tcp_client, 1, NULL);
	fake_work_run();
	ck_assert_str_eq(s->text, "look up 'db.example': Input/output error");
	fake_end(&tcp_client);
}
END_TEST

/* The resolver hangs: the connection ends in time, the answer comes to nobody.
 */
START_TEST(a_lookup_that_hangs)
{
	static const char *const texts[] = { "127.0.0.1" };
	struct fake_stage *s;

	client("db.example", NULL, 9);
	client_check();
	name_is(texts, 1, 9);
	s = fake_open(&tcp_client, 0, NULL);
	fake_pass(&tcp_client, 0, 10000);
	ck_assert(s->is_aborted);
	ck_assert_int_eq(s->err, -ETIMEDOUT);
	ck_assert_str_eq(
	    s->text, "look up db.example:9: no answer within 10000 ms");
	fake_close(&tcp_client, 0);
	fake_work_run();
	fake_end(&tcp_client);
	ck_assert_int_eq(answers_out, 0);
}
END_TEST

/* done() without run(): an old answer must not be taken for the new one. */
START_TEST(a_lookup_that_never_ran)
{
	static const char *const texts[] = { "127.0.0.1" };
	unsigned port = 0;
	int l = listening("127.0.0.1", &port);
	struct fake_stage *s;

	client("db.example", NULL, port);
	client_check();
	name_is(texts, 1, port);
	s = fake_open(&tcp_client, 0, NULL);
	fake_work_run();
	assert_connected(s, l);
	fake.now += GOOD_MS;
	s = fake_open(&tcp_client, 1, NULL);
	fake.run = NULL;
	fake.done(&fake.worker, NULL, fake.arg);
	ck_assert_int_eq(s->err, -ENOENT);
	ck_assert_int_eq(answers_out, 1);
	fake_end(&tcp_client);
	ck_assert_int_eq(answers_out, 0);
	close(l);
}
END_TEST

START_TEST(a_lookup_that_cannot_start)
{
	struct fake_stage *s;

	client("db.example", NULL, 9);
	client_check();
	fake.work_rc = -ENOMEM;
	s = fake_open(&tcp_client, 0, NULL);
	ck_assert_int_eq(s->err, -ENOMEM);
	fake.work_rc = 0;
	fake.fact_rc = -ENOMEM;
	s = fake_open(&tcp_client, 1, NULL);
	ck_assert_int_eq(s->err, -ENOMEM);
	ck_assert_int_eq(fake.works, 1);
	fake_end(&tcp_client);
}
END_TEST

/* Refused here, silent there: the next address follows at once on failure and
 * after 250 ms of silence, and the one that answers wins. */
START_TEST(addresses_race)
{
	static const char *const texts[] = { "127.0.0.3", "127.0.0.2",
		"127.0.0.1" };
	unsigned port = 0;
	int fill[2], l = listening("127.0.0.1", &port), q, fds;
	struct fake_stage *s;

	q = silent("127.0.0.2", &port, fill);
	client("db.example", NULL, port);
	client_check();
	name_is(texts, 3, port);
	fds = fake_fds();
	s = fake_open(&tcp_client, 0, NULL);
	fake_work_run();
	ck_assert_uint_eq(fake_watched(s), 1); /* the silent one */
	fake_pass(&tcp_client, 0, 249);
	ck_assert(!s->is_left);
	fake_pass(&tcp_client, 0, 1);
	assert_connected(s, l);
	ck_assert_int_eq(fake_fds(), fds + 1);
	fake_end(&tcp_client);
	close(fill[0]);
	close(fill[1]);
	close(q);
	close(l);
}
END_TEST

/* All silent, all in the race until the overall timeout. */
START_TEST(all_addresses_are_tried)
{
	static const char *const texts[] = { "127.0.0.2", "127.0.0.2",
		"127.0.0.2" };
	unsigned port = 0;
	int fill[2], q = silent("127.0.0.2", &port, fill), fds;
	struct fake_stage *s;

	client("db.example", NULL, port);
	client_check();
	name_is(texts, 3, port);
	fds = fake_fds();
	s = fake_open(&tcp_client, 0, NULL);
	fake_work_run();
	fake_pass(&tcp_client, 0, 500);
	ck_assert_uint_eq(fake_watched(s), 3);
	fake_pass(&tcp_client, 0, 9500);
	ck_assert_int_eq(s->err, -ETIMEDOUT);
	ck_assert_int_eq(fake_fds(), fds);
	fake_end(&tcp_client);
	close(fill[0]);
	close(fill[1]);
	close(q);
}
END_TEST

START_TEST(the_last_refusal_is_the_reason)
{
	static const char *const texts[] = { "127.0.0.2", "127.0.0.3" };
	unsigned port = 0;
	int b = bound("127.0.0.1", &port);
	char text[100];
	struct fake_stage *s;

	client("db.example", NULL, port);
	client_check();
	name_is(texts, 2, port);
	s = fake_open(&tcp_client, 0, NULL);
	fake_work_run();
	ck_assert_int_eq(s->err, -ECONNREFUSED);
	snprintf(text, sizeof(text),
	    "connect to db.example:%u at 127.0.0.3: Connection refused", port);
	ck_assert_str_eq(s->text, text);
	fake_end(&tcp_client);
	close(b);
}
END_TEST

/* An attempt that dies later: the next begins at once; the last one's is the
 * reason. */
START_TEST(late_failure_goes_on)
{
	static const char *const texts[] = { "127.0.0.2", "127.0.0.3" };
	unsigned port = 0;
	int fill[2], q = silent("127.0.0.2", &port, fill), v = 1;
	struct fake_stage *s;

	client("db.example", NULL, port);
	client_check();
	name_is(texts, 2, port);
	s = fake_open(&tcp_client, 0, NULL);
	fake_work_run();
	ck_assert_uint_eq(fake_watched(s), 1);
	/* give up on this one after a millisecond, by itself */
	setsockopt(
	    s->watches[0].fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &v, sizeof(v));
	for (int i = 0; i < 10 && !s->is_aborted; i++)
		fake_poll(&tcp_client, 0);
	ck_assert(s->is_aborted);
	ck_assert_int_eq(s->err, -ECONNREFUSED); /* of 127.0.0.3 */
	fake_end(&tcp_client);
	close(fill[0]);
	close(fill[1]);
	close(q);
}
END_TEST

START_TEST(families_take_turns)
{
	static const char *const texts[] = { "2001:db8::1", "2001:db8::2",
		"2001:db8::3", "192.0.2.1", "192.0.2.2" };
	static const char *const turns[] = { "2001:db8::1", "192.0.2.1",
		"2001:db8::2", "192.0.2.2", "2001:db8::3" };
	struct race *r = calloc(1, sizeof(*r) + 8 * sizeof(struct attempt));
	char text[INET6_ADDRSTRLEN];

	ck_assert(r);
	name_is(texts, 5, 9);
	race_enter(r, list, 8);
	ck_assert_uint_eq(r->count, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct tcp_address *a = &r->attempts[i].to;

		inet_ntop(a->any.sa_family,
		    a->any.sa_family == AF_INET ? (const void *)&a->in.sin_addr
						: &a->in6.sin6_addr,
		    text, sizeof(text));
		ck_assert_str_eq(text, turns[i]);
	}
	r->count = 0;
	race_enter(r, list, 4);
	ck_assert_uint_eq(r->count, 4);
	free(r);
}
END_TEST

START_TEST(source_is_bound)
{
	unsigned port = 0;
	int l = listening("127.0.0.1", &port);
	struct tcp_address own = { .size = sizeof(own.in) };
	struct fake_stage *s;

	client("127.0.0.1", NULL, port)->source = "127.0.0.7";
	client_check();
	s = fake_open(&tcp_client, 0, NULL);
	assert_connected(s, l);
	getsockname(s->attached[BND_BACK], &own.any, &own.size);
	ck_assert_uint_eq(ntohl(own.in.sin_addr.s_addr), 0x7f000007);
	fake_end(&tcp_client);

	client("127.0.0.1", NULL, port)->source = "192.0.2.1"; /* not ours */
	client_check();
	s = fake_open(&tcp_client, 0, NULL);
	ck_assert_int_eq(s->err, -EADDRNOTAVAIL);
	fake_end(&tcp_client);

	client("db.example", NULL, port)->source = "127.0.0.7";
	client_check();
	answer_rc = EAI_NONAME;
	fake_open(&tcp_client, 0, NULL);
	fake_work_run();
	ck_assert_int_eq(asked.ai_family, AF_INET);
	ck_assert_int_eq(asked.ai_flags & AI_ADDRCONFIG, 0);
	fake_end(&tcp_client);
	close(l);
}
END_TEST

/* Nobody listens at a port that the socket itself was given. */
START_TEST(meeting_itself_is_a_refusal)
{
	unsigned port = 0;
	int fd = bound("127.0.0.1", &port);
	struct attempt a = { .fd = fd };
	const struct tcp_client c = { .may_meet_itself =
					  port_is_ephemeral(port) };

	/* bound() took a port that the kernel chose. */
	ck_assert(c.may_meet_itself);
	ck_assert(!port_is_ephemeral(1));
	ck_assert_int_eq(
	    tcp_address_parse(&a.to, "127.0.0.1", (uint16_t)port), 0);
	ck_assert_int_eq(attempt_connect(&a, &c), -ECONNREFUSED);
	close(fd);
	ck_assert_int_eq(tcp_address_parse(&a.to, "::1", 1), 0);
	ck_assert(tcp_address_equal(&a.to, &a.to));
}
END_TEST

START_TEST(socket_options_are_set)
{
	static const int names[] = { TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT,
		TCP_USER_TIMEOUT, TCP_NODELAY };
	static const int values[] = { 31, 2, 3, 4500, 0 };
	unsigned port = 0;
	int l = listening("127.0.0.1", &port), v;
	socklen_t n = sizeof(v);
	char congestion[16] = "";
	struct tcp_client *c = client("127.0.0.1", NULL, port);
	struct fake_stage *s;

	c->tcp = (struct tcp_options){ .keepalive = 1,
		.keepalive_idle = 30001,
		.keepalive_interval = 2000,
		.keepalive_count = 3,
		.user_timeout = 4500,
		.congestion = "reno" };
	client_check();
	s = fake_open(&tcp_client, 0, NULL);
	assert_connected(s, l);
	for (size_t i = 0; i < 5; i++) {
		getsockopt(
		    s->attached[BND_BACK], IPPROTO_TCP, names[i], &v, &n);
		ck_assert_int_eq(v, values[i]);
	}
	getsockopt(s->attached[BND_BACK], SOL_SOCKET, SO_KEEPALIVE, &v, &n);
	ck_assert_int_eq(v, 1);
	n = sizeof(congestion);
	getsockopt(
	    s->attached[BND_BACK], IPPROTO_TCP, TCP_CONGESTION, congestion, &n);
	ck_assert_str_eq(congestion, "reno");
	fake_end(&tcp_client);
	close(l);
}
END_TEST

static void
assert_wrong(const char *option, const char *sentence)
{
	ck_assert_int_eq(tcp_client.check(&fake.binding), -EINVAL);
	ck_assert_str_eq(fake.option, option);
	ck_assert_str_eq(fake.sentence, sentence);
	ck_assert_int_eq(fake.errors, 1);
	free(fake.binding.self);
	free(fake.worker.self);
}

START_TEST(check_names_what_is_wrong)
{
	char path[200];

	client("10.0.0.1", NULL, 0);
	assert_wrong("connect", "'10.0.0.1:0' must name one port");
	client("10.0.0.1", NULL, 7);
	endpoint.last = 9;
	assert_wrong("connect", "'10.0.0.1:7' must name one port");
	client("10.0.0.1", NULL, 7)->source = "here";
	assert_wrong("source", "'here' is not a numeric address");
	client("10.0.0.1", NULL, 7)->source = "::1";
	assert_wrong("source",
	    "'::1' cannot reach '10.0.0.1:7', which is of another family");
	client(NULL, "/run/x", 0)->source = "::1";
	assert_wrong("source",
	    "'::1' cannot reach '/run/x:0', which is of another family");
	client("10.0.0.1", NULL, 7)->tcp.keepalive_count = 2;
	assert_wrong(
	    "keepalive_count", "has no effect without keepalive = true");
	client("10.0.0.1", NULL, 7)->tcp.congestion = "none-such";
	assert_wrong("congestion",
	    "cannot use 'none-such' (No such file or directory); sysctl "
	    "net.ipv4.tcp_allowed_congestion_control lists what may be used");
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[108] = '\0';
	client(NULL, path, 0);
	ck_assert_int_eq(tcp_client.check(&fake.binding), -EINVAL);
	path[107] = '\0';
	fake.errors = 0;
	ck_assert_int_eq(tcp_client.check(&fake.binding), 0);
	free(fake.binding.self);
	free(fake.worker.self);
}
END_TEST

UNIT_TESTS("tcp-client", numeric_connects_at_once, refused_is_said,
    silence_times_out, close_during_an_attempt, readiness_connects,
    attach_failure_aborts, no_memory_aborts, unix_connects_and_waits_for_room,
    a_name_is_looked_up_once_for_all, a_name_that_is_none, a_lookup_that_hangs,
    a_lookup_that_never_ran, a_lookup_that_cannot_start, addresses_race,
    all_addresses_are_tried, the_last_refusal_is_the_reason,
    late_failure_goes_on, families_take_turns, source_is_bound,
    meeting_itself_is_a_refusal, socket_options_are_set,
    check_names_what_is_wrong)

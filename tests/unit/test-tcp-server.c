/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The plugin tcp-server against a fake host: where it listens, whom it admits,
 * what it claims and limits; echo, which has so little to test, stands at the
 * end. */

#include "fake-host.h"

#include "../../plugins/tcp-common/crc32c.c"
#include "../../plugins/tcp-common/proxy-header.c"
#include "../../plugins/tcp-common/tcp-address.c"
#include "../../plugins/tcp-common/tcp-options.c"
#include "../../plugins/tcp-server/proxy.c"
#include "../../plugins/tcp-server/tcp-server.c"

#include <fcntl.h>
#include <netinet/tcp.h>

static struct bnd_endpoint points[4];
static const struct bnd_endpoint *listens[] = { &points[0], &points[1],
	&points[2], &points[3] };

/* A binding that listens on so many points, with the defaults of the table. */
static struct tcp_server *
server(size_t n)
{
	struct tcp_server *c;

	bnd_plugin_v1(&fake_host);
	c = fake_binding(&tcp_server);
	c->listen.n = n;
	c->listen.v = listens;
	c->mode = "0660";
	c->tcp.nodelay = 1;
	c->idle_timeout = 3600000;
	c->half_closed_timeout = 60000;
	c->lifetime = 86400000;
	return c;
}

static void
point(
    size_t i, const char *host, const char *path, unsigned port, unsigned last)
{
	points[i] = (struct bnd_endpoint){ .text = host ? host : path,
		.host = host,
		.path = path,
		.port = (uint16_t)port,
		.last = (uint16_t)last };
}

static void
peer_is(const char *host)
{
	struct tcp_address a;

	memset(&fake.peer, 0, sizeof(fake.peer));
	fake.peer.ss_family = AF_UNIX;
	if (!host)
		return;
	ck_assert_int_eq(tcp_address_parse(&a, host, 1234), 0);
	memcpy(&fake.peer, &a.any, a.size);
}

/* ---- where to listen */

static unsigned
v6only(int mode, unsigned first, unsigned last)
{
	unsigned flags;

	server(2)->v6only = mode;
	point(0, "::", NULL, 7000, 7010);
	point(1, "0.0.0.0", NULL, first, last);
	ck_assert_int_eq(tcp_server.check(&fake.binding), 0);
	ck_assert_int_eq(tcp_server.start(&fake.binding), 0);
	ck_assert_int_eq(fake.listens, 2);
	ck_assert_uint_eq(fake.flags[1], 0);
	flags = fake.flags[0];
	fake_end(&tcp_server);
	return flags;
}

START_TEST(v6only_auto_looks_for_the_ipv4_wildcard)
{
	ck_assert_uint_eq(v6only(V6ONLY_AUTO, 7000, 7010), BND_LISTEN_V6ONLY);
	ck_assert_uint_eq(v6only(V6ONLY_AUTO, 6999, 7011), BND_LISTEN_V6ONLY);
	ck_assert_uint_eq(v6only(V6ONLY_AUTO, 6999, 0), 0);
	ck_assert_uint_eq(v6only(V6ONLY_AUTO, 7011, 7012), 0);
	ck_assert_uint_eq(v6only(V6ONLY_NO, 7000, 7010), 0);
	ck_assert_uint_eq(v6only(V6ONLY_YES, 6999, 0), BND_LISTEN_V6ONLY);
}
END_TEST

START_TEST(v6only_auto_is_for_the_wildcard)
{
	server(2);
	point(0, "::1", NULL, 7000, 0);
	point(1, "0.0.0.0", NULL, 7000, 0);
	ck_assert_int_eq(tcp_server.check(&fake.binding), 0);
	ck_assert_int_eq(tcp_server.start(&fake.binding), 0);
	ck_assert_uint_eq(fake.flags[0], 0);
	fake_end(&tcp_server);
}
END_TEST

static void
assert_wrong(const char *option, const char *sentence)
{
	ck_assert_int_eq(tcp_server.check(&fake.binding), -EINVAL);
	ck_assert_int_eq(fake.errors, 1);
	ck_assert_str_eq(fake.option, option);
	ck_assert_str_eq(fake.sentence, sentence);
	fake_end(&tcp_server);
}

START_TEST(check_names_what_is_wrong)
{
	static const char *const modes[] = { "", "8", "-1", "07777", "066x" };

	server(2);
	point(0, "::", NULL, 7000, 7010);
	point(1, "0.0.0.0", NULL, 7010, 0);
	assert_wrong("listen",
	    "the IPv4 wildcard is listed for some ports of '::' only; "
	    "list it for all of them, or set v6only");
	server(1);
	point(0, "localhost", NULL, 7000, 0);
	assert_wrong(
	    "listen", "'localhost' is a name; write the address to listen on");
	server(0);
	assert_wrong("listen", "lists no address");
	for (size_t i = 0; i < 5; i++) {
		char text[80];

		server(1)->mode = modes[i];
		point(0, NULL, "/run/x", 0, 0);
		snprintf(text, sizeof(text),
		    "'%s' is not a mode; use an octal number up to 0777",
		    modes[i]);
		assert_wrong("mode", text);
	}
	server(1)->tcp.keepalive_idle = 1000;
	point(0, "::", NULL, 7000, 0);
	assert_wrong(
	    "keepalive_idle", "has no effect without keepalive = true");
}
END_TEST

START_TEST(listens_as_configured)
{
	struct tcp_server *c = server(2);

	point(0, "127.0.0.1", NULL, 7000, 0);
	point(1, NULL, "/run/x", 0, 0);
	c->mode = "0600";
	c->backlog = 77;
	ck_assert_int_eq(tcp_server.start(&fake.binding), 0);
	ck_assert_int_eq(fake.listens, 2);
	ck_assert_uint_eq(fake.mode, 0600);
	ck_assert_int_eq(fake.backlog, 77);
	fake.listen_rc = -EADDRINUSE;
	ck_assert_int_eq(tcp_server.start(&fake.binding), -EADDRINUSE);
	ck_assert_str_eq(fake.sentence,
	    "cannot listen on 127.0.0.1: Address already in use");
	fake_end(&tcp_server);
}
END_TEST

/* ---- who may come in */

/* Both ends of a TCP connection. */
static void
pair(int fds[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(l, (struct sockaddr *)&a, n), 0);
	ck_assert_int_eq(listen(l, 1), 0);
	ck_assert_int_eq(getsockname(l, (struct sockaddr *)&a, &n), 0);
	fds[1] = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fds[1], (struct sockaddr *)&a, n), 0);
	fds[0] = accept(l, NULL, NULL);
	ck_assert_int_ge(fds[0], 0);
	close(l);
}

/* Was a connection from fake.peer let in? */
static bool
admitted(void)
{
	struct bnd_accept a = { .peer = (void *)&fake.peer };
	int fds[2], before = fake_fds();
	bool is_in;
	char c;

	pair(fds);
	a.fd = fds[0];
	fake.spawned = NULL;
	tcp_server.accepted(&fake.worker, &a);
	is_in = fake.spawned == (void *)(intptr_t)fds[0];
	if (is_in) {
		close(fds[0]);
	} else { /* reset, not just closed */
		ck_assert_int_eq(recv(fds[1], &c, 1, 0), -1);
		ck_assert_int_eq(errno, ECONNRESET);
	}
	close(fds[1]);
	ck_assert_int_eq(fake_fds(), before);
	return is_in;
}

START_TEST(deny_comes_before_allow)
{
	struct bnd_nets one = { 0 }, two = { 0 };
	struct tcp_server *c = server(0);

	peer_is("192.0.2.1");
	one.one = fake.peer;
	peer_is("2001:db8::1");
	two.one = fake.peer;

	ck_assert(admitted());
	c->deny = &two;
	ck_assert(!admitted());
	ck_assert_int_eq(fake.denied, 1);
	peer_is("192.0.2.2");
	ck_assert(admitted());
	c->allow = &one;
	ck_assert(!admitted());
	ck_assert_int_eq(fake.denied, 2);
	peer_is("192.0.2.1");
	ck_assert(admitted());
	c->deny = &one;
	ck_assert(!admitted());
	ck_assert_int_eq(fake.denied, 3);
	peer_is(NULL); /* a unix socket */
	ck_assert(admitted());
	fake_end(&tcp_server);
}
END_TEST

START_TEST(spawn_failure_closes)
{
	server(0);
	peer_is("192.0.2.1");
	fake.spawn_rc = -ENOMEM;
	ck_assert(!admitted());
	ck_assert_int_eq(fake.denied, 0);
	fake_end(&tcp_server);
}
END_TEST

START_TEST(options_of_accepted_sockets)
{
	struct tcp_server *c = server(0);
	struct bnd_accept a = { .peer = (void *)&fake.peer };
	int fds[2], v = 1;
	socklen_t n = sizeof(v);

	peer_is("192.0.2.1");
	pair(fds);
	a.fd = fds[0];
	/* nodelay = true sets nothing: the host's listeners hand it down */
	tcp_server.accepted(&fake.worker, &a);
	getsockopt(fds[0], IPPROTO_TCP, TCP_NODELAY, &v, &n);
	ck_assert_int_eq(v, 0);
	v = 1;
	setsockopt(fds[0], IPPROTO_TCP, TCP_NODELAY, &v, n);
	c->tcp.nodelay = 0;
	c->tcp.keepalive = 1;
	tcp_server.accepted(&fake.worker, &a);
	getsockopt(fds[0], IPPROTO_TCP, TCP_NODELAY, &v, &n);
	ck_assert_int_eq(v, 0);
	getsockopt(fds[0], SOL_SOCKET, SO_KEEPALIVE, &v, &n);
	ck_assert_int_eq(v, 1);
	close(fds[0]);
	close(fds[1]);
	fake_end(&tcp_server);
}
END_TEST

/* ---- a connection */

static struct fake_stage *
opened(size_t i)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fake_open(&tcp_server, i, (void *)(intptr_t)fd);
}

START_TEST(limits_are_the_hosts)
{
	struct fake_stage *s;

	server(0);
	peer_is("192.0.2.1");
	s = opened(0);
	ck_assert_int_eq(s->err, 0);
	ck_assert_int_ge(s->attached[BND_FRONT], 0);
	ck_assert_int_eq(s->limits[BND_LIMIT_IDLE], 3600000);
	ck_assert_int_eq(s->limits[BND_LIMIT_HALF_CLOSED], 60000);
	ck_assert_int_eq(s->limits[BND_LIMIT_LIFETIME], 86400000);
	fake_end(&tcp_server);
}
END_TEST

START_TEST(zero_is_no_limit)
{
	struct tcp_server *c = server(0);
	struct fake_stage *s;

	c->idle_timeout = c->half_closed_timeout = c->lifetime = 0;
	peer_is("192.0.2.1");
	s = opened(0);
	for (size_t i = BND_LIMIT_IDLE; i <= BND_LIMIT_LIFETIME; i++)
		ck_assert_int_eq(s->limits[i], 0);
	fake_end(&tcp_server);
}
END_TEST

static struct fake_stage *
claimed_by(const char *host)
{
	peer_is(host);
	fake_close(&tcp_server, 0);
	return opened(0);
}

static void
assert_key(const char *host, size_t n, const void *key)
{
	struct fake_stage *s = claimed_by(host);

	ck_assert_str_eq(s->claims, "source;");
	ck_assert_uint_eq(s->max, 1024);
	ck_assert_uint_eq(s->key_size, n);
	ck_assert_mem_eq(s->key, key, n);
	ck_assert(s->has_back);
	ck_assert(s->is_left); /* claims outlive the stage */
}

START_TEST(what_one_source_is)
{
	server(0);
	assert_key("192.0.2.1", 4, "\300\0\2\1");
	assert_key("::ffff:192.0.2.1", 4, "\300\0\2\1");
	assert_key("2001:db8:1:2:3:4:5:6", 8, "\x20\1\xd\xb8\0\1\0\2");
	assert_key("fe80::1:2", 16, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\1\0\2");
	fake_end(&tcp_server);
}
END_TEST

START_TEST(loopback_and_unix_need_no_place)
{
	static const char *const hosts[] = { "127.0.0.1", "127.9.9.9", "::1",
		"::ffff:127.0.0.1", NULL };
	struct tcp_server *c = server(0);
	struct fake_stage *s;

	for (size_t i = 0; i < 5; i++) {
		s = claimed_by(hosts[i]);
		ck_assert_str_eq(s->claims, "");
		ck_assert(s->is_left);
	}
	/* but a limit that is given holds for loopback too */
	c->max_per_source = 3;
	for (size_t i = 0; i < 5; i++) {
		s = claimed_by(hosts[i]);
		ck_assert_str_eq(s->claims, hosts[i] ? "source;" : "");
		ck_assert_uint_eq(s->max, hosts[i] ? 3 : 0);
	}
	fake_end(&tcp_server);
}
END_TEST

START_TEST(full_tables_abort)
{
	struct fake_stage *s;

	server(0)->max_connections = 5;
	s = claimed_by("127.0.0.1");
	ck_assert_str_eq(s->claims, "all;");
	ck_assert_uint_eq(s->key_size, 0);
	ck_assert_uint_eq(s->max, 5);
	ck_assert(s->is_left);
	s = claimed_by("192.0.2.1");
	ck_assert_str_eq(s->claims, "all;source;");

	fake.full = "source";
	s = claimed_by("192.0.2.1");
	ck_assert(s->is_aborted);
	ck_assert_int_eq(s->err, -EDQUOT);
	ck_assert_str_eq(s->text, "source has too many connections");
	ck_assert(!s->has_back);
	ck_assert_uint_eq(s->bypasses, 0);
	fake.full = "all";
	s = claimed_by("192.0.2.1");
	ck_assert_int_eq(s->err, -EDQUOT);
	ck_assert_str_eq(s->text, "binding has too many connections");
	ck_assert_str_eq(s->claims, "");
	fake_end(&tcp_server);
}
END_TEST

START_TEST(attach_failure_closes)
{
	struct fake_stage *s;
	int fds;

	server(0);
	peer_is("192.0.2.1");
	fds = fake_fds();
	fake.attach_rc = -ENOMEM;
	s = opened(0);
	ck_assert_int_eq(s->err, -ENOMEM);
	ck_assert_int_eq(fake_fds(), fds);
	fake_end(&tcp_server);
}
END_TEST

/* ---- a proxy in front; what a header says, others test */

static struct tcp_server *
proxied(const char *host)
{
	struct tcp_server *c = server(0);

	c->accept_proxy = 1;
	c->proxy_timeout = 5000;
	peer_is(host);
	return c;
}

START_TEST(only_trusted_proxies_come_in)
{
	struct bnd_nets one = { 0 };
	struct tcp_server *c = proxied("192.0.2.1");

	one.one = fake.peer;
	ck_assert(!admitted());
	ck_assert_int_eq(fake.metrics[METRIC_UNTRUSTED], 1);
	c->trusted = &one;
	c->deny = &one; /* it is no client */
	ck_assert(admitted());
	peer_is("192.0.2.2");
	ck_assert(!admitted());
	ck_assert_int_eq(fake.metrics[METRIC_UNTRUSTED], 2);
	ck_assert_int_eq(fake.denied, 0);
	c->trusted = NULL;
	peer_is(NULL); /* a unix socket */
	ck_assert(admitted());
	fake_end(&tcp_server);
}
END_TEST

START_TEST(without_accept_proxy_nobody_asks_for_trust)
{
	struct bnd_nets one = { 0 };
	struct tcp_server *c = server(0);

	peer_is("192.0.2.1");
	one.one = fake.peer;
	peer_is("192.0.2.2");
	c->trusted = &one;
	ck_assert(admitted());
	fake_end(&tcp_server);
}
END_TEST

START_TEST(the_header_is_awaited)
{
	struct tcp_server *c = proxied("192.0.2.1");
	struct fake_stage *s;

	c->max_connections = 9;
	s = opened(0);
	ck_assert(!s->is_aborted && !s->is_left && !s->has_back);
	ck_assert_str_eq(s->claims, "all;header;");
	ck_assert_uint_eq(s->max, HEADERS_MAX);
	ck_assert_int_eq(s->due[TIMER_HEADER], fake.now + 5000);
	ck_assert_int_eq(s->limits[BND_LIMIT_LIFETIME], 86400000);
	fake_pass(&tcp_server, 0, 4999);
	ck_assert(!s->is_aborted);
	fake_pass(&tcp_server, 0, 1);
	ck_assert_int_eq(s->err, -ETIMEDOUT);
	ck_assert_str_eq(s->text, "PROXY header did not come in time");
	ck_assert(!s->has_back && !s->is_left);
	ck_assert_int_eq(fake.metrics[METRIC_HEADERS_WRONG], 1);
	fake_end(&tcp_server);
}
END_TEST

START_TEST(those_who_wait_are_counted)
{
	struct fake_stage *s;

	proxied("127.0.0.1");
	ck_assert_str_eq(opened(0)->claims, "");
	fake_close(&tcp_server, 0);
	peer_is(NULL);
	ck_assert_str_eq(opened(0)->claims, "");
	fake_close(&tcp_server, 0);
	peer_is("2001:db8::1");
	fake.full = "header";
	s = opened(0);
	ck_assert_int_eq(s->err, -EDQUOT);
	ck_assert_str_eq(
	    s->text, "proxy has too many connections whose header is awaited");
	ck_assert_int_eq(s->due[TIMER_HEADER], -1);
	fake_close(&tcp_server, 0);
	((struct tcp_server *)fake.binding.self)->max_connections = 9;
	fake.full = "all";
	s = opened(0);
	ck_assert_str_eq(s->text, "binding has too many connections");
	ck_assert_str_eq(s->claims, "");
	fake_end(&tcp_server);
}
END_TEST

START_TEST(check_wants_to_know_whom_to_trust)
{
	const char *why = "needs 'trusted': the networks of the proxies that "
			  "may say who a client is";
	struct bnd_nets nets = { 0 };

	point(0, NULL, "/run/x", 0, 0);
	point(1, "127.0.0.1", NULL, 7000, 0);
	server(1)->accept_proxy = 1;
	ck_assert_int_eq(tcp_server.check(&fake.binding), 0);
	fake_end(&tcp_server);
	server(2)->accept_proxy = 1;
	assert_wrong("accept_proxy", why);
	server(2)->accept_proxy = 1;
	((struct tcp_server *)fake.binding.self)->trusted = &nets;
	ck_assert_int_eq(tcp_server.check(&fake.binding), 0);
	fake_end(&tcp_server);
	server(2)->trusted = &nets;
	assert_wrong("trusted", "has no effect without accept_proxy = true");
	server(2);
	fake.binding.is_last = 1;
	assert_wrong("listen",
	    "leads nowhere: put a binding such as 'tcp-client' or 'echo' "
	    "behind this one");
}
END_TEST

/* ---- questions of the operator */

static const char *
refused(const char *peer)
{
	const struct fake_stage *s;

	peer_is(peer);
	s = fake_explain(&tcp_server);
	ck_assert(!s->is_aborted == (fake.answers[0] != 0));
	ck_assert(!s->is_aborted || s->err == -EACCES);
	fake_answers();
	return s->is_aborted ? s->text : NULL;
}

START_TEST(explains_whom_it_lets_in)
{
	struct tcp_server *c = server(0);
	struct bnd_nets one, two;

	ck_assert_ptr_null(refused("192.0.2.1"));
	peer_is("192.0.2.1");
	one.one = fake.peer;
	peer_is("192.0.2.2");
	two.one = fake.peer;
	c->allow = &one;
	ck_assert_ptr_null(refused("192.0.2.1"));
	ck_assert_pstr_eq(
	    refused("192.0.2.2"), "allow does not list the source");
	c->deny = &one;
	ck_assert_pstr_eq(refused("192.0.2.1"), "deny lists the source");
	c->allow = NULL;
	c->deny = &two;
	ck_assert_ptr_null(refused("192.0.2.1"));
	fake.peer = (struct sockaddr_storage){ 0 };
	ck_assert(!fake_explain(&tcp_server)->is_aborted);
	ck_assert(strstr(fake_answers(), "source=not given"));
	fake_end(&tcp_server);
}
END_TEST

START_TEST(explains_the_limits)
{
	struct tcp_server *c = server(0);

	c->idle_timeout = 3600000;
	c->half_closed_timeout = 1500;
	c->lifetime = 0;
	peer_is("192.0.2.1");
	fake_explain(&tcp_server);
	ck_assert_str_eq(fake_answers(),
	    "max_connections=none\nmax_per_source=1024\n"
	    "idle_timeout=3600 s\nhalf_closed_timeout=1500 ms\n"
	    "lifetime=none\n");
	c->max_connections = UINT32_MAX;
	c->max_per_source = 7;
	fake_explain(&tcp_server);
	ck_assert_ptr_nonnull(strstr(
	    fake_answers(), "max_connections=4294967295\nmax_per_source=7\n"));
	fake_end(&tcp_server);
}
END_TEST

START_TEST(shows_what_it_did)
{
	struct tcp_server *c = server(1);
	struct bnd_accept a = { .peer = (const void *)&fake.peer };
	struct bnd_nets one;

	point(0, "::", NULL, 7000, 0);
	peer_is("192.0.2.1");
	one.one = fake.peer;
	for (int i = 0; i < 3; i++) {
		c->deny = i ? &one : NULL;
		a.fd = socket(AF_INET, SOCK_STREAM, 0);
		tcp_server.accepted(&fake.worker, &a);
		if (!i)
			close(a.fd);
	}
	ck_assert_ptr_nonnull(
	    strstr(fake_show(&tcp_server, NULL), "accepted=1\ndenied=2\n"));
	ck_assert_uint_eq(
	    strncmp(fake_show(&tcp_server, NULL), "listen=", 7), 0);
	fake_end(&tcp_server);
}
END_TEST

/* ---- echo */

#undef BND_PLUGIN
#define BND_PLUGIN(TYPE) struct bnd_swallow_semicolon_
#include "../../plugins/echo/echo.c"

START_TEST(echo_bypasses_front_to_front)
{
	struct fake_stage *s;

	bnd_plugin_v1(&fake_host);
	fake_binding(&echo);
	s = fake_open(&echo, 0, NULL);
	ck_assert_int_eq(s->err, 0);
	ck_assert_uint_eq(s->bypasses, 1u << 0);
	ck_assert(!s->is_left);
	fake_end(&echo);
}
END_TEST

UNIT_TESTS("tcp-server", v6only_auto_looks_for_the_ipv4_wildcard,
    v6only_auto_is_for_the_wildcard, check_names_what_is_wrong,
    listens_as_configured, deny_comes_before_allow, spawn_failure_closes,
    options_of_accepted_sockets, limits_are_the_hosts, zero_is_no_limit,
    what_one_source_is, loopback_and_unix_need_no_place, full_tables_abort,
    attach_failure_closes, only_trusted_proxies_come_in,
    without_accept_proxy_nobody_asks_for_trust, the_header_is_awaited,
    those_who_wait_are_counted, check_wants_to_know_whom_to_trust,
    explains_whom_it_lets_in, explains_the_limits, shows_what_it_did,
    echo_bypasses_front_to_front)

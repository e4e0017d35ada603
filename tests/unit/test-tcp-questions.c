/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* What tcp-client answers the operator. */

#include "fake-host.h"

#include "../../plugins/tcp-client/forward.c"
#include "../../plugins/tcp-client/questions.c"
#include "../../plugins/tcp-client/tcp-client.c"
#include "../../plugins/tcp-common/crc32c.c"
#include "../../plugins/tcp-common/proxy-write.c"
#include "../../plugins/tcp-common/tcp-address.c"
#include "../../plugins/tcp-common/tcp-options.c"

static struct bnd_endpoint endpoint;
static char endpoint_text[140];
static unsigned port;

static void
client(const char *host)
{
	struct tcp_client *c;

	bnd_plugin_v1(&fake_host);
	c = fake_binding(&tcp_client);
	snprintf(endpoint_text, sizeof(endpoint_text), "%s:%u", host, port);
	endpoint = (struct bnd_endpoint){
		.text = endpoint_text, .host = host, .port = (uint16_t)port
	};
	c->connect = &endpoint;
	c->connect_timeout = 10000;
	ck_assert_int_eq(tcp_client.check(&fake.binding), 0);
	ck_assert_int_eq(tcp_client.worker_start(&fake.worker), 0);
}

/* Where SYNs are not answered: the backlog of one is full. */
static int
silent(int fill[2])
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct tcp_address a;

	ck_assert_int_eq(tcp_address_parse(&a, "127.0.0.1", 0), 0);
	ck_assert_int_eq(bind(fd, &a.any, a.size), 0);
	ck_assert_int_eq(listen(fd, 0), 0);
	ck_assert_int_eq(getsockname(fd, &a.any, &a.size), 0);
	port = ntohs(a.in.sin_port);
	for (size_t i = 0; i < 2; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(fill[i], &a.any, a.size);
	}
	return fd;
}

START_TEST(shows_what_it_waits_for)
{
	int fill[2], fd = silent(fill);
	char wanted[100];
	struct fake_stage *s;

	client("127.0.0.1");
	s = fake_open(&tcp_client, 0, NULL);
	snprintf(wanted, sizeof(wanted), "connecting=127.0.0.1:%u\n", port);
	ck_assert_str_eq(fake_show(&tcp_client, s), wanted);
	snprintf(wanted, sizeof(wanted), "connect=127.0.0.1:%u\n", port);
	ck_assert_str_eq(fake_show(&tcp_client, NULL), wanted);
	ck_assert(!fake_explain(&tcp_client)->is_aborted);
	ck_assert_str_eq(fake_answers(), wanted);
	fake_end(&tcp_client);
	close(fill[0]);
	close(fill[1]);
	close(fd);
}
END_TEST

START_TEST(shows_a_name)
{
	struct tcp_address to;
	struct addrinfo one = { .ai_family = AF_INET6, .ai_addr = &to.any };
	struct fake_stage *s;
	struct names *n;

	port = 1;
	ck_assert_int_eq(tcp_address_parse(&to, "::1", 1), 0);
	one.ai_addrlen = to.size;
	client("db.example");
	n = fake.worker.self;
	fake_explain(&tcp_client);
	ck_assert_ptr_nonnull(
	    strstr(fake_answers(), "connect=db.example:1\naddress=not known"));
	s = fake_open(&tcp_client, 0, NULL);
	ck_assert_str_eq(fake_show(&tcp_client, s), "looking up=db.example\n");
	ck_assert_str_eq(fake_show(&tcp_client, NULL),
	    "connect=db.example:1\nlooking up=db.example\n");
	fake_close(&tcp_client, 0);
	n->is_asking = false;
	n->known = &one;
	n->good_until = fake.now + GOOD_MS;
	fake_explain(&tcp_client);
	ck_assert_str_eq(
	    fake_answers(), "connect=db.example:1\naddress=[::1]:1\n");
	ck_assert_str_eq(fake_show(&tcp_client, NULL),
	    "connect=db.example:1\naddress=[::1]:1\n");
	fake.now += GOOD_MS;
	ck_assert_str_eq(
	    fake_show(&tcp_client, NULL), "connect=db.example:1\n");
	n->known = NULL;
	fake_end(&tcp_client);
}
END_TEST

START_TEST(addresses_as_text)
{
	char text[TCP_ADDRESS_TEXT], path[108];
	struct tcp_address a;

	memset(path, 'p', sizeof(path));
	path[0] = '/';
	path[107] = 0;
	ck_assert_int_eq(tcp_address_path(&a, path), 0);
	tcp_address_text(&a.any, a.size, text);
	ck_assert(strncmp(text, "unix:/ppp", 9) == 0);
	ck_assert_uint_eq(strlen(text), 5 + 107);
	a.any.sa_family = AF_UNSPEC;
	ck_assert_str_eq(tcp_address_text(&a.any, a.size, text), "?");
}
END_TEST

UNIT_TESTS(
    "tcp-questions", shows_what_it_waits_for, shows_a_name, addresses_as_text)

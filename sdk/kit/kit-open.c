/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-open.c - connections that the test opens, and the way behind them. */

#include "kit-inner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ------------------------------------------------------- as if over loopback
 */

enum { PEER_PORT = 50000, LOCAL_PORT = 7500 };

/* The first that no connection has which lives: two at once differ, and the
 * next is as the last was. */
static uint16_t
port_choose(struct bndk *k)
{
	uint16_t port = PEER_PORT;
	struct bndk_conn *c = TAILQ_FIRST(&k->conns);

	while (c) {
		bool is_taken = c->port == port && !c->is_ended;

		c = is_taken ? TAILQ_FIRST(&k->conns) : TAILQ_NEXT(c, link);
		port += is_taken;
	}
	return port;
}

static void
conn_has_address(struct bndk_conn *c, const char *key, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port) };

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fact_set(c, key, BND_F_ADDR, &a, sizeof(a));
}

struct bndk_conn *
bndk_open_on_(const char *file, int line, struct bndk *k, unsigned worker)
{
	struct bndk_conn *c;

	k->file = file;
	k->line = line;
	if (worker >= k->workers || bndk_type(k)->role == BND_SOURCE) {
		kit_wrong(k, "test", "%s",
		    worker >= k->workers
			? "there is no such worker"
			: "a source opens connections itself: bndk_accept()");
		return NULL;
	}
	c = conn_create(k->generations->desks[worker], NULL, true);
	c->port = port_choose(k);
	conn_has_address(c, "peer", c->port);
	conn_has_address(c, "local", LOCAL_PORT);
	return c;
}

/* ----------------------------------------------------- really over loopback */

/* Where the kit connects to itself; made when it is first needed. */
static int
listener_get(struct bndk *k, struct sockaddr_in *a)
{
	socklen_t n = sizeof(*a);

	*a = (struct sockaddr_in){ .sin_family = AF_INET };
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (k->listener < 0) {
		k->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (k->listener < 0 ||
		    bind(k->listener, (void *)a, sizeof(*a)) < 0 ||
		    listen(k->listener, 8) < 0)
			return -1;
	}
	return getsockname(k->listener, (void *)a, &n);
}

/* Both ends of a TCP connection over loopback; no trace of it stays behind. */
static int
pair_make(struct bndk *k, int ends[2], struct sockaddr_in *peer)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	struct sockaddr_in a;
	socklen_t n = sizeof(*peer);

	if (listener_get(k, &a) < 0)
		return -1;
	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ends[0] < 0)
		return -1;
	setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	ends[1] = -1;
	if (connect(ends[0], (void *)&a, sizeof(a)) == 0)
		ends[1] = accept4(k->listener, (void *)peer, &n,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (ends[1] < 0)
		close(ends[0]);
	return ends[1] < 0 ? -1 : 0;
}

struct bndk_conn *
bndk_accept(struct bndk *k, unsigned worker)
{
	struct kit_desk *d = k->generations->desks[worker % k->workers];
	struct sockaddr_in peer = { 0 };
	struct bnd_accept a = { .peer = (void *)&peer,
		.peer_size = sizeof(peer) };
	struct kit_context before;
	int ends[2];

	k->spawned = NULL;
	if (!bndk_type(k)->accepted) {
		kit_wrong(k, "test", "the plugin has no accepted()");
		return NULL;
	}
	if (pair_make(k, ends, &peer) < 0) {
		kit_wrong(k, "test", "cannot connect over loopback: %s",
		    strerror(errno));
		return NULL;
	}
	a.fd = ends[1];
	before = kit_enter(k, TAG_WORKER, "accepted", d, NULL);
	bndk_type(k)->accepted(&d->pub, &a);
	kit_leave(k, before);
	if (!k->spawned) {
		close(ends[0]);
		return NULL;
	}
	k->spawned->peer_fd = ends[0];
	fact_set(k->spawned, "peer", BND_F_ADDR, &peer, sizeof(peer));
	return k->spawned;
}

/* ------------------------------------------------------------- its way back */

void
bndk_forget(struct bndk_conn *c)
{
	if (c->stage.state == STAGE_DEAD && c->is_ended)
		conn_free(c);
	else
		kit_wrong(c->k, "test",
		    "a connection that lives cannot be "
		    "forgotten");
}

void
bndk_back_waits(struct bndk *k)
{
	k->back_waits = true;
}

static bool
back_was_asked(const char *file, int line, struct bndk_conn *c)
{
	c->k->file = file;
	c->k->line = line;
	bndk_run(c->k);
	if (c->back == BACK_ASKED)
		return true;
	kit_wrong(c->k, "test", "the stage does not wait for its back");
	return false;
}

void
bndk_back_opens_(const char *file, int line, struct bndk_conn *c)
{
	if (back_was_asked(file, line, c))
		stage_back_opens(&c->stage);
}

void
bndk_back_fails_(const char *file, int line, struct bndk_conn *c, int err)
{
	if (back_was_asked(file, line, c))
		stage_back_fails(&c->stage, err);
}

const char *
bndk_exit_taken(struct bndk_conn *c)
{
	return c->exit;
}

const char *
bndk_why(struct bndk_conn *c)
{
	return c->why;
}

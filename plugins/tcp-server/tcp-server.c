/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tcp-server - the source of a pipeline: accepts connections on TCP ports and
 * unix sockets.  It turns away who may not come in, counts sources, and gives
 * each connection the time limits that the host then keeps.  The listening
 * sockets and all bytes are the host's business.  See bindery-tcp-server(7).
 */

#include "tcp-server.h"

#include "../tcp-common/tcp-address.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum v6only { V6ONLY_AUTO, V6ONLY_YES, V6ONLY_NO }; /* as in the table */

/* What max_per_source = 0 means for a source that is not this machine. */
enum { PER_SOURCE = 1024 };

#define YEAR_MS (INT64_C(365) * 24 * 3600 * 1000)

/* clang-format off */
static const struct bnd_option tcp_server_options[] = {
	BND_OPTION(struct tcp_server, listen, BND_T_ENDPOINTS, "listen",
	    .flags = BND_O_REQUIRED | BND_O_LISTEN,
	    .doc = "Addresses, port ranges and unix sockets to listen on."),
	BND_OPTION(struct tcp_server, mode, BND_T_STRING, "mode",
	    .def = "0660", .doc = "Permissions of unix sockets, in octal."),
	BND_OPTION(struct tcp_server, v6only, BND_T_ENUM, "v6only",
	    .def = "auto", .choices = "auto|yes|no",
	    .doc = "Whether an IPv6 socket leaves IPv4 alone."),
	BND_OPTION(struct tcp_server, backlog, BND_T_INT, "backlog",
	    .def = "0", .min = 0, .max = 65535,
	    .doc = "Connections that may wait; 0: the system's limit."),
	TCP_OPTIONS(struct tcp_server, tcp),
	BND_OPTION(struct tcp_server, max_connections, BND_T_INT,
	    "max_connections", .def = "0", .min = 0, .max = UINT32_MAX,
	    .doc = "Connections at once; 0: only the daemon's own limit holds."),
	BND_OPTION(struct tcp_server, max_per_source, BND_T_INT,
	    "max_per_source", .def = "0", .min = 0, .max = UINT32_MAX,
	    .doc = "Connections of one source; 0: 1024, but loopback any."),
	BND_OPTION(struct tcp_server, allow, BND_T_NETS, "allow",
	    .doc = "Sources that may connect; all others are turned away."),
	BND_OPTION(struct tcp_server, deny, BND_T_NETS, "deny",
	    .doc = "Sources that are turned away, whatever allow says."),
	BND_OPTION(struct tcp_server, accept_proxy, BND_T_BOOL, "accept_proxy",
	    .def = "false",
	    .doc = "Every connection begins with a PROXY header, v1 or v2."),
	BND_OPTION(struct tcp_server, trusted, BND_T_NETS, "trusted",
	    .doc = "Proxies that may send one; all others are turned away."),
	BND_OPTION(struct tcp_server, proxy_timeout, BND_T_TIME,
	    "proxy_timeout", .def = "5s", .min = 1, .max = 3600 * 1000,
	    .doc = "Time for the PROXY header to come, in all."),
	BND_OPTION(struct tcp_server, idle_timeout, BND_T_TIME, "idle_timeout",
	    .def = "1h", .min = 0, .max = YEAR_MS,
	    .doc = "Longest silence in both directions; 0: for ever."),
	BND_OPTION(struct tcp_server, half_closed_timeout, BND_T_TIME,
	    "half_closed_timeout", .def = "60s", .min = 0, .max = YEAR_MS,
	    .doc = "Longest silence once one direction has ended; 0: for ever."),
	BND_OPTION(struct tcp_server, lifetime, BND_T_TIME, "lifetime",
	    .def = "24h", .min = 0, .max = YEAR_MS,
	    .doc = "Longest life of a connection; 0: for ever."),
	{ 0 },
};

static const struct bnd_metric tcp_server_metrics[] = {
	[METRIC_DENIED] = { .name = "denied_total", .kind = BND_COUNTER,
	    .doc = "Connections turned away by allow or deny." },
	[METRIC_UNTRUSTED] = { .name = "untrusted_total", .kind = BND_COUNTER,
	    .doc = "Connections of proxies that trusted does not list." },
	[METRIC_HEADERS] = { .name = "proxy_headers_total",
	    .kind = BND_COUNTER, .doc = "PROXY headers that were read." },
	[METRIC_HEADERS_WRONG] = { .name = "proxy_header_errors_total",
	    .kind = BND_COUNTER,
	    .doc = "PROXY headers that were wrong, cut short or late." },
	{ 0 },
};
/* clang-format on */

/* ---- where to listen */

static int
tcp_server_mode(const struct tcp_server *c, unsigned *mode_r)
{
	char *end;
	unsigned long mode = strtoul(c->mode, &end, 8);

	if (c->mode[0] < '0' || c->mode[0] > '7' || *end || mode > 0777)
		return -EINVAL;
	*mode_r = (unsigned)mode;
	return 0;
}

static bool
tcp_server_is_wildcard(const struct bnd_endpoint *e, int family)
{
	struct tcp_address a;

	if (!e->host || tcp_address_parse(&a, e->host, e->port) < 0 ||
	    a.any.sa_family != family)
		return false;
	return family == AF_INET ? a.in.sin_addr.s_addr == INADDR_ANY
				 : IN6_IS_ADDR_UNSPECIFIED(&a.in6.sin6_addr);
}

static unsigned
tcp_server_last_port(const struct bnd_endpoint *e)
{
	return e->last > e->port ? e->last : e->port;
}

/* Do the binding's IPv4 wildcards take the ports of e?  1: all, 0: none,
 * -EEXIST: some of them. */
static int
tcp_server_ipv4_takes(const struct tcp_server *c, const struct bnd_endpoint *e)
{
	unsigned first = e->port, last = tcp_server_last_port(e);
	int rc = 0;

	for (size_t i = 0; i < c->listen.n; i++) {
		const struct bnd_endpoint *o = c->listen.v[i];

		if (!tcp_server_is_wildcard(o, AF_INET) || o->port > last ||
		    tcp_server_last_port(o) < first)
			continue;
		if (o->port <= first && tcp_server_last_port(o) >= last)
			return 1;
		rc = -EEXIST;
	}
	return rc;
}

/* The flags of bnd_listen(), or -EEXIST as above. */
static int
tcp_server_listen_flags(
    const struct tcp_server *c, const struct bnd_endpoint *e)
{
	int taken;

	if (c->v6only == V6ONLY_NO || !e->host || !strchr(e->host, ':'))
		return 0;
	if (c->v6only == V6ONLY_YES)
		return BND_LISTEN_V6ONLY;
	if (!tcp_server_is_wildcard(e, AF_INET6))
		return 0;
	taken = tcp_server_ipv4_takes(c, e);
	return taken > 0 ? (int)BND_LISTEN_V6ONLY : taken;
}

static int
tcp_server_endpoint_check(struct bnd_binding *b, const struct bnd_endpoint *e)
{
	const struct tcp_server *c = b->self;
	struct tcp_address a;

	/* A name could stand for other addresses at each start, and a reload
	 * would not know which sockets to carry over. */
	if (e->host && tcp_address_parse(&a, e->host, e->port) < 0)
		return bnd_option_error(b, "listen", NULL,
		    "'%s' is a name; write the address to listen on", e->text);
	if (tcp_server_listen_flags(c, e) < 0)
		return bnd_option_error(b, "listen", NULL,
		    "the IPv4 wildcard is listed for some ports of '%s' only; "
		    "list it for all of them, or set v6only",
		    e->text);
	return 0;
}

static int
tcp_server_check(struct bnd_binding *b)
{
	const struct tcp_server *c = b->self;
	unsigned mode;
	int rc = tcp_options_check(b, &c->tcp);

	if (proxy_check(b) < 0)
		rc = -EINVAL;
	if (b->is_last)
		rc = bnd_option_error(b, "listen", NULL,
		    "leads nowhere: put a binding such as 'tcp-client' or "
		    "'echo' behind this one");
	if (c->listen.n == 0)
		rc = bnd_option_error(b, "listen", NULL, "lists no address");
	for (size_t i = 0; i < c->listen.n; i++)
		if (tcp_server_endpoint_check(b, c->listen.v[i]) < 0)
			rc = -EINVAL;
	if (tcp_server_mode(c, &mode) < 0)
		rc = bnd_option_error(b, "mode", NULL,
		    "'%s' is not a mode; use an octal number up to 0777",
		    c->mode);
	return rc;
}

static int
tcp_server_start(struct bnd_binding *b)
{
	const struct tcp_server *c = b->self;
	unsigned mode = 0;

	tcp_server_mode(c, &mode);
	for (size_t i = 0; i < c->listen.n; i++) {
		const struct bnd_endpoint *e = c->listen.v[i];
		unsigned flags = (unsigned)tcp_server_listen_flags(c, e);
		int rc = bnd_listen(b, e, flags, (int)c->backlog, mode);

		if (rc < 0) {
			bnd_option_error(b, "listen", NULL,
			    "cannot listen on %s: %s", e->text, strerror(-rc));
			return rc;
		}
	}
	return 0;
}

/* ---- who may come in */

/* Why a source may not come in; NULL: it may.  allow and deny speak of
 * addresses; a unix socket has its mode. */
static const char *
tcp_server_denies(const struct tcp_server *c, const struct sockaddr *peer)
{
	if (peer->sa_family != AF_INET && peer->sa_family != AF_INET6)
		return NULL;
	if (bnd_nets_has(c->deny, peer))
		return "deny lists the source";
	if (c->allow && !bnd_nets_has(c->allow, peer))
		return "allow does not list the source";
	return NULL;
}

/* Close with a reset: nothing lingers here for somebody who is not welcome. */
static void
tcp_server_turn_away(int fd)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

/* Of a proxy nobody asks whether it is a welcome client. */
static bool
tcp_server_welcomes(struct bnd_worker *w, const struct sockaddr *peer)
{
	const struct tcp_server *c = w->binding->self;
	struct tally *t = w->self;

	if (c->accept_proxy && !proxy_is_trusted(c, peer)) {
		t->untrusted++;
		bnd_metric(w, METRIC_UNTRUSTED, 1);
		return false;
	}
	if (!c->accept_proxy && tcp_server_denies(c, peer)) {
		t->denied++;
		bnd_metric(w, METRIC_DENIED, 1);
		return false;
	}
	t->accepted++;
	return true;
}

static void
tcp_server_accepted(struct bnd_worker *w, const struct bnd_accept *a)
{
	const struct tcp_server *c = w->binding->self;

	if (!tcp_server_welcomes(w, a->peer)) {
		tcp_server_turn_away(a->fd);
		return;
	}
	/* The host's listening sockets hand TCP_NODELAY down. */
	if (a->peer->sa_family != AF_UNIX)
		tcp_options_apply(&c->tcp, a->fd, true);
	if (bnd_spawn(w, (void *)(intptr_t)a->fd) < 0)
		tcp_server_turn_away(a->fd);
}

/* ---- a connection */

struct source
tcp_server_source(const struct sockaddr *peer)
{
	const struct in6_addr *a;
	const uint8_t *v4;

	if (peer && peer->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)peer;

		v4 = (const void *)&in->sin_addr;
		return (struct source){ v4, 4, v4[0] == IN_LOOPBACKNET };
	}
	if (!peer || peer->sa_family != AF_INET6)
		return (struct source){ 0 };
	a = &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
	if (IN6_IS_ADDR_V4MAPPED(a)) {
		v4 = &a->s6_addr[12];
		return (struct source){ v4, 4, v4[0] == IN_LOOPBACKNET };
	}
	return (struct source){ a, IN6_IS_ADDR_LINKLOCAL(a) ? 16 : 8,
		IN6_IS_ADDR_LOOPBACK(a) };
}

/* How many of this source there may be; 0: no limit. */
static uint32_t
tcp_server_per_source(const struct tcp_server *c, const struct source *s)
{
	if (s->size == 0)
		return 0;
	if (c->max_per_source)
		return (uint32_t)c->max_per_source;
	return s->is_loopback ? 0 : PER_SOURCE;
}

/* A place among all; 0, or a negative errno after saying why. */
static int
tcp_server_claim(struct bnd_stage *st)
{
	const struct tcp_server *c = st->binding->self;
	uint32_t max = (uint32_t)c->max_connections;
	int rc = max ? bnd_claim(st, "all", NULL, 0, max) : 0;

	if (rc < 0)
		bnd_abort(st, rc, "binding has too many connections");
	return rc;
}

/* A place among those of its source; as above. */
static int
tcp_server_claim_source(struct bnd_stage *st, const struct sockaddr *peer)
{
	struct source s = tcp_server_source(peer);
	uint32_t max = tcp_server_per_source(st->binding->self, &s);
	int rc = max ? bnd_claim(st, "source", s.key, s.size, max) : 0;

	if (rc < 0)
		bnd_abort(st, rc, "source has too many connections");
	return rc;
}

static void
tcp_server_limit(struct bnd_stage *st)
{
	const struct tcp_server *c = st->binding->self;

	bnd_limit(st, BND_LIMIT_IDLE, c->idle_timeout);
	bnd_limit(st, BND_LIMIT_HALF_CLOSED, c->half_closed_timeout);
	bnd_limit(st, BND_LIMIT_LIFETIME, c->lifetime);
}

/* A client whom a proxy speaks for could not be asked for earlier. */
static int
tcp_server_deny(struct bnd_stage *st, const struct sockaddr *peer)
{
	struct tally *t = st->worker->self;
	const char *why = tcp_server_denies(st->binding->self, peer);

	if (!why)
		return 0;
	t->denied++;
	bnd_metric(st->worker, METRIC_DENIED, 1);
	bnd_abort(st, -EACCES, "%s", why);
	return -EACCES;
}

void
tcp_server_admit(struct bnd_stage *st)
{
	const struct tcp_server *c = st->binding->self;
	const struct sockaddr *peer = bnd_fact(st, "peer", BND_F_ADDR, NULL);

	if (c->accept_proxy && tcp_server_deny(st, peer) < 0)
		return;
	if (tcp_server_claim_source(st, peer) < 0)
		return;
	/* The host holds the places and the limits as long as the connection
	 * lives: nothing is left to do here. */
	bnd_open_back(st, NULL);
	bnd_leave(st);
}

static int
tcp_server_open(struct bnd_stage *st, void *arg)
{
	const struct tcp_server *c = st->binding->self;
	int fd = (int)(intptr_t)arg;
	int rc = bnd_attach(st, BND_FRONT, fd);

	if (rc < 0) {
		tcp_server_turn_away(fd);
		return rc;
	}
	rc = tcp_server_claim(st);
	if (rc < 0)
		return rc;
	tcp_server_limit(st);
	if (c->accept_proxy)
		return proxy_open(st);
	tcp_server_admit(st);
	return 0;
}

/* ---- questions of the operator */

static void
tcp_server_show(
    struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *a)
{
	const struct tcp_server *c = w->binding->self;
	const struct tally *t = w->self;

	if (st) {
		proxy_show(st, a);
		return;
	}
	for (size_t i = 0; i < c->listen.n; i++)
		bnd_answer(a, "listen", "%s", c->listen.v[i]->text);
	bnd_answer(a, "accepted", "%" PRIu64, t->accepted);
	bnd_answer(a, "denied", "%" PRIu64, t->denied);
	if (c->accept_proxy)
		bnd_answer(a, "untrusted", "%" PRIu64, t->untrusted);
}

void
tcp_server_answer_time(struct bnd_answer *a, const char *option, int64_t ms)
{
	if (ms == 0)
		bnd_answer(a, option, "none");
	else if (ms % 1000)
		bnd_answer(a, option, "%" PRId64 " ms", ms);
	else
		bnd_answer(a, option, "%" PRId64 " s", ms / 1000);
}

static void
tcp_server_answer_count(
    struct bnd_answer *a, const char *option, uint32_t count)
{
	if (count)
		bnd_answer(a, option, "%" PRIu32, count);
	else
		bnd_answer(a, option, "none");
}

/* As accepted() and open(): how many are there, only these know. */
static void
tcp_server_explain(struct bnd_stage *st, struct bnd_answer *a)
{
	const struct tcp_server *c = st->binding->self;
	const struct sockaddr *peer = bnd_fact(st, "peer", BND_F_ADDR, NULL);
	const char *why = peer ? tcp_server_denies(c, peer) : NULL;
	struct source s = tcp_server_source(peer);

	if (why) {
		bnd_abort(st, -EACCES, "%s", why);
		return;
	}
	proxy_explain(c, a);
	if (!peer && (c->allow || c->deny))
		bnd_answer(
		    a, "source", "not given, so allow and deny were not asked");
	tcp_server_answer_count(
	    a, "max_connections", (uint32_t)c->max_connections);
	if (peer)
		tcp_server_answer_count(
		    a, "max_per_source", tcp_server_per_source(c, &s));
	tcp_server_answer_time(a, "idle_timeout", c->idle_timeout);
	tcp_server_answer_time(
	    a, "half_closed_timeout", c->half_closed_timeout);
	tcp_server_answer_time(a, "lifetime", c->lifetime);
}

static const struct bnd_type tcp_server = {
	BND_HEAD("tcp-server", "1.0", BND_SOURCE),
	.flags = BND_HOLD_BACK,
	.summary = "Accepts connections on TCP ports and unix sockets.",
	.options = tcp_server_options,
	.metrics = tcp_server_metrics,
	.binding_size = sizeof(struct tcp_server),
	.worker_size = sizeof(struct tally),
	.stage_size = sizeof(struct incoming),
	.check = tcp_server_check,
	.start = tcp_server_start,
	.accepted = tcp_server_accepted,
	.open = tcp_server_open,
	.flow = proxy_flow,
	.timer = proxy_timer,
	.show = tcp_server_show,
	.explain = tcp_server_explain,
};

BND_PLUGIN(tcp_server);

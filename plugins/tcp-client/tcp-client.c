/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tcp-client - the sink of a pipeline: connects to an address, a name or a unix
 * socket.  A name is looked up on the host's pool, and all its addresses race
 * for the connection (RFC 8305).  Once connected the stage leaves, and costs
 * nothing more: the host moves the bytes.  See bindery-tcp-client(7).
 */

#include "tcp-client.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ATTEMPTS_MAX = 32, /* addresses of one name that are tried */
	NEXT_MS = 250,     /* until the next address joins the race */
	AGAIN_MS = 20,     /* until a busy unix socket is asked again */
	GOOD_MS = 1000,    /* how long the addresses of a name are reused */
};

enum { TIMER_CONNECT, TIMER_NEXT };

/* clang-format off */
static const struct bnd_option tcp_client_options[] = {
	BND_OPTION(struct tcp_client, connect, BND_T_ENDPOINT, "connect",
	    .flags = BND_O_REQUIRED, .doc = "Where to connect."),
	BND_OPTION(struct tcp_client, connect_timeout, BND_T_TIME,
	    "connect_timeout", .def = "10s", .min = 1, .max = 3600 * 1000,
	    .doc = "Time to look up the name and to connect, in all."),
	BND_OPTION(struct tcp_client, source, BND_T_STRING, "source",
	    .doc = "Address of this machine to connect from."),
	BND_OPTION(struct tcp_client, forward, BND_T_ENUM, "forward",
	    .def = "none", .choices = "none|proxy-v2",
	    .doc = "What the backend is told about the client, and how."),
	BND_OPTION(struct tcp_client, forward_tlvs, BND_T_ROWS,
	    "forward_tlvs", .rows = forward_options,
	    .row_size = sizeof(struct forward_tlv),
	    .doc = "Facts to tell; otherwise 0xE2 identity, 0xE3 claims."),
	BND_OPTION(struct tcp_client, forward_certificate, BND_T_BOOL,
	    "forward_certificate", .def = "false",
	    .doc = "Also tell the client's certificate."),
	TCP_OPTIONS(struct tcp_client, tcp),
	{ 0 },
};
/* clang-format on */

/* ---- one attempt; int: 0 connected, -EINPROGRESS, or why not */

static int
attempt_socket(struct attempt *a, const struct tcp_client *c)
{
	const int on = 1;
	int family = a->to.any.sa_family;

	a->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd < 0)
		return -errno;
	if (family != AF_UNIX)
		tcp_options_apply(&c->tcp, a->fd, false);
	if (!c->from.size)
		return 0;
	/* connect() shall choose the port: it knows which are free for this
	 * backend, bind() only which are free for all. */
	setsockopt(a->fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind(a->fd, &c->from.any, c->from.size) < 0 ? -errno : 0;
}

/* A port of the ephemeral range where nobody listens can, by chance, be given
 * to the very socket that connects to it: TCP then connects it to itself. */
static bool
attempt_met_itself(const struct attempt *a, const struct tcp_client *c)
{
	struct tcp_address own = { .size = sizeof(own.un) };

	return c->may_meet_itself && a->to.any.sa_family != AF_UNIX &&
	       getsockname(a->fd, &own.any, &own.size) == 0 &&
	       tcp_address_equal(&own, &a->to);
}

/* Asked again, connect() tells how it went with the first call. */
static int
attempt_connect(const struct attempt *a, const struct tcp_client *c)
{
	if (connect(a->fd, &a->to.any, a->to.size) == 0 || errno == EISCONN)
		return attempt_met_itself(a, c) ? -ECONNREFUSED : 0;
	if (errno == EALREADY || errno == EINTR)
		return -EINPROGRESS;
	return -errno;
}

static void
attempt_end(struct bnd_stage *st, struct attempt *a)
{
	if (a->fd < 0)
		return;
	bnd_watch(st, a->fd, 0);
	close(a->fd);
	a->fd = -1;
}

static int
attempt_begin(struct bnd_stage *st, struct attempt *a)
{
	const struct tcp_client *c = st->binding->self;
	int rc = attempt_socket(a, c);

	if (rc == 0)
		rc = attempt_connect(a, c);
	/* A backend on this machine has answered by now, though connect() says
	 * EINPROGRESS even then: to ask is cheaper than to wait. */
	if (rc == -EINPROGRESS)
		rc = attempt_connect(a, c);
	if (rc == -EINPROGRESS && bnd_watch(st, a->fd, BND_WRITE) < 0)
		rc = -ENOMEM;
	if (rc < 0 && rc != -EINPROGRESS)
		attempt_end(st, a);
	return rc;
}

/* ---- the race */

static void
race_end(struct bnd_stage *st)
{
	struct connecting *s = st->self;

	if (!s->race)
		return;
	bnd_timer(st, TIMER_NEXT, -1);
	bnd_timer(st, TIMER_CONNECT, -1);
	for (size_t i = 0; i < s->race->begun; i++)
		attempt_end(st, &s->race->attempts[i]);
	free(s->race);
	s->race = NULL;
}

/* The last attempt died of err. */
static void
race_lost(struct bnd_stage *st, int err, const struct attempt *last)
{
	const struct tcp_client *c = st->binding->self;
	char at[NI_MAXHOST] = "";

	if (!c->to.size) /* a name: say which of its addresses it was */
		getnameinfo(&last->to.any, last->to.size, at, sizeof(at), NULL,
		    0, NI_NUMERICHOST);
	bnd_abort(st, err, "connect to %s%s%s: %s", c->connect->text,
	    at[0] ? " at " : "", at, strerror(-err));
	race_end(st);
}

/* The header goes first; who comes is not told by the client. */
static void
race_take(struct bnd_stage *st, struct attempt *a, struct bnd_buf *header)
{
	int rc = bnd_attach(st, BND_BACK, a->fd);

	if (rc < 0) {
		race_lost(st, rc, a);
		return;
	}
	a->fd = -1;
	race_end(st);
	if (header)
		rc = bnd_put(st, BND_BACK, header);
	if (rc < 0)
		bnd_abort(st, rc, "send the PROXY header: %s", strerror(-rc));
	else
		bnd_leave(st);
}

static void
race_won(struct bnd_stage *st, struct attempt *a)
{
	const struct tcp_client *c = st->binding->self;
	struct bnd_buf *header = NULL;
	int rc = c->forward ? forward_header(st, &header) : 0;

	if (rc < 0) {
		bnd_abort(st, rc, "make the PROXY header: %s",
		    rc == -EMSGSIZE ? "it would be longer than 65535 bytes"
				    : strerror(-rc));
		race_end(st);
		return;
	}
	race_take(st, a, header);
	if (header)
		bnd_buf_unref(header);
}

/* Begin attempts until one is under way, has won, or none is left. */
static void
race_next(struct bnd_stage *st)
{
	struct race *r = ((struct connecting *)st->self)->race;
	struct attempt *a = NULL;
	int rc = -EINPROGRESS;

	while (r && r->begun < r->count) {
		a = &r->attempts[r->begun++];
		rc = attempt_begin(st, a);
		if (rc == 0 || rc == -EINPROGRESS)
			break;
	}
	if (!a)
		return;
	if (rc == 0) {
		race_won(st, a);
	} else if (rc == -EINPROGRESS) {
		r->live++;
		bnd_timer(st, TIMER_NEXT, r->begun < r->count ? NEXT_MS : -1);
	} else if (rc == -EAGAIN) {
		/* a unix socket's backlog is full: nothing tells for how long
		 */
		r->begun--;
		bnd_timer(st, TIMER_NEXT, AGAIN_MS);
	} else if (r->live == 0) {
		race_lost(st, rc, a);
	}
}

static void
race_ready(struct bnd_stage *st, int fd, unsigned events)
{
	struct race *r = ((struct connecting *)st->self)->race;
	size_t i = 0;
	int rc;

	(void)events;
	while (r && i < r->begun && r->attempts[i].fd != fd)
		i++;
	if (!r || i == r->begun)
		return;
	rc = attempt_connect(&r->attempts[i], st->binding->self);
	if (rc == 0)
		race_won(st, &r->attempts[i]);
	if (rc == 0 || rc == -EINPROGRESS)
		return;
	attempt_end(st, &r->attempts[i]);
	r->live--;
	if (r->begun < r->count)
		race_next(st);
	else if (r->live == 0)
		race_lost(st, rc, &r->attempts[i]);
}

/* Take the addresses in the order of RFC 8305, section 4: as the resolver
 * sorted them, but the two families by turns. */
static void
race_enter(struct race *r, const struct addrinfo *list, size_t max)
{
	const struct addrinfo *turn[2] = { list, list };
	int family = list->ai_family;

	for (size_t i = 0; (turn[0] || turn[1]) && r->count < max; i ^= 1) {
		struct attempt *a = &r->attempts[r->count];

		while (turn[i] && (turn[i]->ai_family == family) != (i == 0))
			turn[i] = turn[i]->ai_next;
		if (!turn[i])
			continue;
		memcpy(&a->to.any, turn[i]->ai_addr, turn[i]->ai_addrlen);
		a->to.size = turn[i]->ai_addrlen;
		r->count++;
		turn[i] = turn[i]->ai_next;
	}
}

static void
race_start(struct bnd_stage *st, const struct addrinfo *list)
{
	struct connecting *s = st->self;
	size_t max = list->ai_next ? ATTEMPTS_MAX : 1;

	s->race = calloc(1, sizeof(*s->race) + max * sizeof(struct attempt));
	if (!s->race) {
		bnd_abort(st, -ENOMEM, "out of memory");
		return;
	}
	race_enter(s->race, list, max);
	race_next(st);
}

/* ---- names */

static int
names_start(struct bnd_worker *w)
{
	const struct tcp_client *c = w->binding->self;
	struct names *n = w->self;

	TAILQ_INIT(&n->waiting);
	n->host = c->connect->host;
	snprintf(n->port, sizeof(n->port), "%u", (unsigned)c->connect->port);
	n->hints.ai_socktype = SOCK_STREAM;
	n->hints.ai_flags = AI_NUMERICSERV;
	if (c->from.size) /* of a family that is there, were it loopback only */
		n->hints.ai_family = c->from.any.sa_family;
	else
		n->hints.ai_flags |= AI_ADDRCONFIG;
	return 0;
}

static void
names_learn(struct names *n, struct addrinfo *found)
{
	if (n->known)
		freeaddrinfo(n->known);
	n->known = found;
	n->good_until = bnd_now() + GOOD_MS;
}

static void
names_stop(struct bnd_worker *w)
{
	names_learn(w->self, NULL);
}

static void
names_run(void *arg)
{
	struct names *n = arg;

	n->rc = getaddrinfo(n->host, n->port, &n->hints, &n->found);
	n->err = errno;
}

static void
names_forget(struct bnd_stage *st)
{
	struct names *n = st->worker->self;
	struct connecting *s = st->self;

	if (s->is_waiting)
		TAILQ_REMOVE(&n->waiting, s, waiting);
	s->is_waiting = false;
}

static void
names_done(struct bnd_worker *w, struct bnd_stage *none, void *arg)
{
	struct names *n = w->self;
	struct connecting *s;

	(void)none;
	(void)arg;
	n->is_asking = false;
	if (n->rc == 0)
		names_learn(n, n->found);
	while ((s = TAILQ_FIRST(&n->waiting))) {
		names_forget(s->st);
		if (n->rc == 0)
			race_start(s->st, n->known);
		else
			bnd_abort(s->st, -ENOENT, "look up '%s': %s", n->host,
			    n->rc == EAI_SYSTEM ? strerror(n->err)
						: gai_strerror(n->rc));
	}
}

/* Start the race, now or when the answer comes. */
static int
names_ask(struct bnd_stage *st)
{
	struct names *n = st->worker->self;
	struct connecting *s = st->self;
	int rc = 0;

	if (n->known && bnd_now() < n->good_until) {
		race_start(st, n->known);
		return 0;
	}
	if (!n->is_asking) {
		n->rc = EAI_AGAIN; /* run() may be left out */
		rc = bnd_worker_work(st->worker, names_run, names_done, n);
	}
	if (rc < 0)
		return rc;
	n->is_asking = true;
	s->is_waiting = true;
	TAILQ_INSERT_TAIL(&n->waiting, s, waiting);
	return 0;
}

/* ---- callbacks */

static int
tcp_client_check_source(struct bnd_binding *b)
{
	struct tcp_client *c = b->self;

	if (tcp_address_parse(&c->from, c->source, 0) < 0)
		return bnd_option_error(b, "source", NULL,
		    "'%s' is not a numeric address", c->source);
	if (c->to.size && c->to.any.sa_family != c->from.any.sa_family)
		return bnd_option_error(b, "source", NULL,
		    "'%s' cannot reach '%s', which is of another family",
		    c->source, c->connect->text);
	return 0;
}

/* Is the port among those that the kernel gives to sockets that connect?  When
 * that cannot be read, any might be. */
static bool
port_is_ephemeral(unsigned port)
{
	FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	unsigned first = 1, last = 65535;

	if (!f)
		return true;
	if (fscanf(f, "%u %u", &first, &last) != 2)
		first = 1;
	fclose(f);
	return port >= first && port <= last;
}

static int
tcp_client_check(struct bnd_binding *b)
{
	struct tcp_client *c = b->self;
	const struct bnd_endpoint *e = c->connect;
	int rc = tcp_options_check(b, &c->tcp);

	if (forward_check(b) < 0)
		rc = -EINVAL;
	if (e->host) /* what cannot be parsed is a name */
		tcp_address_parse(&c->to, e->host, e->port);
	else if (tcp_address_path(&c->to, e->path) < 0)
		rc = bnd_option_error(b, "connect", NULL,
		    "'%s' is too long for a unix socket", e->path);
	if (e->host && (e->last > e->port || e->port == 0))
		rc = bnd_option_error(
		    b, "connect", NULL, "'%s' must name one port", e->text);
	if (c->source && tcp_client_check_source(b) < 0)
		rc = -EINVAL;
	c->may_meet_itself = e->host && port_is_ephemeral(e->port);
	return rc;
}

static int
tcp_client_open(struct bnd_stage *st, void *arg)
{
	struct tcp_client *c = st->binding->self;
	struct connecting *s = st->self;
	const struct addrinfo to = { .ai_addr = &c->to.any,
		.ai_addrlen = c->to.size };
	int rc = 0;

	(void)arg;
	s->st = st;
	/* Only a name becomes the fact: a tls client in front checks the
	 * certificate for it, and it costs memory in every connection. */
	if (c->to.size)
		race_start(st, &to);
	else if (!(rc = bnd_fact_text_set(st, "back.name", c->connect->host)))
		rc = names_ask(st);
	if (s->race || s->is_waiting)
		bnd_timer(st, TIMER_CONNECT, c->connect_timeout);
	return rc;
}

static void
tcp_client_close(struct bnd_stage *st, int err)
{
	(void)err;
	names_forget(st);
	race_end(st);
}

static void
tcp_client_timer(struct bnd_stage *st, unsigned slot)
{
	const struct tcp_client *c = st->binding->self;
	const struct connecting *s = st->self;

	if (slot == TIMER_NEXT) {
		race_next(st);
		return;
	}
	bnd_abort(st, -ETIMEDOUT, "%s %s: no answer within %lld ms",
	    s->is_waiting ? "look up" : "connect to", c->connect->text,
	    (long long)c->connect_timeout);
	tcp_client_close(st, -ETIMEDOUT);
}

static const struct bnd_type tcp_client = {
	BND_HEAD("tcp-client", "1.0", BND_SINK),
	.flags = BND_HOLD_FRONT,
	.summary = "Connects to an address, a name or a unix socket.",
	.options = tcp_client_options,
	.binding_size = sizeof(struct tcp_client),
	.worker_size = sizeof(struct names),
	.stage_size = sizeof(struct connecting),
	.check = tcp_client_check,
	.start = forward_start,
	.worker_start = names_start,
	.worker_stop = names_stop,
	.open = tcp_client_open,
	.timer = tcp_client_timer,
	.ready = race_ready,
	.close = tcp_client_close,
	.show = tcp_client_show,
	.explain = tcp_client_explain,
};

BND_PLUGIN(tcp_client);

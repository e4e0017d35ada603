/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-host.h - a host for the plugin tls in unit tests and fuzzers: two
 * bindings, a server and a client, and stages whose queues the test fills and
 * empties.  Includes the whole plugin; include it once.
 */
#ifndef TESTS_TLS_HOST_H
#define TESTS_TLS_HOST_H

#include "../../plugins/tls/tls-context.c"
#include "../../plugins/tls/tls-create.c"
#include "../../plugins/tls/tls-facts.c"
#include "../../plugins/tls/tls-file.c"
#include "../../plugins/tls/tls-hello.c"
#include "../../plugins/tls/tls-identity.c"
#include "../../plugins/tls/tls-lists.c"
#include "../../plugins/tls/tls-names.c"
#include "../../plugins/tls/tls-options.c"
#include "../../plugins/tls/tls-peek.c"
#include "../../plugins/tls/tls-priority.c"
#include "../../plugins/tls/tls-record.c"
#include "../../plugins/tls/tls-route.c"
#include "../../plugins/tls/tls-session.c"
#include "../../plugins/tls/tls-ticket.c"
#include "../../plugins/tls/tls-turn.c"
#include "../../plugins/tls/tls-verify.c"
#include "../../plugins/tls/tls-warn.c"
#include "../../plugins/tls/tls-why.c"
#include "../../plugins/tls/tls.c"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { HOST_LIMIT = 65536 };

struct pipe { /* one queue */
	char data[HOST_LIMIT];
	size_t n;
	bool has_ended, is_discarding;
};

struct tls_stage {
	struct bnd_stage pub; /* first */
	struct session session;
	struct pipe in[2], out[2]; /* by side */
	bool is_woken, is_timer_due, has_back, has_front, has_left, is_over;
	int err;        /* of the refusal or abort */
	char text[300]; /* of the same */
};

static struct {
	struct tls options;
	struct desk desk;
	struct bnd_binding binding;
	struct bnd_worker worker;
	struct ticket_secret kept;
	bool is_turn_due;
	int metrics[METRIC_EXPIRY + 1];
	size_t limit; /* of outlets; 0: HOST_LIMIT */
} host[2];            /* by role: server, client */

static struct tls_stage *
host_stage(struct bnd_stage *st)
{
	return (struct tls_stage *)(void *)st;
}

static size_t
host_avail(struct bnd_stage *st, unsigned side)
{
	return host_stage(st)->is_over ? 0 : host_stage(st)->in[side].n;
}

/* In memory of its exact size, so that a sanitizer sees who reads on. */
static size_t
host_peek(struct bnd_stage *st, unsigned side, size_t want, const char **p)
{
	(void)want;
	*p = host_stage(st)->in[side].data;
	return host_avail(st, side);
}

static size_t
host_eat(struct bnd_stage *st, unsigned side, size_t n)
{
	struct pipe *q = &host_stage(st)->in[side];

	n = n < q->n ? n : q->n;
	memmove(q->data, q->data + n, q->n - n);
	q->n -= n;
	return n;
}

static int
host_ended(struct bnd_stage *st, unsigned side)
{
	return host_stage(st)->in[side].has_ended;
}

static size_t
host_room(struct bnd_stage *st, unsigned side)
{
	const struct pipe *q = &host_stage(st)->out[side];
	size_t limit = host[0].limit ? host[0].limit : HOST_LIMIT;

	return host_stage(st)->is_over || q->has_ended || q->n > limit
		   ? 0
		   : limit - q->n;
}

static size_t
host_out(struct bnd_stage *st, unsigned side, const void *data, size_t n)
{
	struct pipe *q = &host_stage(st)->out[side];
	size_t room = host_room(st, side);

	n = n < room ? n : room;
	if (n)
		memcpy(q->data + q->n, data, n);
	q->n += n;
	return n;
}

static void
host_end(struct bnd_stage *st, unsigned side)
{
	host_stage(st)->out[side].has_ended = true;
}

static void
host_discard(struct bnd_stage *st, unsigned side)
{
	host_stage(st)->in[side].n = 0;
	host_stage(st)->in[side].is_discarding = true;
}

BND_PRINTF(3, 0)
static void
host_over(struct bnd_stage *st, int err, const char *fmt, va_list ap)
{
	struct tls_stage *s = host_stage(st);

	if (s->is_over)
		return;
	s->is_over = true;
	s->err = err;
	vsnprintf(s->text, sizeof(s->text), fmt, ap);
}

static void
host_wake(struct bnd_stage *st)
{
	host_stage(st)->is_woken = true;
}

static int
host_open_back(struct bnd_stage *st, const struct bnd_exit *to)
{
	(void)to;
	host_stage(st)->has_back = true;
	return 0;
}

static void
host_open_front(struct bnd_stage *st)
{
	host_stage(st)->has_front = true;
}

static void
host_leave(struct bnd_stage *st)
{
	host_stage(st)->has_left = true;
}

static int
host_fact_set(struct bnd_stage *st, const char *key, unsigned kind,
    const void *v, size_t n)
{
	(void)st;
	(void)key;
	(void)kind;
	(void)v;
	(void)n;
	return 0;
}

static const void *
host_fact(struct bnd_stage *st, const char *key, unsigned kind, size_t *n)
{
	(void)st;
	(void)kind;
	(void)n;
	return strcmp(key, "back.name") == 0 ? "a.example" : NULL;
}

static int
host_claim(struct bnd_stage *st, const char *table, const void *key, size_t n,
    uint32_t max)
{
	(void)st;
	(void)table;
	(void)key;
	(void)n;
	return max > 0 ? 0 : -EDQUOT;
}

static void
host_unclaim(struct bnd_stage *st, const char *table)
{
	(void)st;
	(void)table;
}

static void
host_timer(struct bnd_stage *st, unsigned slot, int64_t ms)
{
	(void)slot;
	host_stage(st)->is_timer_due = ms == 0;
}

static void
host_worker_timer(struct bnd_worker *w, unsigned slot, int64_t ms)
{
	(void)ms;
	if (slot == TIMER_TURN)
		host[w == &host[1].worker].is_turn_due = true;
}

static int64_t
host_now(void)
{
	return 1000;
}

static void *
host_keep(
    struct bnd_binding *b, const char *key, size_t size, void (*fini)(void *))
{
	(void)key;
	(void)size;
	(void)fini;
	return &host[b == &host[1].binding].kept;
}

static void
host_metric(struct bnd_worker *w, unsigned id, int64_t value)
{
	host[w == &host[1].worker].metrics[id] += (int)value;
}

static int
host_log_on(const struct bnd_binding *b, int level)
{
	(void)b;
	(void)level;
	return 0;
}

BND_PRINTF(4, 0)
static int
host_option_errorv(struct bnd_binding *b, const char *option, const void *row,
    const char *fmt, va_list ap)
{
	(void)b;
	(void)row;
	fprintf(stderr, "%s: ", option ? option : "");
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	return -EINVAL;
}

static const struct bnd_host tls_host = {
	.size = sizeof(struct bnd_host),
	.abi_major = BND_MAJOR,
	.avail = host_avail,
	.peek = host_peek,
	.eat = host_eat,
	.ended = host_ended,
	.room = host_room,
	.out = host_out,
	.end = host_end,
	.discard = host_discard,
	.refusev = host_over,
	.abortv = host_over,
	.wake = host_wake,
	.open_back = host_open_back,
	.open_front = host_open_front,
	.leave = host_leave,
	.fact_set = host_fact_set,
	.fact = host_fact,
	.claim = host_claim,
	.unclaim = host_unclaim,
	.timer = host_timer,
	.worker_timer = host_worker_timer,
	.now = host_now,
	.keep = host_keep,
	.metric = host_metric,
	.log_on = host_log_on,
	.option_errorv = host_option_errorv,
};

/* ---- for the tests */

/* A self-signed certificate for a.example and its key, in one file. */
static inline void
host_certificate(char path[static 40])
{
	static unsigned char pem[2][4096];
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	size_t n = sizeof(pem[0]), m = sizeof(pem[1]);
	int fd;

	strcpy(path, "/tmp/bindery-tls-XXXXXX");
	fd = mkstemp(path);
	gnutls_x509_privkey_init(&key);
	gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, "\1", 1);
	gnutls_x509_crt_set_activation_time(crt, time(NULL) - 10);
	gnutls_x509_crt_set_expiration_time(crt, time(NULL) + 86400);
	gnutls_x509_crt_set_key(crt, key);
	gnutls_x509_crt_set_basic_constraints(crt, 1, -1);
	gnutls_x509_crt_set_subject_alternative_name(
	    crt, GNUTLS_SAN_DNSNAME, "a.example");
	gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
	gnutls_x509_crt_export(crt, GNUTLS_X509_FMT_PEM, pem[0], &n);
	gnutls_x509_privkey_export(key, GNUTLS_X509_FMT_PEM, pem[1], &m);
	if (write(fd, pem[0], n) < 0 || write(fd, pem[1], m) < 0)
		abort();
	close(fd);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

static inline void
host_begin(int role, const char *file)
{
	struct tls *o = &host[role].options;

	bnd_plugin_v1(&tls_host);
	host[role].binding = (struct bnd_binding){ .self = o, .workers = 1 };
	host[role].worker = (struct bnd_worker){ .self = &host[role].desk,
		.binding = &host[role].binding };
	*o = (struct tls){ .role = role,
		.verify = true,
		.session_tickets = true,
		.handshake_timeout = 10000,
		.max_handshakes = 10 };
	if (role == ROLE_SERVER)
		o->own.certificate = file;
	else
		o->trust = file;
	if (tls.check(&host[role].binding) < 0 ||
	    tls.start(&host[role].binding) < 0 ||
	    tls.worker_start(&host[role].worker) < 0)
		abort();
}

static inline void
host_finish(int role)
{
	tls.worker_stop(&host[role].worker);
	tls.stop(&host[role].binding);
}

static inline struct tls_stage *
host_open(int role)
{
	struct tls_stage *s = calloc(1, sizeof(*s));

	s->pub = (struct bnd_stage){ .self = &s->session,
		.worker = &host[role].worker,
		.binding = &host[role].binding,
		.limit = HOST_LIMIT };
	tls.open(&s->pub, NULL);
	if (role == ROLE_CLIENT)
		tls.opened(&s->pub, 0);
	return s;
}

static inline void
host_close(struct tls_stage *s)
{
	tls.close(&s->pub, s->err);
	free(s);
}

/* All that is due: flow, timers, turns. */
static inline void
host_turn(struct tls_stage *s)
{
	int role = s->pub.worker == &host[1].worker;

	if (s->is_over)
		return;
	tls.flow(&s->pub);
	for (int i = 0; i < 4 && host[role].is_turn_due; i++) {
		host[role].is_turn_due = false;
		tls.worker_timer(&host[role].worker, TIMER_TURN);
	}
	if (s->is_woken && !s->is_over) {
		s->is_woken = false;
		tls.flow(&s->pub);
	}
	if (s->is_timer_due && !s->is_over) {
		s->is_timer_due = false;
		tls.timer(&s->pub, TIMER_HANDSHAKE);
	}
}

/* Carry up to n bytes, and the end behind the last. */
static inline size_t
host_carry(struct pipe *from, struct pipe *to, size_t n)
{
	n = n < from->n ? n : from->n;
	if (to->is_discarding) {
		from->n = 0;
		return n;
	}
	n = n < sizeof(to->data) - to->n ? n : sizeof(to->data) - to->n;
	memcpy(to->data + to->n, from->data, n);
	memmove(from->data, from->data + n, from->n - n);
	from->n -= n;
	to->n += n;
	to->has_ended = from->has_ended && from->n == 0;
	return n;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * proxy.c - with accept_proxy, what a proxy in front says about a connection:
 * the header is awaited, taken out of the stream, and made facts of.  Behind
 * this stage nothing is opened, and no byte passes, before it was whole and
 * right.
 */

#include "../tcp-common/proxy-header.h"
#include "tcp-server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { TIMER_HEADER };

/* Connections of one proxy whose header is awaited.  It comes with the first
 * packet, so that these are many thousands a second. */
enum { HEADERS_MAX = 4096 };

enum { KEY_ROOM = 16 };

/* ---- options */

static bool
proxy_listens_to_network(const struct tcp_server *c)
{
	for (size_t i = 0; i < c->listen.n; i++)
		if (!c->listen.v[i]->path)
			return true;
	return false;
}

int
proxy_check(struct bnd_binding *b)
{
	const struct tcp_server *c = b->self;

	if (c->trusted && !c->accept_proxy)
		return bnd_option_error(b, "trusted", NULL,
		    "has no effect without accept_proxy = true");
	if (c->accept_proxy && !c->trusted && proxy_listens_to_network(c))
		return bnd_option_error(b, "accept_proxy", NULL,
		    "needs 'trusted': the networks of the proxies that may "
		    "say who a client is");
	return 0;
}

/* Who may connect to a unix socket, its mode says. */
bool
proxy_is_trusted(const struct tcp_server *c, const struct sockaddr *peer)
{
	return peer->sa_family == AF_UNIX || bnd_nets_has(c->trusted, peer);
}

/* ---- facts; int: 0, or why not */

static int
proxy_fact_text(
    struct bnd_stage *st, const char *key, const struct proxy_tlv *t)
{
	/* What could not be shown as it is would be shown as another. */
	if (!proxy_text_is_clean(t->value, t->size))
		return 0;
	return bnd_fact_set(st, key, BND_F_TEXT, t->value, t->size);
}

static int
proxy_facts_tls(struct bnd_stage *st, const struct proxy_tlv *t)
{
	struct proxy_ssl ssl;
	struct proxy_tlv sub;
	int rc = proxy_ssl_read(&ssl, t);

	if (rc < 0 || !ssl.has_tls)
		return rc;
	rc = bnd_fact_text_set(
	    st, "proxy.tls.verified", ssl.is_verified ? "yes" : "no");
	while (rc == 0 && proxy_tlv_next(&sub, &ssl.tlvs, &ssl.tlvs_size) > 0) {
		if (sub.type == PROXY_T_SSL_VERSION)
			rc = proxy_fact_text(st, "proxy.tls.version", &sub);
		else if (sub.type == PROXY_T_SSL_CIPHER)
			rc = proxy_fact_text(st, "proxy.tls.cipher", &sub);
		else if (sub.type == PROXY_T_SSL_CN)
			rc = proxy_fact_text(st, "proxy.tls.cn", &sub);
	}
	return rc;
}

/* What we can read of a TLV, beside its bytes. */
static int
proxy_fact_known(struct bnd_stage *st, const struct proxy_tlv *t)
{
	switch (t->type) {
	case PROXY_T_ALPN:
		return proxy_fact_text(st, "proxy.alpn", t);
	case PROXY_T_AUTHORITY:
		return proxy_fact_text(st, "proxy.authority", t);
	case PROXY_T_UNIQUE_ID:
		return bnd_fact_set(
		    st, "proxy.unique_id", BND_F_BYTES, t->value, t->size);
	case PROXY_T_SSL:
		return proxy_facts_tls(st, t);
	default:
		return 0;
	}
}

/* Of several TLVs of a type the first counts. */
static int
proxy_fact_tlv(struct bnd_stage *st, const struct proxy_tlv *t)
{
	char key[KEY_ROOM];
	int rc;

	if (t->type == PROXY_T_NOOP || t->type == PROXY_T_CRC32C)
		return 0;
	snprintf(key, sizeof(key), "proxy.tlv.%02x", t->type);
	if (bnd_fact(st, key, BND_F_BYTES, NULL))
		return 0;
	rc = bnd_fact_set(st, key, BND_F_BYTES, t->value, t->size);
	return rc < 0 ? rc : proxy_fact_known(st, t);
}

/* Who is at the other end of the socket stays known, whoever the header speaks
 * for. */
static int
proxy_facts_addresses(struct bnd_stage *st, const struct proxy_header *h)
{
	size_t n;
	const void *from = bnd_fact(st, "peer", BND_F_ADDR, &n);
	int rc = bnd_fact_set(st, "proxy.from", BND_F_ADDR, from, n);

	if (rc == 0 && h->has_addresses)
		rc = bnd_fact_set(
		    st, "peer", BND_F_ADDR, &h->source.any, h->source.size);
	if (rc == 0 && h->has_addresses)
		rc = bnd_fact_set(st, "local", BND_F_ADDR, &h->destination.any,
		    h->destination.size);
	return rc;
}

static int
proxy_facts(struct bnd_stage *st, const struct proxy_header *h)
{
	const uint8_t *at = h->tlvs;
	size_t left = h->tlvs_size;
	struct proxy_tlv t;
	int rc = proxy_facts_addresses(st, h);

	while (rc == 0 && proxy_tlv_next(&t, &at, &left) > 0)
		rc = proxy_fact_tlv(st, &t);
	return rc;
}

/* ---- the header */

/* Nobody is behind us who could not be reset: a client whose proxy cannot say
 * who it is gets no word. */
static void
proxy_fail(struct bnd_stage *st, int err, const char *why)
{
	struct incoming *s = st->self;

	s->is_proxied = false;
	bnd_metric(st->worker, METRIC_HEADERS_WRONG, 1);
	bnd_abort(st, err, "PROXY header %s", why);
}

static void
proxy_take(struct bnd_stage *st, const struct proxy_header *h, size_t size)
{
	struct incoming *s = st->self;
	int rc = proxy_facts(st, h);

	if (rc < 0) {
		proxy_fail(st, rc,
		    rc == -EDQUOT ? "says more than a connection can keep"
				  : strerror(-rc));
		return;
	}
	bnd_eat(st, BND_FRONT, size);
	bnd_unclaim(st, "header");
	bnd_timer(st, TIMER_HEADER, -1);
	bnd_metric(st->worker, METRIC_HEADERS, 1);
	s->is_proxied = false;
	tcp_server_admit(st);
}

/* Look at what is there, and at more of it when that is not all: only what is
 * waited for is joined to one piece.  Nothing is shown when memory has run
 * out. */
static int
proxy_read(struct bnd_stage *st, struct proxy_header *h)
{
	size_t avail = bnd_avail(st, BND_FRONT), n;
	const char *data;
	int rc;

	h->wanted = 1;
	do {
		n = bnd_peek(st, BND_FRONT, h->wanted, &data);
		rc = proxy_header_read(h, data, n);
	} while (rc == 0 && n > 0 && n < avail && n < PROXY_HEADER_MAX);
	return rc;
}

void
proxy_flow(struct bnd_stage *st)
{
	const struct incoming *s = st->self;
	struct proxy_header h;
	int rc;

	if (!s->is_proxied)
		return;
	rc = proxy_read(st, &h);
	if (rc > 0)
		proxy_take(st, &h, (size_t)rc);
	else if (rc < 0)
		proxy_fail(st, rc, h.why);
	else if (bnd_ended(st, BND_FRONT))
		proxy_fail(st, -EPROTO, "ends before it is whole");
}

void
proxy_timer(struct bnd_stage *st, unsigned slot)
{
	const struct incoming *s = st->self;

	(void)slot;
	if (s->is_proxied)
		proxy_fail(st, -ETIMEDOUT, "did not come in time");
}

/* This machine has no limit, as with max_per_source. */
int
proxy_open(struct bnd_stage *st)
{
	const struct tcp_server *c = st->binding->self;
	struct incoming *s = st->self;
	struct source from =
	    tcp_server_source(bnd_fact(st, "peer", BND_F_ADDR, NULL));
	int rc = 0;

	if (from.size && !from.is_loopback)
		rc = bnd_claim(st, "header", from.key, from.size, HEADERS_MAX);
	if (rc < 0) {
		bnd_abort(st, rc,
		    "proxy has too many connections whose "
		    "header is awaited");
		return rc;
	}
	s->is_proxied = true;
	bnd_timer(st, TIMER_HEADER, c->proxy_timeout);
	return 0;
}

/* ---- questions of the operator */

void
proxy_show(struct bnd_stage *st, struct bnd_answer *a)
{
	const struct incoming *s = st->self;

	if (s->is_proxied)
		bnd_answer(a, "awaits", "the PROXY header, %zu bytes so far",
		    bnd_avail(st, BND_FRONT));
}

void
proxy_explain(const struct tcp_server *c, struct bnd_answer *a)
{
	if (!c->accept_proxy)
		return;
	bnd_answer(a, "accept_proxy",
	    "the source is the one that a trusted proxy's header names");
	tcp_server_answer_time(a, "proxy_timeout", c->proxy_timeout);
}

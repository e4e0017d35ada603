/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-create.c - makes the GnuTLS session of a connection, which reads from and
 * writes to the queues of the stage.
 */

#include "tls-context.h"
#include "tls-session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum {
	HANDSHAKE_MAX = 64 * 1024, /* bytes of one message: a long chain */
	HELLO_MOST = 16 * 1024,    /* of one by who shows no certificate */
	CHATTER_MAX = 256 * 1024   /* bytes of records without data in a row */
};

static size_t
session_message_max(const struct session *s)
{
	return s->cipher == BND_BACK ||
		       session_options(s)->client_auth != AUTH_NONE
		   ? HANDSHAKE_MAX
		   : HELLO_MOST;
}

/* ---- reading and writing */

/* Until it has seen our flight a client of TLS 1.3 sends its alerts in the
 * clear (RFC 8446, 6), where GnuTLS tries to decrypt them.  The log shall know
 * better: GnuTLS reads the head of a record, then the rest. */
static void
session_watch(struct session *s, const unsigned char *p, size_t n)
{
	static const unsigned char head[] = { 21, 3, 3, 0, 2 };

	if (s->is_alert_next && n == 2)
		s->alert = p[1];
	s->is_alert_next =
	    n == sizeof(head) && memcmp(p, head, sizeof(head)) == 0;
}

/* GnuTLS looks at the length of a message when it has all of it, and any
 * message may claim 16 MiB: it gets no more than a peer needs to send. */
static bool
session_may_pull(struct session *s, size_t n)
{
	size_t most = s->has_shaken ? (size_t)CHATTER_MAX
				    : session_message_max(s) + 2 * HELLO_MOST;

	s->pulled += (uint32_t)n;
	s->is_too_long = s->pulled > most;
	return !s->is_too_long;
}

static ssize_t
session_pull(gnutls_transport_ptr_t arg, void *to, size_t n)
{
	struct session *s = arg;
	const char *p;
	size_t got = bnd_peek(s->st, s->cipher, 1, &p);

	if (got == 0 && bnd_ended(s->st, s->cipher))
		return 0;
	if (got == 0) {
		gnutls_transport_set_errno(s->tls, EAGAIN);
		return -1;
	}
	if (got > n)
		got = n;
	if (!session_may_pull(s, got)) {
		gnutls_transport_set_errno(s->tls, EMSGSIZE);
		return -1;
	}
	memcpy(to, p, got);
	if (!s->has_shaken)
		session_watch(s, to, got);
	return (ssize_t)bnd_eat(s->st, s->cipher, got);
}

static int
session_pull_timeout(gnutls_transport_ptr_t arg, unsigned ms)
{
	struct session *s = arg;

	(void)ms;
	return bnd_avail(s->st, s->cipher) > 0 || bnd_ended(s->st, s->cipher);
}

static ssize_t
session_push(gnutls_transport_ptr_t arg, const giovec_t *v, int n)
{
	struct session *s = arg;
	size_t sent = 0, part;

	for (int i = 0; i < n; i++) {
		part = bnd_out(s->st, s->cipher, v[i].iov_base, v[i].iov_len);
		sent += part;
		if (part < v[i].iov_len)
			break;
	}
	if (sent > 0)
		return (ssize_t)sent;
	gnutls_transport_set_errno(s->tls, EAGAIN);
	return -1;
}

/* ---- names */

const char *
session_server_name(struct session *s, char *to, size_t size)
{
	unsigned type;
	size_t n = size;

	if (s->cipher == BND_BACK)
		return session_backend_name(s, to, size);
	if (!s->tls || gnutls_server_name_get(s->tls, to, &n, &type, 0) < 0 ||
	    type != GNUTLS_NAME_DNS || !*to)
		return NULL;
	return to;
}

/* ---- making and unmaking */

/* All sessions of a worker share what was derived from the secret. */
static int
session_tickets(struct session *s)
{
	struct context *c = session_options(s)->context;
	struct ticket_secret *t = context_tickets(c);
	struct desk *d = s->st->worker->self;
	gnutls_datum_t key = { d->ticket_key, sizeof(d->ticket_key) };
	int64_t born;

	if (!t)
		return 0;
	born = c->has_own ? 1 : ticket_born(t);
	if (born != d->ticket_born) {
		if (born < 0 || ticket_derive(t, c->policy, sizeof(c->policy),
				    d->ticket_key) < 0)
			return GNUTLS_E_RANDOM_FAILED;
		d->ticket_born = born;
	}
	return gnutls_session_ticket_enable_server(s->tls, &key);
}

static int
session_set_server(struct session *s)
{
	static const gnutls_certificate_request_t requests[] = {
		[AUTH_NONE] = GNUTLS_CERT_IGNORE,
		[AUTH_REQUEST] = GNUTLS_CERT_REQUEST,
		[AUTH_REQUIRE] = GNUTLS_CERT_REQUIRE
	};

	gnutls_certificate_server_set_request(
	    s->tls, requests[session_options(s)->client_auth]);
	return session_tickets(s);
}

const char *
session_backend_name(struct session *s, char *to, size_t size)
{
	const struct tls *o = session_options(s);
	const char *name =
	    o->server_name ? o->server_name : bnd_fact_text(s->st, "back.name");
	size_t n = name ? strlen(name) : 0;

	if (n > 1 && name[n - 1] == '.') /* RFC 6066, 3: without */
		n--;
	if (n == 0 || n >= size)
		return NULL;
	memcpy(to, name, n);
	to[n] = '\0';
	return to;
}

/* An address is no server name (RFC 6066, 3). */
static int
session_set_client(struct session *s)
{
	char room[HELLO_NAME_MAX + 1];
	const char *name = session_backend_name(s, room, sizeof(room));
	struct in6_addr a;

	if (!name || inet_pton(AF_INET, name, &a) == 1 ||
	    inet_pton(AF_INET6, name, &a) == 1)
		return 0;
	return gnutls_server_name_set(
	    s->tls, GNUTLS_NAME_DNS, name, strlen(name));
}

static int
session_set(struct session *s)
{
	const struct tls *o = session_options(s);
	const struct context *c = o->context;
	int rc = gnutls_priority_set(s->tls, c->priority);

	if (rc == 0)
		rc = gnutls_credentials_set(
		    s->tls, GNUTLS_CRD_CERTIFICATE, c->credentials);
	if (rc == 0 && o->alpn.n)
		rc = gnutls_alpn_set_protocols(s->tls, c->alpn,
		    (unsigned)o->alpn.n,
		    o->role == ROLE_SERVER
			? GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE
			: 0);
	if (rc < 0)
		return rc;
	return o->role == ROLE_SERVER ? session_set_server(s)
				      : session_set_client(s);
}

int
session_create(struct session *s)
{
	const unsigned flags =
	    GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_AUTO_SEND_TICKET;
	int rc = gnutls_init(&s->tls,
	    flags | (s->cipher == BND_FRONT ? GNUTLS_SERVER : GNUTLS_CLIENT));

	if (rc < 0) {
		s->tls = NULL;
		return rc;
	}
	gnutls_session_set_ptr(s->tls, s);
	gnutls_transport_set_ptr(s->tls, s);
	gnutls_transport_set_pull_function(s->tls, session_pull);
	gnutls_transport_set_pull_timeout_function(
	    s->tls, session_pull_timeout);
	gnutls_transport_set_vec_push_function(s->tls, session_push);
	gnutls_handshake_set_max_packet_length(s->tls, session_message_max(s));
	return session_set(s);
}

void
session_destroy(struct session *s)
{
	if (s->tls)
		gnutls_deinit(s->tls);
	s->tls = NULL;
}

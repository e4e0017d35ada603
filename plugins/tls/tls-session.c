/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tls-session.h"

#include "tls-context.h"
#include "tls-route.h"
#include "tls-verify.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum {
	HANDSHAKE_MAX = 64 * 1024, /* bytes of one message: a long chain */
	HELLO_MOST = 16 * 1024,    /* of one by who shows no certificate */
	CHATTER_MAX = 256 * 1024,  /* bytes of records without data in a row */
	ODDITIES_MAX = 8 /* warnings and the like that one step puts up with */
};

static size_t
session_message_max(const struct session *s)
{
	return s->cipher == BND_BACK ||
		       session_options(s)->client_auth != AUTH_NONE
		   ? HANDSHAKE_MAX
		   : HELLO_MOST;
}

/* ---- how GnuTLS reads and writes: the queues of the stage */

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

/* ---- counting */

bool
session_count(struct session *s)
{
	const struct tls *o = session_options(s);

	if (bnd_claim(s->st, "handshakes", NULL, 0,
		(uint32_t)o->max_handshakes) < 0) {
		s->state = SESSION_OVER;
		bnd_metric(s->st->worker, METRIC_REFUSED_LIMIT, 1);
		bnd_abort(s->st, -EDQUOT, "too many TLS handshakes at once");
		return false;
	}
	s->is_counted = true;
	s->began_ms = bnd_now();
	bnd_metric(s->st->worker, METRIC_UNDER_WAY, 1);
	return true;
}

void
session_uncount(struct session *s)
{
	bnd_timer(s->st, TIMER_HANDSHAKE, -1);
	if (!s->is_counted)
		return;
	s->is_counted = false;
	bnd_unclaim(s->st, "handshakes");
	bnd_metric(s->st->worker, METRIC_UNDER_WAY, -1);
}

/* ---- failing */

/* What GnuTLS would say itself is less than what is known here. */
static gnutls_alert_description_t
session_alert(const struct session *s)
{
	gnutls_alert_description_t alert = GNUTLS_A_INTERNAL_ERROR;
	bool is_1_3 = gnutls_protocol_get_version(s->tls) >= GNUTLS_TLS1_3;
	int level, own;

	if (s->has_no_route)
		return GNUTLS_A_UNRECOGNIZED_NAME;
	if (s->status) {
		verify_flaw(s->status, &alert);
		return alert;
	}
	if (s->failure == GNUTLS_E_NO_CERTIFICATE_FOUND ||
	    s->failure == GNUTLS_E_CERTIFICATE_REQUIRED)
		return is_1_3 ? GNUTLS_A_CERTIFICATE_REQUIRED
			      : GNUTLS_A_HANDSHAKE_FAILURE;
	if (s->failure == GNUTLS_E_REHANDSHAKE)
		return GNUTLS_A_NO_RENEGOTIATION;
	own = gnutls_error_to_alert(s->failure, &level);
	return own < 0 ? alert : (gnutls_alert_description_t)own;
}

/* Is there somebody who may want to hear? */
static bool
session_may_alert(const struct session *s)
{
	return s->tls && s->failure != GNUTLS_E_FATAL_ALERT_RECEIVED &&
	       s->failure != GNUTLS_E_PREMATURE_TERMINATION &&
	       s->failure != GNUTLS_E_MEMORY_ERROR;
}

/* GnuTLS takes an end within a record for a wrong length. */
static bool
session_is_cut(const struct session *s, int failure)
{
	return failure == GNUTLS_E_UNEXPECTED_PACKET_LENGTH &&
	       bnd_ended(s->st, s->cipher) && bnd_avail(s->st, s->cipher) == 0;
}

void
session_fail(struct session *s, int failure)
{
	bool has_alert;

	if (s->is_too_long)
		failure = GNUTLS_E_HANDSHAKE_TOO_LARGE;
	else if (session_is_cut(s, failure))
		failure = GNUTLS_E_PREMATURE_TERMINATION;
	s->failure = failure;
	has_alert = session_may_alert(s);
	if (s->state == SESSION_OPEN) {
		if (failure == GNUTLS_E_PREMATURE_TERMINATION)
			bnd_metric(s->st->worker, METRIC_TRUNCATED, 1);
	} else {
		bnd_metric(s->st->worker, session_why_metric(s), 1);
	}
	session_uncount(s);
	if (has_alert)
		gnutls_alert_send(s->tls, GNUTLS_AL_FATAL, session_alert(s));
	/* Before its way is open, and to the back, a stage can say nothing
	 * with the abort: let the alert go out first. */
	if (has_alert && s->cipher == BND_BACK) {
		s->state = SESSION_FAILING;
		bnd_timer(s->st, TIMER_HANDSHAKE, 0);
		return;
	}
	session_end(s);
}

void
session_end(struct session *s)
{
	char text[256];
	int err = session_why(s, text, sizeof(text));

	if (session_may_alert(s) && s->cipher == BND_FRONT)
		bnd_refuse(s->st, err, "%s", text);
	else
		bnd_abort(s->st, err, "%s", text);
	s->state = SESSION_OVER;
	session_destroy(s);
}

void
session_late(struct session *s)
{
	const struct tls *o = session_options(s);

	bnd_metric(s->st->worker, METRIC_REFUSED_TIMEOUT, 1);
	bnd_abort(s->st, -ETIMEDOUT, "the %s %s within %lld ms",
	    session_peer(s),
	    s->state == SESSION_IDLE ? "did not begin to speak TLS"
				     : "did not finish the TLS handshake",
	    (long long)o->handshake_timeout);
	session_uncount(s);
	s->state = SESSION_OVER;
}

/* ---- the handshake */

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

/* The way on, for a server; false: there is none. */
static bool
session_route(struct session *s)
{
	const struct bnd_exit *to;

	if (!route_find(s, &to)) {
		s->has_no_route = true;
		session_fail(s, GNUTLS_E_UNRECOGNIZED_NAME);
		return false;
	}
	bnd_open_back(s->st, to);
	return true;
}

static void
session_shaken(struct session *s)
{
	struct bnd_worker *w = s->st->worker;
	bool is_resumed = gnutls_session_is_resumed(s->tls);
	int rc = is_resumed ? session_verify(s) : 0;

	s->has_shaken = true;
	s->pulled = 0;
	if (rc < 0) {
		session_fail(s, rc);
		return;
	}
	session_facts(s);
	if (s->cipher == BND_FRONT && !session_route(s))
		return;
	bnd_metric(w, METRIC_DURATION, bnd_now() - s->began_ms);
	bnd_metric(w, METRIC_HANDSHAKES, 1);
	if (is_resumed)
		bnd_metric(w, METRIC_RESUMED, 1);
	session_uncount(s);
	/* One ticket does: who wants to resume twice gets another then. */
	if (s->cipher == BND_BACK)
		bnd_open_front(s->st);
	else if (context_tickets(session_options(s)->context) &&
		 gnutls_protocol_get_version(s->tls) >= GNUTLS_TLS1_3)
		gnutls_session_ticket_send(s->tls, 1, 0);
	s->state = SESSION_OPEN;
	bnd_wake(s->st);
}

/* GnuTLS says "again" after each fragment of a message, whatever else waits. */
static int
session_step(struct session *s)
{
	size_t before;
	int rc;

	do {
		before = bnd_avail(s->st, s->cipher);
		rc = gnutls_handshake(s->tls);
	} while (rc == GNUTLS_E_AGAIN && bnd_avail(s->st, s->cipher) != before);
	return rc;
}

/* What GnuTLS's word for a failure stands for. */
static int
session_failure(const struct session *s, int rc)
{
	if (s->alert && rc == GNUTLS_E_DECRYPTION_FAILED)
		return GNUTLS_E_FATAL_ALERT_RECEIVED;
	/* Who knows only TLS 1.2 has no suite of TLS 1.3. */
	if (rc == GNUTLS_E_NO_CIPHER_SUITES &&
	    session_options(s)->min_version == VERSION_1_3 &&
	    gnutls_protocol_get_version(s->tls) < GNUTLS_TLS1_3)
		return GNUTLS_E_UNSUPPORTED_VERSION_PACKET;
	return rc;
}

void
session_shake(struct session *s)
{
	int rc = GNUTLS_E_AGAIN;

	for (int i = 0; i < ODDITIES_MAX; i++) {
		rc = session_step(s);
		if (rc == GNUTLS_E_AGAIN)
			return;
		if (rc == 0 || gnutls_error_is_fatal(rc))
			break;
	}
	if (rc == 0)
		session_shaken(s);
	else
		session_fail(s, session_failure(s, rc));
}

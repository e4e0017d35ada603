/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tls-session.h"

#include "tls-context.h"
#include "tls-route.h"
#include "tls-verify.h"

#include <errno.h>

enum {
	ODDITIES_MAX = 8 /* warnings and the like that one step puts up with */
};

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

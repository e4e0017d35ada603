/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-why.c - what GnuTLS says when a session fails, as the reason of the
 * connection: a sentence for the log, an errno for its kind.
 */

#include "tls-session.h"
#include "tls-verify.h"

#include <errno.h>
#include <stdio.h>

/* clang-format off */
static const struct why {
	int failure;
	int err;
	enum tls_metric metric;
	const char *text; /* NULL: GnuTLS's own word */
} whys[] = {
	{ GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR, -EKEYREJECTED,
	    METRIC_REFUSED_POLICY, "its certificate is not valid" },
	{ GNUTLS_E_NO_CERTIFICATE_FOUND, -EKEYREJECTED,
	    METRIC_REFUSED_POLICY, "it has shown no certificate" },
	{ GNUTLS_E_CERTIFICATE_REQUIRED, -EKEYREJECTED,
	    METRIC_REFUSED_POLICY, "it has shown no certificate" },
	{ GNUTLS_E_UNRECOGNIZED_NAME, -EACCES, METRIC_REFUSED_POLICY,
	    "no route fits what it asked for" },
	{ GNUTLS_E_UNSUPPORTED_VERSION_PACKET, -EPROTO,
	    METRIC_REFUSED_POLICY, "it speaks no version that is allowed" },
	{ GNUTLS_E_NO_CIPHER_SUITES, -EPROTO, METRIC_REFUSED_POLICY,
	    "it knows no algorithms that are allowed" },
	{ GNUTLS_E_NO_COMMON_KEY_SHARE, -EPROTO, METRIC_REFUSED_POLICY,
	    "it knows no group that is allowed" },
	{ GNUTLS_E_NO_APPLICATION_PROTOCOL, -EPROTO, METRIC_REFUSED_POLICY,
	    "it offers none of the protocols in alpn" },
	{ GNUTLS_E_REHANDSHAKE, -EPROTO, METRIC_REFUSED_POLICY,
	    "it wants to renegotiate" },
	{ GNUTLS_E_PREMATURE_TERMINATION, -EPROTO, METRIC_REFUSED_PROTOCOL,
	    "it left" },
	{ GNUTLS_E_UNEXPECTED_PACKET_LENGTH, -EPROTO, METRIC_REFUSED_PROTOCOL,
	    "it has sent bytes that are not TLS" },
	{ GNUTLS_E_HANDSHAKE_TOO_LARGE, -EMSGSIZE, METRIC_REFUSED_PROTOCOL,
	    "its messages are too long" },
	{ GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM, -EPROTO,
	    METRIC_REFUSED_POLICY, "it uses a signature that is too weak" },
	{ GNUTLS_E_MEMORY_ERROR, -ENOMEM, METRIC_REFUSED_ERROR, NULL },
	{ GNUTLS_E_RANDOM_FAILED, -EIO, METRIC_REFUSED_ERROR, NULL },
	{ GNUTLS_E_INTERNAL_ERROR, -EIO, METRIC_REFUSED_ERROR, NULL },
	{ 0, -EPROTO, METRIC_REFUSED_PROTOCOL, NULL },
};
/* clang-format on */

static const struct why *
why_find(const struct session *s)
{
	const struct why *w = whys;
	int failure = s->has_no_route ? GNUTLS_E_UNRECOGNIZED_NAME : s->failure;

	while (w->failure && w->failure != failure)
		w++;
	return w;
}

enum tls_metric
session_why_metric(const struct session *s)
{
	return why_find(s)->metric;
}

static int
why_alert(const struct session *s, const char *where, char *text, size_t size)
{
	const char *alert = gnutls_alert_get_name(
	    s->alert ? (gnutls_alert_description_t)s->alert
		     : gnutls_alert_get(s->tls));

	snprintf(text, size, "%s the %s failed: it sent the alert '%s'", where,
	    session_peer(s), alert ? alert : "unknown");
	return -EPROTO;
}

int
session_why(const struct session *s, char *text, size_t size)
{
	const struct why *w = why_find(s);
	bool is_open =
	    s->failure == GNUTLS_E_PREMATURE_TERMINATION && s->has_shaken;
	const char *where = s->has_shaken ? "TLS with" : "TLS handshake with";
	gnutls_alert_description_t alert;

	if (is_open) {
		snprintf(text, size,
		    "the %s ended its stream without close_notify: it may be "
		    "truncated",
		    session_peer(s));
		return -EPROTO;
	}
	if (s->failure == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return why_alert(s, where, text, size);
	if (s->status)
		snprintf(text, size, "%s the %s failed: its certificate %s",
		    where, session_peer(s), verify_flaw(s->status, &alert));
	else if (s->has_no_name)
		snprintf(text, size,
		    "the backend's certificate cannot be checked: its name is "
		    "not known, set server_name");
	else
		snprintf(text, size, "%s the %s failed: %s", where,
		    session_peer(s),
		    w->text ? w->text : gnutls_strerror(s->failure));
	/* No backend is denied anything. */
	return s->cipher == BND_BACK && w->metric == METRIC_REFUSED_POLICY
		   ? -EPROTO
		   : w->err;
}

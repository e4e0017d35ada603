/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-record.c - data both ways between the records of the cipher side and the
 * plain side, and the ends of the two directions.  Nothing is kept here: what
 * has no room stays in its inlet.
 */

#include "tls-session.h"

/* close_notify has come: its direction is whole.  What may follow counts for
 * nothing (RFC 8446, 6.1); the other direction goes on. */
static void
session_in_ended(struct session *s)
{
	s->has_in_ended = true;
	bnd_end(s->st, s->plain);
	bnd_discard(s->st, s->cipher);
}

/* One record to the plain side, which has room for it.  1: go on, 0: wait, or
 * GnuTLS's error. */
static int
session_open_record(struct session *s)
{
	size_t before = bnd_avail(s->st, s->cipher);
	gnutls_packet_t packet;
	gnutls_datum_t data;
	ssize_t n = gnutls_record_recv_packet(s->tls, &packet);

	if (n > 0) {
		gnutls_packet_get(packet, &data, NULL);
		bnd_out(s->st, s->plain, data.data, data.size);
		s->pulled = 0;
		gnutls_packet_deinit(packet);
		return 1;
	}
	if (n == 0) {
		session_in_ended(s);
		return 0;
	}
	if (n == GNUTLS_E_REHANDSHAKE || gnutls_error_is_fatal((int)n))
		return (int)n;
	/* It may have been a ticket, a key update, a warning. */
	return bnd_avail(s->st, s->cipher) != before;
}

static int
session_flow_in(struct session *s)
{
	int rc = 1;

	while (rc > 0 && !s->has_in_ended &&
	       bnd_room(s->st, s->plain) >= SESSION_RECORD)
		rc = session_open_record(s);
	return rc;
}

/* A record was made, and waits in GnuTLS for room: nothing new until it went.
 */
static int
session_seal(struct session *s, const char *p, size_t n)
{
	ssize_t sent = s->is_blocked ? gnutls_record_send(s->tls, NULL, 0)
				     : gnutls_record_send(s->tls, p, n);

	s->is_blocked = sent == GNUTLS_E_AGAIN;
	if (sent > 0)
		bnd_eat(s->st, s->plain, (size_t)sent);
	return s->is_blocked ? 0 : (int)sent;
}

/* The other side has ended: so say. */
static int
session_out_ended(struct session *s)
{
	int rc = gnutls_bye(s->tls, GNUTLS_SHUT_WR);

	if (rc == GNUTLS_E_AGAIN)
		return 0;
	s->has_out_ended = true;
	bnd_end(s->st, s->cipher);
	return rc;
}

static int
session_flow_out(struct session *s)
{
	const char *p;
	size_t n;
	int rc = 1;

	while (rc > 0 && bnd_room(s->st, s->cipher) >= SESSION_SEALED) {
		n = bnd_peek(s->st, s->plain, SESSION_RECORD, &p);
		if (n == 0)
			break;
		rc =
		    session_seal(s, p, n < SESSION_RECORD ? n : SESSION_RECORD);
	}
	if (rc > 0 && !s->has_out_ended && bnd_ended(s->st, s->plain) &&
	    bnd_avail(s->st, s->plain) == 0)
		rc = session_out_ended(s);
	return rc;
}

void
session_flow(struct session *s)
{
	int rc = session_flow_in(s);

	if (rc >= 0)
		rc = session_flow_out(s);
	if (rc < 0)
		session_fail(s, rc);
}

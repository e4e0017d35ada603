/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-session.h - the TLS session of a connection, from its first byte to the
 * end of the handshake, and every way in which it can fail.  [worker]
 */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include "tls.h"

enum {
	SESSION_RECORD = 16384,               /* bytes of data in a record */
	SESSION_SEALED = SESSION_RECORD + 512 /* and with all around it */
};

/* Make the GnuTLS session.  0, or GnuTLS's error. */
int session_create(struct session *s);

/* Wipe what there is of it; twice is harmless. */
void session_destroy(struct session *s);

/* Count it among the handshakes under way.  False: there are too many, and the
 * connection was refused. */
bool session_count(struct session *s);

/* It is over, in whichever way, and so is the time for it. */
void session_uncount(struct session *s);

/* One step of the handshake, as far as bytes and room reach; what follows from
 * its end or failure is done too. */
void session_shake(struct session *s);

/* A call of GnuTLS has failed for good: say so with an alert, and end the
 * connection. */
void session_fail(struct session *s, int failure);

/* The alert of a failed session has had its chance: end the connection. */
void session_end(struct session *s);

/* The time for the handshake is over. */
void session_late(struct session *s);

/* The name the client asked for, as text of the buffer; NULL: none.  For a
 * client: what the backend's certificate must be for, without the dot that may
 * end it. */
const char *session_server_name(struct session *s, char *to, size_t size);
const char *session_backend_name(struct session *s, char *to, size_t size);

/* ---- tls-record.c: data both ways, as far as bytes and room reach */
void session_flow(struct session *s);

/* ---- tls-why.c: a failed session in words, and as a negative errno */
int session_why(const struct session *s, char *text, size_t size);
enum tls_metric session_why_metric(const struct session *s);

/* ---- tls-facts.c: what the handshake has shown */
void session_facts(struct session *s);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-peek.h - the role that does not terminate TLS, but reads the ClientHello,
 * chooses the way on, and lets every byte pass untouched.  [worker]
 */
#ifndef TLS_PEEK_H
#define TLS_PEEK_H

#include "tls.h"

/* Bytes have come. */
void peek_flow(struct session *s);

/* The way on is open, or cannot be. */
void peek_opened(struct session *s, int err);

/* What a client hears that is turned away before there is a session: a fatal
 * alert in a record of its own.  Refuses the connection. */
BND_PRINTF(4, 5)
void peek_refuse(struct session *s, int alert, int err, const char *fmt, ...);

/* The first byte of a client, which is not that of a handshake. */
void peek_refuse_other(struct session *s, unsigned first);

#endif

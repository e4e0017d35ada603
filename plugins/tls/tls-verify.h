/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-verify.h - is the peer's certificate good, and if not, why.
 */
#ifndef TLS_VERIFY_H
#define TLS_VERIFY_H

#include "tls.h"

/* [worker] 0, or GnuTLS's error; then s->status may say more.  Also asked of a
 * resumed session, whose certificate may have been revoked meanwhile. */
int session_verify(struct session *s);

/* What is wrong with a certificate of that status, not 0: "is revoked". */
const char *verify_flaw(unsigned status, gnutls_alert_description_t *alert_r);

#endif

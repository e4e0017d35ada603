/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-lists.h - until when the lists of revoked certificates are good.  GnuTLS
 * asks that when it reads them, and never again: a process that runs for months
 * would go on with a list that says nothing about the last weeks.
 */
#ifndef TLS_LISTS_H
#define TLS_LISTS_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <time.h>

struct list {
	gnutls_datum_t issuer; /* its DN in DER */
	time_t until;          /* -1: for ever */
};

struct lists { /* all zero: none */
	struct list *v;
	unsigned n;
};

/* [main] 0, or GnuTLS's error; lists_free() in either case. */
int lists_load(struct lists *l, const gnutls_datum_t *pem);
void lists_free(struct lists *l);

/* [worker] Is one of the certificates from an issuer whose lists have all
 * expired?  1, 0, or GnuTLS's error. */
int lists_have_expired(
    const struct lists *l, const gnutls_datum_t *chain, unsigned n);

#endif

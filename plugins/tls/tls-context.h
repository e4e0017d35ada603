/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-context.h - what one generation of a binding has made of its files and
 * options: certificates and which is for which name, authorities, algorithms.
 * start() makes it, all workers read it, stop() wipes it.
 */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include "tls-identity.h"
#include "tls-lists.h"
#include "tls-names.h"
#include "tls-ticket.h"

enum { POLICY_DIGEST = 32 };

struct context {
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priority;
	struct identity *identities; /* the first is for all other names */
	size_t count;
	struct names names;            /* of the identities; value: which */
	struct lists lists;            /* of revoked ones */
	gnutls_datum_t *alpn;          /* of the options */
	struct ticket_secret *kept;    /* of the binding; NULL: none, or own */
	struct ticket_secret own;      /* of a file */
	bool has_own, is_own_public;   /* anybody may read that file */
	uint8_t policy[POLICY_DIGEST]; /* who may come in */
};

/* [main, in check() or start()] 0, or negative after the option errors were
 * said; context_destroy() in either case. */
int context_create(struct context **r, struct bnd_binding *b);
void context_destroy(struct context **c);

/* ---- tls-warn.c: [main, in start(); worker] What the operator should know:
 * keys that anybody can read, certificates and responses that expire. */
void context_warn(const struct context *c, const struct bnd_binding *b);

/* Days until the first certificate expires, negative when one has. */
int64_t context_days(const struct context *c);

/* The secret of tickets; NULL: no tickets. */
static inline struct ticket_secret *
context_tickets(struct context *c)
{
	return c->has_own ? &c->own : c->kept;
}

/* ---- tls-priority.c: [main] the algorithms of the options, above the floor.
 * 0 or negative after an option error. */
int priority_create(gnutls_priority_t *r, struct bnd_binding *b);

/* ---- tls-verify.c: GnuTLS calls these in handshakes */
int context_choose(gnutls_session_t, const struct gnutls_cert_retr_st *info,
    gnutls_pcert_st **chain, unsigned *chain_size, gnutls_ocsp_data_st **ocsp,
    unsigned *ocsp_size, gnutls_privkey_t *key, unsigned *flags);
int context_verify(gnutls_session_t);

#endif

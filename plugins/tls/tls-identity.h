/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-identity.h - one certificate with its chain, its private key and its OCSP
 * response, ready to be shown in a handshake.
 */
#ifndef TLS_IDENTITY_H
#define TLS_IDENTITY_H

#include "tls.h"

#include <gnutls/abstract.h>
#include <time.h>

enum { IDENTITY_CHAIN = 16 }; /* certificates */

struct identity {
	gnutls_pcert_st chain[IDENTITY_CHAIN];
	unsigned chain_size;
	gnutls_privkey_t key;
	gnutls_ocsp_data_st staple;
	bool has_staple;
	bool is_key_public; /* anybody on this machine may read its file */
	gnutls_pk_algorithm_t algorithm;
	time_t expires;
	gnutls_x509_crt_t leaf;
};

/* [main, in check() or start()] Read the files.  0, or negative when an option
 * error was said that names the file; identity_free() in either case. */
int identity_load(struct identity *id, struct bnd_binding *b,
    const struct tls_certificate *files);
void identity_free(struct identity *id);

/* fn for each DNS name that the certificate has, or its common name when it has
 * none; stops at the first that is not 0. */
int identity_each_name(const struct identity *id,
    int (*fn)(void *arg, const char *name), void *arg);

#endif

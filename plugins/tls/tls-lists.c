/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tls-lists.h"

#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading */

static int
lists_take(struct lists *l, gnutls_x509_crl_t *crls, unsigned n)
{
	int rc = 0;

	l->v = calloc(n + 1, sizeof(*l->v));
	if (!l->v)
		return GNUTLS_E_MEMORY_ERROR;
	for (; rc == 0 && l->n < n; l->n++) {
		struct list *e = &l->v[l->n];

		e->until = gnutls_x509_crl_get_next_update(crls[l->n]);
		rc = gnutls_x509_crl_get_raw_issuer_dn(crls[l->n], &e->issuer);
	}
	return rc;
}

int
lists_load(struct lists *l, const gnutls_datum_t *pem)
{
	gnutls_x509_crl_t *crls;
	unsigned n;
	int rc = gnutls_x509_crl_list_import2(
	    &crls, &n, pem, GNUTLS_X509_FMT_PEM, 0);

	if (rc < 0)
		return rc;
	rc = lists_take(l, crls, n);
	for (unsigned i = 0; i < n; i++)
		gnutls_x509_crl_deinit(crls[i]);
	gnutls_free(crls);
	return rc;
}

void
lists_free(struct lists *l)
{
	for (unsigned i = 0; i < l->n; i++)
		gnutls_free(l->v[i].issuer.data);
	free(l->v);
	*l = (struct lists){ 0 };
}

/* ---- asking */

static bool
lists_are_late(const struct lists *l, const gnutls_datum_t *issuer, time_t now)
{
	bool is_late = false;

	for (unsigned i = 0; i < l->n; i++) {
		const struct list *e = &l->v[i];

		if (e->issuer.size != issuer->size ||
		    memcmp(e->issuer.data, issuer->data, issuer->size) != 0)
			continue;
		if (e->until == (time_t)-1 || e->until >= now)
			return false;
		is_late = true;
	}
	return is_late;
}

static int
lists_ask(const struct lists *l, const gnutls_datum_t *der, time_t now)
{
	gnutls_datum_t issuer = { 0 };
	gnutls_x509_crt_t crt;
	int rc = gnutls_x509_crt_init(&crt);

	if (rc < 0)
		return rc;
	rc = gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER);
	if (rc == 0)
		rc = gnutls_x509_crt_get_raw_issuer_dn(crt, &issuer);
	if (rc == 0)
		rc = lists_are_late(l, &issuer, now);
	gnutls_free(issuer.data);
	gnutls_x509_crt_deinit(crt);
	return rc;
}

int
lists_have_expired(
    const struct lists *l, const gnutls_datum_t *chain, unsigned n)
{
	time_t now = time(NULL);
	int rc = 0;

	for (unsigned i = 0; l->n > 0 && rc == 0 && i < n; i++)
		rc = lists_ask(l, &chain[i], now);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-verify.c - what GnuTLS asks while it shakes hands: which certificate to
 * show, and whether the peer's is good.  [worker, inside gnutls_handshake()]
 */

#include "tls-verify.h"
#include "tls-context.h"
#include "tls-route.h"
#include "tls-session.h"

#include <arpa/inet.h>
#include <string.h>

/* ---- which certificate to show */

/* Can the peer verify signatures of such a key? */
static bool
session_takes(gnutls_session_t tls, gnutls_pk_algorithm_t algorithm)
{
	gnutls_sign_algorithm_t sign;

	for (size_t i = 0;
	     gnutls_sign_algorithm_get_requested(tls, i, &sign) == 0; i++)
		if (gnutls_sign_supports_pk_algorithm(sign, algorithm))
			return true;
	return false;
}

/* Of those with the best fitting name the first that the peer can verify. */
static struct identity *
context_identity(
    const struct context *c, gnutls_session_t tls, const char *name)
{
	size_t n = 0;
	const struct name_entry *e =
	    name ? names_find(&c->names, name, &n) : NULL;

	for (size_t i = 0; i < n; i++)
		if (session_takes(tls, c->identities[e[i].value].algorithm))
			return &c->identities[e[i].value];
	if (n > 0)
		return &c->identities[e[0].value];
	for (size_t i = 0; i < c->count; i++)
		if (session_takes(tls, c->identities[i].algorithm))
			return &c->identities[i];
	return c->count ? &c->identities[0] : NULL;
}

int
context_choose(gnutls_session_t tls, const struct gnutls_cert_retr_st *info,
    gnutls_pcert_st **chain, unsigned *chain_size, gnutls_ocsp_data_st **ocsp,
    unsigned *ocsp_size, gnutls_privkey_t *key, unsigned *flags)
{
	struct session *s = gnutls_session_get_ptr(tls);
	const struct tls *o = session_options(s);
	char name[HELLO_NAME_MAX + 1];
	struct identity *id;

	(void)info;
	*flags = 0;
	*chain_size = *ocsp_size = 0;
	if (o->role == ROLE_SERVER && !route_may_exist(s)) {
		s->has_no_route = true;
		return -1;
	}
	id = context_identity(
	    o->context, tls, session_server_name(s, name, sizeof(name)));
	if (!id)
		return 0; /* a client without */
	*chain = id->chain;
	*chain_size = id->chain_size;
	*key = id->key;
	if (id->has_staple) {
		*ocsp = &id->staple;
		*ocsp_size = 1;
	}
	return 0;
}

/* ---- is the peer's good? */

/* The name as data for GnuTLS; a is where the bytes of an address go. */
static gnutls_typed_vdata_st
verify_name(const char *name, struct in6_addr *a)
{
	gnutls_typed_vdata_st v = { .type = GNUTLS_DT_IP_ADDRESS,
		.data = (void *)a };

	if (inet_pton(AF_INET, name, a) == 1)
		v.size = 4;
	else if (inet_pton(AF_INET6, name, a) == 1)
		v.size = 16;
	else
		v = (gnutls_typed_vdata_st){ .type = GNUTLS_DT_DNS_HOSTNAME,
			.data = (void *)(uintptr_t)name };
	return v;
}

static bool
verify_has_dns_name(gnutls_x509_crt_t crt)
{
	char name[HELLO_NAME_MAX + 1];
	int type = 0;

	for (unsigned i = 0; type != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
	     i++) {
		size_t n = sizeof(name);

		type = gnutls_x509_crt_get_subject_alt_name(
		    crt, i, name, &n, NULL);
		if (type == GNUTLS_SAN_DNSNAME)
			return true;
	}
	return false;
}

/* GnuTLS makes do with the common name of a certificate that is for no DNS
 * name, which says nothing about hosts (RFC 9525, 6.3). */
static int
verify_no_common_name(struct session *s)
{
	unsigned n = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(s->tls, &n);
	gnutls_x509_crt_t crt;
	int rc;

	if (!chain || n == 0)
		return GNUTLS_E_NO_CERTIFICATE_FOUND;
	rc = gnutls_x509_crt_init(&crt);
	if (rc < 0)
		return rc;
	rc = gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER);
	if (rc == 0 && !verify_has_dns_name(crt))
		s->status |= GNUTLS_CERT_INVALID | GNUTLS_CERT_UNEXPECTED_OWNER;
	gnutls_x509_crt_deinit(crt);
	return rc;
}

static int
verify_backend(struct session *s)
{
	static char purpose[] = GNUTLS_KP_TLS_WWW_SERVER;
	char room[HELLO_NAME_MAX + 1];
	const char *name = session_backend_name(s, room, sizeof(room));
	gnutls_typed_vdata_st data[2] = { { GNUTLS_DT_KEY_PURPOSE_OID,
	    (void *)purpose, 0 } };
	struct in6_addr address;
	int rc;

	if (!session_options(s)->verify)
		return 0;
	if (!name) {
		s->has_no_name = true;
		return GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
	}
	data[1] = verify_name(name, &address);
	rc = gnutls_certificate_verify_peers(s->tls, data, 2, &s->status);
	return rc == 0 && data[1].type == GNUTLS_DT_DNS_HOSTNAME
		   ? verify_no_common_name(s)
		   : rc;
}

static int
verify_client(struct session *s)
{
	static char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
	gnutls_typed_vdata_st data = { GNUTLS_DT_KEY_PURPOSE_OID,
		(void *)purpose, 0 };
	unsigned n = 0;

	if (session_options(s)->client_auth == AUTH_NONE)
		return 0;
	if (!gnutls_certificate_get_peers(s->tls, &n) || n == 0)
		return session_options(s)->client_auth == AUTH_REQUIRE
			   ? GNUTLS_E_NO_CERTIFICATE_FOUND
			   : 0;
	return gnutls_certificate_verify_peers(s->tls, &data, 1, &s->status);
}

static int
verify_lists(struct session *s)
{
	unsigned n = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(s->tls, &n);
	int rc = lists_have_expired(
	    &session_options(s)->context->lists, chain, chain ? n : 0);

	if (rc > 0)
		s->status |= GNUTLS_CERT_INVALID |
			     GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED;
	return rc < 0 ? rc : 0;
}

int
session_verify(struct session *s)
{
	int rc = session_options(s)->role == ROLE_CLIENT ? verify_backend(s)
							 : verify_client(s);

	if (rc == 0 && s->status == 0)
		rc = verify_lists(s);
	return rc == 0 && s->status ? GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR
				    : rc;
}

int
context_verify(gnutls_session_t tls)
{
	return session_verify(gnutls_session_get_ptr(tls));
}

/* ---- a bad one, in words and as an alert: the first that holds */

/* clang-format off */
static const struct {
	unsigned status; /* gnutls_certificate_status_t */
	gnutls_alert_description_t alert;
	const char *text;
} flaws[] = {
	{ GNUTLS_CERT_REVOKED, GNUTLS_A_CERTIFICATE_REVOKED,
	    "is revoked" },
	{ GNUTLS_CERT_EXPIRED, GNUTLS_A_CERTIFICATE_EXPIRED,
	    "has expired" },
	{ GNUTLS_CERT_NOT_ACTIVATED, GNUTLS_A_CERTIFICATE_EXPIRED,
	    "is not valid yet" },
	{ GNUTLS_CERT_SIGNER_NOT_FOUND, GNUTLS_A_UNKNOWN_CA,
	    "has an issuer that is not trusted" },
	{ GNUTLS_CERT_SIGNER_NOT_CA, GNUTLS_A_UNKNOWN_CA,
	    "has an issuer that may not issue certificates" },
	{ GNUTLS_CERT_UNEXPECTED_OWNER, GNUTLS_A_BAD_CERTIFICATE,
	    "is for another name" },
	{ GNUTLS_CERT_PURPOSE_MISMATCH, GNUTLS_A_UNSUPPORTED_CERTIFICATE,
	    "is for another purpose" },
	{ GNUTLS_CERT_INSECURE_ALGORITHM, GNUTLS_A_UNSUPPORTED_CERTIFICATE,
	    "uses an algorithm or key that is too weak" },
	{ GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED, GNUTLS_A_CERTIFICATE_UNKNOWN,
	    "cannot be checked: the list of revoked ones has expired" },
	{ GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE,
	    GNUTLS_A_CERTIFICATE_UNKNOWN,
	    "cannot be checked: the list of revoked ones is not valid yet" },
	{ GNUTLS_CERT_SIGNATURE_FAILURE, GNUTLS_A_BAD_CERTIFICATE,
	    "has a wrong signature" },
	{ ~0u, GNUTLS_A_BAD_CERTIFICATE, "is not valid" },
};
/* clang-format on */

const char *
verify_flaw(unsigned status, gnutls_alert_description_t *alert_r)
{
	size_t i = 0;

	while (!(flaws[i].status & status))
		i++;
	*alert_r = flaws[i].alert;
	return flaws[i].text;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-facts.c - what a handshake has shown, for later stages, routes and the
 * log: "tls.version" and so on of the client, "back.tls.version" and so on of
 * the backend.
 */

#include "tls-session.h"

#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>

enum { KEY_ROOM = 48, TEXT_ROOM = 1024, BYTES_MAX = 64, NAMES_MAX = 256 };

static void
fact_set(struct session *s, const char *key, const char *value)
{
	char name[KEY_ROOM];

	if (!value || !*value)
		return;
	snprintf(name, sizeof(name), "%s.%s",
	    s->cipher == BND_FRONT ? "tls" : "back.tls", key);
	bnd_fact_text_set(s->st, name, value);
}

static void
fact_set_hex(struct session *s, const char *key, const void *data, size_t n)
{
	const unsigned char *p = data;
	char text[2 * BYTES_MAX + 1] = "";

	for (size_t i = 0; i < n && i < BYTES_MAX; i++)
		snprintf(text + 2 * i, 3, "%02x", p[i]);
	fact_set(s, key, text);
}

/* ---- the peer's certificate */

/* Append a name to the list, which has TEXT_ROOM bytes, or nothing of it when
 * it does not fit.  What would part it in two, or not be seen, is written in
 * hexadecimal, as in a DN.  The new length. */
static size_t
facts_add_name(
    char *all, size_t used, const char *kind, const char *name, size_t n)
{
	size_t at = used + (size_t)snprintf(all + used, TEXT_ROOM - used,
			       "%s%s:", used ? "," : "", kind);

	for (size_t i = 0; i < n && at < TEXT_ROOM; i++) {
		unsigned char c = (unsigned char)name[i];
		bool is_odd = c <= ' ' || c == 0x7f || c == ',' || c == '\\';

		at += (size_t)snprintf(
		    all + at, TEXT_ROOM - at, is_odd ? "\\%02x" : "%c", c);
	}
	if (at < TEXT_ROOM)
		return at;
	all[used] = '\0';
	return used;
}

static void
facts_names(struct session *s, gnutls_x509_crt_t crt)
{
	static const char *const kinds[] = { [GNUTLS_SAN_DNSNAME] = "dns",
		[GNUTLS_SAN_RFC822NAME] = "email",
		[GNUTLS_SAN_URI] = "uri" };
	char all[TEXT_ROOM] = "", name[TEXT_ROOM / 2];
	size_t used = 0;

	for (unsigned i = 0; i < NAMES_MAX; i++) {
		size_t n = sizeof(name);
		int type = gnutls_x509_crt_get_subject_alt_name(
		    crt, i, name, &n, NULL);

		if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (type < GNUTLS_SAN_DNSNAME || type > GNUTLS_SAN_URI)
			continue;
		used = facts_add_name(all, used, kinds[type], name, n);
	}
	fact_set(s, "peer.names", all);
}

static void
facts_dns(struct session *s, gnutls_x509_crt_t crt)
{
	char text[TEXT_ROOM];
	size_t n = sizeof(text);

	if (gnutls_x509_crt_get_dn(crt, text, &n) == 0) {
		fact_set(s, "peer.subject", text);
		if (s->cipher == BND_FRONT && !bnd_fact_text(s->st, "identity"))
			bnd_fact_text_set(s->st, "identity", text);
	}
	n = sizeof(text);
	/* A name with a zero in it would be another one in a fact. */
	if (gnutls_x509_crt_get_dn_by_oid(
		crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &n) == 0 &&
	    strlen(text) == n)
		fact_set(s, "peer.cn", text);
	n = sizeof(text);
	if (gnutls_x509_crt_get_issuer_dn(crt, text, &n) == 0)
		fact_set(s, "peer.issuer", text);
	n = sizeof(text);
	if (gnutls_x509_crt_get_issuer_dn_by_oid(
		crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &n) == 0)
		fact_set(s, "peer.issuer_cn", text);
}

static void
facts_certificate(struct session *s, const gnutls_datum_t *der)
{
	unsigned char bytes[BYTES_MAX];
	size_t n = sizeof(bytes);
	gnutls_x509_crt_t crt;

	if (gnutls_x509_crt_init(&crt) < 0)
		return;
	if (gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) == 0) {
		facts_dns(s, crt);
		facts_names(s, crt);
		if (gnutls_x509_crt_get_serial(crt, bytes, &n) == 0)
			fact_set_hex(s, "peer.serial", bytes, n);
	}
	gnutls_x509_crt_deinit(crt);
	n = sizeof(bytes);
	if (gnutls_fingerprint(GNUTLS_DIG_SHA256, der, bytes, &n) == 0)
		fact_set_hex(s, "peer.fingerprint", bytes, n);
	bnd_fact_set(s->st,
	    s->cipher == BND_FRONT ? "tls.peer.der" : "back.tls.peer.der",
	    BND_F_BYTES, der->data, der->size);
}

/* One that nobody has verified says nothing. */
static bool
facts_may_trust(const struct session *s)
{
	const struct tls *o = session_options(s);

	return s->cipher == BND_FRONT ? o->client_auth != AUTH_NONE : o->verify;
}

/* ---- all of it */

static void
facts_alpn(struct session *s)
{
	gnutls_datum_t alpn;
	char text[256];

	if (gnutls_alpn_get_selected_protocol(s->tls, &alpn) < 0)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)alpn.size, alpn.data);
	fact_set(s, "alpn", text);
}

void
session_facts(struct session *s)
{
	const gnutls_datum_t *chain;
	char name[HELLO_NAME_MAX + 1];
	unsigned n = 0;

	fact_set(s, "version",
	    gnutls_protocol_get_name(gnutls_protocol_get_version(s->tls)));
	fact_set(s, "cipher", gnutls_ciphersuite_get(s->tls));
	fact_set(s, "group", gnutls_group_get_name(gnutls_group_get(s->tls)));
	fact_set(
	    s, "resumed", gnutls_session_is_resumed(s->tls) ? "yes" : "no");
	fact_set(s, "server_name", session_server_name(s, name, sizeof(name)));
	facts_alpn(s);
	if (!facts_may_trust(s))
		return;
	chain = gnutls_certificate_get_peers(s->tls, &n);
	if (chain && n > 0)
		facts_certificate(s, &chain[0]);
}

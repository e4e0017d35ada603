/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tls-identity.h"

#include "tls-file.h"

#include <errno.h>
#include <gnutls/ocsp.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_ID_MAX = 64, NAME_ROOM = 256 };

/* Whose options are read: those of the binding itself, or of a row. */
struct origin {
	struct bnd_binding *b;
	const void *row;
};

/* Why a file of PEM could not be used; `what` it should have had. */
static int
identity_error(const struct origin *o, const char *option, const char *path,
    const char *what, int rc)
{
	switch (rc) {
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
	case GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR:
	case GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE:
		return bnd_option_error(
		    o->b, option, o->row, "'%s' has no %s in PEM", path, what);
	case GNUTLS_E_DECRYPTION_FAILED:
		return bnd_option_error(o->b, option, o->row,
		    "'%s' is encrypted, and key_password is missing or not its "
		    "password",
		    path);
	case GNUTLS_E_SHORT_MEMORY_BUFFER:
		return bnd_option_error(o->b, option, o->row,
		    "'%s' has more than %d certificates", path, IDENTITY_CHAIN);
	default:
		return bnd_option_error(o->b, option, o->row,
		    "'%s' is broken: %s", path, gnutls_strerror(rc));
	}
}

static int
identity_read(struct file *f, const struct origin *o, const char *option,
    const char *path)
{
	int rc = file_read(f, path, FILE_KEY_MAX);

	return rc == 0 ? 0
		       : bnd_option_error(o->b, option, o->row,
			     "cannot read '%s': %s", path, file_why(rc));
}

static int
identity_load_chain(
    struct identity *id, const struct origin *o, const char *path)
{
	struct file f;
	int rc = identity_read(&f, o, "certificate", path);

	if (rc < 0)
		return rc;
	id->chain_size = IDENTITY_CHAIN;
	rc = gnutls_pcert_list_import_x509_raw(id->chain, &id->chain_size,
	    &f.data, GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_SORT);
	file_free(&f);
	if (rc < 0)
		id->chain_size = 0;
	else
		rc = gnutls_pcert_export_x509(&id->chain[0], &id->leaf);
	if (rc < 0)
		return identity_error(
		    o, "certificate", path, "certificate", rc);
	id->algorithm = (gnutls_pk_algorithm_t)gnutls_x509_crt_get_pk_algorithm(
	    id->leaf, NULL);
	id->expires = gnutls_x509_crt_get_expiration_time(id->leaf);
	return 0;
}

static int
identity_load_key(struct identity *id, const struct origin *o, const char *path,
    const char *password)
{
	struct file f;
	int rc = identity_read(&f, o, "key", path);

	if (rc < 0)
		return rc;
	id->is_key_public = f.is_public;
	rc = gnutls_privkey_init(&id->key);
	if (rc == 0)
		rc = gnutls_privkey_import_x509_raw(
		    id->key, &f.data, GNUTLS_X509_FMT_PEM, password, 0);
	file_free(&f);
	return rc < 0 ? identity_error(o, "key", path, "private key", rc) : 0;
}

/* Does the key belong to the certificate?  1, 0, or GnuTLS's error. */
static int
identity_is_pair(const struct identity *id)
{
	unsigned char of_key[KEY_ID_MAX], of_certificate[KEY_ID_MAX];
	size_t n = sizeof(of_key), m = sizeof(of_certificate);
	gnutls_pubkey_t public;
	int rc = gnutls_pubkey_init(&public);

	if (rc < 0)
		return rc;
	rc = gnutls_pubkey_import_privkey(public, id->key, 0, 0);
	if (rc == 0)
		rc = gnutls_pubkey_get_key_id(
		    public, GNUTLS_KEYID_USE_SHA256, of_key, &n);
	if (rc == 0)
		rc = gnutls_x509_crt_get_key_id(
		    id->leaf, GNUTLS_KEYID_USE_SHA256, of_certificate, &m);
	gnutls_pubkey_deinit(public);
	return rc < 0 ? rc : n == m && memcmp(of_key, of_certificate, n) == 0;
}

static int
identity_check_pair(struct identity *id, const struct origin *o,
    const char *certificate, const char *key)
{
	int rc = identity_is_pair(id);

	if (rc < 0)
		return identity_error(o, "key", key, "private key", rc);
	if (rc == 0)
		return bnd_option_error(o->b, "key", o->row,
		    "'%s' is not the key of the certificate in '%s'", key,
		    certificate);
	return 0;
}

/* ---- OCSP response */

static int
identity_read_staple(struct identity *id, const gnutls_datum_t *data)
{
	gnutls_ocsp_resp_t r;
	time_t next = -1;
	int rc = gnutls_ocsp_resp_init(&r);

	if (rc < 0)
		return rc;
	rc = gnutls_ocsp_resp_import(r, data);
	if (rc == 0 && gnutls_ocsp_resp_check_crt(r, 0, id->leaf) < 0)
		rc = GNUTLS_E_OCSP_MISMATCH_WITH_CERTS;
	if (rc == 0)
		rc = gnutls_ocsp_resp_get_single(r, 0, NULL, NULL, NULL, NULL,
		    NULL, NULL, &next, NULL, NULL);
	gnutls_ocsp_resp_deinit(r);
	/* Without an end it is good as long as the certificate. */
	id->staple.exptime = next == -1 ? id->expires : next;
	return rc < 0 ? rc : 0;
}

static int
identity_load_staple(
    struct identity *id, const struct origin *o, const char *path)
{
	struct file f;
	int rc = identity_read(&f, o, "ocsp_response", path);

	if (rc < 0)
		return rc;
	id->staple.response = f.data; /* freed with the identity */
	rc = identity_read_staple(id, &f.data);
	if (rc == GNUTLS_E_OCSP_MISMATCH_WITH_CERTS)
		return bnd_option_error(o->b, "ocsp_response", o->row,
		    "'%s' is not about the certificate", path);
	if (rc < 0)
		return bnd_option_error(o->b, "ocsp_response", o->row,
		    "'%s' is not an OCSP response in DER: %s", path,
		    gnutls_strerror(rc));
	id->has_staple = true;
	return 0;
}

/* ---- all of it */

int
identity_load(struct identity *id, struct bnd_binding *b,
    const struct tls_certificate *files)
{
	const struct tls *t = b->self;
	const struct origin o = { b, files == &t->own ? NULL : files };
	const char *key = files->key ? files->key : files->certificate;
	int rc;

	*id = (struct identity){ 0 };
	rc = identity_load_chain(id, &o, files->certificate);
	if (rc == 0)
		rc = identity_load_key(id, &o, key, files->key_password);
	if (rc == 0)
		rc = identity_check_pair(id, &o, files->certificate, key);
	if (rc == 0 && files->ocsp_response)
		rc = identity_load_staple(id, &o, files->ocsp_response);
	return rc;
}

void
identity_free(struct identity *id)
{
	struct file staple = { .data = id->staple.response };

	for (unsigned i = 0; i < id->chain_size; i++)
		gnutls_pcert_deinit(&id->chain[i]);
	if (id->leaf)
		gnutls_x509_crt_deinit(id->leaf);
	if (id->key)
		gnutls_privkey_deinit(id->key);
	file_free(&staple);
	*id = (struct identity){ 0 };
}

int
identity_each_name(const struct identity *id,
    int (*fn)(void *arg, const char *name), void *arg)
{
	char name[NAME_ROOM];
	bool has_names = false;
	size_t n;
	int rc = 0, type;

	for (unsigned i = 0; rc == 0; i++) {
		n = sizeof(name) - 1;
		type = gnutls_x509_crt_get_subject_alt_name(
		    id->leaf, i, name, &n, NULL);
		if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (type != GNUTLS_SAN_DNSNAME)
			continue;
		has_names = true;
		name[n] = '\0';
		rc = fn(arg, name);
	}
	n = sizeof(name);
	if (has_names || rc != 0 ||
	    gnutls_x509_crt_get_dn_by_oid(
		id->leaf, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &n) < 0)
		return rc;
	return fn(arg, name);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tls-context.h"

#include "tls-file.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <stdlib.h>
#include <string.h>

enum { CHAIN_MOST = 10, KEY_BITS_MOST = 8200 };

static int
context_no_memory(struct bnd_binding *b)
{
	bnd_option_error(b, NULL, NULL, "out of memory");
	return -ENOMEM;
}

/* ---- certificates and their names */

struct naming {
	struct names *names;
	unsigned index;
};

static int
context_add_name(void *arg, const char *name)
{
	struct naming *n = arg;

	return names_add(n->names, name, n->index);
}

static int
context_name(struct context *c, struct bnd_binding *b, unsigned i,
    const struct tls_certificate *files)
{
	const struct bnd_list *said = &files->names;
	struct naming n = { &c->names, i };
	int rc = 0;

	for (size_t k = 0; rc == 0 && k < said->n; k++) {
		if (!name_is_pattern(said->v[k]))
			return bnd_option_error(b, "names", files,
			    "'%s' is not a server name", said->v[k]);
		rc = context_add_name(&n, said->v[k]);
	}
	if (rc == 0 && said->n == 0)
		rc =
		    identity_each_name(&c->identities[i], context_add_name, &n);
	return rc < 0 ? context_no_memory(b) : 0;
}

static int
context_load_identities(struct context *c, struct bnd_binding *b)
{
	const struct tls *o = b->self;
	const struct tls_certificate *rows = o->certificates.v;
	size_t own = o->own.certificate ? 1 : 0;
	size_t n = own + o->certificates.n;

	c->identities = calloc(n + 1, sizeof(*c->identities));
	if (!c->identities)
		return context_no_memory(b);
	for (size_t i = 0; i < n; i++) {
		const struct tls_certificate *files =
		    i < own ? &o->own : &rows[i - own];
		int rc;

		c->count = i + 1;
		rc = identity_load(&c->identities[i], b, files);
		if (rc == 0)
			rc = context_name(c, b, (unsigned)i, files);
		if (rc < 0)
			return rc;
	}
	names_sort(&c->names);
	return 0;
}

/* ---- who the peers may be */

typedef int context_add_fn(gnutls_certificate_credentials_t c,
    const gnutls_datum_t *pem, gnutls_x509_crt_fmt_t format);

/* Give the file's content to the credentials, and to the digest of the policy.
 */
static int
context_load_pem(struct context *c, struct bnd_binding *b, const char *option,
    const char *path, context_add_fn *add, struct lists *lists,
    gnutls_hash_hd_t digest)
{
	struct file f;
	int rc = file_read(&f, path, FILE_TRUST_MAX);

	if (rc < 0)
		return bnd_option_error(b, option, NULL, "cannot read '%s': %s",
		    path, file_why(rc));
	rc = add(c->credentials, &f.data, GNUTLS_X509_FMT_PEM);
	if (rc > 0 && lists)
		rc =
		    lists_load(lists, &f.data) < 0 ? GNUTLS_E_PARSING_ERROR : 1;
	gnutls_hash(digest, f.data.data, f.data.size);
	file_free(&f);
	if (rc == 0 || rc == GNUTLS_E_NO_CERTIFICATE_FOUND)
		return bnd_option_error(
		    b, option, NULL, "'%s' has nothing in PEM to use", path);
	if (rc == GNUTLS_E_CRL_VERIFICATION_ERROR)
		return bnd_option_error(b, option, NULL,
		    "'%s' has a list that has expired, or that no authority in "
		    "trust has signed",
		    path);
	if (rc < 0)
		return bnd_option_error(b, option, NULL, "'%s' is broken: %s",
		    path, gnutls_strerror(rc));
	return 0;
}

static int
context_load_peers(
    struct context *c, struct bnd_binding *b, gnutls_hash_hd_t digest)
{
	const struct tls *o = b->self;
	int rc = 0;

	if (o->trust)
		rc = context_load_pem(c, b, "trust", o->trust,
		    gnutls_certificate_set_x509_trust_mem, NULL, digest);
	else if (o->role == ROLE_CLIENT && o->verify)
		rc = gnutls_certificate_set_x509_system_trust(c->credentials);
	if (!o->trust && rc < 0)
		return bnd_option_error(b, "trust", NULL,
		    "is missing, and the system has no authorities: %s",
		    gnutls_strerror(rc));
	if (rc >= 0 && o->crl)
		rc = context_load_pem(c, b, "crl", o->crl,
		    gnutls_certificate_set_x509_crl_mem, &c->lists, digest);
	return rc < 0 ? rc : 0;
}

/* The digest tells whether a ticket of another generation may still be used. */
static int
context_load_policy(struct context *c, struct bnd_binding *b)
{
	const struct tls *o = b->self;
	gnutls_hash_hd_t digest;
	int rc;

	if (gnutls_hash_init(&digest, GNUTLS_DIG_SHA256) < 0)
		return context_no_memory(b);
	gnutls_hash(digest, &o->client_auth, sizeof(o->client_auth));
	gnutls_hash(digest, &o->min_version, sizeof(o->min_version));
	if (o->priority)
		gnutls_hash(digest, o->priority, strlen(o->priority));
	rc = context_load_peers(c, b, digest);
	gnutls_hash_deinit(digest, c->policy);
	return rc;
}

static int
context_load_credentials(struct context *c, struct bnd_binding *b)
{
	if (gnutls_certificate_allocate_credentials(&c->credentials) < 0)
		return context_no_memory(b);
	/* A list that no authority of ours has made would revoke nothing. */
	gnutls_certificate_set_flags(
	    c->credentials, GNUTLS_CERTIFICATE_VERIFY_CRLS);
	gnutls_certificate_set_verify_limits(
	    c->credentials, KEY_BITS_MOST, CHAIN_MOST);
	gnutls_certificate_set_retrieve_function3(
	    c->credentials, context_choose);
	gnutls_certificate_set_verify_function(c->credentials, context_verify);
	return context_load_policy(c, b);
}

/* ---- the rest */

static int
context_load_alpn(struct context *c, struct bnd_binding *b)
{
	const struct tls *o = b->self;

	c->alpn = calloc(o->alpn.n + 1, sizeof(*c->alpn));
	if (!c->alpn)
		return context_no_memory(b);
	for (size_t i = 0; i < o->alpn.n; i++) {
		/* The library only reads it. */
		c->alpn[i].data = (void *)(uintptr_t)o->alpn.v[i];
		c->alpn[i].size = (unsigned)strlen(o->alpn.v[i]);
	}
	return 0;
}

static int
context_load_ticket_key(struct context *c, struct bnd_binding *b)
{
	const char *path = ((const struct tls *)b->self)->ticket_key;
	struct file f;
	int rc;

	if (!path)
		return 0;
	rc = file_read(&f, path, FILE_KEY_MAX);
	if (rc < 0)
		return bnd_option_error(b, "ticket_key", NULL,
		    "cannot read '%s': %s", path, file_why(rc));
	c->has_own = f.data.size == TICKET_KEY;
	c->is_own_public = f.is_public;
	if (c->has_own)
		memcpy(c->own.key, f.data.data, TICKET_KEY);
	file_free(&f);
	if (!c->has_own)
		return bnd_option_error(b, "ticket_key", NULL,
		    "'%s' does not have exactly %d bytes", path, TICKET_KEY);
	return 0;
}

int
context_create(struct context **r, struct bnd_binding *b)
{
	struct context *c = calloc(1, sizeof(*c));
	int rc;

	*r = c;
	if (!c)
		return context_no_memory(b);
	rc = priority_create(&c->priority, b);
	if (rc == 0)
		rc = context_load_identities(c, b);
	if (rc == 0)
		rc = context_load_credentials(c, b);
	if (rc == 0)
		rc = context_load_alpn(c, b);
	if (rc == 0)
		rc = context_load_ticket_key(c, b);
	return rc;
}

void
context_destroy(struct context **at)
{
	struct context *c = *at;

	*at = NULL;
	if (!c)
		return;
	if (c->credentials)
		gnutls_certificate_free_credentials(c->credentials);
	if (c->priority)
		gnutls_priority_deinit(c->priority);
	for (size_t i = 0; i < c->count; i++)
		identity_free(&c->identities[i]);
	names_free(&c->names);
	lists_free(&c->lists);
	free(c->identities);
	free(c->alpn);
	gnutls_memset(c->own.key, 0, sizeof(c->own.key));
	free(c);
}

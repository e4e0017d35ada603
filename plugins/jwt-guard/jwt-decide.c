/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-decide.h"

#include "jwt-base64.h"
#include "jwt-sources.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

enum { SHA256 = 32 };

const char *
guard_identity(const struct guard *g, const json_t *claims)
{
	return jwt_claim_text(claims, g->identity);
}

/* ---- rows of claims */

static bool
claims_fit(const void *arg, const struct guard_claim *c)
{
	const json_t *value = jwt_claim_find(arg, c->claim);

	for (size_t i = 0; value && i < c->has.n; i++)
		if (jwt_claim_has(value, c->claim, c->has.v[i]))
			return true;
	return false;
}

static int
decide_require(
    const struct guard *g, const json_t *claims, struct jwt_verdict *v)
{
	const struct guard_claim *rows = g->require.v;

	for (size_t i = 0; i < g->require.n; i++)
		if (!claims_fit(claims, &rows[i]))
			return jwt_verdict_set(v, JWT_FORBIDDEN,
			    "the token's claim '%.64s' does not have what is "
			    "required here",
			    rows[i].claim);
	return 0;
}

/* ---- the way */

static bool
destination_is_listed(const struct bnd_list *list, const char *destination)
{
	for (size_t i = 0; i < list->n; i++)
		if (destination_fits(list->v[i], destination))
			return true;
	return false;
}

static bool
route_fits(const struct guard_route *r,
    bool (*fits)(const void *arg, const struct guard_claim *c), const void *arg,
    const char *destination)
{
	const struct guard_claim *rows = r->claims.v;

	if (r->destination.n &&
	    !destination_is_listed(&r->destination, destination))
		return false;
	for (size_t i = 0; i < r->claims.n; i++)
		if (!fits(arg, &rows[i]))
			return false;
	return true;
}

long
guard_route(const struct guard *g,
    bool (*fits)(const void *arg, const struct guard_claim *c), const void *arg,
    const char *destination)
{
	const struct guard_route *rows = g->routes.v;

	for (size_t i = 0; i < g->routes.n; i++)
		if (route_fits(&rows[i], fits, arg, destination))
			return (long)i;
	return -1;
}

/* Whoever names a destination gets there or is refused: without routes it must
 * be listed, and with them it must be listed if there is a list. */
int
guard_decide_destination(
    const struct guard *g, const char *destination, struct jwt_verdict *v)
{
	if (!*destination || (g->routes.n && !g->destinations.n) ||
	    destination_is_listed(&g->destinations, destination))
		return 0;
	return jwt_verdict_set(v, JWT_DESTINATION,
	    "connecting to %.128s is not allowed here", destination);
}

static int
decide_route(const struct guard *g, const json_t *claims,
    const char *destination, const struct bnd_exit **exit_r,
    struct jwt_verdict *v)
{
	const struct guard_route *rows = g->routes.v;
	long row;

	*exit_r = NULL;
	if (g->routes.n == 0)
		return 0;
	row = guard_route(g, claims_fit, claims, destination);
	if (row < 0)
		return jwt_verdict_set(v, JWT_FORBIDDEN,
		    "the token's claims open no route%s%.128s",
		    *destination ? " to " : "", destination);
	*exit_r = rows[row].exit;
	return 0;
}

/* ---- the certificate, RFC 8705 section 3.1 */

/* Was the certificate of that digest shown on this connection? */
static bool
certificate_fits(struct bnd_stage *st, const char *digest, size_t n)
{
	unsigned char want[JWT_BASE64_ROOM(43)], is[SHA256];
	const void *der;
	size_t size;

	der = bnd_fact(st, "tls.peer.der", BND_F_BYTES, &size);
	if (n != 43 || jwt_base64url_decode(digest, n, want) != SHA256 || !der)
		return false;
	return gnutls_hash_fast(GNUTLS_DIG_SHA256, der, size, is) == 0 &&
	       gnutls_memcmp(want, is, SHA256) == 0;
}

static int
decide_bound(struct bnd_stage *st, const json_t *claims, struct jwt_verdict *v)
{
	const struct guard *g = st->binding->self;
	const json_t *cnf = json_object_get(claims, "cnf");
	const json_t *digest = json_object_get(cnf, "x5t#S256");

	if (!cnf && !g->require_bound)
		return 0;
	if (!cnf)
		return jwt_verdict_set(v, JWT_UNBOUND,
		    "the token is not bound to a certificate (cnf)");
	if (!json_is_string(digest))
		return jwt_verdict_set(v, JWT_UNBOUND,
		    "the token is bound (cnf) to something other than a "
		    "certificate, which cannot be checked here");
	if (json_object_size(cnf) != 1)
		return jwt_verdict_set(v, JWT_UNBOUND,
		    "the token is bound (cnf) to more than a certificate, "
		    "which cannot be checked here");
	if (!certificate_fits(
		st, json_string_value(digest), json_string_length(digest)))
		return jwt_verdict_set(v, JWT_UNBOUND,
		    "the token is bound to a client certificate that was not "
		    "shown");
	return 0;
}

/* ---- all of it */

static int
decide_revoked(
    struct bnd_stage *st, const json_t *claims, struct jwt_verdict *v)
{
	const struct guard *g = st->binding->self;
	struct desk *d = st->worker->self;

	sources_revoked(g->sources, &d->revoked, &d->revoked_version);
	if (jwt_revoked_has(d->revoked, jwt_claim_text(claims, "jti"),
		guard_identity(g, claims)))
		return jwt_verdict_set(
		    v, JWT_REVOKED, "the token, or who it is for, was revoked");
	return 0;
}

/* An identity decides about limits and revocation: it must be one text, and
 * short enough to be a key. */
static int
decide_identity(
    const struct guard *g, const json_t *claims, struct jwt_verdict *v)
{
	const json_t *value = jwt_claim_find(claims, g->identity);

	if (!value)
		return 0;
	if (json_is_string(value) && json_string_length(value) > 0 &&
	    json_string_length(value) <= GUARD_IDENTITY_MAX &&
	    guard_identity(g, claims))
		return 0;
	return jwt_verdict_set(v, JWT_MALFORMED,
	    "the token's claim '%.64s' is not a text of 1 to %d bytes",
	    g->identity, GUARD_IDENTITY_MAX);
}

int
guard_decide_bearer(struct bnd_stage *st, const json_t *claims, struct right *r,
    struct jwt_verdict *v)
{
	const struct guard *g = st->binding->self;
	int rc;

	rc = jwt_claims_check(
	    claims, &g->expected, guard_now(), &r->expires_ms, v);
	if (rc == 0)
		rc = decide_identity(g, claims, v);
	if (rc == 0)
		rc = decide_bound(st, claims, v);
	if (rc == 0)
		rc = decide_revoked(st, claims, v);
	return rc;
}

int
guard_decide_way(struct bnd_stage *st, const json_t *claims,
    const char *destination, struct right *r, struct jwt_verdict *v)
{
	const struct guard *g = st->binding->self;
	int rc;

	rc = decide_require(g, claims, v);
	if (rc == 0)
		rc = guard_decide_destination(g, destination, v);
	if (rc == 0)
		rc = decide_route(g, claims, destination, &r->exit, v);
	return rc;
}

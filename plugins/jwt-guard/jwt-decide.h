/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-decide.h - what a verified token gives a right to: the registered claims,
 * the certificate it may be bound to (RFC 8705), `require`, the list of what is
 * revoked, and the route.  The same function decides when a connection begins
 * and when its token is renewed.
 */
#ifndef JWT_DECIDE_H
#define JWT_DECIDE_H

#include "jwt-guard.h"

#include <jansson.h>

struct right {              /* what was decided */
	int64_t expires_ms; /* since 1970, leeway not added; JWT_FOREVER */
	const struct bnd_exit *exit; /* NULL: the next binding */
};

/* [worker, both] Is this somebody, now, on this connection?  And may they
 * go there?  destination: "" when none was named.  0; or -EACCES and the
 * verdict. */
int guard_decide_bearer(struct bnd_stage *st, const json_t *claims,
    struct right *r, struct jwt_verdict *v);
int guard_decide_way(struct bnd_stage *st, const json_t *claims,
    const char *destination, struct right *r, struct jwt_verdict *v);

/* The claim that names who it is; NULL: not there, or no text. */
const char *guard_identity(const struct guard *g, const json_t *claims);

/* Whoever names a destination gets there or is refused.  0, or -EACCES. */
int guard_decide_destination(
    const struct guard *g, const char *destination, struct jwt_verdict *v);

/* The part that explain() can ask too: which row of `routes` fits; -1: none. */
long guard_route(const struct guard *g,
    bool (*fits)(const void *arg, const struct guard_claim *c), const void *arg,
    const char *destination);

/* [main, in check()] "db.example.org:5432", "*.example.org:443", "[::1]:*":
 * what is wrong with it; NULL: nothing. */
const char *destination_wrong(const char *pattern);
bool destination_fits(const char *pattern, const char *destination);

#endif

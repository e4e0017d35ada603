/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-live.h - connections that were admitted, for as long as they live: who
 * they are, when their token expires, and what ends them.  They cost a timer
 * and a place in a table; their bytes pass without us.
 */
#ifndef JWT_LIVE_H
#define JWT_LIVE_H

#include "jwt-decide.h"

struct bearer {        /* who a connection is; "" where nothing was said */
	uint64_t hash; /* of issuer and identity, by the desk's seed */
	const char *issuer, *identity, *jti, *kid, *destination;
	const char *first_jti; /* of the token that opened the connection */
	char text[];
};

/* Who shows this token; before: who was there until now (may be NULL).  NULL:
 * no memory. */
struct bearer *
bearer_create(const struct desk *d, const struct guard *g, const json_t *claims,
    const char *kid, const char *destination, const struct bearer *before);
void bearer_destroy(struct bearer **b); /* accepts NULL */

/* The seat is admitted: from now on it can be renewed and cut. */
void seat_enter(struct seat *s);
void seat_leave(struct seat *s); /* harmless when it is not there */

/* Set the timer for its expiry. */
void seat_arm(struct seat *s);

/* The timer is due: cut it, or wait on. */
void seat_expire(struct seat *s);

struct renewal { /* a token that was verified, here or elsewhere */
	const json_t *claims;
	const char *kid; /* "": none */
	int64_t expires_ms;
};

/* Somebody has shown a token.  All but `but` (may be NULL) that are the same
 * bearer and would expire earlier are decided anew: they live on, or are cut.
 * A token that is not good for a connection, such as one that is bound to
 * another certificate, changes nothing there. */
void
desk_renew(struct desk *d, const struct renewal *n, const struct seat *but);

/* The list of what is revoked has changed: cut what it names. */
void desk_revoke(struct desk *d);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-facts.h - what a connection's token says, for later stages, routes, log
 * and backend: "identity", "jwt.iss", "jwt.sub" and so on, and with `expose`
 * any claim.  Never the token.
 */
#ifndef JWT_FACTS_H
#define JWT_FACTS_H

#include "jwt-guard.h"

#include <jansson.h>

/* [worker] Set them, from claims that were verified.  0; or a negative errno:
 * who is behind it would not know who comes. */
int seat_set_facts(struct seat *s, const json_t *claims, const char *kid);

/* [worker] May a token be read here: is there TLS in front, or is the other end
 * on this machine? */
bool guard_is_private(struct bnd_stage *st);

/* [main, in check()] May the claim become the fact jwt.CLAIM? */
bool fact_may_expose(const char *claim);

#endif

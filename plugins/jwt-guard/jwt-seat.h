/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-seat.h - a connection until it is admitted: hearing the client, verifying
 * what it presents, letting it in or saying no.  [worker]
 */
#ifndef JWT_SEAT_H
#define JWT_SEAT_H

#include "jwt-guard.h"

/* Something has come from the client: deal with all of it. */
void seat_hear(struct seat *s);

/* The token is in a fact, as a PROXY header brought it. */
void seat_take_fact(struct seat *s);

/* Say no in the client's words, and count it. */
void seat_refuse(struct seat *s, const struct jwt_verdict *v);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-tell.h - what workers tell each other: that the keys or the list of what
 * is revoked are others, and that somebody has shown a token.  Renewals reach
 * this generation of the binding and those before it.  What does not fit into a
 * full box waits here.
 */
#ifndef JWT_TELL_H
#define JWT_TELL_H

#include "jwt-live.h"

enum { TELL_OWED_MAX = 4096 }; /* renewals that wait; more are lost, and said */

/* [worker, all] Tell everybody, this worker included. */
void desk_tell_keys(struct desk *d);
void desk_tell_revoked(struct desk *d);
void desk_tell_due(struct desk *d); /* a fetch is due, in other generations */
void desk_tell_renewal(
    struct desk *d, const struct renewal *n, const struct seat *from);

void guard_message(struct bnd_worker *w, const struct bnd_msg *m);
void guard_room(struct bnd_worker *w);

/* The end of the worker: what is owed is dropped. */
void desk_forget(struct desk *d);

#endif

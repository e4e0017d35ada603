/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-sources.h - where a guard's keys and its list of what is revoked come
 * from, and how they stay up to date: files are looked at twice a second on
 * the pool, by worker 0; keys_url is fetched when it is due, and by any worker
 * when a token names a key that nobody knows.  What was good last is kept until
 * something better is there; what was fetched outlives a reload.
 */
#ifndef JWT_SOURCES_H
#define JWT_SOURCES_H

#include "jwt-keys.h"
#include "jwt-revoked.h"

#include <bindery/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct sources;

enum { SOURCES_TIMER_LOOK, SOURCES_TIMER_FETCH }; /* of worker 0 */

/* [main, in check()] Can the files be read?  0, or -EINVAL: it was said. */
int sources_check(struct bnd_binding *b);

/* [main, in start()] Read the files; keys_url is only found.  0, or a negative
 * errno after saying why. */
int sources_create(struct sources **r, struct bnd_binding *b);
void sources_destroy(struct sources **s); /* accepts NULL */

/* [worker, the three] Begin to keep watch; this generation is superseded: fetch
 * no more; one of the timers. */
void sources_begin(struct bnd_worker *w);
void sources_drain(struct bnd_worker *w);
void sources_timer(struct bnd_worker *w, unsigned slot);

/* [worker] Take the newest keys, or list: as jwt_shelf_look(). */
bool sources_keys(struct sources *s, struct jwt_keys **keys, uint64_t *version);
bool sources_revoked(
    struct sources *s, struct jwt_revoked **list, uint64_t *version);

/* [worker] Nobody knows a token's key.  true: keys are being fetched, and
 * desk_wake() will be called on all workers; false: that cannot be, or was
 * tried often enough for now.  *awaited is 0 at first, and then which fetch has
 * to end before that is the answer: the first to begin behind the question, or,
 * if any will do, the one under way. */
bool sources_want(struct bnd_worker *w, unsigned *awaited, bool any_will_do);

/* [worker] Fetch now, if that is allowed, because the operator says so. */
bool sources_refresh(struct bnd_worker *w);

/* [worker] When keys were last read, in milliseconds since 1970; 0: never. */
int64_t sources_read_at(struct sources *s);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-ring.h - the keys in use, and when they may be fetched again.  Each
 * generation has a ring of its own for a file; the ring of a keys_url is kept
 * over reloads.  [any]
 */
#ifndef JWT_RING_H
#define JWT_RING_H

#include "jwt-keys.h"
#include "jwt-shelf.h"

#include <bindery/plugin.h>
#include <stdbool.h>

struct ring {
	bool is_made;
	struct jwt_shelf keys;
	pthread_mutex_t lock; /* for what follows */
	int64_t read_at_ms;   /* since 1970; 0: never */
	unsigned keepers;     /* generations that are not superseded */
	bool is_fetching;
	unsigned ended;           /* of the fetches */
	unsigned failures;        /* in a row */
	int64_t due_ms;           /* by bnd_now(): the next fetch of its own */
	int64_t spent_ms;         /* see ring_may_want() */
	unsigned char digest[32]; /* of the document */
};

/* Make it ready, once. */
void ring_init(struct ring *r);
void ring_finish(void *ring);

/* Put a document's keys there; *keys becomes the ring's.  The same document
 * again only counts as read, so that what was verified stays so. */
void
ring_put(struct ring *r, struct jwt_keys **keys, const char *text, size_t n);

/* May a fetch begin now?  Then it counts as begun.  is_due: it is the ring's
 * own time; else somebody wants keys, which is granted a few times in a row and
 * then every ten seconds. */
bool ring_begin(struct ring *r, bool is_due);

/* How many have ended; and is one under way? */
unsigned ring_ended(struct ring *r, bool *is_fetching_r);

/* A fetch ended; the next one of its own comes after refresh_ms, or sooner if
 * it failed. */
void ring_end(struct ring *r, bool was_good, int64_t refresh_ms);

/* A generation keeps the ring full, from now on or no more. */
void ring_enter(struct ring *r);
void ring_leave(struct ring *r);

/* A fetch was given up, for its generation is superseded: it is due again at
 * once.  Is there a generation that will do it? */
bool ring_give_back(struct ring *r);

/* Milliseconds until it is due. */
int64_t ring_wait(struct ring *r);

#endif

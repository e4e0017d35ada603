/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * room.h - a room: the log in which all that is said has its one place, and
 * what the workers have told about how far they are.
 *
 *     first -> batch -> batch -> ... -> last      head: the position behind it
 *                ^ low of worker 0  ^ next of worker 1
 *
 * The log is shared by all workers and generations and has a lock; it is taken
 * once for a batch, and never held while anybody is waited for.  A worker that
 * has members in the room has a *place* in it.  The log is cut below the lowest
 * place, but for what the history needs.  Speakers wait while the log is longer
 * than they may make it: see room_ahead().
 *
 * Functions that return bool say whether places of other workers have news,
 * which those are to be told.
 */
#ifndef REFLECT_ROOM_H
#define REFLECT_ROOM_H

#include "batch.h"
#include "box.h"

#include <pthread.h>
#include <sys/queue.h>

enum { ROOM_NAME_MOST = 255 };

/* A room's end on one worker: part of a corner. */
struct place {
	struct news news;
	/* under the room's lock */
	struct batch *next; /* the first that was not yet heard; NULL: none */
	uint64_t low;       /* nothing below is needed here */
	uint64_t gate;      /* nothing below keeps a speaker waiting */
	bool is_held;       /* tell us when the gates have risen */
};

/* What a worker is to know of the log. */
struct heard {
	struct batch *first, *last; /* not yet heard; both NULL: none */
	struct mark head;           /* behind them */
};

struct room {
	/* the hall's, under its lock */
	TAILQ_ENTRY(room) empty_link;
	uint32_t seats; /* members that have come and not gone */
	/* never changed */
	struct box *boxes; /* by worker, as places */
	uint32_t workers;
	enum framing framing;
	size_t name_size;
	char name[ROOM_NAME_MOST + 1];
	/* under its own lock */
	pthread_mutex_t lock;
	struct batches log;
	struct batch *past; /* the first that room_remembers(); NULL: none */
	struct mark head;
	uint32_t members;       /* who were announced */
	uint32_t history;       /* messages that who comes late is given ... */
	uint32_t history_bytes; /* ... but no more than this */
	uint32_t history_generation; /* that said so */
	struct place *places[];
};

/* NULL: no memory. */
struct room *room_create(struct box *boxes, uint32_t workers,
    enum framing framing, const char *name, size_t name_size);
void room_destroy(struct room *r);

/* How much is kept for who comes late, if no newer generation has said so. */
void room_set_history(
    struct room *r, uint32_t generation, uint32_t messages, uint32_t bytes);
int room_has_history(struct room *r); /* 1: it has */

/* A worker has a member where it had none, and the other way round. */
void room_enter(
    struct room *r, uint32_t worker, struct place *p, struct heard *heard);
bool room_leave(struct room *r, uint32_t worker);

/* Append these to the log. */
bool room_say(struct room *r, uint32_t worker, struct batches *said);

/* All that the worker has not heard yet.  The batches stay until its low has
 * risen above them. */
void room_hear(struct room *r, uint32_t worker, struct heard *heard);

/* Count the members and say so in a line, behind what was said before.  No line
 * when there is no memory, or name is NULL. */
bool room_announce(struct room *r, uint32_t worker, int members,
    struct batches *said, const char *name, const char *what);

/* The worker has gone on to low and gate; *ahead_r: room_ahead(). */
bool room_settle(struct room *r, uint32_t worker, uint64_t low, uint64_t gate,
    uint64_t *ahead_r);

/* How many bytes the log is ahead of the lowest gate; if they are `limit` or
 * more, the place gets news when that has changed. */
uint64_t room_ahead(struct room *r, uint32_t worker, uint64_t limit);

/* Where who comes late at `head` begins: the batch, the offset in it, and the
 * place's low is there.  NULL: at the head. */
struct batch *room_history(struct room *r, uint32_t worker,
    const struct heard *here, uint32_t *offset_r);

/* Messages said so far, and bytes of the log. */
void
room_figures(struct room *r, unsigned long long *messages_r, size_t *kept_r);

#endif

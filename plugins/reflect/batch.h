/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * batch.h - what was said on one worker in one turn of its loop: messages, one
 * behind the other, in one buffer that every member of the room is given.  A
 * room's log is a chain of batches; once in it a batch never changes, but for
 * `next` of the last one.
 */
#ifndef REFLECT_BATCH_H
#define REFLECT_BATCH_H

#include "frame.h"

#include <bindery/plugin.h>
#include <stdbool.h>

#define VOICE_NOBODY UINT64_MAX

/* Whose words these are: those behind the ones of the voice before. */
struct voice {
	uint64_t who;   /* a connection's id; 0: the room itself */
	uint32_t end;   /* in bytes from the beginning of the batch */
	uint32_t count; /* messages */
};

/* How much was said so far. */
struct mark {
	uint64_t pos; /* bytes, and the weight of each batch */
	uint64_t bytes, messages;
};

/* What it takes to keep a batch, beside its bytes, voices and readers: a
 * batch's weight is all but the bytes, and counts where limits of memory do. */
enum { BATCH_WEIGHT = 256 };

struct batch {
	struct batch *next;  /* [the room's lock, until there is one] */
	struct bnd_buf *buf; /* owned */
	struct mark at;      /* where it begins */
	int64_t said_ms;
	uint32_t bytes, count; /* messages */
	uint32_t weight;
	uint32_t voice_count;
	/* Two for each worker: how many of its members are at this batch and
	 * may not keep speakers waiting, and how many that may.  Each worker
	 * changes its own. */
	uint32_t *readers;
	struct voice voices[];
};

struct batches {
	struct batch *first, *last;
};

/* Takes over the buffer, also when there is no memory: NULL. */
struct batch *batch_create(struct bnd_buf *buf, uint32_t count,
    const struct voice *voices, uint32_t voice_count, uint32_t workers);
void batch_destroy(struct batch *b);

/* The position behind it. */
static inline uint64_t
batch_end(const struct batch *b)
{
	return b->at.pos + b->bytes + b->weight;
}

/* Where the message that begins at this offset ends. */
uint32_t
batch_next(const struct batch *b, enum framing framing, uint32_t offset);

/* Messages that begin at this offset or behind it. */
uint32_t
batch_count_from(const struct batch *b, enum framing framing, uint32_t offset);

/* What others than this voice said: bytes and messages of it behind offset, in
 * a buffer of its own; NULL: nothing (*count_r is 0), or no memory. */
struct bnd_buf *batch_without(
    const struct batch *b, uint64_t who, uint32_t offset, uint32_t *count_r);
uint32_t batch_count_others(const struct batch *b, uint64_t who);
bool batch_has_voice(const struct batch *b, uint64_t who);

void batches_append(struct batches *list, struct batch *b);
void batches_destroy(struct batches *list);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * draft.h - what the members of one worker say in one turn of its loop, before
 * it has its place in the room's log.  Small messages are joined; what is large
 * already becomes a batch of its own, without a copy.
 */
#ifndef REFLECT_DRAFT_H
#define REFLECT_DRAFT_H

#include "batch.h"

enum {
	DRAFT_BATCH = 32 * 1024,  /* bytes; a batch of so many is enough */
	DRAFT_VOICES = 2048,      /* likewise, so many: as many bytes */
	DRAFT_LARGE = 16 * 1024,  /* bytes; not worth joining */
	DRAFT_MESSAGE = 33 * 1024 /* bytes; the largest with what we add */
};

/* All zero, but for what never changes, is an empty one. */
struct draft {
	struct batches done;
	size_t done_bytes;
	/* never changed */
	uint32_t workers;
	char **spare; /* where `bytes` wait that no draft needs; or NULL */
	/* the batch that grows */
	char *bytes; /* DRAFT_BATCH + DRAFT_MESSAGE of them, or NULL */
	size_t used;
	uint32_t count;
	uint32_t voice_count, voice_room;
	struct voice *voices;
};

/* Room for n <= DRAFT_MESSAGE bytes, to be filled and committed; NULL: no
 * memory. */
char *draft_reserve(struct draft *d, size_t n);

/* n bytes of what was reserved are `count` messages of one voice.  Where
 * messages are not framed, each commit is one, and is kept apart. */
void draft_commit(struct draft *d, enum framing framing, uint64_t who, size_t n,
    uint32_t count);

/* The buffer is `count` messages; it is taken over, also when there is no
 * memory: -ENOMEM. */
int
draft_give(struct draft *d, uint64_t who, struct bnd_buf *buf, uint32_t count);

/* Nothing grows any more, all is in `done`; -ENOMEM: later perhaps. */
int draft_finish(struct draft *d);

void draft_destroy(struct draft *d);

static inline size_t
draft_bytes(const struct draft *d)
{
	return d->done_bytes + d->used;
}

#endif

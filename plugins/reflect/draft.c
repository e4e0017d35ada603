/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "draft.h"

#include <errno.h>
#include <stdlib.h>

enum { VOICES_FIRST = 16, VOICES_KEPT = 64 };

static int
draft_grow_voices(struct draft *d)
{
	uint32_t room = d->voice_room ? 2 * d->voice_room : VOICES_FIRST;
	struct voice *v;

	if (d->voice_count < d->voice_room)
		return 0;
	v = realloc(d->voices, room * sizeof(*v));
	if (!v)
		return -ENOMEM;
	d->voices = v;
	d->voice_room = room;
	return 0;
}

/* To allocate so much anew each turn makes the allocator tidy up each time. */
static char *
draft_take_bytes(struct draft *d)
{
	char *bytes = d->spare ? *d->spare : NULL;

	if (!bytes)
		return malloc(DRAFT_BATCH + DRAFT_MESSAGE);
	*d->spare = NULL;
	return bytes;
}

static void
draft_give_bytes(struct draft *d)
{
	if (d->spare && !*d->spare)
		*d->spare = d->bytes;
	else
		free(d->bytes);
	d->bytes = NULL;
}

/* There may be many drafts that are empty. */
static void
draft_give_voices(struct draft *d)
{
	d->voice_count = 0;
	if (d->voice_room <= VOICES_KEPT)
		return;
	free(d->voices);
	d->voices = NULL;
	d->voice_room = 0;
}

int
draft_finish(struct draft *d)
{
	struct bnd_buf *buf;
	struct batch *b;

	if (d->used == 0)
		return 0;
	buf = bnd_buf_new(d->bytes, d->used);
	b = buf ? batch_create(
		      buf, d->count, d->voices, d->voice_count, d->workers)
		: NULL;
	if (!b)
		return -ENOMEM;
	batches_append(&d->done, b);
	d->done_bytes += d->used;
	draft_give_bytes(d);
	draft_give_voices(d);
	d->used = 0;
	d->count = 0;
	return 0;
}

static bool
draft_is_full(const struct draft *d)
{
	return d->used >= DRAFT_BATCH || d->voice_count >= DRAFT_VOICES;
}

char *
draft_reserve(struct draft *d, size_t n)
{
	if (n > DRAFT_MESSAGE || (draft_is_full(d) && draft_finish(d) < 0) ||
	    draft_grow_voices(d) < 0)
		return NULL;
	if (!d->bytes)
		d->bytes = draft_take_bytes(d);
	return d->bytes ? d->bytes + d->used : NULL;
}

void
draft_commit(struct draft *d, enum framing framing, uint64_t who, size_t n,
    uint32_t count)
{
	struct voice *last = d->voices + d->voice_count;

	d->used += n;
	d->count += count;
	if (d->voice_count > 0 && last[-1].who == who &&
	    framing != FRAMING_NONE) {
		last[-1].end = (uint32_t)d->used;
		last[-1].count += count;
		return;
	}
	*last = (struct voice){ who, (uint32_t)d->used, count };
	d->voice_count++;
}

int
draft_give(struct draft *d, uint64_t who, struct bnd_buf *buf, uint32_t count)
{
	struct voice v = { .who = who, .count = count };
	struct batch *b;
	size_t n;

	bnd_buf_data(buf, &n);
	v.end = (uint32_t)n;
	if (draft_finish(d) < 0) {
		bnd_buf_unref(buf);
		return -ENOMEM;
	}
	b = batch_create(buf, count, &v, 1, d->workers);
	if (!b)
		return -ENOMEM;
	batches_append(&d->done, b);
	d->done_bytes += n;
	return 0;
}

void
draft_destroy(struct draft *d)
{
	batches_destroy(&d->done);
	free(d->bytes);
	free(d->voices);
	*d = (struct draft){ .workers = d->workers, .spare = d->spare };
}

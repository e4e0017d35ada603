/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "batch.h"

#include <stdlib.h>
#include <string.h>

struct batch *
batch_create(struct bnd_buf *buf, uint32_t count, const struct voice *voices,
    uint32_t voice_count, uint32_t workers)
{
	const size_t voices_size = voice_count * sizeof(voices[0]);
	const size_t readers_size = 2 * workers * sizeof(uint32_t);
	struct batch *b = malloc(sizeof(*b) + voices_size + readers_size);
	size_t n;

	if (!b) {
		bnd_buf_unref(buf);
		return NULL;
	}
	bnd_buf_data(buf, &n);
	*b = (struct batch){
		.buf = buf,
		.bytes = (uint32_t)n,
		.count = count,
		.weight = BATCH_WEIGHT + (uint32_t)(voices_size + readers_size),
		.voice_count = voice_count,
	};
	memcpy(b->voices, voices, voices_size);
	b->readers = (uint32_t *)(b->voices + voice_count);
	memset(b->readers, 0, readers_size);
	return b;
}

void
batch_destroy(struct batch *b)
{
	if (b)
		bnd_buf_unref(b->buf);
	free(b);
}

uint32_t
batch_next(const struct batch *b, enum framing framing, uint32_t offset)
{
	const char *p = bnd_buf_data(b->buf, &(size_t){ 0 });

	if (framing != FRAMING_NONE)
		return offset + (uint32_t)frame_size(
				    framing, p + offset, b->bytes - offset);
	for (uint32_t i = 0; i < b->voice_count; i++)
		if (b->voices[i].end > offset)
			return b->voices[i].end;
	return b->bytes;
}

uint32_t
batch_count_from(const struct batch *b, enum framing framing, uint32_t offset)
{
	uint32_t n = 0;

	if (offset == 0)
		return b->count;
	while (offset < b->bytes) {
		offset = batch_next(b, framing, offset);
		n++;
	}
	return n;
}

bool
batch_has_voice(const struct batch *b, uint64_t who)
{
	for (uint32_t i = 0; i < b->voice_count; i++)
		if (b->voices[i].who == who)
			return true;
	return false;
}

/* Bytes from offset on that others said; copied when there is a `to`. */
static uint32_t
batch_others(const struct batch *b, uint64_t who, uint32_t offset, char *to,
    uint32_t *count_r)
{
	const char *p = bnd_buf_data(b->buf, &(size_t){ 0 });
	uint32_t n = 0, from = 0;

	*count_r = 0;
	for (uint32_t i = 0; i < b->voice_count; from = b->voices[i++].end) {
		uint32_t end = b->voices[i].end;

		if (from < offset)
			from = offset;
		if (b->voices[i].who == who || from >= end)
			continue;
		if (to)
			memcpy(to + n, p + from, end - from);
		n += end - from;
		*count_r += b->voices[i].count;
	}
	return n;
}

struct bnd_buf *
batch_without(
    const struct batch *b, uint64_t who, uint32_t offset, uint32_t *count_r)
{
	uint32_t n = batch_others(b, who, offset, NULL, count_r);
	struct bnd_buf *buf;
	char *to;

	if (n == 0)
		return NULL;
	buf = bnd_buf_alloc(n, &to);
	if (buf)
		batch_others(b, who, offset, to, count_r);
	return buf;
}

uint32_t
batch_count_others(const struct batch *b, uint64_t who)
{
	uint32_t count;

	batch_others(b, who, 0, NULL, &count);
	return count;
}

void
batches_append(struct batches *list, struct batch *b)
{
	if (list->last)
		list->last->next = b;
	else
		list->first = b;
	list->last = b;
}

void
batches_destroy(struct batches *list)
{
	struct batch *b;

	while ((b = list->first) != NULL) {
		list->first = b->next;
		batch_destroy(b);
	}
	list->last = NULL;
}

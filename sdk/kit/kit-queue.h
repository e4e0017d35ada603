/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-queue.h - the bytes between a stage and a neighbour, and their end. */
#ifndef KIT_QUEUE_H
#define KIT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct kit_queue {
	char *data;
	size_t first, bytes, capacity; /* data[first .. first + bytes) */
	bool has_ended;
	bool is_discarding; /* whoever reads it wants no more */
	bool was_tight;     /* more than half full since its source was told */
};

static inline const char *
queue_data(const struct kit_queue *q)
{
	return q->bytes ? q->data + q->first : "";
}

/* Add bytes at the end; drop the first n; drop all. */
void queue_add(struct kit_queue *q, const void *data, size_t n);
void queue_drop(struct kit_queue *q, size_t n);
void queue_clear(struct kit_queue *q);

/* Other bytes in the place of the first n. */
void queue_overwrite(struct kit_queue *q, const void *data, size_t n);

void queue_finish(struct kit_queue *q);

#endif

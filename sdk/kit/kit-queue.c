/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "kit-queue.h"

#include "kit-text.h"

#include <stdlib.h>
#include <string.h>

void
queue_add(struct kit_queue *q, const void *data, size_t n)
{
	if (n == 0)
		return;
	if (q->first + q->bytes + n > q->capacity) {
		size_t capacity = 2 * (q->bytes + n);
		char *moved = kit_alloc(capacity);

		if (q->bytes)
			memcpy(moved, q->data + q->first, q->bytes);
		free(q->data);
		q->data = moved;
		q->first = 0;
		q->capacity = capacity;
	}
	memcpy(q->data + q->first + q->bytes, data, n);
	q->bytes += n;
}

void
queue_drop(struct kit_queue *q, size_t n)
{
	q->bytes -= n;
	q->first = q->bytes ? q->first + n : 0;
}

void
queue_clear(struct kit_queue *q)
{
	queue_drop(q, q->bytes);
}

void
queue_overwrite(struct kit_queue *q, const void *data, size_t n)
{
	if (n)
		memcpy(q->data + q->first, data, n);
}

void
queue_finish(struct kit_queue *q)
{
	free(q->data);
	*q = (struct kit_queue){ 0 };
}

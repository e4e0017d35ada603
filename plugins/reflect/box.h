/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * box.h - how workers hear of each other: a worker's box holds what is new to
 * it.  Whoever puts something in tells that worker, by one message, unless one
 * is under way; it then takes all that it finds.
 */
#ifndef REFLECT_BOX_H
#define REFLECT_BOX_H

#include <pthread.h>
#include <stdbool.h>

/* Part of what can be new. */
struct news {
	struct news *next;
	bool is_in; /* a box */
};

/* All zero is an empty one. */
struct box {
	pthread_mutex_t lock; /* for all of this, the news' fields too */
	struct news *first;
	bool is_told; /* a message is under way to its worker */
};

/* [any worker] It is new, if it was not yet. */
void box_put(struct box *b, struct news *n);

/* [any worker] Must its worker be told, by us?  If we cannot, say so. */
bool box_must_be_told(struct box *b);
void box_was_not_told(struct box *b);

/* [its worker] NULL: there is no more, and who puts something in tells us. */
struct news *box_take(struct box *b);

/* [its worker] It goes, and is not new to anybody any more. */
void box_remove(struct box *b, struct news *n);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * hall.h - the rooms of a binding, by name, kept over reloads.  A room is there
 * while somebody is in it; an empty one whose history may still be asked for
 * stays until another needs its place.
 */
#ifndef REFLECT_HALL_H
#define REFLECT_HALL_H

#include "room.h"

struct hall {
	/* under the lock */
	void *rooms; /* a tree of <search.h>: peers may choose the names */
	uint32_t count;
	TAILQ_HEAD(, room) empty; /* those without a member, oldest first */
	uint32_t empty_count;
	bool is_ready;
	pthread_mutex_t lock;
	uint32_t workers;
	struct box boxes[]; /* by worker */
};

static inline size_t
hall_size(uint32_t workers)
{
	return sizeof(struct hall) + workers * sizeof(struct box);
}

/* Of memory that is kept, and zero (so its locks are open) or a hall already;
 * any number of times. */
void hall_init(struct hall *h, uint32_t workers);
void hall_finish(void *hall);

/* A seat in a room, and how many of them there may be. */
struct seat {
	const char *name;
	size_t name_size; /* at most ROOM_NAME_MOST */
	enum framing framing;
	uint32_t max_rooms, max_members;
};

/* Take one in the room of this name, which is made if it is not there.
 * -ENOSPC: there are max_rooms others; -EDQUOT: it has max_members; -ENOMEM. */
int hall_enter(struct hall *h, const struct seat *wish, struct room **room_r,
    bool *is_first_r);

/* Give it back, and the room may be gone.  True: it was the last one taken. */
bool hall_leave(struct hall *h, struct room *r);

/* Show the rooms that have members to fn, in order of their names, at most max;
 * how many there are.  fn must not call the hall. */
uint32_t hall_each(struct hall *h, uint32_t max,
    void (*fn)(void *arg, struct room *r), void *arg);

#endif

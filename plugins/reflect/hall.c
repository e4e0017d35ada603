/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "hall.h"

#include <errno.h>
#include <search.h>
#include <string.h>

/* Rooms in which messages end elsewhere are different rooms: after a reload
 * that changed the framing, those who are there could not be understood. */
static int
room_compare(const void *left, const void *right)
{
	const struct room *a = left, *b = right;
	size_t n = a->name_size < b->name_size ? a->name_size : b->name_size;
	int order = memcmp(a->name, b->name, n);

	if (order == 0 && a->name_size != b->name_size)
		order = a->name_size < b->name_size ? -1 : 1;
	return order ? order : (int)a->framing - (int)b->framing;
}

static struct room *
room_of_node(const void *node)
{
	return *(struct room *const *)node;
}

void
hall_init(struct hall *h, uint32_t workers)
{
	pthread_mutex_lock(&h->lock);
	if (!h->is_ready) {
		TAILQ_INIT(&h->empty);
		h->workers = workers;
		h->is_ready = true;
	}
	pthread_mutex_unlock(&h->lock);
}

static void
hall_destroy_room(void *room)
{
	room_destroy(room);
}

void
hall_finish(void *hall)
{
	struct hall *h = hall;

	tdestroy(h->rooms, hall_destroy_room);
}

static void
hall_empty(struct hall *h, struct room *r)
{
	TAILQ_INSERT_TAIL(&h->empty, r, empty_link);
	h->empty_count++;
}

static void
hall_fill(struct hall *h, struct room *r)
{
	TAILQ_REMOVE(&h->empty, r, empty_link);
	h->empty_count--;
}

static void
hall_remove(struct hall *h, struct room *r)
{
	tdelete(r, &h->rooms, room_compare);
	h->count--;
}

/* Make a place, if only by giving up the history of rooms that are empty: of
 * more than one when a reload has allowed fewer.  -ENOSPC: all that could go
 * would not be enough, so none does. */
static int
hall_make_place(struct hall *h, uint32_t max_rooms)
{
	struct room *r;

	if (h->count - h->empty_count >= max_rooms)
		return -ENOSPC;
	while (h->count >= max_rooms && (r = TAILQ_FIRST(&h->empty))) {
		hall_fill(h, r);
		hall_remove(h, r);
		room_destroy(r);
	}
	return 0;
}

static int
hall_add(struct hall *h, const struct room *key, uint32_t max_rooms,
    struct room **room_r)
{
	struct room *r;
	int rc = hall_make_place(h, max_rooms);

	if (rc < 0)
		return rc;
	r = room_create(
	    h->boxes, h->workers, key->framing, key->name, key->name_size);
	if (!r)
		return -ENOMEM;
	if (!tsearch(r, &h->rooms, room_compare)) {
		room_destroy(r);
		return -ENOMEM;
	}
	h->count++;
	hall_empty(h, r);
	*room_r = r;
	return 0;
}

static int
hall_enter_locked(struct hall *h, const struct seat *wish, struct room **room_r)
{
	struct room key = { .framing = wish->framing,
		.name_size = wish->name_size };
	struct room *r = NULL;
	void *node;
	int rc = 0;

	memcpy(key.name, wish->name, wish->name_size);
	node = tfind(&key, &h->rooms, room_compare);
	if (node)
		r = room_of_node(node);
	else
		rc = hall_add(h, &key, wish->max_rooms, &r);
	if (rc < 0)
		return rc;
	if (r->seats >= wish->max_members)
		return -EDQUOT;
	if (r->seats++ == 0)
		hall_fill(h, r);
	*room_r = r;
	return 0;
}

int
hall_enter(struct hall *h, const struct seat *wish, struct room **room_r,
    bool *is_first_r)
{
	int rc;

	pthread_mutex_lock(&h->lock);
	rc = hall_enter_locked(h, wish, room_r);
	*is_first_r = rc == 0 && (*room_r)->seats == 1;
	pthread_mutex_unlock(&h->lock);
	return rc;
}

bool
hall_leave(struct hall *h, struct room *r)
{
	struct room *gone = NULL;
	bool is_last;

	pthread_mutex_lock(&h->lock);
	is_last = --r->seats == 0;
	if (is_last && room_has_history(r)) {
		hall_empty(h, r);
	} else if (is_last) {
		hall_remove(h, r);
		gone = r;
	}
	pthread_mutex_unlock(&h->lock);
	room_destroy(gone);
	return is_last;
}

struct walk {
	uint32_t left, count;
	void (*fn)(void *arg, struct room *r);
	void *arg;
};

static void
hall_visit(const void *node, VISIT which, void *closure)
{
	struct room *r = room_of_node(node);
	struct walk *w = closure;

	if ((which != postorder && which != leaf) || r->seats == 0)
		return;
	w->count++;
	if (w->left == 0)
		return;
	w->left--;
	w->fn(w->arg, r);
}

uint32_t
hall_each(struct hall *h, uint32_t max, void (*fn)(void *arg, struct room *r),
    void *arg)
{
	struct walk w = { max, 0, fn, arg };

	pthread_mutex_lock(&h->lock);
	twalk_r(h->rooms, hall_visit, &w);
	pthread_mutex_unlock(&h->lock);
	return w.count;
}

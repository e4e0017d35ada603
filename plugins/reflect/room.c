/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "room.h"

#include "words.h"

#include <stdlib.h>
#include <string.h>

struct room *
room_create(struct box *boxes, uint32_t workers, enum framing framing,
    const char *name, size_t name_size)
{
	struct room *r = calloc(1, sizeof(*r) + workers * sizeof(r->places[0]));

	if (!r)
		return NULL;
	pthread_mutex_init(&r->lock, NULL);
	r->boxes = boxes;
	r->workers = workers;
	r->framing = framing;
	r->name_size = name_size;
	memcpy(r->name, name, name_size);
	return r;
}

void
room_destroy(struct room *r)
{
	if (!r)
		return;
	batches_destroy(&r->log);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* ------------------------------------------------- the log, under its lock */

/* Is a message of it among the last ones that who comes late is given? */
static bool
room_remembers(const struct room *r, const struct batch *b)
{
	return r->head.messages - (b->at.messages + b->count) < r->history &&
	       r->head.bytes - (b->at.bytes + b->bytes) < r->history_bytes;
}

/* The log may be much longer, for somebody who is slow. */
static void
room_forget(struct room *r)
{
	while (r->past && !room_remembers(r, r->past))
		r->past = r->past->next;
}

static bool
room_append(struct room *r, uint32_t worker, struct batch *b)
{
	bool is_news = false;

	b->next = NULL;
	b->at = r->head;
	r->head.pos = batch_end(b);
	r->head.bytes += b->bytes;
	r->head.messages += b->count;
	batches_append(&r->log, b);
	if (!r->past)
		r->past = b;
	room_forget(r);
	for (uint32_t i = 0; i < r->workers; i++) {
		struct place *p = r->places[i];

		if (!p)
			continue;
		if (!p->next)
			p->next = b;
		if (i == worker)
			continue;
		box_put(&r->boxes[i], &p->news);
		is_news = true;
	}
	return is_news;
}

static bool
room_append_all(struct room *r, uint32_t worker, struct batches *said)
{
	int64_t now_ms = said->first ? bnd_now() : 0;
	bool is_news = false;
	struct batch *b;

	while ((b = said->first) != NULL) {
		said->first = b->next;
		b->said_ms = now_ms;
		is_news |= room_append(r, worker, b);
	}
	said->last = NULL;
	return is_news;
}

/* What nobody needs any more, to be freed without the lock. */
static struct batches
room_cut(struct room *r)
{
	struct batches gone = { 0 };
	uint64_t low = r->head.pos;
	struct batch *b;

	for (uint32_t i = 0; i < r->workers; i++)
		if (r->places[i] && r->places[i]->low < low)
			low = r->places[i]->low;
	while ((b = r->log.first) && batch_end(b) <= low && b != r->past) {
		r->log.first = b->next;
		if (!b->next)
			r->log.last = NULL;
		b->next = NULL;
		batches_append(&gone, b);
	}
	return gone;
}

static uint64_t
room_lowest_gate(const struct room *r)
{
	uint64_t gate = r->head.pos;

	for (uint32_t i = 0; i < r->workers; i++)
		if (r->places[i] && r->places[i]->gate < gate)
			gate = r->places[i]->gate;
	return gate;
}

static bool
room_tell_held(struct room *r, uint32_t worker)
{
	bool is_news = false;

	for (uint32_t i = 0; i < r->workers; i++) {
		struct place *p = r->places[i];

		if (!p || !p->is_held || i == worker)
			continue;
		p->is_held = false;
		box_put(&r->boxes[i], &p->news);
		is_news = true;
	}
	return is_news;
}

/* ------------------------------------------------------------------ members */

void
room_set_history(
    struct room *r, uint32_t generation, uint32_t messages, uint32_t bytes)
{
	pthread_mutex_lock(&r->lock);
	if (generation >= r->history_generation) {
		r->history_generation = generation;
		if (r->history != messages || r->history_bytes != bytes)
			r->past = r->log.first;
		r->history = messages;
		r->history_bytes = bytes;
		room_forget(r);
	}
	pthread_mutex_unlock(&r->lock);
}

int
room_has_history(struct room *r)
{
	int has;

	pthread_mutex_lock(&r->lock);
	has = r->history > 0 && r->log.first;
	pthread_mutex_unlock(&r->lock);
	return has;
}

void
room_enter(
    struct room *r, uint32_t worker, struct place *p, struct heard *heard)
{
	pthread_mutex_lock(&r->lock);
	*p = (struct place){ .low = r->head.pos, .gate = r->head.pos };
	r->places[worker] = p;
	*heard = (struct heard){ .head = r->head };
	pthread_mutex_unlock(&r->lock);
}

bool
room_leave(struct room *r, uint32_t worker)
{
	struct batches gone;
	struct place *p;
	bool is_news;

	pthread_mutex_lock(&r->lock);
	p = r->places[worker];
	r->places[worker] = NULL;
	gone = room_cut(r);
	is_news = room_tell_held(r, worker);
	pthread_mutex_unlock(&r->lock);
	box_remove(&r->boxes[worker], &p->news);
	batches_destroy(&gone);
	return is_news;
}

/* ------------------------------------------------------ speaking and hearing
 */

bool
room_say(struct room *r, uint32_t worker, struct batches *said)
{
	bool is_news;

	if (!said->first)
		return false;
	pthread_mutex_lock(&r->lock);
	is_news = room_append_all(r, worker, said);
	pthread_mutex_unlock(&r->lock);
	return is_news;
}

void
room_hear(struct room *r, uint32_t worker, struct heard *heard)
{
	struct place *p;

	pthread_mutex_lock(&r->lock);
	p = r->places[worker];
	*heard = (struct heard){ .head = r->head };
	if (p->next) {
		heard->first = p->next;
		heard->last = r->log.last;
		p->next = NULL;
	}
	pthread_mutex_unlock(&r->lock);
}

/* NULL: no memory. */
static struct batch *
room_line(const struct room *r, const char *name, const char *what)
{
	struct voice own = { .count = 1 };
	struct bnd_buf *buf;
	size_t n;

	buf = words_line(r->framing, "%s %s (%u member%s)", name, what,
	    r->members, r->members == 1 ? "" : "s");
	if (!buf)
		return NULL;
	bnd_buf_data(buf, &n);
	own.end = (uint32_t)n;
	return batch_create(buf, 1, &own, 1, r->workers);
}

bool
room_announce(struct room *r, uint32_t worker, int members,
    struct batches *said, const char *name, const char *what)
{
	struct batch *b;
	bool is_news;

	pthread_mutex_lock(&r->lock);
	is_news = room_append_all(r, worker, said);
	r->members = (uint32_t)((int)r->members + members);
	b = name ? room_line(r, name, what) : NULL;
	if (b) {
		b->said_ms = bnd_now();
		is_news |= room_append(r, worker, b);
	}
	pthread_mutex_unlock(&r->lock);
	return is_news;
}

bool
room_settle(struct room *r, uint32_t worker, uint64_t low, uint64_t gate,
    uint64_t *ahead_r)
{
	struct batches gone;
	struct place *p;
	bool is_news;

	pthread_mutex_lock(&r->lock);
	p = r->places[worker];
	is_news = gate > p->gate && room_tell_held(r, worker);
	p->gate = gate;
	p->low = low;
	gone = room_cut(r);
	*ahead_r = r->head.pos - room_lowest_gate(r);
	pthread_mutex_unlock(&r->lock);
	batches_destroy(&gone);
	return is_news;
}

uint64_t
room_ahead(struct room *r, uint32_t worker, uint64_t limit)
{
	uint64_t ahead;

	pthread_mutex_lock(&r->lock);
	ahead = r->head.pos - room_lowest_gate(r);
	r->places[worker]->is_held = ahead >= limit;
	pthread_mutex_unlock(&r->lock);
	return ahead;
}

/* Where in the batch the first message begins that is among the last ones. */
static uint32_t
room_history_offset(
    const struct room *r, const struct batch *b, const struct heard *here)
{
	uint64_t number = b->at.messages;
	uint32_t offset = 0;

	while (
	    offset < b->bytes &&
	    (here->head.messages - number > r->history ||
		here->head.bytes - (b->at.bytes + offset) > r->history_bytes)) {
		offset = batch_next(b, r->framing, offset);
		number++;
	}
	return offset;
}

struct batch *
room_history(struct room *r, uint32_t worker, const struct heard *here,
    uint32_t *offset_r)
{
	struct batch *b, *found = NULL;

	pthread_mutex_lock(&r->lock);
	for (b = r->past; b && batch_end(b) <= here->head.pos && !found;
	     b = b->next) {
		*offset_r = room_history_offset(r, b, here);
		if (*offset_r < b->bytes)
			found = b;
	}
	if (found && found->at.pos + *offset_r < r->places[worker]->low)
		r->places[worker]->low = found->at.pos + *offset_r;
	pthread_mutex_unlock(&r->lock);
	return found;
}

void
room_figures(struct room *r, unsigned long long *messages_r, size_t *kept_r)
{
	pthread_mutex_lock(&r->lock);
	*messages_r = r->head.messages;
	*kept_r = r->log.first ? r->head.pos - r->log.first->at.pos : 0;
	pthread_mutex_unlock(&r->lock);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * reflect.h - what the files of this binding share: its options and figures,
 * and what stands between a connection and the log of its room.
 *
 *     hall    all rooms                      kept, shared by all workers
 *      room   a log (room.h)                 has a lock
 *     wing    a worker's part of the hall    kept, that worker's
 *      corner a worker's part of a room      its members, and what they say
 *       member  a connection
 *
 * What members say is gathered in the corner (draft.h), gets its place in the
 * log once all that were ready have spoken (wing_feed()), and is then given to
 * the members here; other workers are woken once for it.
 */
#ifndef REFLECT_H
#define REFLECT_H

#include "draft.h"
#include "hall.h"

#include <bindery/plugin.h>
#include <stdbool.h>
#include <sys/queue.h>

/* Generations share rooms, and may run different builds of this binding: who
 * changes a struct of its, or what a message means, raises this. */
enum { REFLECT_STATE = 3 };

enum slow { SLOW_DISCONNECT, SLOW_DROP, SLOW_WAIT };

struct reflect {
	const char *room; /* the fact that names it; NULL: there is one room */
	int framing;      /* enum framing */
	int self, prefix, notices;
	int slow;            /* enum slow */
	int64_t max_message; /* bytes, as the next */
	int64_t buffer;
	int64_t patience; /* ms */
	int64_t history;  /* messages */
	int64_t history_bytes;
	int64_t max_rooms;
	int64_t max_members; /* of a room */
	struct hall *hall;
};

extern const struct bnd_option reflect_options[];
extern const struct bnd_metric reflect_metrics[];
int reflect_check(struct bnd_binding *b);

enum {
	METRIC_ROOMS,
	METRIC_MEMBERS,
	METRIC_MESSAGES_IN,
	METRIC_BYTES_IN,
	METRIC_MESSAGES_OUT,
	METRIC_BYTES_OUT,
	METRIC_DROPPED_BUFFER,
	METRIC_DROPPED_PATIENCE,
	METRIC_CUT_BUFFER,
	METRIC_CUT_PATIENCE,
	METRIC_REFUSED_MESSAGE,
	METRIC_REFUSED_ROOM,
	METRIC_REFUSED_ROOMS,
	METRIC_REFUSED_MEMBERS,
	METRIC_LAG_BYTES,
	METRIC_LAG_MS
};

/* ------------------------------------------------------------------ members */

struct corner;

struct member {
	LIST_ENTRY(member) link;       /* of those here, or of those behind */
	TAILQ_ENTRY(member) wait_link; /* while is_waiting */
	struct bnd_stage *st;
	struct corner *corner; /* NULL: it is not, or no more, in the room */
	uint64_t id;
	uint64_t came_at; /* in the log; what is before is history */
	char *name;       /* "[peer] ", when it is shown to others */
	size_t name_size;
	/* of one that is behind; next NULL: it is where its corner is */
	struct batch *next;
	uint32_t offset;   /* in it */
	int64_t since_ms;  /* it has come */
	int64_t moved_ms;  /* it has taken something */
	uint64_t dropped;  /* messages that it has missed ... */
	uint64_t told;     /* ... and been told of */
	bool is_waiting;   /* to speak */
	bool is_cut;       /* close() is near */
	bool is_heard_out; /* it will say no more */
};
LIST_HEAD(members, member);

static inline const struct reflect *
member_conf(const struct member *m)
{
	return m->st->binding->self;
}

/* Where it is in the log. */
uint64_t member_at(const struct member *m);

/* Into the room that the facts name: 0, or it was refused. */
int member_enter(struct member *m);
void member_leave(struct member *m);

/* The room that the connection belongs to; NULL, and a sentence: it has none.
 */
const char *
member_room(struct bnd_stage *st, size_t *size_r, const char **why_r);

/* Hear what it says. */
void member_listen(struct member *m);

/* Say no to what it says, and goodbye. */
void member_refuse(struct member *m, unsigned metric, int err, const char *why);

/* Give it one batch from offset on: 0, or -EAGAIN. */
int member_give(struct member *m, const struct batch *b, uint32_t offset);

/* It is behind: give it what it has room for. */
void member_catch_up(struct member *m);

/* Policies for one that is behind: more than its buffer, or for too long. */
void member_judge_buffer(struct member *m);
void member_judge_patience(struct member *m, int64_t now_ms);

/* Bytes and milliseconds that it is behind. */
uint64_t member_lag(const struct member *m, int64_t now_ms, int64_t *ms_r);

/* ------------------------------------------------------------------ corners */

struct wing;

struct corner {
	TAILQ_ENTRY(corner) due_link;   /* while is_due */
	TAILQ_ENTRY(corner) spend_link; /* while is_spending */
	LIST_ENTRY(corner) link;
	struct wing *wing;
	struct room *room;
	struct place place;
	struct mark at;         /* in the log: all below was given out */
	uint64_t settled;       /* at.pos when the room was told last */
	uint64_t ahead;         /* room_ahead(), as it was lately */
	struct members members; /* that are at pos */
	struct members behind;  /* that are not: their outlets are full */
	uint32_t member_count, behind_count;
	struct batch *lowest[2]; /* as batch.readers; it may have none left */
	TAILQ_HEAD(, member) waiting; /* to speak */
	struct draft draft;
	size_t spent; /* bytes said, perhaps in this turn of the loop */
	bool is_due;
	bool is_spending; /* `spent` counts anew in the next turn */
};

static inline struct corner *
corner_of_place(struct place *p)
{
	return (struct corner *)((char *)p - offsetof(struct corner, place));
}

static inline struct corner *
corner_of_news(struct news *n)
{
	return corner_of_place(
	    (struct place *)((char *)n - offsetof(struct place, news)));
}

/* The worker's part of the room; NULL: no memory. */
struct corner *corner_enter(struct wing *wing, struct room *r);
void corner_leave(struct corner *c);

/* May this one speak now?  If not, its flow() will be called. */
bool corner_may_speak(struct corner *c, struct member *m);

/* For this turn of the loop, all of its members together. */
bool corner_has_said_enough(const struct corner *c);

/* Something was said: by m, or elsewhere (NULL). */
void corner_is_due(struct corner *c, struct member *m);

/* Give out what is new. */
void corner_feed(struct corner *c, struct bnd_worker *w);

/* The member goes on to this offset of the batch; NULL: to where all is heard.
 */
void corner_move(
    struct corner *c, struct member *m, struct batch *to, uint32_t offset);

/* A member that is behind has moved or gone. */
void corner_settle(struct corner *c);

/* Members that wait to speak do so in the order in which they came; each that
 * has its turn makes sure of the next. */
void corner_wake_waiting(struct corner *c);
void corner_waits_no_more(struct corner *c, struct member *m);

/* It could not speak for want of memory: later perhaps, as the first. */
void corner_waits_for_memory(struct corner *c, struct member *m);

/* -------------------------------------------------------------------- wings */

struct wing {
	TAILQ_HEAD(, corner) due;
	TAILQ_HEAD(, corner) spending;
	LIST_HEAD(, corner) corners;
	struct hall *hall;
	uint32_t index; /* of the worker */
	char *spare;    /* see draft.h */
	bool is_ready;
	bool must_tell;            /* other workers have news */
	struct member *feeder;     /* whose flow() calls wing_feed() */
	struct bnd_worker *newest; /* of the last generation that opened one */
	struct bnd_worker *clock;  /* whose timer runs; NULL: none */
	struct bnd_worker *pacer;  /* likewise, for those spending */
};

struct reflect_worker {
	struct wing *wing;
};

static inline struct wing *
wing_of(const struct bnd_worker *w)
{
	return ((struct reflect_worker *)w->self)->wing;
}

void wing_init(struct wing *wing, struct hall *hall, uint32_t index);
void wing_finish(void *wing);

/* Everything that was said in this turn of the loop is given out. */
void wing_feed(struct wing *wing, struct bnd_worker *w);

/* The feeder goes: choose another. */
void wing_replace_feeder(struct wing *wing, const struct member *gone);

/* Wake the workers that have news and were not told; to be called at the end of
 * every callback that can make news. */
void wing_tell(struct wing *wing, struct bnd_worker *w);

/* News from another worker. */
void wing_has_news(struct wing *wing);

/* Somebody is behind, or memory was short: look again soon. */
void wing_watch(struct wing *wing, struct bnd_worker *w);

/* In the next turn of the loop the corner's members may speak once more. */
void wing_count_anew(struct wing *wing, struct corner *c, struct bnd_worker *w);

/* A timer of either has fired. */
void wing_timer(struct wing *wing, struct bnd_worker *w, unsigned slot);

/* This worker of a generation ends. */
void wing_forget(struct wing *wing, const struct bnd_worker *w);

/* ------------------------------------------------------------------ answers */

void
reflect_show(struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *a);
void reflect_explain(struct bnd_stage *st, struct bnd_answer *a);
int reflect_command(
    struct bnd_worker *w, const struct bnd_list *words, struct bnd_answer *a);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * stage.h - one binding in one connection: the host's side of struct bnd_stage,
 * and the chain that stages form.  What a plugin's call asks for is noted
 * (`due`) and done by the stage's task, so that no callback nests in another.
 * [the connection's worker only]
 */
#ifndef STREAM_STAGE_H
#define STREAM_STAGE_H

#include "stream/conn.h"
#include "stream/hop.h"
#include "stream/queue.h"

#include <stdalign.h>

struct work;

/* What a stage's task has to do, in this order. */
enum stage_due {
	DUE_OPEN = 1u << 0,   /* open() */
	DUE_BACK = 1u << 1,   /* build the next stage */
	DUE_OPENED = 1u << 2, /* opened(opened_err) */
	DUE_FLOW = 1u << 3,   /* flow() */
	DUE_LEAVE = 1u << 4,  /* close(0), and go */
};

enum stage_state {
	STAGE_NEW,     /* open() was not called yet */
	STAGE_OPENING, /* it is being called */
	STAGE_OPEN,    /* it said 0 */
	STAGE_CLOSING, /* close() is due: calls on it do nothing */
	STAGE_DRY      /* of dry.c: it is asked, and never opened */
};

struct stage {
	struct bnd_stage pub;
	struct hop hop;
	struct binding *binding;
	struct stage *prev, *next;    /* towards front and back; next also links
					 the closing ones */
	struct queue *in[2], *out[2]; /* by side; NULL: not there, or given
					 away by a bypass */
	void *open_arg;
	const struct bnd_exit *back_exit; /* for DUE_BACK; NULL: the next */
	struct waits *waits; /* timers and descriptors, when it has any */
	struct work *works;  /* bnd_work() still out */
	int opened_err;      /* for DUE_OPENED */
	int close_err;
	uint32_t limit_ms[3]; /* what it asked for; 0: nothing */
	uint8_t due, state;
	bool is_way_open : 1;    /* the front was told so */
	bool is_back_open : 1;   /* the way behind it is open */
	bool has_back : 1;       /* the next stage was asked for */
	bool has_heard_open : 1; /* opened(0) was, or is about to be, called */
	bool has_left : 1;       /* leaves once the way behind it stands */
	bool has_reserved : 1;   /* an outlet may end in an empty piece */
	bool was_opened : 1;     /* close() has to be called */
	bool is_bypassed[2];     /* by the side it comes from: the inlet reads
				    as empty */
	bool is_given[2];        /* by the side it goes to: the outlet takes
				    nothing more */
	alignas(max_align_t) char self[];
};

static inline struct stage *
stage_of(const struct bnd_stage *st)
{
	return CONTAINER_OF((uintptr_t)st, struct stage, pub);
}

/* Do calls on it do nothing? */
static inline bool
stage_is_closing(const struct stage *s)
{
	return s->state >= STAGE_CLOSING;
}

/* A stage that stands nowhere yet; free() it.  NULL: no memory. */
struct stage *stage_alloc(struct conn *c, struct desk *d);

/* Make a stage at the back end of the connection's chain; its open() is due.
 * NULL: no memory. */
struct stage *stage_create(struct conn *c, struct desk *d, void *open_arg);

/* Note what is to be done and queue the task. */
void stage_due(struct stage *s, unsigned due);

/* The queue at a side's inlet or outlet, made when it is first asked for; NULL:
 * no memory (the connection is aborted). */
struct queue *stage_inlet(struct stage *s, unsigned side);
struct queue *stage_outlet(struct stage *s, unsigned side);

/* h gives up its end(s) of the queue, which is freed when nobody else of the
 * connection has it.  NULL is harmless; leaves NULL behind. */
void stage_leave_queue(struct conn *c, struct queue **at, const struct hop *h);

/* From now on move(from, to, BND_ALL) for it. */
void stage_bypass(struct stage *s, unsigned from, unsigned to);

/* To be called after every callback that can reserve. */
void stage_after_call(struct stage *s);

/* ---- chain.c: opening and cutting */

/* The way through this stage is open: tell the front. */
void chain_open(struct stage *s);

/* open() of s came back with 0. */
void chain_opened_stage(struct stage *s);

/* s, which is not open yet, cannot be: the nearest stage in front that asked
 * hears of it, or the connection ends. */
void chain_failed(struct stage *s, int err, const char *fmt, va_list ap)
    PRINTF(3, 0);
void
chain_failed_text(struct stage *s, int err, const char *fmt, ...) PRINTF(3, 4);

/* Everything behind s goes: stages hear close(err), the back socket is reset.
 */
void chain_cut(struct stage *s, int err);

/* Take the stage out of the chain and put it among those whose close() is due.
 */
void chain_remove(struct stage *s, int err);

/* Build the next stage behind s. */
void chain_extend(struct stage *s);

/* s has bypassed both ways and goes, as soon as its place is not needed any
 * more. */
void chain_leave(struct stage *s);

/* ---- used by conn.c */

/* Call close() of the closing ones and free them. */
void stage_close_all(struct conn *c);

#endif

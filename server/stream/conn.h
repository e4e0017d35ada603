/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * conn.h - one accepted connection travelling through a pipeline.
 *
 *     client == sock[FRONT] -> stage -> stage -> ... -> sock[BACK] == backend
 *                           <-       <-       <-
 *
 * A connection lives on one worker.  It owns its sockets, stages and queues. It
 * ends in one way only: conn_end() says why (the first word counts) and shuts
 * the sockets; stages hear close(); once nothing refers to it any more the line
 * is logged and the memory goes.  [the worker only]
 */
#ifndef STREAM_CONN_H
#define STREAM_CONN_H

#include "pipeline/pipeline.h"
#include "stream/account.h"
#include "stream/reason.h"
#include "stream/sock.h"
#include "worker/worker.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <sys/queue.h>

struct fact;
struct pledge;
struct stage;

struct conn {
	struct task task; /* conn_reap(); first: see loop_bury() */
	struct worker *worker;
	struct pipeline *pipeline; /* where it began */
	struct account *account;   /* and its figures on this worker */
	LIST_ENTRY(conn) link;     /* of the worker's */
	struct stage *first, *last;
	struct stage *closing;        /* cut off, their close() still due */
	struct sock sock[2];          /* BND_FRONT, BND_BACK */
	struct timer timer;           /* for the limits below */
	int64_t opened_ms, active_ms; /* monotonic */
	uint64_t id;
	uint32_t limit_ms[3];  /* of stages that left, by enum
				  bnd_limit_kind - 1; 0: not asked for,
				  UINT32_MAX: none */
	uint8_t state;         /* enum conn_state */
	uint8_t reason;        /* enum reason, once it ends */
	uint8_t closed_by;     /* enum conn_party */
	bool is_blamed;        /* reason and why are settled */
	bool is_refused;       /* a stage said no: the text is on its way */
	uint32_t linger_bytes; /* dropped since the refusal */
	uint32_t back_ms;      /* when its sink was opened, since opened_ms */
	struct fact *facts;
	struct pledge *pledges;   /* claims it holds */
	char *why;                /* a sentence, or NULL */
	struct sockaddr_in6 peer; /* or a sockaddr_in; family 0: none */
};

enum conn_state {
	CONN_LIVE,
	CONN_ENDING, /* sockets are shut; stages still have to hear close() */
};

enum conn_party { PARTY_NOBODY, PARTY_CLIENT, PARTY_BACKEND, PARTY_HOST };

/* A connection of the binding, a source: its open(arg) will be called, soon.  0
 * or -errno. */
int conn_spawn(struct desk *d, void *arg);

/* Who opened it; n bytes. */
void conn_set_peer(struct conn *c, const struct sockaddr *a, size_t n);

/* It is over.  err is 0 for a clean end, else -errno: sockets are reset.  fmt
 * may be NULL. */
void conn_end(struct conn *c, enum reason reason, enum conn_party by, int err,
    const char *fmt, ...) PRINTF(5, 6);
void conn_vend(struct conn *c, enum reason reason, enum conn_party by, int err,
    const char *fmt, va_list ap) PRINTF(5, 0);

/* Keep the first reason and sentence. */
void conn_blame(struct conn *c, enum reason reason, enum conn_party by,
    const char *fmt, va_list ap) PRINTF(4, 0);

/* Have all its sockets read and written their ends?  Then end it. */
bool conn_end_if_done(struct conn *c);

/* A stage refused it politely: linger, then close. */
void conn_linger(struct conn *c);

/* The limits changed, or one direction ended: set the timer. */
void conn_arm(struct conn *c);

/* Set a limit for the rest of its life, unless a shorter one holds. */
void conn_limit(struct conn *c, unsigned which, uint32_t ms);

/* A way was found after all: what failed before is no reason any more. */
void conn_forgive(struct conn *c);

/* Its socket s read, or wrote, n bytes. */
static inline void
conn_count(struct conn *c, const struct sock *s, enum account_way way, size_t n)
{
	cell_add(&c->account->bytes[s->side][way], (int64_t)n);
}

/* Its sink begins to open; is connected. */
void conn_opens_back(struct conn *c);
void conn_has_back(struct conn *c);

/* Bytes passed. */
static inline void
conn_touch(struct conn *c)
{
	c->active_ms = c->worker->loop.now_ms;
}

static inline struct loop *
conn_loop(struct conn *c)
{
	return &c->worker->loop;
}

#endif

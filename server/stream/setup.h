/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* setup.h - what a worker needs before connections can live on it. */
#ifndef STREAM_SETUP_H
#define STREAM_SETUP_H

#include "stream/reason.h"
#include "worker/worker.h"

struct pipeline;

/* [main, before the worker starts] 0 or -ENOMEM. */
int stream_init(struct worker *w);

/* [the worker, or main before it starts] May bytes go from socket to socket in
 * the kernel, and through how many pipes at once? */
void stream_settle(struct worker *w, bool may_splice, unsigned pipes);

/* [main, once it has ended] */
void stream_finish(struct worker *w);

/* [worker] End every connection now, with that reason; how many there were. */
unsigned stream_end_all(struct worker *w, enum reason reason);

/* [worker] The same for one connection in `of` of those that began in the
 * pipeline. */
uint64_t stream_end_some(struct worker *w, const struct pipeline *p,
    uint64_t of, enum reason reason);

#endif

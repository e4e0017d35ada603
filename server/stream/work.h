/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * work.h - blocking work of plugins (bnd_work() of the SDK): to the pool and
 * back to the worker that asked.  [that worker]
 */
#ifndef STREAM_WORK_H
#define STREAM_WORK_H

#include <bindery/plugin.h>

struct desk;
struct pool;
struct stage;

/* [main] The pool that all work goes to. */
void works_init(struct pool *pool);

/* s may be NULL: work of the desk's.  0, -ECANCELED, -ENOMEM. */
int work_submit(struct desk *d, struct stage *s, void (*run)(void *),
    void (*done)(struct bnd_worker *, struct bnd_stage *, void *), void *arg);

/* The stage closes: its work ends without it, and does not begin if it has not.
 */
void works_disown(struct stage *s);

#endif

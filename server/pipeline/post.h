/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * post.h - messages of a binding between its desks (bnd_post() of the SDK), in
 * bounded boxes: so many under way from one worker to another.
 */
#ifndef PIPELINE_POST_H
#define PIPELINE_POST_H

#include "pipeline/pipeline.h"

/* Messages under way between two workers. */
enum { POST_BOX = 1024 };

/* [main] The process's workers; 0 or -ENOMEM. */
int posts_init(struct worker *const *workers, unsigned count);
void posts_finish(void);

/* [the desk's worker] It has started: what had come before is handed over; or
 * it never will: that is dropped. */
void post_hand_early(struct desk *d);

/* [the worker of `from`] as bnd_post(). */
int post_send(struct desk *from, uint32_t to, unsigned flags, uint32_t tag,
    uint64_t arg, struct bnd_buf *b);

#endif

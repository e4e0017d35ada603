/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * pipe.h - pipes for splicing, kept in a small pool of the worker's: making one
 * costs more than using it, and an idle connection must hold none.  [one
 * worker]
 */
#ifndef STREAM_PIPE_H
#define STREAM_PIPE_H

#include <stddef.h>

struct pipe {
	struct pipe *next;
	int read_fd, write_fd;
	size_t bytes; /* inside */
	size_t room;  /* bytes that an empty one surely takes */
};

struct pipe_pool;

/* NULL: no memory. */
struct pipe_pool *pipe_pool_create(void);
void pipe_pool_destroy(struct pipe_pool **pool);

/* How many pipes may be open at once; a pool may none before it is told. */
void pipe_pool_limit(struct pipe_pool *pool, unsigned most);

/* An empty pipe, or NULL (the limit, or out of memory or descriptors: copy
 * instead). */
struct pipe *pipe_take(struct pipe_pool *pool);

/* Give it back; one that is not empty is closed.  Leaves NULL behind. */
void pipe_give(struct pipe_pool *pool, struct pipe **p);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/pipe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* 256 KiB is where larger pipes stop paying. */
enum { PIPE_BYTES = 256 * 1024, POOL_MAX = 16 };

struct pipe_pool {
	struct pipe *first;
	unsigned count; /* waiting in it */
	unsigned open;  /* these and those that are in use */
	unsigned most;
};

struct pipe_pool *
pipe_pool_create(void)
{
	return calloc(1, sizeof(struct pipe_pool));
}

void
pipe_pool_limit(struct pipe_pool *pool, unsigned most)
{
	pool->most = most;
}

static void
pipe_close(struct pipe_pool *pool, struct pipe *p)
{
	pool->open--;
	close(p->read_fd);
	close(p->write_fd);
	free(p);
}

void
pipe_pool_destroy(struct pipe_pool **pool)
{
	struct pipe *p;

	if (!*pool)
		return;
	while ((p = (*pool)->first) != NULL) {
		(*pool)->first = p->next;
		pipe_close(*pool, p);
	}
	free(*pool);
	*pool = NULL;
}

static struct pipe *
pipe_open(struct pipe_pool *pool)
{
	struct pipe *p = pool->open < pool->most ? malloc(sizeof(*p)) : NULL;
	int fd[2], size;

	if (!p)
		return NULL;
	if (pipe2(fd, O_NONBLOCK | O_CLOEXEC) < 0) {
		free(p);
		return NULL;
	}
	/* The user may be out of pipe pages: a smaller pipe works too. */
	size = fcntl(fd[1], F_SETPIPE_SZ, PIPE_BYTES);
	if (size < 0)
		size = fcntl(fd[1], F_GETPIPE_SZ);
	*p = (struct pipe){ .read_fd = fd[0], .write_fd = fd[1] };
	pool->open++;
	p->room = size > 0 ? (size_t)size : 0;
	return p;
}

struct pipe *
pipe_take(struct pipe_pool *pool)
{
	struct pipe *p = pool->first;

	if (!p)
		return pipe_open(pool);
	pool->first = p->next;
	pool->count--;
	return p;
}

void
pipe_give(struct pipe_pool *pool, struct pipe **pipe)
{
	struct pipe *p = *pipe;

	*pipe = NULL;
	if (!p)
		return;
	if (p->bytes || pool->count >= POOL_MAX) {
		pipe_close(pool, p);
		return;
	}
	p->next = pool->first;
	pool->first = p;
	pool->count++;
}

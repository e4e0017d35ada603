/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tee-spool.h - between workers, which must never wait, and a file, which may
 * be slow.  Workers of all generations add packets to one buffer; the pool
 * writes it out while they fill another.  What does not fit is dropped and
 * counted.  A spool is kept memory: zero is a new one.
 *
 *     worker --> fill | swap | spill --> write(2), on the pool
 */
#ifndef TEE_SPOOL_H
#define TEE_SPOOL_H

#include "tee-block.h"

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>

enum spool_state {
	SPOOL_NEW,
	SPOOL_OPEN,
	SPOOL_FULL,  /* max_size is reached: nothing is added any more */
	SPOOL_FAILED /* the file: likewise */
};

/* What is to be done for the sake of what was added. */
enum spool_need {
	SPOOL_NOTHING,
	SPOOL_SOON, /* spool_claim() in a while: it is worth waiting for more */
	SPOOL_NOW   /* and now */
};

struct spool_options {
	const char *path; /* shorter than PATH_MAX */
	const char *name; /* of the interface */
	size_t buffer;    /* bytes, of both buffers */
	uint64_t max_size;
	uint32_t snaplen;
};

struct spool {
	pthread_mutex_t lock; /* for all but what only the writer uses */
	enum spool_state state;
	bool is_claimed; /* by a writer */
	bool is_soon;    /* somebody has been told so */
	char *fill, *spill;
	size_t used, most; /* of fill; of each */
	uint64_t size, max_size;
	uint64_t packets, dropped;
	uint32_t snaplen;

	/* of the writer, and of spool_finish() */
	bool is_there; /* the file is */
	int fd;
	uint64_t size_written;
	char path[PATH_MAX]; /* as asked for, then as it is; under the lock */
};

/* [worker] Idempotent: the first one counts.  0 or -ENOMEM. */
int spool_begin(struct spool *s, const struct spool_options *o);

/* [worker] The time is set here, so that packets stand in order.  0; -ENOBUFS:
 * dropped; -EFBIG: now it is full; -ESHUTDOWN: it takes no more. */
int spool_add(struct spool *s, struct tee_record *r, enum spool_need *need_r);

/* [worker] Is there something to write, and nobody who does?  Then the caller
 * has to have spool_write() run, or spool_unclaim(). */
bool spool_claim(struct spool *s);
void spool_unclaim(struct spool *s);

/* [pool] Write until there is nothing left, and give up the claim.  0; 1: the
 * file was made; -errno, once: it failed for good. */
int spool_write(struct spool *s);

/* [any] The file's path, as it is, and some figures. */
struct spool_figures {
	enum spool_state state;
	uint64_t size, packets, dropped;
	char path[PATH_MAX];
};
void spool_look(struct spool *s, struct spool_figures *f);

/* [main] Nobody uses it any more: write the rest, and what was dropped. */
void spool_finish(void *spool);

#endif

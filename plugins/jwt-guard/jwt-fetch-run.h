/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-fetch-run.h - one run of bindery-jwks-fetch, from its start to its
 * burial: what jwt-fetch.c stands on.  The child leads a process group of its
 * own, so that nothing that it might have started outlives it.
 */
#ifndef JWT_FETCH_RUN_H
#define JWT_FETCH_RUN_H

#include "jwt-fetch.h"

#include <stdint.h>
#include <sys/types.h>

enum {
	JWT_FETCH_SAID_MAX = 1024, /* bytes kept of its standard error output */
};

struct jwt_fetch_run {
	const struct jwt_fetch *fetch;
	int64_t deadline; /* of the monotonic clock, in ms */
	pid_t pid;        /* 0: none, or reaped */
	int pid_fd;       /* readable when it has ended; -1: none to be had */
	int out, err;     /* our ends of its pipes; -1: closed */
	char *text;       /* what it wrote on its standard output */
	size_t n, capacity;
	char said[JWT_FETCH_SAID_MAX + 1]; /* and on the other */
	size_t said_n, said_total;
	int status; /* as of waitpid(), once it is over */
};

/* 0 or -errno.  Either way the run is to be finished. */
int jwt_fetch_run_start(struct jwt_fetch_run *r, const struct jwt_fetch *f);

/* Wait until it has ended by itself, and reap it: 0, and status says how.
 * -ETIMEDOUT, -ECANCELED, -EFBIG, -ENOMEM: it goes on.  -ECHILD: it has ended,
 * and somebody else learnt how. */
int jwt_fetch_run_wait(struct jwt_fetch_run *r);

/* Whatever is left of it ends; free what it holds, text included. */
void jwt_fetch_run_finish(struct jwt_fetch_run *r);

#endif

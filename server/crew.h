/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * crew.h - the workers of the process: how many, and what each may have.  Their
 * number is fixed for the life of the process.  [main thread]
 */
#ifndef CREW_H
#define CREW_H

#include "reload/generation.h"

/* Make the workers that the settings ask for, not started.  0 or -errno; what
 * was made is in *c either way. */
int crew_create(struct crew *c, const struct settings *s);

/* Leaves an empty crew.  The workers must have been stopped. */
void crew_destroy(struct crew *c);

/* 0 or -errno. */
int crew_start(const struct crew *c);
void crew_stop(const struct crew *c);

/* Take on what settings may change while the workers run. */
void crew_settle(const struct crew *c, const struct settings *s);

#endif

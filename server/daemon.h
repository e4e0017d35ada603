/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * daemon.h - the process as a whole: its workers, pool and generation, from the
 * first reading of the configuration to the last connection.  [main thread]
 */
#ifndef DAEMON_H
#define DAEMON_H

#include "options.h"

struct daemon;

/* Exit statuses beside those of sysexits(3). */
enum { EXIT_CUT = 3 }; /* ended, but connections had to be cut */

/* Read and check the configuration and make everything that needs no thread.
 * NULL: *status_r is the exit status, and it has been said why. */
struct daemon *daemon_create(const struct options *o, int *status_r);
void daemon_destroy(struct daemon **d);

/* -T */
void daemon_dump(const struct daemon *d);

/* Start serving; -1, or an exit status. */
int daemon_start(struct daemon *d);

/* Serve until a signal ends it; the exit status. */
int daemon_run(struct daemon *d);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * read.h - reading a configuration.  libconfig never runs in the serving
 * process (it may exit, hang or crash on what it is given): a child of the same
 * program reads the files and sends the tree, or what is wrong, over a pipe.
 */
#ifndef CONFIG_READ_H
#define CONFIG_READ_H

#include "base/report.h"
#include "config/node.h"

#include <stdbool.h>

/* The first argument that makes binderyd the reading child:
 *     binderyd --read-config FILE      (its standard output is the pipe) */
#define CONFIG_READ_ARG "--read-config"
/* The same, and files that are being written over are waited for. */
#define CONFIG_READ_SETTLED_ARG "--read-settled-config"

enum { CONFIG_READ_DEADLINE_MS = 10000 };

/* [main] A reading that goes on.  Begin it; whenever reading_fd() is readable,
 * or its deadline has come, take a step, until that says false; then end it.
 * Descriptors 0 to 2 must be open, and no other code may wait for the child. */
struct reading;

/* Read path and its conf.d in a child, which has deadline_ms; what an editor is
 * just writing over, once that has settled.  path and report must outlive the
 * reading.  NULL: no child could be had; the report says why, and so does
 * errno. */
struct reading *
reading_begin(const char *path, int deadline_ms, struct report *report);

/* Readable (as epoll, poll and select see it) when there is something to do. */
int reading_fd(const struct reading *r);

/* Milliseconds until it gives up, at least 0. */
int reading_left_ms(const struct reading *r);

/* Never waits.  False: there is nothing more to come. */
bool reading_step(struct reading *r);

/* Its tree, which is the caller's; NULL: the report says what was wrong.  One
 * that has not come to its end is given up: its child is killed, and nothing is
 * reported.  Leaves NULL behind. */
struct config_tree *reading_end(struct reading **r);

/* [main] The same in one call that waits, for the child but for no editor.
 * NULL: the report says what was wrong, and errno is EINVAL, or why no child
 * could be had: then nothing is known of the configuration.  (Not
 * config_read(): that is a function of libconfig.) */
struct config_tree *
config_tree_read(const char *path, int deadline_ms, struct report *report);

/* The child: read path and its conf.d with libconfig, write JSON to fd. Returns
 * an exit status. */
int config_reader_main(const char *path, int fd);

#endif

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

/* The first argument that makes binderyd the reading child:
 *     binderyd --read-config FILE      (its standard output is the pipe) */
#define CONFIG_READ_ARG "--read-config"

enum { CONFIG_READ_DEADLINE_MS = 10000 };

/* [main] Read path and its conf.d in a child, waiting up to deadline_ms.  NULL:
 * what was wrong is in the report, and errno is EINVAL, or why no child could
 * be had: then nothing is known of the configuration.  The tree is the
 * caller's. Descriptors 0 to 2 must be open, and no other code may wait for the
 * child. (Not config_read(): that is a function of libconfig.) */
struct config_tree *
config_tree_read(const char *path, int deadline_ms, struct report *report);

/* The child: read path and its conf.d with libconfig, write JSON to fd. Returns
 * an exit status. */
int config_reader_main(const char *path, int fd);

#endif

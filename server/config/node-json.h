/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * node-json.h - a tree of values as JSON: what goes over the pipe from the
 * reading child to the daemon.  Both are the same program, so the format is
 * nobody else's and is made to be short and quick:
 *
 *     { "errors": [["sentence", "FILE", LINE], ["sentence"], ...] }    or
 *     { "files": ["FILE", ...], "at": [RUNS, ...], "root": VALUE }
 *
 * A VALUE is a string, an integer, a real (which always has a '.' or an 'e'), a
 * boolean, a list [VALUE, ...], or a map [null, "KEY", VALUE, ...].
 *
 * "at" says where the values came from, in the order in which they are written,
 * the root first.  RUNS is [f, line, n, step, times, n, step, times, ...]: in
 * the file of index f, beginning on this line, `times` times over, n values are
 * on the line and the next ones are `step` lines further on.
 */
#ifndef CONFIG_NODE_JSON_H
#define CONFIG_NODE_JSON_H

#include "base/report.h"
#include "config/node.h"

#include <stdio.h>

/* What is no UTF-8 in strings is written as U+FFFD.  Output errors are left for
 * the caller to find (ferror).  0, or -ENOMEM: then what is written says so, as
 * an error. */
int node_json_write(FILE *out, const struct node *root);
void node_json_write_errors(FILE *out, const struct report *report);

/* The tree of n bytes of JSON, or NULL: what was wrong, or what the errors in
 * it say, is in the report.  path is the configuration file, for messages.
 * Takes anything: never trusts the text. */
struct config_tree *node_json_read(
    const char *json, size_t n, const char *path, struct report *report);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * merge.h - one tree from the main file and those of conf.d.  Groups of the
 * same name become one; a pipeline, or any other setting, is given once. [the
 * reading child]
 */
#ifndef CONFIG_MERGE_H
#define CONFIG_MERGE_H

#include "base/arena.h"
#include "base/report.h"
#include "config/node.h"

/* Merge count maps into *r, in the order in which names first appear.  *r
 * borrows from the maps and from the arena.  0; -EINVAL when something is given
 * twice (the report names both places); -ENOMEM. */
int node_merge(const struct node *const *maps, size_t count,
    struct arena *arena, struct report *report, struct node *r);

#endif

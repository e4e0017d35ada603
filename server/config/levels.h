/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * levels.h - the brackets that are open at a place of the configuration, and
 * the keys of each group so far.  libconfig takes minutes for a group of very
 * many keys, and of a key given twice it names one place only.  [the reading
 * child]
 */
#ifndef CONFIG_LEVELS_H
#define CONFIG_LEVELS_H

#include "base/report.h"

#include <stddef.h>

enum {
	LEVELS_DEPTH_MAX = 100, /* groups and lists in each other */
	LEVELS_KEYS_MAX = 4096, /* in one group of one file */
};

struct level_key {
	const char *name; /* length bytes; it outlives the levels */
	size_t length;
	const char *file;
	unsigned line;
	size_t order; /* ours */
};

struct level {
	char open; /* the bracket; 0: the top level */
	const char *file;
	unsigned line;
	size_t first_key;
};

/* Zero is the top level. */
struct levels {
	struct level stack[LEVELS_DEPTH_MAX + 1];
	size_t depth;
	struct level_key *keys; /* of all levels that are open */
	size_t key_count, key_capacity;
};

/* 0, or -E2BIG: one too many; add also -ENOMEM. */
int levels_open(struct levels *l, char open, const char *file, unsigned line);
int levels_add(struct levels *l, const struct level_key *key);

/* Close the innermost level.  Keys that it has twice are reported: "'x' is
 * already set at FILE:LINE".  The top level can be closed again and again. */
void levels_close(struct levels *l, struct report *doubled);

/* The innermost level. */
const struct level *levels_top(const struct levels *l);

void levels_finish(struct levels *l);

#endif

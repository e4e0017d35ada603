/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * node.h - the configuration as a tree of values, each with the file and line
 * it came from.  What the reading child sends becomes such a tree, which the
 * option code reads.  A tree is read-only once built and lives as long as its
 * generation.
 */
#ifndef CONFIG_NODE_H
#define CONFIG_NODE_H

#include "base/arena.h"

#include <stdint.h>

enum node_kind {
	NODE_TEXT = 1,
	NODE_INT = 2,
	NODE_REAL = 3,
	NODE_BOOL = 4,
	NODE_LIST = 5,
	NODE_MAP = 6
};

struct node {
	uint32_t kind;    /* enum node_kind */
	uint32_t line;    /* 1-based; 0: unknown */
	const char *file; /* shared by all nodes of that file */
	const char *key;  /* the name in a map; NULL in a list */
	const char *text; /* the value as text ("true", "12", ...); "" for a
			     list or map */
	union {
		int64_t integer; /* NODE_INT, and NODE_BOOL as 0 or 1 */
		double real;     /* NODE_REAL */
		struct {
			size_t count;       /* NODE_LIST, NODE_MAP */
			struct node *items; /* count of them, in order */
		};
	};
};

struct config_tree {
	struct arena arena;
	struct node root; /* a map; conf.d merged in */
};

/* A map's value by name, or NULL. */
const struct node *node_find(const struct node *map, const char *key);

/* What a person calls the kind: "a string", "a list", ... */
const char *node_kind_name(uint32_t kind);

/* Frees the tree and leaves NULL behind. */
void config_tree_destroy(struct config_tree **tree);

#endif

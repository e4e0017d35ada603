/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/node.h"

#include <stdlib.h>
#include <string.h>

const struct node *
node_find(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (size_t i = 0; i < map->count; i++)
		if (!strcmp(map->items[i].key, key))
			return &map->items[i];
	return NULL;
}

const char *
node_kind_name(uint32_t kind)
{
	static const char *const names[] = {
		[NODE_TEXT] = "a string",
		[NODE_INT] = "an integer",
		[NODE_REAL] = "a number with a fraction",
		[NODE_BOOL] = "a boolean",
		[NODE_LIST] = "a list",
		[NODE_MAP] = "a group",
	};

	if (kind >= ARRAY_COUNT(names) || !names[kind])
		return "an unknown kind of value";
	return names[kind];
}

void
config_tree_destroy(struct config_tree **tree)
{
	if (!*tree)
		return;
	arena_finish(&(*tree)->arena);
	free(*tree);
	*tree = NULL;
}

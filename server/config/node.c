/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/node.h"

#include <stdlib.h>
#include <string.h>

const struct bnd_node *
node_find(const struct bnd_node *map, const char *key)
{
	if (!map || map->kind != BND_N_MAP)
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
		[BND_N_TEXT] = "a string",
		[BND_N_INT] = "an integer",
		[BND_N_REAL] = "a number with a fraction",
		[BND_N_BOOL] = "a boolean",
		[BND_N_LIST] = "a list",
		[BND_N_MAP] = "a group",
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

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * nodes.h - configuration trees written in C, for the tests of what reads them:
 *
 *     MAP(1, NULL, TEXT(2, "listen", "[::]:7"), INT(3, "backlog", 128))
 *
 * The first argument is the line, the second the key (NULL in a list).
 */
#ifndef TESTS_NODES_H
#define TESTS_NODES_H

#include "config/node.h"

#define NODES_FILE "etc/a.conf"

#define TEXT(line_, key_, text_)                                        \
	(struct node)                                                   \
	{                                                               \
		.kind = NODE_TEXT, .line = (line_), .file = NODES_FILE, \
		.key = (key_), .text = (text_)                          \
	}
#define INT(line_, key_, value_)                                       \
	(struct node)                                                  \
	{                                                              \
		.kind = NODE_INT, .line = (line_), .file = NODES_FILE, \
		.key = (key_), .text = #value_, .integer = (value_)    \
	}
#define REAL(line_, key_, value_)                                       \
	(struct node)                                                   \
	{                                                               \
		.kind = NODE_REAL, .line = (line_), .file = NODES_FILE, \
		.key = (key_), .text = #value_, .real = (value_)        \
	}
#define BOOL(line_, key_, value_)                                       \
	(struct node)                                                   \
	{                                                               \
		.kind = NODE_BOOL, .line = (line_), .file = NODES_FILE, \
		.key = (key_), .text = #value_, .integer = (value_)     \
	}
#define NODES_OF(kind_, line_, key_, ...)                             \
	(struct node)                                                 \
	{                                                             \
		.kind = (kind_), .line = (line_), .file = NODES_FILE, \
		.key = (key_), .text = "",                            \
		.count = sizeof((struct node[]){ __VA_ARGS__ }) /     \
			 sizeof(struct node),                         \
		.items = (struct node[])                              \
		{                                                     \
			__VA_ARGS__                                   \
		}                                                     \
	}
#define LIST(line_, key_, ...) NODES_OF(NODE_LIST, line_, key_, __VA_ARGS__)
#define MAP(line_, key_, ...)  NODES_OF(NODE_MAP, line_, key_, __VA_ARGS__)
#define EMPTY(kind_, line_, key_)                                     \
	(struct node)                                                 \
	{                                                             \
		.kind = (kind_), .line = (line_), .file = NODES_FILE, \
		.key = (key_), .text = ""                             \
	}

#endif

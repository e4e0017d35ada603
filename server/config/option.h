/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * option.h - option tables: from a map of the configuration into a struct.  The
 * same code serves plugins (struct bnd_option of their bnd_type) and the host's
 * own settings.  [main thread only]
 */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include "base/arena.h"
#include "base/report.h"
#include "config/node.h"

#include <bindery/plugin.h>

#include <stdbool.h>

/* A kind for the host's own tables, const struct node *: the value as it is. */
enum { OPTION_T_NODE = 0 };

enum {
	OPTION_MAX = 256,             /* options of one table */
	OPTION_SKIP_MAX = 8,          /* names in option_context.skip */
	OPTION_DEPTH_MAX = 4,         /* tables of rows in tables of rows */
	OPTION_SECRET_MAX = 64 * 1024 /* bytes of a secret */
};

/* Where option values come from and go to, and how to speak of them. */
struct option_context {
	struct arena *arena;   /* strings, lists, rows, endpoints, networks */
	struct report *report; /* every error, with file and line */
	const char
	    *pipeline;       /* for messages; NULL: the daemon's own settings */
	const char *binding; /* NULL: the pipeline's own settings */
	const char *prefix;  /* before names in messages: "log."; may be NULL */
	/* Resolves a BND_T_EXIT by name: NULL when there is none (this code
	 * then reports "no pipeline 'x'" and suggests the nearest of
	 * exit_names). */
	const struct bnd_exit *(*exit_find)(void *arg, const char *name);
	const char *const *exit_names; /* ended by NULL; may be NULL */
	void *exit_arg;
	/* Keys of the map that are not options ("type", "name"); ended by NULL;
	 * may be NULL. */
	const char *const *skip;
};

/* Is the table itself sound: names, kinds, field sizes, offsets inside of
 * self_size, defaults that parse?  element_size is the plugin's own
 * sizeof(struct bnd_option) (it may be shorter or, with a zero tail, longer
 * than ours).  Every other function here wants a table that has passed. Returns
 * NULL, or what is wrong as one sentence in the arena. */
const char *option_table_check(const struct bnd_option *table,
    size_t element_size, size_t self_size, struct arena *arena);

/* Write defaults and the map's values into self (zeroed by the caller; a field
 * without default keeps what it has).  Unknown keys, wrong types, missing
 * required options, values out of range: all are reported as "FILE:LINE:
 * pipeline 'x', binding 'y', option 'z': ...".  map may be NULL (all defaults);
 * OPTION_T_NODE options point into it.  Returns 0, or -EINVAL when an error was
 * reported; self is then fit for option_wipe() only. */
int option_parse(const struct bnd_option *table, size_t element_size,
    const struct node *map, void *self, const struct option_context *ctx);

/* Values that were parsed, and from what. */
struct option_values {
	const struct bnd_option *table;
	size_t element_size;
	const struct node *map; /* NULL: they are all defaults */
	const void *self;
};

/* What a binding says of its own options, as "FILE:LINE: pipeline 'x', binding
 * 'y', option 'z': ...": of the option `key` (NULL: none in particular) or,
 * when row is the address of a row of BND_T_ROWS at any depth, of its column
 * `key`. Returns -EINVAL. */
int
option_report(const struct option_context *ctx, const struct option_values *v,
    const char *key, const void *row, const char *fmt, va_list ap) PRINTF(5, 0);

/* Overwrite every BND_T_SECRET of self, those in rows included; before the
 * arena is finished. */
void
option_wipe(const struct bnd_option *table, size_t element_size, void *self);

/* The i-th element of a plugin's table as our struct (copied to *r, tail
 * zeroed); false at its end. */
bool option_at(const struct bnd_option *table, size_t element_size, size_t i,
    struct bnd_option *r);

/* text, or "DIR/text" with the absolute directory of file, in the arena.  NULL:
 * no memory, or a working directory that cannot be told. */
char *option_path(struct arena *arena, const char *file, const char *text);

#endif

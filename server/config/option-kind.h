/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * option-kind.h - inside of the option code: what each kind of option is, and
 * the place in the configuration that an error speaks of.  Only option*.c and
 * the dump include it.
 */
#ifndef CONFIG_OPTION_KIND_H
#define CONFIG_OPTION_KIND_H

#include "config/option.h"
#include "config/value.h"

/* Where a value stands.  Places nest as rows do:
 *
 *     binding 'guard', option 'routes', row 2, 'exit'
 *                      `--- outer ----------' `option'
 */
struct option_place {
	const struct option_context *ctx;
	const struct option_place *outer; /* the option that this row is of */
	size_t row;                       /* which row, from 1 */
	size_t element_size;              /* of the plugin's tables */
	const struct bnd_option *option;  /* NULL: the map as a whole */
};

/* Write the value into the field.  0, or -EINVAL: reported. */
typedef int option_set_fn(
    const struct option_place *p, const struct node *value, void *field);

struct option_kind {
	const char *name; /* for the operator: "boolean" */
	uint32_t size;    /* of the field */
	uint32_t align;
	option_set_fn *set;
	void (*text)(int64_t, char *r); /* a number as text; else NULL */
	const char *unit;               /* of min and max if not the value */
	bool has_default;               /* may it have one? */
};

/* NULL: a kind that this host does not know. */
const struct option_kind *option_kind(uint32_t kind);

/* One choice of "a|b|c": where it is, how long, and the next; false at the end.
 */
bool option_choice_next(const char **choices, const char **r, size_t *n);

/* The position of text in the choices, or -1. */
int option_choice_find(const char *choices, const char *text);

/* "value 'x' is not one of ...": -EINVAL. */
int option_choice_error(const struct option_place *p, const struct node *value);

/* A default as the node that it would be in a file, at the map's position; its
 * items lie in the arena.  0 or -ENOMEM. */
int option_default(const struct bnd_option *o, const struct node *map,
    struct arena *arena, struct node *r);

int option_parse_map(const struct option_place *p,
    const struct bnd_option *table, const struct node *map, void *self);

/* Report at the node's position (NULL: none); -EINVAL. */
int option_error(const struct option_place *p, const struct node *at,
    const char *fmt, ...) PRINTF(3, 4);
void option_warn(const struct option_place *p, const struct node *at,
    const char *fmt, ...) PRINTF(3, 4);
int option_no_memory(const struct option_place *p);

/* "must be a string, not a list". */
int option_kind_error(
    const struct option_place *p, const struct node *value, const char *wanted);

/* Is anybody still going to read a suggestion? */
bool option_may_suggest(const struct option_place *p);

/* A text fit for a message: short, without control characters. */
enum { OPTION_QUOTE = 80 };
const char *option_quote(const char *text, char r[OPTION_QUOTE]);

/* min and max against a value, a length or a count. */
int option_check_range(
    const struct option_place *p, const struct node *value, int64_t number);
/* "1 to 65535", "at least 1s"; "" when there are none. */
enum { OPTION_RANGE = 96 };
void option_range_text(const struct bnd_option *o, char r[OPTION_RANGE]);

option_set_fn option_set_bool, option_set_int, option_set_size, option_set_time,
    option_set_string, option_set_enum, option_set_node, option_set_exit;
option_set_fn option_set_secret, option_set_file;
option_set_fn option_set_list, option_set_endpoint, option_set_endpoints,
    option_set_nets, option_set_rows;

#endif

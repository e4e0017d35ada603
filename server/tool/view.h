/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * view.h - members of an answer, of whatever kind they turn out to be: what is
 * missing or of another kind reads as nothing.  o may be NULL.
 */
#ifndef TOOL_VIEW_H
#define TOOL_VIEW_H

#include "tool/table.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Numbers of the protocol are smaller; others are taken for this. */
#define VIEW_INT_MAX ((int64_t)1 << 53)

const char *view_text(const json_t *o, const char *key); /* "": none */
int64_t view_int(const json_t *o, const char *key);      /* 0: none */
bool view_flag(const json_t *o, const char *key);
json_t *view_list(const json_t *o, const char *key); /* NULL: none */

/* A copy in which every string is fit for a terminal; of NULL an empty list.
 * NULL: no memory. */
json_t *view_tamed(const json_t *o);

/* A list of strings or numbers as one text, to be freed.  NULL: no memory. */
char *view_join(const json_t *list, const char *between);

/* A number as the next cell of a table; "-": there is none. */
void view_count_cell(struct table *t, const json_t *o, const char *key);
void view_bytes_cell(struct table *t, const json_t *o, const char *key);

/* What a stage says, as "key=value key=value", behind a text; to be freed. */
char *view_says(const char *before, const json_t *says);

/* The same as rows of a table of pairs. */
void view_says_rows(struct table *t, const json_t *says);

#endif

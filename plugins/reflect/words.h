/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * words.h - the text that a room adds to what its members say: their names, and
 * lines of its own.
 */
#ifndef REFLECT_WORDS_H
#define REFLECT_WORDS_H

#include "frame.h"

#include <bindery/plugin.h>

/* Nothing in it can pretend to be another line, or move a terminal's cursor:
 * control characters, but for the tab, become '?'. */
void words_clean(char *p, size_t n);

/* What stands before the lines of a member: "[name] ", to be freed; NULL: no
 * memory. */
char *words_name(struct bnd_stage *st, size_t *size_r);

/* A line of the room's own, framed; NULL: no memory. */
BND_PRINTF(2, 3)
struct bnd_buf *words_line(enum framing framing, const char *fmt, ...);

#endif

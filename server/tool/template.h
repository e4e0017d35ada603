/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * template.h - write a project from a template: a folder of files, copied with
 * some words in names and text exchanged.  What was written is taken away again
 * when something fails.
 */
#ifndef TOOL_TEMPLATE_H
#define TOOL_TEMPLATE_H

#include <jansson.h>
#include <limits.h>
#include <stddef.h>

enum { TEMPLATE_FILE_MAX = 1024 * 1024 };

/* Exchanged wherever it stands; of two that fit the earlier one. */
struct template_word {
	const char *from, *to;
};

/* Where the templates are: beside this program, else where they are installed.
 * EX_OK, or another status: said. */
int template_find(char path[PATH_MAX]);

/* Make a directory for template_copy(), or take one that is there and empty;
 * the new one is listed in `made`.  As above. */
int template_begin(const char *to, json_t *made);

/* Copy all files below `from` into the directory `to`; words end with one that
 * is all NULL.  Paths of what was made are appended to `made`.  As above. */
int template_copy(const char *from, const char *to,
    const struct template_word *words, json_t *made);

/* Remove what was made, last first. */
void template_remove(const json_t *made);

#endif

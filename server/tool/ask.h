/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * ask.h - a question to the daemon and its answer, as bindery-control(7) has
 * them.
 */
#ifndef TOOL_ASK_H
#define TOOL_ASK_H

#include "tool/tool.h"

enum { ASK_PROTOCOL = 1 };

/* Ask with these arguments (NULL: none).  EX_OK: *answer_r is the daemon's
 * answer.  STATUS_REFUSED: it is what the daemon sent instead, with "error" and
 * perhaps "errors".  Both are the caller's.  Another status: said. */
int ask(const struct tool *t, const char *command, const json_t *arguments,
    json_t **answer_r);

/* Show a refusal: returns STATUS_REFUSED. */
int ask_refused(const struct tool *t, const json_t *answer);

/* Ask; a refusal is shown.  EX_OK: *answer_r is the caller's. */
int ask_well(const struct tool *t, const char *command, const json_t *arguments,
    json_t **answer_r);

/* How most commands run: ask, then print as JSON or in the command's own way.
 */
int ask_and_print(struct tool *t);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * terminal.h - where the standard output goes, and how wide text is there.
 */
#ifndef TOOL_TERMINAL_H
#define TOOL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

struct terminal {
	bool is_tty;
	bool has_bold;          /* may headings be bold? */
	bool is_utf8;           /* does the locale say so? */
	unsigned columns, rows; /* 0: no limit */
};

struct terminal terminal_look(void);

/* The columns that UTF-8 text takes. */
size_t text_width(const char *text);

/* The bytes of its beginning that fit into so many columns. */
size_t text_cut(const char *text, size_t columns);

#endif

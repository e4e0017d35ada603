/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * table.h - aligned columns of text.  Cells are added from left to right and
 * row by row; what they hold may be anybody's text and is made fit for a
 * terminal. Running out of memory is kept in the table and said by
 * table_print().
 */
#ifndef TOOL_TABLE_H
#define TOOL_TABLE_H

#include "base/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct table_column {
	const char *heading;
	bool is_right; /* numbers: aligned at their end */
};

struct table_cell {
	char *text;
	bool is_note; /* a line of its own */
};

struct table {
	const struct table_column *columns; /* borrowed */
	size_t column_count, indent;
	bool has_heading;
	/* kept by the functions below: */
	struct table_cell *cells;
	size_t count, capacity;
	bool is_broken; /* a cell was lost for want of memory */
};

#define TABLE(columns_)                                                       \
	{                                                                     \
		.columns = (columns_), .column_count = ARRAY_COUNT(columns_), \
		.has_heading = true                                           \
	}

/* A table of names and values. */
extern const struct table_column table_pair[2];
#define TABLE_PAIRS(indent_)                                                  \
	{                                                                     \
		.columns = table_pair, .column_count = 2, .indent = (indent_) \
	}

void table_finish(struct table *t);

/* The next cell.  An empty one is shown as "-". */
void table_cell(struct table *t, const char *fmt, ...) PRINTF(2, 3);
void table_take(struct table *t, char *text); /* takes; NULL: no memory */

/* A whole line below the rows so far: between two rows only. */
void table_note(struct table *t, const char *fmt, ...) PRINTF(2, 3);
void table_take_note(struct table *t, char *text);

/* Lines longer than so many columns are cut (0: none), and headings may be
 * bold. EX_OK, or EX_SOFTWARE: said. */
int table_print(const struct table *t, FILE *out, unsigned columns, bool bold);

/* To the standard output, cut only where a terminal would break lines. */
int table_show(const struct table *t);

#endif

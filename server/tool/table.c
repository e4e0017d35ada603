/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/table.h"

#include "base/utf8.h"
#include "tool/terminal.h"
#include "tool/tool.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

const struct table_column table_pair[2] = { { "", false }, { "", false } };

void
table_finish(struct table *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i].text);
	free(t->cells);
	t->cells = NULL;
	t->count = t->capacity = 0;
}

static void
table_add(struct table *t, char *text, bool is_note)
{
	if (t->count == t->capacity) {
		size_t capacity = t->capacity ? 2 * t->capacity : 64;
		void *p = reallocarray(t->cells, capacity, sizeof(*t->cells));

		if (!p) {
			free(text);
			t->is_broken = true;
			return;
		}
		t->cells = p;
		t->capacity = capacity;
	}
	if (!text) {
		t->is_broken = true;
		return;
	}
	utf8_tame(text);
	t->cells[t->count++] = (struct table_cell){ text, is_note };
}

static void PRINTF(3, 0)
    table_format(struct table *t, bool is_note, const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	table_add(t, text, is_note);
}

void
table_cell(struct table *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	table_format(t, false, fmt, ap);
	va_end(ap);
}

void
table_take(struct table *t, char *text)
{
	table_add(t, text, false);
}

void
table_note(struct table *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	table_format(t, true, fmt, ap);
	va_end(ap);
}

void
table_take_note(struct table *t, char *text)
{
	table_add(t, text, true);
}

static const char *
cell_text(const struct table_cell *cell)
{
	return *cell->text || cell->is_note ? cell->text : "-";
}

/* What a line still may take. */
struct table_line {
	FILE *out;
	size_t left;   /* columns */
	size_t blanks; /* owed: written before the next text */
};

static void
line_text(struct table_line *line, const char *text)
{
	size_t room = line->left, n;

	if (!*text)
		return;
	n = line->blanks < room ? line->blanks : room;
	fprintf(line->out, "%*s", (int)n, "");
	line->left -= n;
	line->blanks = 0;
	n = text_cut(text, line->left);
	fwrite(text, 1, n, line->out);
	line->left = text[n] ? 0 : line->left - text_width(text);
}

static void
line_cell(struct table_line *line, const struct table_column *column,
    const char *text, size_t width)
{
	size_t pad = width - text_width(text);

	if (column->is_right)
		line->blanks += pad;
	line_text(line, text);
	line->blanks += 2 + (column->is_right ? 0 : pad);
}

static void
table_heading(const struct table *t, const size_t *width,
    struct table_line line, bool bold)
{
	if (bold)
		fputs("\033[1m", line.out);
	for (size_t i = 0; i < t->column_count; i++)
		line_cell(
		    &line, &t->columns[i], t->columns[i].heading, width[i]);
	fputs(bold ? "\033[0m\n" : "\n", line.out);
}

static void
table_widths(const struct table *t, size_t *width)
{
	size_t column = 0, w;

	for (size_t i = 0; i < t->column_count; i++)
		width[i] =
		    t->has_heading ? text_width(t->columns[i].heading) : 0;
	for (size_t i = 0; i < t->count; i++) {
		if (t->cells[i].is_note)
			continue;
		w = text_width(cell_text(&t->cells[i]));
		if (w > width[column])
			width[column] = w;
		column = (column + 1) % t->column_count;
	}
}

int
table_print(const struct table *t, FILE *out, unsigned columns, bool bold)
{
	const struct table_line fresh = { out, columns ? columns : (size_t)-1,
		t->indent };
	struct table_line line = fresh;
	size_t width[16] = { 0 }, column = 0;

	if (t->is_broken || t->column_count > ARRAY_COUNT(width))
		return tool_no_memory();
	table_widths(t, width);
	if (t->has_heading)
		table_heading(t, width, fresh, bold);
	for (size_t i = 0; i < t->count; i++) {
		const char *text = cell_text(&t->cells[i]);

		if (t->cells[i].is_note)
			line_text(&line, text);
		else
			line_cell(
			    &line, &t->columns[column], text, width[column]);
		if (!t->cells[i].is_note &&
		    (column = (column + 1) % t->column_count) != 0)
			continue;
		putc('\n', out);
		line = fresh;
	}
	return EX_OK;
}

int
table_show(const struct table *t)
{
	struct terminal terminal = terminal_look();

	return table_print(t, stdout, terminal.columns, terminal.has_bold);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/node-json.h"

#include "base/utf8.h"
#include "config/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ values */

/* The length of what can be copied as it is. */
static size_t
json_plain(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n) {
		unsigned char c = (unsigned char)s[i];
		size_t len = 1;

		if (c < 0x20 || c == '"' || c == '\\')
			break;
		if (c >= 0x80)
			len = utf8_length(s + i, n - i);
		if (!len)
			break;
		i += len;
	}
	return i;
}

static void
json_string(FILE *out, const char *s)
{
	size_t n = strlen(s);

	putc_unlocked('"', out);
	for (;;) {
		size_t plain = json_plain(s, n);

		fwrite_unlocked(s, 1, plain, out);
		if (plain == n)
			break;
		if ((unsigned char)s[plain] >= 0x80)
			fputs_unlocked("\xef\xbf\xbd", out);
		else
			fprintf(out, "\\u%04x", (unsigned)s[plain]);
		s += plain + 1;
		n -= plain + 1;
	}
	putc_unlocked('"', out);
}

static void
json_integer(FILE *out, int64_t value)
{
	char text[NUMBER_TEXT_MAX];

	fwrite_unlocked(text, 1, number_from_integer(value, text), out);
}

static void
json_real(FILE *out, double value)
{
	char text[NUMBER_TEXT_MAX];

	fwrite_unlocked(text, 1, number_from_real(value, text), out);
}

static void json_value(FILE *out, const struct node *n);

static void
json_items(FILE *out, const struct node *n)
{
	const char *comma = "";

	putc_unlocked('[', out);
	if (n->kind == NODE_MAP) {
		fputs_unlocked("null", out);
		comma = ",";
	}
	for (size_t i = 0; i < n->count; i++) {
		fputs_unlocked(comma, out);
		comma = ",";
		if (n->kind == NODE_MAP) {
			json_string(out, n->items[i].key);
			putc_unlocked(',', out);
		}
		json_value(out, &n->items[i]);
	}
	putc_unlocked(']', out);
}

static void
json_value(FILE *out, const struct node *n)
{
	switch (n->kind) {
	case NODE_TEXT:
		json_string(out, n->text);
		break;
	case NODE_INT:
		json_integer(out, n->integer);
		break;
	case NODE_BOOL:
		fputs_unlocked(n->integer ? "true" : "false", out);
		break;
	case NODE_REAL:
		json_real(out, n->real);
		break;
	default:
		json_items(out, n);
	}
}

/* --------------------------------------------------------------- positions */

struct json_at {
	FILE *out;
	const char **files;
	size_t file_count, file_capacity;
	const char *file;       /* of the run; NULL before the first */
	int64_t line;           /* that is being counted */
	int64_t count;          /* values on it so far */
	int64_t n, step, times; /* not yet written; none if times is 0 */
};

static int
json_file_index(struct json_at *at, const char *file, size_t *index_r)
{
	size_t capacity = at->file_capacity ? at->file_capacity * 2 : 16;

	/* Newest first: runs mostly stay among the last few files. */
	for (size_t i = at->file_count; i-- > 0;) {
		if (strcmp(at->files[i], file))
			continue;
		*index_r = i;
		return 0;
	}
	if (at->file_count == at->file_capacity) {
		void *p = reallocarray(at->files, capacity, sizeof(char *));

		if (!p)
			return -ENOMEM;
		at->files = p;
		at->file_capacity = capacity;
	}
	*index_r = at->file_count;
	at->files[at->file_count++] = file;
	return 0;
}

static void
json_at_flush(struct json_at *at)
{
	const int64_t run[] = { at->n, at->step, at->times };

	for (size_t i = 0; at->times && i < ARRAY_COUNT(run); i++) {
		putc_unlocked(',', at->out);
		json_integer(at->out, run[i]);
	}
	at->times = 0;
}

/* The values of the current line are complete. */
static void
json_at_line(struct json_at *at, int64_t step)
{
	if (at->times && (at->n != at->count || at->step != step))
		json_at_flush(at);
	at->n = at->count;
	at->step = step;
	at->times++;
	at->line += step;
	at->count = 0;
}

static void
json_at_end(struct json_at *at)
{
	if (!at->file)
		return;
	json_at_line(at, 0);
	json_at_flush(at);
	putc_unlocked(']', at->out);
}

static int
json_at_file(struct json_at *at, const struct node *n)
{
	size_t index;
	int rc = json_file_index(at, n->file, &index);

	if (rc)
		return rc;
	json_at_end(at);
	fprintf(at->out, "%s[%zu,%u", at->file ? "," : "", index, n->line);
	at->file = n->file;
	at->line = n->line;
	return 0;
}

static int
json_at_node(struct json_at *at, const struct node *n)
{
	int rc = 0;

	if (at->file != n->file)
		rc = json_at_file(at, n);
	else if (at->line != n->line)
		json_at_line(at, (int64_t)n->line - at->line);
	at->count++;
	if (n->kind != NODE_LIST && n->kind != NODE_MAP)
		return rc;
	for (size_t i = 0; i < n->count && !rc; i++) {
		/* libconfig had no memory for it. */
		if (n->kind == NODE_MAP && !n->items[i].key)
			return -ENOMEM;
		rc = json_at_node(at, &n->items[i]);
	}
	return rc;
}

static void
json_strings(FILE *out, const char *const *strings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			putc_unlocked(',', out);
		json_string(out, strings[i]);
	}
}

int
node_json_write(FILE *out, const struct node *root)
{
	struct json_at at = { .out = out };
	int rc;

	fputs_unlocked("{\"at\":[", out);
	rc = json_at_node(&at, root);
	json_at_end(&at);
	if (rc) {
		fputs_unlocked("],\"errors\":[[\"out of memory while "
			       "reading the configuration\"]]}\n",
		    out);
	} else {
		fputs_unlocked("],\"files\":[", out);
		json_strings(out, at.files, at.file_count);
		fputs_unlocked("],\"root\":", out);
		json_value(out, root);
		fputs_unlocked("}\n", out);
	}
	free(at.files);
	return rc;
}

static void
node_write_error(FILE *out, const struct report_entry *e)
{
	putc_unlocked('[', out);
	json_string(out, e->sentence);
	if (e->file) {
		putc_unlocked(',', out);
		json_string(out, e->file);
		fprintf(out, ",%u", e->line);
	}
	putc_unlocked(']', out);
}

void
node_json_write_errors(FILE *out, const struct report *report)
{
	fputs_unlocked("{\"errors\":[", out);
	for (size_t i = 0; i < report->count; i++) {
		if (i)
			putc_unlocked(',', out);
		node_write_error(out, &report->entries[i]);
	}
	fputs_unlocked("]}\n", out);
}

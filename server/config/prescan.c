/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/prescan.h"

#include "base/utf8.h"
#include "config/confd.h"
#include "config/levels.h"
#include "config/literal.h"
#include "config/load.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A file being read.  It stays in memory until the end of the scan: keys point
 * into it. */
struct prescan_file {
	struct prescan_file *next;   /* all that were read */
	struct prescan_file *parent; /* the one that includes it */
	struct loaded_file file;
	const char *name;
	const char *p, *end;
	const char *pending; /* the text has everything before this */
	unsigned line, pending_line;
	unsigned long_string; /* where the last one of several lines began */
};

struct prescan {
	struct config_text *text;
	struct report *report;
	size_t *bytes_left;
	struct prescan_file *files;

	struct levels levels;
	struct level_key name; /* the name just read: a key if '=' follows */

	bool has_failed;
	bool is_halted; /* what follows would make no sense */
};

PRINTF(4, 5)
static void
prescan_error(
    struct prescan *s, const char *file, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_add(s->report, false, file, line, fmt, ap);
	va_end(ap);
	s->has_failed = true;
}

/* An error after which nothing makes sense. */
#define prescan_halt(s, ...)                   \
	do {                                   \
		prescan_error(s, __VA_ARGS__); \
		(s)->is_halted = true;         \
	} while (0)

static void
prescan_no_memory(struct prescan *s)
{
	s->report->out_of_memory = true;
	s->has_failed = s->is_halted = true;
}

/* ------------------------------------------------------------------ tokens */

static size_t
prescan_left(const struct prescan_file *f)
{
	return (size_t)(f->end - f->p);
}

static bool
prescan_at(const struct prescan_file *f, const char *token)
{
	size_t n = strlen(token);

	return prescan_left(f) >= n && !memcmp(f->p, token, n);
}

static void
prescan_line_comment(struct prescan_file *f)
{
	const char *eol = memchr(f->p, '\n', prescan_left(f));

	f->p = eol ? eol : f->end;
}

static void
prescan_block_comment(struct prescan *s, struct prescan_file *f)
{
	unsigned line = f->line;

	for (f->p += 2; f->p < f->end; f->p++) {
		if (prescan_at(f, "*/")) {
			f->p += 2;
			return;
		}
		f->line += *f->p == '\n';
	}
	prescan_halt(
	    s, f->name, line, "the comment that begins here has no end");
}

/* The byte that stands at p of a string, as libconfig will take it. */
static unsigned char
prescan_string_byte(struct prescan *s, struct prescan_file *f)
{
	const unsigned char *p = (const unsigned char *)f->p;
	char hex[3] = { 0 };

	f->p++;
	if (*p != '\\' || f->p == f->end)
		return *p;
	if (p[1] == '"' || p[1] == '\\')
		f->p++;
	if ((p[1] != 'x' && p[1] != 'X') || f->end - f->p < 3 ||
	    !isxdigit(p[2]) || !isxdigit(p[3]))
		return '\\';
	f->p += 3;
	memcpy(hex, p + 2, 2);
	if (!strcmp(hex, "00"))
		prescan_error(s, f->name, f->line,
		    "a string cannot hold a zero byte (\\x00)");
	return (unsigned char)strtoul(hex, NULL, 16);
}

/* A quote that is missing further up makes every string after it begin where it
 * should end. */
static void
prescan_endless_string(
    struct prescan *s, const struct prescan_file *f, unsigned line)
{
	static const char text[] = "the string that begins here has no end";

	if (f->long_string)
		prescan_halt(s, f->name, line, "%s, or the one of line %u",
		    text, f->long_string);
	else
		prescan_halt(s, f->name, line, "%s", text);
}

static void
prescan_string(struct prescan *s, struct prescan_file *f)
{
	unsigned line = f->line;
	struct utf8 utf8 = { 0 };
	bool is_utf8 = true;

	s->name.name = NULL;
	for (f->p++; f->p < f->end && *f->p != '"';) {
		unsigned at = f->line;

		f->line += *f->p == '\n';
		if (utf8_feed(&utf8, prescan_string_byte(s, f)) || !is_utf8)
			continue;
		is_utf8 = false;
		prescan_error(
		    s, f->name, at, "a string has bytes that are not UTF-8");
	}
	if (f->p == f->end) {
		prescan_endless_string(s, f, line);
		return;
	}
	if (f->line > line)
		f->long_string = line;
	if (utf8.need && is_utf8)
		prescan_error(s, f->name, f->line,
		    "a string has bytes that are not UTF-8");
	f->p++;
}

static void
prescan_number(struct prescan *s, struct prescan_file *f)
{
	const char *wrong;
	size_t n = literal_check(f->p, prescan_left(f), &wrong);

	if (wrong)
		prescan_error(s, f->name, f->line, "'%.*s%s' %s",
		    n > 40 ? 40 : (int)n, f->p, n > 40 ? "..." : "", wrong);
	f->p += n;
	s->name.name = NULL;
}

static void
prescan_name(struct prescan *s, struct prescan_file *f)
{
	const char *begin = f->p;

	while (f->p < f->end && *f->p &&
	       (isalnum((unsigned char)*f->p) || strchr("-_*", *f->p)))
		f->p++;
	s->name = (struct level_key){ .name = begin,
		.length = (size_t)(f->p - begin),
		.file = f->name,
		.line = f->line };
}

/* ------------------------------------------------------------------- files */

static void prescan_file_scan(struct prescan *s, struct prescan_file *f);

/* Hand over to the text what has been scanned. */
static void
prescan_flush(struct prescan *s, struct prescan_file *f, const char *end)
{
	if (config_text_add(s->text, f->pending, (size_t)(end - f->pending),
		f->line - f->pending_line))
		prescan_no_memory(s);
	f->pending = f->p;
	f->pending_line = f->line;
}

static bool
prescan_is_clean(struct prescan *s, const struct prescan_file *f)
{
	unsigned line = 1;

	if (prescan_at(f, "\xef\xbb\xbf")) {
		prescan_error(s, f->name, 1,
		    "begins with a byte order mark: save it as UTF-8 without "
		    "one");
		return false;
	}
	for (const char *p = f->p; p < f->end; p++) {
		unsigned char c = (unsigned char)*p;

		line += c == '\n';
		if (c >= 0x20 || c == '\n' || c == '\t' || c == '\r' ||
		    c == '\f')
			continue;
		prescan_error(s, f->name, line,
		    "looks like binary data (byte 0x%02x)", c);
		return false;
	}
	return true;
}

/* Say why a file could not be had, at the place that wants it. */
static void
prescan_cannot_read(struct prescan *s, const struct prescan_file *parent,
    const char *name, const char *why)
{
	if (parent)
		prescan_error(s, parent->name, parent->line,
		    "'%s' could not be included: %s", name, why);
	else
		prescan_error(s, name, 0, "could not be read: %s", why);
}

static bool
prescan_is_loop(
    const struct prescan_file *parent, const struct loaded_file *file)
{
	for (; parent; parent = parent->parent)
		if (parent->file.device == file->device &&
		    parent->file.inode == file->inode)
			return true;
	return false;
}

static bool
prescan_load(struct prescan *s, struct prescan_file *f)
{
	char why[LOAD_WHY_MAX];
	int rc = file_load(f->name, *s->bytes_left, &f->file, why);
	const char *reason = why;

	if (!rc && !prescan_is_loop(f->parent, &f->file)) {
		*s->bytes_left -= f->file.size;
		f->p = f->pending = f->file.data;
		f->end = f->p + f->file.size;
		return true;
	}
	if (!rc)
		reason = "it includes itself";
	else if (rc == -EFBIG && *s->bytes_left == PRESCAN_BYTES_MAX)
		reason = "it is larger than 16 MiB";
	else if (rc == -EFBIG)
		reason = "with it the configuration is larger than 16 MiB";
	prescan_cannot_read(s, f->parent, f->name, reason);
	return false;
}

static void
prescan_open(struct prescan *s, struct prescan_file *parent, const char *path)
{
	struct prescan_file *f = calloc(1, sizeof(*f));

	if (!f) {
		prescan_no_memory(s);
		return;
	}
	f->next = s->files;
	s->files = f;
	f->parent = parent;
	f->line = f->pending_line = 1;
	f->name = arena_string(&s->text->names, path);
	if (!f->name || config_text_part(s->text, f->name, 1))
		prescan_no_memory(s);
	else if (prescan_load(s, f) && prescan_is_clean(s, f))
		prescan_file_scan(s, f);
}

static bool
prescan_is_line_start(const struct prescan_file *f)
{
	const char *p = f->p;

	while (p > f->file.data && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	return p == f->file.data || p[-1] == '\n';
}

/* Read @include "NAME" into name.  libconfig knows it at the beginning of a
 * line only; anywhere else it is refused, so that libconfig never sees one. */
static bool
prescan_include_name(struct prescan_file *f, char name[PATH_MAX])
{
	size_t n = 0;

	if (!prescan_is_line_start(f) || !prescan_at(f, "@include"))
		return false;
	f->p += strlen("@include");
	if (!prescan_at(f, " ") && !prescan_at(f, "\t"))
		return false;
	while (prescan_at(f, " ") || prescan_at(f, "\t"))
		f->p++;
	if (!prescan_at(f, "\""))
		return false;
	for (f->p++; f->p < f->end && *f->p != '\n' && *f->p != '"'; f->p++) {
		if (prescan_at(f, "\\\\") || prescan_at(f, "\\\""))
			f->p++;
		if (n + 1 == PATH_MAX)
			return false;
		name[n++] = *f->p;
	}
	name[n] = 0;
	return n && prescan_at(f, "\"");
}

static void
prescan_include(struct prescan *s, struct prescan_file *f)
{
	const char *begin = f->p;
	char name[PATH_MAX], *path;
	int depth = 0;

	if (!prescan_include_name(f, name)) {
		prescan_error(s, f->name, f->line,
		    "'@include' is written at the beginning of a line, as "
		    "@include \"FILE\"");
		prescan_line_comment(f);
		return;
	}
	f->p++;
	prescan_flush(s, f, begin);
	path = path_beside(f->name, name);
	for (const struct prescan_file *up = f->parent; up; up = up->parent)
		depth++;
	if (!path)
		prescan_no_memory(s);
	else if (depth == PRESCAN_INCLUDE_MAX)
		prescan_cannot_read(s, f, path,
		    "files include each other too "
		    "deeply");
	else
		prescan_open(s, f, path);
	free(path);
	if (config_text_part(s->text, f->name, f->line))
		prescan_no_memory(s);
}

static void
prescan_key(struct prescan *s, const struct level_key *name)
{
	int rc = levels_add(&s->levels, name);

	if (rc == -E2BIG)
		prescan_halt(s, name->file, name->line,
		    "this group has more than %d keys", LEVELS_KEYS_MAX);
	else if (rc)
		prescan_no_memory(s);
}

static void
prescan_mark(struct prescan *s, struct prescan_file *f)
{
	struct level_key name = s->name;
	char c = *f->p++;

	s->name.name = NULL;
	if (c == '}' || c == ')' || c == ']')
		levels_close(&s->levels, &s->text->doubled);
	else if ((c == '=' || c == ':') && name.name)
		prescan_key(s, &name);
	else if ((c == '{' || c == '(' || c == '[') &&
		 levels_open(&s->levels, c, f->name, f->line))
		prescan_halt(s, f->name, f->line,
		    "groups and lists are nested deeper than %d levels",
		    LEVELS_DEPTH_MAX);
}

static void
prescan_token(struct prescan *s, struct prescan_file *f)
{
	char c = *f->p;

	if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
		f->p++;
	} else if (c == '\n') {
		f->p++;
		f->line++;
	} else if (c == '#' || prescan_at(f, "//")) {
		prescan_line_comment(f);
	} else if (prescan_at(f, "/*")) {
		prescan_block_comment(s, f);
	} else if (isalpha((unsigned char)c) || c == '*') {
		prescan_name(s, f);
	} else if (literal_is_number(f->p, prescan_left(f))) {
		prescan_number(s, f);
	} else if (c == '"') {
		prescan_string(s, f);
	} else if (c == '@') {
		prescan_include(s, f);
	} else {
		prescan_mark(s, f);
	}
}

static void
prescan_file_scan(struct prescan *s, struct prescan_file *f)
{
	while (f->p < f->end && !s->is_halted)
		prescan_token(s, f);
	prescan_flush(s, f, f->p);
	/* libconfig knows no comment that ends with the file; and what follows
	 * an include must not become part of its last line. */
	if (f->file.size && f->end[-1] != '\n' &&
	    config_text_add(s->text, "\n", 1, 1))
		prescan_no_memory(s);
}

static void
prescan_finish(struct prescan *s)
{
	struct prescan_file *f;

	while ((f = s->files)) {
		s->files = f->next;
		free(f->file.data);
		free(f);
	}
	levels_finish(&s->levels);
}

int
prescan(const char *path, size_t *bytes_left, struct config_text *text,
    struct report *report)
{
	struct prescan s = {
		.text = text, .report = report, .bytes_left = bytes_left
	};
	const struct level *top;

	prescan_open(&s, NULL, path);
	top = levels_top(&s.levels);
	text->open = top->open;
	text->open_file = top->file;
	text->open_line = top->line;
	if (!top->open)
		levels_close(&s.levels, &text->doubled);
	prescan_finish(&s);
	return s.has_failed ? -EINVAL : 0;
}

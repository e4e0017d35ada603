/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/text.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_QUOTE_MAX = 60 };

int
config_text_init(struct config_text *t)
{
	*t = (struct config_text){ .line = 1 };
	return config_text_add(t, "", 0, 0);
}

void
config_text_finish(struct config_text *t)
{
	arena_finish(&t->names);
	report_finish(&t->doubled);
	free(t->text);
	free(t->parts);
	*t = (struct config_text){ 0 };
}

int
config_text_part(struct config_text *t, const char *file, unsigned line)
{
	if (t->part_count == t->part_capacity) {
		size_t capacity = t->part_capacity ? t->part_capacity * 2 : 8;
		void *p = reallocarray(t->parts, capacity, sizeof(*t->parts));

		if (!p)
			return -ENOMEM;
		t->parts = p;
		t->part_capacity = capacity;
	}
	t->parts[t->part_count++] = (struct text_part){ t->line, line, file };
	return 0;
}

static int
text_reserve(struct config_text *t, size_t n)
{
	size_t capacity;
	char *p;

	if (t->capacity - t->length > n)
		return 0;
	if (n > SIZE_MAX / 4 || t->length > SIZE_MAX / 4)
		return -ENOMEM;
	capacity = (t->length + n) * 2 + 1;
	p = realloc(t->text, capacity);
	if (!p)
		return -ENOMEM;
	t->text = p;
	t->capacity = capacity;
	return 0;
}

int
config_text_add(struct config_text *t, const char *s, size_t n, unsigned lines)
{
	if (text_reserve(t, n))
		return -ENOMEM;
	memcpy(t->text + t->length, s, n);
	t->length += n;
	t->text[t->length] = 0;
	t->line += lines;
	return 0;
}

const char *
config_text_locate(const struct config_text *t, unsigned line, unsigned *line_r)
{
	size_t low = 0, high = t->part_count;

	*line_r = line;
	if (!high)
		return NULL;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (t->parts[mid].at <= line)
			low = mid;
		else
			high = mid;
	}
	if (line > t->parts[low].at)
		*line_r = line - t->parts[low].at + t->parts[low].line;
	else
		*line_r = t->parts[low].line;
	return t->parts[low].file;
}

const char *
config_text_line(const struct config_text *t, unsigned line, size_t *n_r)
{
	const char *s = t->text, *end;

	while (line > 1 && (end = strchr(s, '\n'))) {
		s = end + 1;
		line--;
	}
	s += strspn(s, " \t\r\f");
	end = s + strcspn(s, "\n");
	while (end > s && strchr(" \t\r\f", end[-1]))
		end--;
	if (end - s > TEXT_QUOTE_MAX) {
		end = s + TEXT_QUOTE_MAX;
		while (end > s && ((unsigned char)*end & 0xc0) == 0x80)
			end--;
	}
	*n_r = (size_t)(end - s);
	return s;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "kit-text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
kit_out_of_memory(void)
{
	fputs("bindery-kit: out of memory\n", stderr);
	abort();
}

void *
kit_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		kit_out_of_memory();
	return p;
}

void
text_add(struct kit_text *t, const void *data, size_t n)
{
	if (t->size + n + 1 > t->capacity) {
		size_t capacity = 2 * (t->size + n + 1);
		char *grown = realloc(t->data, capacity);

		if (!grown)
			kit_out_of_memory();
		t->data = grown;
		t->capacity = capacity;
	}
	if (n)
		memcpy(t->data + t->size, data, n);
	t->size += n;
	t->data[t->size] = '\0';
}

void
text_vprint(struct kit_text *t, const char *fmt, va_list ap)
{
	char *text;
	int n = vasprintf(&text, fmt, ap);

	if (n < 0)
		kit_out_of_memory();
	text_add(t, text, (size_t)n);
	free(text);
}

void
text_print(struct kit_text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vprint(t, fmt, ap);
	va_end(ap);
}

void
text_finish(struct kit_text *t)
{
	free(t->data);
	*t = (struct kit_text){ 0 };
}

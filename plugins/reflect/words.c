/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MOST = 128, LINE_MOST = 512 };

void
words_clean(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			p[i] = '?';
		/* U+0080 to U+009F: terminals know them as controls, too */
		else if (c == 0xc2 && i + 1 < n &&
			 ((unsigned char)p[i + 1] & 0xe0) == 0x80)
			p[i] = p[i + 1] = '?';
	}
}

/* An identity is what somebody else says of a client, so it must not look like
 * more than one name. */
static void
words_unbracket(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == '[' || p[i] == ']' || p[i] == '\t')
			p[i] = '?';
}

char *
words_name(struct bnd_stage *st, size_t *size_r)
{
	const char *identity = bnd_fact_text(st, "identity");
	const char *text = identity ? identity : bnd_fact_text(st, "peer");
	size_t n = text ? strnlen(text, NAME_MOST) : 0;
	char *name;

	while (n == NAME_MOST && (text[n] & 0xc0) == 0x80)
		n--; /* a character is whole or not there */
	name = malloc(n + 4);
	if (!name)
		return NULL;
	name[0] = '[';
	memcpy(name + 1, text ? text : "", n);
	words_clean(name + 1, n);
	if (identity)
		words_unbracket(name + 1, n);
	memcpy(name + 1 + n, "] ", 3);
	*size_r = n + 3;
	return name;
}

struct bnd_buf *
words_line(enum framing framing, const char *fmt, ...)
{
	size_t head = framing == FRAMING_LENGTH ? FRAME_LENGTH : 0;
	char text[LINE_MOST];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text + head, sizeof(text) - head - 1, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text) - head - 1)
		return NULL;
	if (head)
		frame_put_length(text, (uint32_t)n);
	else
		text[n++] = '\n';
	return bnd_buf_new(text, (size_t)n + head);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tool/terminal.h"

#include "base/utf8.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

struct terminal
terminal_look(void)
{
	struct terminal t = { .is_tty = isatty(STDOUT_FILENO) };
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
	struct winsize size;

	t.is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (!t.is_tty)
		return t;
	t.has_bold = !(none && *none) && term && strcmp(term, "dumb") != 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
		t.columns = size.ws_col;
		t.rows = size.ws_row;
	}
	return t;
}

/* The columns of the character of n bytes; glibc's wchar_t is Unicode. */
static size_t
character_width(const char *s, size_t n)
{
	static const unsigned char lead[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	unsigned code;
	int width;

	if (!n)
		return 1;
	code = (unsigned char)*s & lead[n];
	for (size_t i = 1; i < n; i++)
		code = code << 6 | ((unsigned char)s[i] & 0x3f);
	width = wcwidth((wchar_t)code);
	return width < 0 ? 1 : (size_t)width;
}

/* The bytes that fit; the columns that they take. */
static size_t
text_measure(const char *text, size_t columns, size_t *width_r)
{
	size_t left = strlen(text), n, width = 0;
	const char *s = text;

	for (; left; s += n, left -= n) {
		size_t w;

		n = utf8_length(s, left);
		w = character_width(s, n);
		if (width + w > columns)
			break;
		width += w;
		n = n ? n : 1;
	}
	*width_r = width;
	return (size_t)(s - text);
}

size_t
text_width(const char *text)
{
	size_t width;

	text_measure(text, (size_t)-1 / 2, &width);
	return width;
}

size_t
text_cut(const char *text, size_t columns)
{
	size_t width;

	return text_measure(text, columns, &width);
}

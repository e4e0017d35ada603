/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "frame.h"

#include <errno.h>
#include <string.h>

static uint32_t
frame_get_length(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 |
	       (uint32_t)u[2] << 8 | u[3];
}

void
frame_put_length(char to[FRAME_LENGTH], uint32_t n)
{
	for (unsigned i = 0; i < FRAME_LENGTH; i++)
		to[i] = (char)(n >> (24 - 8 * i));
}

/* What the first message is known to have at least; *is_whole: that is all of
 * it, and it is there. */
static size_t
frame_first(enum framing framing, const char *p, size_t n, int *is_whole)
{
	const char *end;
	size_t size = n;

	*is_whole = 1;
	if (framing == FRAMING_LINE) {
		end = memchr(p, '\n', n);
		*is_whole = end != NULL;
		/* One byte more will come, be it the newline. */
		size = end ? (size_t)(end - p) + 1 : n + 1;
	} else if (framing == FRAMING_LENGTH) {
		size = FRAME_LENGTH;
		if (n >= FRAME_LENGTH)
			size += frame_get_length(p);
		*is_whole = n >= size;
	}
	return size;
}

size_t
frame_size(enum framing framing, const char *p, size_t n)
{
	int is_whole;
	size_t size = frame_first(framing, p, n, &is_whole);

	return is_whole ? size : 0;
}

int
frames_scan(
    enum framing framing, const char *p, size_t n, size_t max, struct frames *r)
{
	int is_whole = 1;

	*r = (struct frames){ 0 };
	if (framing == FRAMING_NONE) {
		*r = (struct frames){ n, n > 0 };
		return 0;
	}
	while (r->bytes < n) {
		size_t size =
		    frame_first(framing, p + r->bytes, n - r->bytes, &is_whole);

		if (size > max)
			return r->count ? 0 : -EMSGSIZE;
		if (!is_whole)
			break;
		r->bytes += size;
		r->count++;
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* What a member says, in any framing: in pieces of any size it is the same
 * messages as at once, none of them is too long, and where messages end is
 * found again within what was joined.  A clean line has no control characters
 * left. */

#include "../../plugins/reflect/frame.c"
#include "../../plugins/reflect/words.c"

#include <stdlib.h>
#include <string.h>

const struct bnd_host *bnd_host; /* nobody calls it */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct verdict {
	size_t bytes;
	uint32_t count;
	int rc;
};

#define MUST(x)                           \
	do {                              \
		if (!(x))                 \
			__builtin_trap(); \
	} while (0)

/* As a member is listened to: whole messages go, the rest waits for more. */
static struct verdict
listen(enum framing framing, const char *p, size_t n, size_t max, size_t step)
{
	struct verdict v = { 0 };
	size_t there = 0;

	while (v.rc == 0 && there < n) {
		struct frames f;

		there = n - there < step ? n : there + step;
		do {
			v.rc = frames_scan(
			    framing, p + v.bytes, there - v.bytes, max, &f);
			v.bytes += f.bytes;
			v.count += f.count;
		} while (v.rc == 0 && f.count > 0);
	}
	return v;
}

static void
check_sizes(
    enum framing framing, const char *p, const struct verdict *v, size_t max)
{
	size_t at = 0;
	uint32_t count = 0;

	while (at < v->bytes) {
		size_t size = frame_size(framing, p + at, v->bytes - at);

		MUST(size > 0 && size <= max);
		at += size;
		count++;
	}
	MUST(at == v->bytes && count == v->count);
}

static void
check_clean(const char *p, size_t n)
{
	char *copy = malloc(n + 1);

	MUST(copy);
	memcpy(copy, p, n);
	words_clean(copy, n);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)copy[i];

		MUST(c == '\t' || (c >= ' ' && c != 0x7f));
		MUST(c == (unsigned char)p[i] || c == '?');
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data + 2;
	struct verdict whole, pieces;
	enum framing framing;
	size_t max, step, n;

	if (size < 2)
		return 0;
	n = size - 2;
	framing = data[0] % 2 ? FRAMING_LINE : FRAMING_LENGTH;
	max = 16 + data[0] / 2;
	step = 1 + data[1] % 64;
	whole = listen(framing, p, n, max, n ? n : 1);
	pieces = listen(framing, p, n, max, step);
	MUST(whole.bytes == pieces.bytes && whole.count == pieces.count);
	MUST(whole.rc == pieces.rc);
	check_sizes(framing, p, &whole, max);
	check_clean(p, n);
	return 0;
}

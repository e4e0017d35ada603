/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * upper - upper-case the request, line by line, and leave the reply alone: how
 * a filter looks at bytes, waits for more of them, waits for room, and lets
 * them go.
 *
 *     cc -shared -fPIC -fvisibility=hidden \
 *         $(pkg-config --cflags bindery-1) upper.c -o upper.so
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <bindery/plugin.h>

struct upper {
	int64_t max_line; /* bytes */
};

enum { UPPER_LINES }; /* index of a metric */

static const struct bnd_option upper_options[] = {
	BND_OPTION(struct upper, max_line, BND_T_SIZE, "max_line", .def = "4k",
	    .min = 1, .max = 16384,
	    .doc = "Longest line accepted; longer ends the connection."),
	{ 0 },
};

static const struct bnd_metric upper_metrics[] = {
	[UPPER_LINES] = {
		.name = "lines_total",
		.kind = BND_COUNTER,
		.doc = "Lines changed.",
	},
	{ 0 },
};

static int
upper_open(struct bnd_stage *st, void *arg)
{
	(void)arg;
	bnd_bypass(st, BND_BACK, BND_FRONT); /* replies go by untouched */
	return 0;
}

/* The length of the first line; 0: wait for the rest of it. */
static size_t
upper_find_line(struct bnd_stage *st, const char *text, size_t n, size_t max)
{
	const char *end;

	if (n > max)
		n = max; /* the host may show more than it was asked for */
	end = memchr(text, '\n', n);
	if (end)
		return (size_t)(end - text) + 1;
	if (n == max)
		bnd_abort(st, -EMSGSIZE, "line longer than %zu bytes", max);
	else if (bnd_ended(st, BND_FRONT))
		return n; /* the last line has no newline */
	return 0;
}

static void
upper_move_line(struct bnd_stage *st, size_t n)
{
	char *p;

	n = bnd_edit(st, BND_FRONT, n, &p);
	for (size_t i = 0; i < n; i++)
		p[i] = (char)toupper((unsigned char)p[i]);
	bnd_move(st, BND_FRONT, BND_BACK, n);
	bnd_metric(st->worker, UPPER_LINES, 1);
}

static void
upper_flow(struct bnd_stage *st)
{
	const struct upper *upper = st->binding->self;
	size_t n, max = (size_t)upper->max_line;
	const char *text;

	while ((n = bnd_peek(st, BND_FRONT, max, &text)) > 0) {
		n = upper_find_line(st, text, n, max);
		if (n == 0 || bnd_room(st, BND_BACK) < n)
			return; /* flow() is called when there is more */
		upper_move_line(st, n);
	}
	if (bnd_ended(st, BND_FRONT))
		bnd_end(st, BND_BACK);
}

static const struct bnd_type upper_type = {
	BND_HEAD("upper", "1.0", BND_FILTER),
	.summary = "Upper-cases the lines of a request.",
	.options = upper_options,
	.metrics = upper_metrics,
	.binding_size = sizeof(struct upper),
	.open = upper_open,
	.flow = upper_flow,
};

BND_PLUGIN(upper_type);

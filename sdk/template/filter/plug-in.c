/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * plug-in - a filter: what a client says passes through line by line and may be
 * changed, replies go by untouched.  See bindery-plug-in(7); bindery-plugin(3)
 * has everything that a plugin can do.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <bindery/plugin.h>

/* To change: a field here and a row below for each option.  The host reads them
 * from the configuration and checks them, with file and line. */
struct plug_in_options {
	int64_t max_line; /* bytes */
};

static const struct bnd_option plug_in_option_table[] = {
	BND_OPTION(struct plug_in_options, max_line, BND_T_SIZE, "max_line",
	    .def = "4k", .min = 1, .max = 16384,
	    .doc = "Longest line accepted; a longer one ends the connection."),
	{ 0 },
};

/* To change: a name here and a row below for each figure.  The host adds them
 * up and shows them to Prometheus as bindery_plug_in_lines_total and so on. */
enum { PLUG_IN_LINES };

static const struct bnd_metric plug_in_metric_table[] = {
	[PLUG_IN_LINES] = {
		.name = "lines_total",
		.kind = BND_COUNTER,
		.doc = "Lines that passed.",
	},
	{ 0 },
};

/* To change: what happens to a line of n bytes, in place.  Its newline is one
 * of them; only the last line of a client may have none. */
static void
plug_in_change_line(char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		line[i] = (char)toupper((unsigned char)line[i]);
}

static int
plug_in_open(struct bnd_stage *st, void *arg)
{
	(void)arg;
	/* To change: without this line flow() sees the replies too, as bytes of
	 * BND_BACK. */
	bnd_bypass(st, BND_BACK, BND_FRONT);
	return 0;
}

/* How long the first line is; 0: the rest of it has not come yet. */
static size_t
plug_in_find_line(struct bnd_stage *st)
{
	const struct plug_in_options *o = st->binding->self;
	size_t n, max = (size_t)o->max_line;
	const char *text, *end;

	n = bnd_peek(st, BND_FRONT, max, &text);
	if (n > max)
		n = max; /* the host may show more than it was asked for */
	end = memchr(text, '\n', n);
	if (end)
		return (size_t)(end - text) + 1;
	if (n == max)
		bnd_abort(st, -EMSGSIZE, "line longer than %zu bytes", max);
	else if (bnd_ended(st, BND_FRONT))
		return n; /* the last line, without a newline */
	return 0;
}

static void
plug_in_flow(struct bnd_stage *st)
{
	size_t n;
	char *line;

	while ((n = plug_in_find_line(st)) > 0) {
		if (bnd_room(st, BND_BACK) < n)
			return; /* flow() is called when there is more */
		n = bnd_edit(st, BND_FRONT, n, &line);
		plug_in_change_line(line, n);
		bnd_move(st, BND_FRONT, BND_BACK, n);
		bnd_metric(st->worker, PLUG_IN_LINES, 1);
	}
	if (bnd_ended(st, BND_FRONT))
		bnd_end(st, BND_BACK);
}

static const struct bnd_type plug_in_type = {
	BND_HEAD("plug-in", "0.1", BND_FILTER),
	.summary = "Puts the lines of clients in upper case.",
	.options = plug_in_option_table,
	.metrics = plug_in_metric_table,
	.binding_size = sizeof(struct plug_in_options),
	.open = plug_in_open,
	.flow = plug_in_flow,
};

BND_PLUGIN(plug_in_type);

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * plug-in - a sink: a pipeline ends here, and each line of a client is
 * answered. See bindery-plug-in(7); bindery-plugin(3) has everything that a
 * plugin can do.
 */
#include <errno.h>
#include <string.h>

#include <bindery/plugin.h>

enum { LINE_MOST = 4096, ANSWER_MOST = 1024 };

/* To change: a field here and a row below for each option.  The host reads them
 * from the configuration and checks them, with file and line. */
struct plug_in_options {
	const char *answer;
};

static const struct bnd_option plug_in_option_table[] = {
	BND_OPTION(struct plug_in_options, answer, BND_T_STRING, "answer",
	    .def = "ok", .doc = "What each line is answered, without newline."),
	{ 0 },
};

/* To change: a name here and a row below for each figure.  The host adds them
 * up and shows them to Prometheus as bindery_plug_in_lines_total and so on. */
enum { PLUG_IN_LINES };

static const struct bnd_metric plug_in_metric_table[] = {
	[PLUG_IN_LINES] = {
		.name = "lines_total",
		.kind = BND_COUNTER,
		.doc = "Lines answered.",
	},
	{ 0 },
};

/* To change: what the table cannot say of an option, and of two together. */
static int
plug_in_check(struct bnd_binding *b)
{
	const struct plug_in_options *o = b->self;

	if (strlen(o->answer) > ANSWER_MOST)
		return bnd_option_error(
		    b, "answer", NULL, "is longer than %d bytes", ANSWER_MOST);
	return 0;
}

/* How long the first line is; 0: the rest of it has not come yet. */
static size_t
plug_in_find_line(struct bnd_stage *st)
{
	const char *text, *end;
	size_t n = bnd_peek(st, BND_FRONT, LINE_MOST, &text);

	if (n > LINE_MOST)
		n = LINE_MOST; /* the host may show more than it was asked for
				*/
	end = memchr(text, '\n', n);
	if (end)
		return (size_t)(end - text) + 1;
	if (n == LINE_MOST)
		bnd_abort(
		    st, -EMSGSIZE, "line longer than %d bytes", LINE_MOST);
	else if (bnd_ended(st, BND_FRONT))
		return n; /* the last line, without a newline */
	return 0;
}

/* To change: what the first line, of n bytes, is answered: bnd_peek() shows it.
 * An answer goes whole or not at all; no: there is no room for it. */
static int
plug_in_answer(struct bnd_stage *st, size_t n)
{
	const struct plug_in_options *o = st->binding->self;
	size_t size = strlen(o->answer);

	if (bnd_room(st, BND_FRONT) < size + 1)
		return 0;
	bnd_out(st, BND_FRONT, o->answer, size);
	bnd_out(st, BND_FRONT, "\n", 1);
	bnd_eat(st, BND_FRONT, n);
	return 1;
}

static void
plug_in_flow(struct bnd_stage *st)
{
	size_t n;

	while ((n = plug_in_find_line(st)) > 0) {
		if (!plug_in_answer(st, n))
			return; /* flow() is called when there is room */
		bnd_metric(st->worker, PLUG_IN_LINES, 1);
	}
	if (bnd_ended(st, BND_FRONT))
		bnd_end(st, BND_FRONT);
}

static const struct bnd_type plug_in_type = {
	BND_HEAD("plug-in", "0.1", BND_SINK),
	.summary = "Answers each line of a client.",
	.options = plug_in_option_table,
	.metrics = plug_in_metric_table,
	.binding_size = sizeof(struct plug_in_options),
	.check = plug_in_check,
	.flow = plug_in_flow,
};

BND_PLUGIN(plug_in_type);

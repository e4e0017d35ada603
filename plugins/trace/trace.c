/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * trace - logs what passes its place in a pipeline: opening, bytes, ends, and
 * how it closes, with times.  It changes nothing.  The bytes themselves are
 * logged only when asked for.  See bindery-trace(7).
 */

#include "../test-common/ways.h"

#include <bindery/plugin.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BYTES_MOST = 256, TEXT_MOST = 160, DUMP_MOST = BYTES_MOST * 4 + 8 };

struct trace {
	int level;     /* index into trace_levels */
	int64_t bytes; /* shown of each piece */
};

struct trace_way {
	uint64_t bytes, pieces;
	bool has_ended;
};

struct trace_stage {
	struct trace_way ways[2];
	int64_t opened_us; /* monotonic */
};

enum { TRACE_EVENTS };

static const int trace_levels[] = { BND_INFO, BND_DEBUG, BND_WARN };

/* clang-format off */
static const struct bnd_option trace_options[] = {
	BND_OPTION(struct trace, level, BND_T_ENUM, "level", .def = "info",
	    .choices = "info|debug|warn", .doc = "The level of what is logged."),
	BND_OPTION(struct trace, bytes, BND_T_INT, "bytes", .def = "0",
	    .min = 0, .max = BYTES_MOST,
	    .doc = "So many bytes of each piece are logged too: payload in the log."),
	{ 0 },
};

static const struct bnd_metric trace_metrics[] = {
	[TRACE_EVENTS] = { .name = "events_total", .kind = BND_COUNTER,
	    .doc = "Events seen, whatever the log's level." },
	{ 0 },
};
/* clang-format on */

static int64_t
trace_clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* "%s" and words of its own, with the time in them: the log folds what is
 * alike, and a trace with holes is none. */
BND_PRINTF(2, 3)
static void
trace_tell(struct bnd_stage *st, const char *fmt, ...)
{
	const struct trace *c = st->binding->self;
	const struct trace_stage *s = st->self;
	int64_t us = trace_clock_us() - s->opened_us;
	char text[TEXT_MOST + DUMP_MOST];
	va_list ap;
	int n;

	n = snprintf(text, sizeof(text), "+%" PRId64 ".%03d ms ", us / 1000,
	    (int)(us % 1000));
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	bnd_log(st->binding, st, trace_levels[c->level], "%s", text);
	bnd_metric(st->worker, TRACE_EVENTS, 1);
}

/* ": 47 45 54 0a |GET.|" */
static void
trace_dump(char to[DUMP_MOST], const char *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	*to++ = ':';
	for (size_t i = 0; i < n; i++) {
		*to++ = ' ';
		*to++ = hex[(unsigned char)p[i] >> 4];
		*to++ = hex[p[i] & 15];
	}
	*to++ = ' ';
	*to++ = '|';
	for (size_t i = 0; i < n; i++)
		*to++ = p[i] >= ' ' && p[i] <= '~' ? p[i] : '.';
	*to++ = '|';
	*to = 0;
}

static int
trace_open(struct bnd_stage *st, void *arg)
{
	struct trace_stage *s = st->self;
	const char *peer = bnd_fact_text(st, "peer");
	const char *local = bnd_fact_text(st, "local");

	(void)arg;
	s->opened_us = trace_clock_us();
	trace_tell(st, "open: from %s to %s", peer ? peer : "nobody known",
	    local ? local : "nowhere known");
	return 0;
}

/* We asked to know, so we have to pass the news on. */
static void
trace_opened(struct bnd_stage *st, int err)
{
	const char *name = bnd_fact_text(st, "back.name");

	if (err == 0) {
		trace_tell(
		    st, "opened%s%s", name ? ": to " : "", name ? name : "");
		return;
	}
	trace_tell(st, "not opened: %s", strerrordesc_np(-err));
	bnd_abort(st, err, "what lies behind could not be opened");
}

static void
trace_piece(struct bnd_stage *st, unsigned from, size_t n)
{
	const struct trace *c = st->binding->self;
	struct trace_stage *s = st->self;
	struct trace_way *way = &s->ways[from];
	char dump[DUMP_MOST] = "";
	const char *p;
	size_t shown = n < (size_t)c->bytes ? n : (size_t)c->bytes;

	if (shown && bnd_peek(st, from, shown, &p) >= shown)
		trace_dump(dump, p, shown);
	n = bnd_move(st, from, way_to(from), n);
	way->bytes += n;
	way->pieces++;
	trace_tell(st, "%s: %zu bytes, %" PRIu64 " in all%s", way_name(from), n,
	    way->bytes, dump);
}

static void
trace_flow(struct bnd_stage *st)
{
	struct trace_stage *s = st->self;

	for (unsigned from = BND_FRONT; from <= BND_BACK; from++) {
		struct trace_way *way = &s->ways[from];
		size_t n = bnd_avail(st, from);
		size_t room = bnd_room(st, way_to(from));

		if (n > 0 && room > 0)
			trace_piece(st, from, n < room ? n : room);
		if (way->has_ended || bnd_avail(st, from) > 0 ||
		    !bnd_ended(st, from))
			continue;
		way->has_ended = true;
		trace_tell(st, "%s: end after %" PRIu64 " bytes",
		    way_name(from), way->bytes);
		bnd_end(st, way_to(from));
	}
}

static void
trace_close(struct bnd_stage *st, int err)
{
	const struct trace_stage *s = st->self;
	const struct trace_way *w = s->ways;

	trace_tell(st,
	    "close: %s; request %" PRIu64 " bytes in %" PRIu64
	    " pieces, reply %" PRIu64 " in %" PRIu64,
	    err ? strerrordesc_np(-err) : "done", w[BND_FRONT].bytes,
	    w[BND_FRONT].pieces, w[BND_BACK].bytes, w[BND_BACK].pieces);
}

static void
trace_show(
    struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *answer)
{
	const struct trace_stage *s = st ? st->self : NULL;

	(void)w;
	for (unsigned from = BND_FRONT; s && from <= BND_BACK; from++)
		bnd_answer(answer, way_name(from),
		    "%" PRIu64 " bytes in %" PRIu64 " pieces%s",
		    s->ways[from].bytes, s->ways[from].pieces,
		    s->ways[from].has_ended ? ", ended" : "");
}

static const struct bnd_type trace = {
	BND_HEAD("trace", "1.0", BND_FILTER),
	.summary = "Logs what passes its place in a pipeline.",
	.options = trace_options,
	.metrics = trace_metrics,
	.binding_size = sizeof(struct trace),
	.stage_size = sizeof(struct trace_stage),
	.open = trace_open,
	.opened = trace_opened,
	.flow = trace_flow,
	.close = trace_close,
	.show = trace_show,
};

BND_PLUGIN(trace);

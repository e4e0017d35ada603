/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * metrics - the end of a pipeline that answers scrapes of Prometheus: a small
 * HTTP server which knows one page, all metrics of the host and its plugins.
 * The text is made on the pool.  See bindery-metrics(7).
 *
 *     head -> body -> (work) -> answer -> head ...
 */

#include "metrics-answer.h"
#include "metrics-http.h"

#include <bindery/plugin.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_MOST = 512, SLOT_REQUEST = 0 };

static const char text_type[] = "text/plain; version=0.0.4; charset=utf-8";
static const char html_type[] = "text/html; charset=utf-8";
static const char plain_type[] = "text/plain; charset=utf-8";

struct metrics {
	const char *path;
	int64_t request_timeout; /* ms, as the next */
	int64_t keepalive_timeout;
	const struct bnd_ext_metrics *host;
};

struct metrics_worker {
	uint64_t scrapes;
};

enum state {
	STATE_HEAD,   /* of a request is awaited */
	STATE_BODY,   /* is dropped */
	STATE_WORK,   /* on the text */
	STATE_ANSWER, /* is on its way */
	STATE_END     /* no more requests */
};

enum page { PAGE_NONE, PAGE_INDEX, PAGE_METRICS };

struct metrics_stage {
	enum state state;
	struct http_request request; /* without its path */
	enum page page;              /* that it asks for */
	bool is_timed;               /* the request has begun */
	struct bnd_buf *content;     /* of the answer, to be sent */
	size_t head_length;
	char head[ANSWER_HEAD_MOST]; /* of the answer */
	uint64_t answers;
};

/* A text that is being made. */
struct job {
	const struct bnd_ext_metrics *host;
	struct bnd_buf *text;
	int64_t began_ms;
};

/* clang-format off */
static const struct bnd_option metrics_options[] = {
	BND_OPTION(struct metrics, path, BND_T_STRING, "path", .def = "/metrics",
	    .doc = "Where the metrics are."),
	BND_OPTION(struct metrics, request_timeout, BND_T_TIME, "request_timeout",
	    .def = "10s", .min = 1, .max = 3600000,
	    .doc = "How long the first request may keep us waiting, and any may take to arrive."),
	BND_OPTION(struct metrics, keepalive_timeout, BND_T_TIME, "keepalive_timeout",
	    .def = "5m", .min = 1, .max = 86400000,
	    .doc = "Longest silence of a connection, between requests or in an answer."),
	{ 0 },
};

static const int statuses[] = { 200, 400, 404, 405, 408, 413, 414, 417, 431,
	501, 503, 505 };
enum { STATUS_COUNT = sizeof(statuses) / sizeof(statuses[0]),
	METRIC_RENDER = STATUS_COUNT };

#define ANSWERS(i, code) \
	[i] = { .name = "answers_total", .kind = BND_COUNTER, \
	    .doc = "Answers, by status.", .label = "code=\"" code "\"" }
static const struct bnd_metric metrics_metrics[] = {
	ANSWERS(0, "200"), ANSWERS(1, "400"), ANSWERS(2, "404"),
	ANSWERS(3, "405"), ANSWERS(4, "408"), ANSWERS(5, "413"),
	ANSWERS(6, "414"), ANSWERS(7, "417"), ANSWERS(8, "431"),
	ANSWERS(9, "501"), ANSWERS(10, "503"), ANSWERS(11, "505"),
	[METRIC_RENDER] = { .name = "render", .kind = BND_HISTOGRAM,
	    .unit = "ms", .doc = "Time from a request to its text." },
	{ 0 },
};
/* clang-format on */

/* ------------------------------------------------------------------ answers */

static void
metrics_count_answer(struct bnd_stage *st, int status)
{
	struct metrics_stage *s = st->self;

	s->answers++;
	for (unsigned i = 0; i < STATUS_COUNT; i++)
		if (statuses[i] == status)
			bnd_metric(st->worker, i, 1);
}

static void
metrics_answer(struct bnd_stage *st, int status, const char *type,
    struct bnd_buf *content, size_t length)
{
	struct metrics_stage *s = st->self;
	const struct answer a = {
		.status = status,
		.type = type,
		.length = length,
		.keeps = s->request.keeps,
		.is_1_0 = s->request.is_1_0,
	};

	s->head_length = answer_head(s->head, &a, time(NULL));
	if (s->request.method == HTTP_HEAD) {
		bnd_buf_unref(content);
		content = NULL;
	}
	s->content = content;
	s->state = STATE_ANSWER;
	metrics_count_answer(st, status);
}

/* A page of our own; without memory for it, it is empty. */
BND_PRINTF(4, 5)
static void
metrics_answer_page(
    struct bnd_stage *st, int status, const char *type, const char *fmt, ...)
{
	char page[PAGE_MOST];
	struct bnd_buf *b;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(page, sizeof(page), fmt, ap);
	va_end(ap);
	if (n < 0 || n >= PAGE_MOST)
		n = 0;
	b = n ? bnd_buf_new(page, (size_t)n) : NULL;
	metrics_answer(st, status, type, b, b ? (size_t)n : 0);
}

static void
metrics_answer_status(struct bnd_stage *st, int status)
{
	metrics_answer_page(
	    st, status, plain_type, "%s\n", http_reason(status));
}

/* Say no, and that is the end: what comes after a request that was not
 * understood cannot be understood either. */
static void
metrics_refuse(struct bnd_stage *st, int status, int err)
{
	struct metrics_stage *s = st->self;

	s->request = (struct http_request){ .method = HTTP_OTHER };
	metrics_answer_status(st, status);
	/* Whole or not at all, if the client does not read what it has. */
	if (bnd_room(st, BND_FRONT) >= st->limit / 2 + s->head_length) {
		bnd_out(st, BND_FRONT, s->head, s->head_length);
		if (s->content)
			bnd_put(st, BND_FRONT, s->content);
	}
	s->state = STATE_END;
	bnd_timer(st, SLOT_REQUEST, -1);
	bnd_refuse(st, err, "answered with %d %s", status, http_reason(status));
}

/* False: there is no room, flow() is called when there is. */
static bool
metrics_send(struct bnd_stage *st)
{
	const struct metrics *c = st->binding->self;
	struct metrics_stage *s = st->self;

	if (bnd_room(st, BND_FRONT) < s->head_length)
		return false;
	bnd_out(st, BND_FRONT, s->head, s->head_length);
	s->head_length = 0;
	if (s->content && bnd_put(st, BND_FRONT, s->content) < 0)
		return false;
	bnd_buf_unref(s->content);
	s->content = NULL;
	if (s->request.keeps) {
		s->state = STATE_HEAD;
		return true;
	}
	s->state = STATE_END;
	bnd_end(st, BND_FRONT);
	bnd_discard(st, BND_FRONT);
	bnd_limit(st, BND_LIMIT_IDLE, c->request_timeout);
	return false;
}

/* ----------------------------------------------------------------- the text */

static void
job_run(void *arg)
{
	struct job *j = arg;

	j->text = j->host->text();
}

static void
job_done(struct bnd_worker *w, struct bnd_stage *st, void *arg)
{
	struct metrics_worker *mw = w->self;
	struct job *j = arg;
	size_t n = 0;

	if (st && j->text) {
		bnd_buf_data(j->text, &n);
		mw->scrapes++;
		bnd_metric(w, METRIC_RENDER, bnd_now() - j->began_ms);
		metrics_answer(st, 200, text_type, j->text, n);
		j->text = NULL;
	} else if (st) {
		metrics_answer_status(st, 503);
	}
	if (st)
		bnd_wake(st);
	bnd_buf_unref(j->text);
	free(j);
}

static void
metrics_render(struct bnd_stage *st)
{
	const struct metrics *c = st->binding->self;
	struct metrics_stage *s = st->self;
	struct job *j = malloc(sizeof(*j));

	if (j)
		*j = (struct job){ c->host, NULL, bnd_now() };
	if (!j || bnd_work(st, job_run, job_done, j) < 0) {
		free(j);
		metrics_answer_status(st, 503);
	} else {
		s->state = STATE_WORK;
	}
}

/* ----------------------------------------------------------------- requests */

static enum page
metrics_find_page(const struct metrics *c, const struct http_request *r)
{
	if (r->path_length == strlen(c->path) &&
	    memcmp(r->path, c->path, r->path_length) == 0)
		return PAGE_METRICS;
	if (r->path_length == 1 && r->path[0] == '/')
		return PAGE_INDEX;
	return PAGE_NONE;
}

static void
metrics_begin_answer(struct bnd_stage *st)
{
	const struct metrics *c = st->binding->self;
	const struct metrics_stage *s = st->self;

	if (s->request.method == HTTP_OTHER)
		metrics_answer_status(st, 405);
	else if (s->page == PAGE_NONE)
		metrics_answer_status(st, 404);
	else if (s->page == PAGE_METRICS)
		metrics_render(st);
	else
		metrics_answer_page(st, 200, html_type,
		    "<!DOCTYPE html>\n<title>Bindery</title>\n"
		    "<p><a href=\"%s\">Metrics</a></p>\n",
		    c->path);
}

static void
metrics_time_request(struct bnd_stage *st)
{
	const struct metrics *c = st->binding->self;
	struct metrics_stage *s = st->self;

	if (!s->is_timed)
		bnd_timer(st, SLOT_REQUEST, c->request_timeout);
	s->is_timed = true;
}

/* Nothing more comes. */
static void
metrics_ended(struct bnd_stage *st, bool is_within)
{
	struct metrics_stage *s = st->self;

	if (is_within) {
		metrics_refuse(st, 400, -EPROTO);
		return;
	}
	s->state = STATE_END;
	bnd_timer(st, SLOT_REQUEST, -1);
	bnd_end(st, BND_FRONT);
}

/* True: a head was read, as of the next two. */
static bool
metrics_read_head(struct bnd_stage *st)
{
	struct metrics_stage *s = st->self;
	const char *p;
	size_t n = bnd_peek(st, BND_FRONT, HTTP_HEAD_MOST, &p);
	int rc = n > 0 ? http_parse(p, n, &s->request) : 0;

	if (n > 0)
		metrics_time_request(st);
	if (rc < 0) {
		metrics_refuse(st, -rc,
		    rc == -431 || rc == -413 || rc == -414 ? -EMSGSIZE
							   : -EPROTO);
		return false;
	}
	if (rc == 0) {
		if (bnd_ended(st, BND_FRONT))
			metrics_ended(st, n > 0);
		return false;
	}
	s->page = metrics_find_page(st->binding->self, &s->request);
	s->request.path = NULL;
	bnd_eat(st, BND_FRONT, (size_t)rc);
	/* Who waits for our word before it sends a body need not send it. */
	if (s->request.expects && s->request.body > 0) {
		s->request.body = 0;
		s->request.keeps = false;
	}
	s->state = STATE_BODY;
	return true;
}

static bool
metrics_read_body(struct bnd_stage *st)
{
	struct metrics_stage *s = st->self;

	if (s->request.body > 0)
		s->request.body -=
		    bnd_eat(st, BND_FRONT, (size_t)s->request.body);
	if (s->request.body > 0) {
		if (bnd_ended(st, BND_FRONT))
			metrics_ended(st, true);
		return false;
	}
	s->is_timed = false;
	bnd_timer(st, SLOT_REQUEST, -1);
	metrics_begin_answer(st);
	return true;
}

/* ---------------------------------------------------------------- callbacks */

/* It becomes a link of a page, so nothing in it may need quoting. */
static int
metrics_check(struct bnd_binding *b)
{
	const struct metrics *c = b->self;
	size_t n = strspn(c->path, "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789/_.~-");

	if (c->path[0] != '/' || c->path[n] || n > PAGE_MOST / 2)
		return bnd_option_error(b, "path", NULL,
		    "'%s' is not a path: begin with '/', then use letters, "
		    "digits, '/', '_', '.', '~' and '-', at most %d",
		    c->path, PAGE_MOST / 2);
	return 0;
}

static int
metrics_start(struct bnd_binding *b)
{
	struct metrics *c = b->self;

	c->host = bnd_ext("bindery.metrics/1");
	if (!c->host)
		return bnd_option_error(
		    b, NULL, NULL, "this host gives no metrics to plugins");
	return 0;
}

static int
metrics_open(struct bnd_stage *st, void *arg)
{
	const struct metrics *c = st->binding->self;

	(void)arg;
	bnd_limit(st, BND_LIMIT_IDLE, c->keepalive_timeout);
	metrics_time_request(st);
	return 0;
}

static void
metrics_flow(struct bnd_stage *st)
{
	struct metrics_stage *s = st->self;
	bool goes_on = true;

	while (goes_on) {
		switch (s->state) {
		case STATE_HEAD:
			goes_on = metrics_read_head(st);
			break;
		case STATE_BODY:
			goes_on = metrics_read_body(st);
			break;
		case STATE_ANSWER:
			goes_on = metrics_send(st);
			break;
		default: /* job_done() wakes us, or nobody has to */
			goes_on = false;
		}
	}
}

/* A request that never came in whole. */
static void
metrics_timer(struct bnd_stage *st, unsigned slot)
{
	struct metrics_stage *s = st->self;

	(void)slot;
	if (s->state == STATE_HEAD || s->state == STATE_BODY)
		metrics_refuse(st, 408, -ETIMEDOUT);
}

static void
metrics_close(struct bnd_stage *st, int err)
{
	struct metrics_stage *s = st->self;

	(void)err;
	bnd_buf_unref(s->content);
}

static void
metrics_show(
    struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *answer)
{
	static const char *const names[] = { "waits for a request",
		"reads a request", "renders", "answers", "has ended" };
	const struct metrics_worker *mw = w->self;
	const struct metrics_stage *s;

	if (!st) {
		bnd_answer(
		    answer, "scrapes", "%llu", (unsigned long long)mw->scrapes);
		return;
	}
	s = st->self;
	bnd_answer(answer, "state", "%s", names[s->state]);
	bnd_answer(answer, "answers", "%llu", (unsigned long long)s->answers);
}

static const struct bnd_type metrics = {
	BND_HEAD("metrics", "1.0", BND_SINK),
	.summary = "Answers scrapes of Prometheus with all metrics.",
	.options = metrics_options,
	.metrics = metrics_metrics,
	.binding_size = sizeof(struct metrics),
	.worker_size = sizeof(struct metrics_worker),
	.stage_size = sizeof(struct metrics_stage),
	.check = metrics_check,
	.start = metrics_start,
	.open = metrics_open,
	.flow = metrics_flow,
	.timer = metrics_timer,
	.close = metrics_close,
	.show = metrics_show,
};

BND_PLUGIN(metrics);

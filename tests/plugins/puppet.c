/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * puppet - does what the lines from its front say, each a word and perhaps a
 * text, for the tests of the test kit.  It holds its back until it is told to
 * open it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bindery/plugin.h>

enum { LINE = 200 };

struct binding {
	const struct bnd_exit *exit;
	struct bnd_list words;
	int64_t fail_start;
	int *kept;
};

struct worker {
	int *kept;
	struct bnd_stage *stage; /* the last that opened */
};

struct stage {
	char said[LINE];
};

static const struct bnd_option puppet_options[] = {
	BND_OPTION(struct binding, exit, BND_T_EXIT, "exit", .doc = "A way."),
	BND_OPTION(struct binding, words, BND_T_LIST, "words", .def = "a|b",
	    .doc = "Words."),
	BND_OPTION(struct binding, fail_start, BND_T_INT, "fail_start",
	    .doc = "The errno with which start() fails."),
	{ 0 },
};

static const struct bnd_metric puppet_metrics[] = {
	{ .name = "counts_total",
	    .kind = BND_COUNTER,
	    .doc = "Counts.",
	    .label = "of=\"x\"" },
	{ .name = "counts_total",
	    .kind = BND_COUNTER,
	    .doc = "Counts.",
	    .label = "of=\"y\"" },
	{ .name = "level", .kind = BND_VALUE, .doc = "A level." },
	{ 0 },
};

/* ---- words */

static void
say_open(struct bnd_stage *st, const char *text)
{
	const struct binding *b = st->binding->self;

	(void)text;
	bnd_open_back(st, b->exit);
}

static void
say_out(struct bnd_stage *st, const char *text)
{
	bnd_out(st, BND_FRONT, text, strlen(text));
}

static void
say_back(struct bnd_stage *st, const char *text)
{
	bnd_out(st, BND_BACK, text, strlen(text));
}

static void
say_end(struct bnd_stage *st, const char *text)
{
	bnd_end(st, *text == 'b' ? BND_BACK : BND_FRONT);
}

static void
say_abort(struct bnd_stage *st, const char *text)
{
	bnd_abort(st, -EPROTO, "%s", text);
}

static void
say_refuse(struct bnd_stage *st, const char *text)
{
	bnd_out(st, BND_FRONT, "no\n", 3);
	bnd_refuse(st, -EACCES, "%s", text);
}

static void
say_leave(struct bnd_stage *st, const char *text)
{
	(void)text;
	bnd_leave(st);
}

static void
say_timer(struct bnd_stage *st, const char *text)
{
	bnd_timer(st, 1, atoi(text));
}

static void
say_claim(struct bnd_stage *st, const char *text)
{
	int rc = bnd_claim(st, "table", text, strlen(text), 1);

	bnd_out(st, BND_FRONT, rc ? "-" : "+", 1);
}

static void
say_limit(struct bnd_stage *st, const char *text)
{
	bnd_limit(st, BND_LIMIT_IDLE, atoi(text));
}

static void
say_fact(struct bnd_stage *st, const char *text)
{
	const char *told = bnd_fact_text(st, "told");

	bnd_fact_set(st, "puppet.bytes", BND_F_BYTES, text, strlen(text));
	bnd_fact_text_set(st, "puppet.text", text);
	bnd_log(st->binding, st, BND_INFO, "told %s", told ? told : "nothing");
}

static void
say_peer(struct bnd_stage *st, const char *text)
{
	const char *peer = bnd_fact_text(st, "peer");
	char said[100];
	size_t n;

	(void)text;
	bnd_fact(st, "peer", BND_F_ADDR, &n);
	snprintf(said, sizeof(said), "%s %zu\n", peer ? peer : "nobody", n);
	bnd_out(st, BND_FRONT, said, strlen(said));
}

static void
say_watch(struct bnd_stage *st, const char *text)
{
	bnd_watch(st, atoi(text), BND_READ);
}

static void
say_count(struct bnd_stage *st, const char *text)
{
	bnd_metric(st->worker, *text == 'y', 2);
	bnd_metric(st->worker, 2, atoi(text + 1));
}

static void
say_buffer(struct bnd_stage *st, const char *text)
{
	struct bnd_buf *b = bnd_buf_new(text, strlen(text));

	if (!b || bnd_put(st, BND_FRONT, b) < 0)
		bnd_out(st, BND_FRONT, "-", 1);
	bnd_buf_unref(b);
}

static void
say_write(struct bnd_stage *st, const char *text)
{
	char *p;
	size_t n = strlen(text);

	if (bnd_reserve(st, BND_FRONT, n, &p)) {
		memcpy(p, text, n);
		bnd_commit(st, BND_FRONT, n);
	}
}

static void
say_keep(struct bnd_stage *st, const char *text)
{
	const struct binding *b = st->binding->self;
	const struct worker *w = st->worker->self;
	char said[40];

	(void)text;
	snprintf(said, sizeof(said), "%d %d\n", ++*b->kept, ++*w->kept);
	bnd_out(st, BND_FRONT, said, strlen(said));
}

static void
say_post(struct bnd_stage *st, const char *text)
{
	struct bnd_buf *b = bnd_buf_new(text, strlen(text));

	if (bnd_post(st->worker, BND_EVERY_WORKER, BND_POST_ALL_GENERATIONS, 7,
		42, b) < 0)
		bnd_out(st, BND_FRONT, "-", 1);
	bnd_buf_unref(b);
}

/* A job: its text in capitals, said when it is done. */
static void
job_run(void *arg)
{
	for (char *p = arg; *p; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
}

static void
job_done(struct bnd_worker *w, struct bnd_stage *st, void *arg)
{
	if (st)
		bnd_out(st, BND_FRONT, arg, strlen(arg));
	bnd_log(w->binding, NULL, BND_INFO, "job %s%s", (char *)arg,
	    st ? "" : " is late");
	free(arg);
}

static void
say_work(struct bnd_stage *st, const char *text)
{
	char *copy = strdup(text);

	if (!copy || bnd_work(st, job_run, job_done, copy) < 0) {
		bnd_out(st, BND_FRONT, "-", 1);
		free(copy);
	}
}

static void
say_bypass(struct bnd_stage *st, const char *text)
{
	(void)text;
	bnd_bypass(st, BND_FRONT, BND_BACK);
}

static void
say_discard(struct bnd_stage *st, const char *text)
{
	(void)text;
	bnd_discard(st, BND_FRONT);
}

static const struct {
	const char *word;
	void (*say)(struct bnd_stage *st, const char *text);
} words[] = {
	{ "open", say_open },
	{ "out", say_out },
	{ "back", say_back },
	{ "end", say_end },
	{ "abort", say_abort },
	{ "refuse", say_refuse },
	{ "leave", say_leave },
	{ "timer", say_timer },
	{ "claim", say_claim },
	{ "limit", say_limit },
	{ "fact", say_fact },
	{ "peer", say_peer },
	{ "watch", say_watch },
	{ "count", say_count },
	{ "buffer", say_buffer },
	{ "write", say_write },
	{ "keep", say_keep },
	{ "post", say_post },
	{ "work", say_work },
	{ "bypass", say_bypass },
	{ "discard", say_discard },
};

static void
puppet_hear(struct bnd_stage *st, char *line)
{
	char *text = strchr(line, ' ');

	if (text)
		*text++ = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, line) == 0)
			words[i].say(st, text ? text : "");
}

/* ---- callbacks */

static void
puppet_flow(struct bnd_stage *st)
{
	const char *p, *end;
	char line[LINE];
	size_t n;

	while ((n = bnd_peek(st, BND_FRONT, LINE, &p)) > 0) {
		n = n < LINE ? n : LINE;
		end = memchr(p, '\n', n);
		if (!end)
			break;
		n = (size_t)(end - p);
		memcpy(line, p, n);
		line[n] = '\0';
		bnd_eat(st, BND_FRONT, n + 1);
		puppet_hear(st, line);
	}
	bnd_move(st, BND_BACK, BND_FRONT, BND_ALL);
	if (bnd_ended(st, BND_FRONT))
		bnd_end(st, BND_BACK);
}

static int
puppet_open(struct bnd_stage *st, void *arg)
{
	struct worker *w = st->worker->self;

	(void)arg;
	w->stage = st;
	return 0;
}

static void
puppet_opened(struct bnd_stage *st, int err)
{
	char said[40];

	snprintf(said, sizeof(said), "opened %d\n", err);
	bnd_out(st, BND_FRONT, said, strlen(said));
}

static void
puppet_timer(struct bnd_stage *st, unsigned slot)
{
	char said[60];

	snprintf(said, sizeof(said), "timer %u at %lld\n", slot,
	    (long long)bnd_now());
	bnd_out(st, BND_FRONT, said, strlen(said));
}

static void
puppet_ready(struct bnd_stage *st, int fd, unsigned events)
{
	char c = '-', said[60];

	(void)events;
	if (read(fd, &c, 1) <= 0)
		bnd_watch(st, fd, 0);
	snprintf(
	    said, sizeof(said), "read %c at %lld\n", c, (long long)bnd_now());
	bnd_out(st, BND_FRONT, said, strlen(said));
}

static void
puppet_drain(struct bnd_stage *st)
{
	bnd_out(st, BND_FRONT, "drain\n", 6);
}

static void
puppet_message(struct bnd_worker *w, const struct bnd_msg *m)
{
	size_t n = 0;
	const char *text = m->buf ? bnd_buf_data(m->buf, &n) : "";

	bnd_log(w->binding, NULL, BND_INFO,
	    "generation %u, worker %u: message %u %llu '%.*s' from %u",
	    w->binding->generation, w->index, m->tag,
	    (unsigned long long)m->arg, (int)n, text, m->from);
}

static void
puppet_show(struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *a)
{
	bnd_answer(a, st ? "stage" : "worker", "%u", w->index);
}

static int
puppet_command(
    struct bnd_worker *w, const struct bnd_list *list, struct bnd_answer *a)
{
	(void)w;
	for (size_t i = 0; i < list->n; i++)
		bnd_answer(a, "word", "%s", list->v[i]);
	return list->n ? 0 : -EINVAL;
}

static void
puppet_explain(struct bnd_stage *st, struct bnd_answer *a)
{
	const struct binding *b = st->binding->self;
	const char *told = bnd_fact_text(st, "told");

	bnd_answer(a, "told", "%s", told ? told : "nothing");
	if (!told)
		bnd_refuse(st, -EACCES, "nobody told me");
	else
		bnd_open_back(st, b->exit);
}

static int
puppet_start(struct bnd_binding *b)
{
	struct binding *self = b->self;

	self->kept = bnd_keep(b, "count", sizeof(int), NULL);
	if (!self->kept)
		return -ENOMEM;
	return -(int)self->fail_start;
}

static int
puppet_worker_start(struct bnd_worker *w)
{
	struct worker *self = w->self;

	self->kept = bnd_worker_keep(w, "count", sizeof(int), NULL);
	return self->kept ? 0 : -ENOMEM;
}

static const struct bnd_type puppet = {
	BND_HEAD("puppet", "1.0", BND_FILTER),
	.flags = BND_HOLD_BACK,
	.summary = "Does what it is told.",
	.options = puppet_options,
	.metrics = puppet_metrics,
	.binding_size = sizeof(struct binding),
	.worker_size = sizeof(struct worker),
	.stage_size = sizeof(struct stage),
	.start = puppet_start,
	.worker_start = puppet_worker_start,
	.message = puppet_message,
	.open = puppet_open,
	.opened = puppet_opened,
	.flow = puppet_flow,
	.timer = puppet_timer,
	.ready = puppet_ready,
	.drain = puppet_drain,
	.show = puppet_show,
	.command = puppet_command,
	.explain = puppet_explain,
};

BND_PLUGIN(puppet);

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-tell.c - what a plugin tells the operator: log, metrics, errors of
 * options, answers to questions. */

#include "config/option.h"
#include "kit-calls.h"
#include "kit-inner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bnd_answer {
	struct kit_text *text;
};

/* ---------------------------------------------------------------------- log */

int
call_log_on(const struct bnd_binding *b, int level)
{
	(void)b;
	(void)level;
	return 1;
}

static const char *
level_name(int level)
{
	switch (level) {
	case BND_ERROR:
		return "error";
	case BND_WARN:
		return "warn";
	case BND_NOTICE:
		return "notice";
	case BND_INFO:
		return "info";
	case BND_DEBUG:
		return "debug";
	default:
		return "level";
	}
}

void
call_logv(const struct bnd_binding *b, const struct bnd_stage *st, int level,
    const char *fmt, va_list ap)
{
	struct bndk *k = generation_of(b)->k;

	kit_call(k, "log", TAG_ANY);
	if (st && stage_of(st)->state == STAGE_DEAD)
		kit_wrong(k, "dead",
		    "bnd_log() of a stage whose close() has returned");
	text_print(&k->log, "%s: ", level_name(level));
	text_vprint(&k->log, fmt, ap);
	text_add(&k->log, "\n", 1);
}

const char *
bndk_log(struct bndk *k)
{
	return text_of(&k->log);
}

/* ------------------------------------------------------------------ metrics */

void
call_metric(struct bnd_worker *w, unsigned id, int64_t value)
{
	struct kit_generation *g = desk_of(w)->generation;
	const struct bnd_type *type = &g->image->type;
	struct bnd_metric m;

	kit_call(g->k, "metric", TAG_WORKER);
	if (id >= ARRAY_COUNT(g->k->metrics) ||
	    !metric_at(type->metrics, type->metric_size, id, &m)) {
		kit_wrong(
		    g->k, "value", "bnd_metric() of %u: not in the table", id);
		return;
	}
	if (m.kind == BND_COUNTER && value < 0)
		kit_wrong(
		    g->k, "value", "the counter '%s' was made less", m.name);
	if (m.kind == BND_VALUE)
		g->k->metrics[id] = value;
	else
		g->k->metrics[id] += value;
}

int64_t
bndk_metric(struct bndk *k, const char *name, const char *label)
{
	const struct bnd_type *type = bndk_type(k);
	struct bnd_metric m;
	int64_t sum = 0;
	bool is_there = false;

	for (size_t i = 0; i < ARRAY_COUNT(k->metrics) &&
			   metric_at(type->metrics, type->metric_size, i, &m);
	     i++) {
		if (strcmp(m.name, name) != 0 ||
		    (label && (!m.label || strcmp(m.label, label) != 0)))
			continue;
		is_there = true;
		sum += k->metrics[i];
	}
	if (!is_there)
		kit_wrong(k, "test", "there is no metric '%s'", name);
	return sum;
}

/* ------------------------------------------------------------------ options */

int
call_option_errorv(struct bnd_binding *b, const char *option, const void *row,
    const char *fmt, va_list ap)
{
	struct kit_generation *g = generation_of(b);
	const struct bnd_type *type = &g->image->type;
	const struct option_context ctx = { .report = &g->report,
		.pipeline = b->pipeline,
		.binding = b->name };
	const struct option_values values = { .table = type->options,
		.element_size = type->option_size,
		.map = &g->map,
		.self = b->self };

	kit_call(g->k, "option_error", TAG_MAIN);
	if (!g->is_reporting)
		kit_wrong(g->k, "thread",
		    "bnd_option_error() outside of check() and start()");
	else
		option_report(&ctx, &values, option, row, fmt, ap);
	return -EINVAL;
}

/* ------------------------------------------------------------------ answers */

void
call_answerv(struct bnd_answer *a, const char *key, const char *fmt, va_list ap)
{
	kit_call(kit_current, "answer", TAG_WORKER);
	if (!a) {
		kit_wrong(kit_current, "value", "bnd_answer() to nobody");
		return;
	}
	text_print(a->text, "%s: ", key ? key : "(no key)");
	text_vprint(a->text, fmt, ap);
	text_add(a->text, "\n", 1);
}

static struct bnd_answer
answer_begin(struct bndk *k)
{
	text_finish(&k->answer);
	return (struct bnd_answer){ &k->answer };
}

static void
desk_show(struct kit_desk *d, struct kit_stage *s, struct bnd_answer *a)
{
	struct kit_generation *g = d->generation;
	struct kit_context before;

	if (!g->image->type.show)
		return;
	before = kit_enter(g->k, TAG_WORKER, "show", d, s);
	g->image->type.show(&d->pub, s ? &s->pub : NULL, a);
	kit_leave(g->k, before);
}

const char *
bndk_show(struct bndk *k, struct bndk_conn *c)
{
	struct bnd_answer a = answer_begin(k);

	if (c && c->stage.state == STAGE_OPEN)
		desk_show(c->stage.desk, &c->stage, &a);
	for (unsigned i = 0; !c && i < k->workers; i++)
		desk_show(k->generations->desks[i], NULL, &a);
	return text_of(&k->answer);
}

/* A stage that never opens, in the place of c's own; c keeps its facts. */
const char *
bndk_explain(struct bndk *k, struct bndk_conn *c, const char **exit)
{
	struct kit_desk *d = k->generations->desks[0];
	const struct bnd_type *type = &d->generation->image->type;
	struct bnd_answer a = answer_begin(k);
	struct kit_stage *dry = kit_alloc(sizeof(*dry));
	struct kit_context before;
	struct kit_lens self;

	lens_show(&self, NULL, type->stage_size, 16, true);
	dry->magic = STAGE_MAGIC;
	dry->pub = c->stage.pub;
	dry->pub.self = self.data;
	dry->pub.worker = &d->pub;
	dry->conn = c;
	dry->desk = d;
	dry->state = STAGE_DRY;
	c->dry_exit = "";
	c->is_dry_refused = false;
	c->why[0] = '\0';
	if (type->explain) {
		before = kit_enter(k, TAG_WORKER, "explain", d, dry);
		type->explain(&dry->pub, &a);
		kit_leave(k, before);
	}
	if (exit)
		*exit = c->is_dry_refused ? NULL : c->dry_exit;
	lens_hide(&self);
	free(dry);
	return text_of(&k->answer);
}

/* Words between blanks, at most 32. */
static size_t
words_split(char *text, const char **words)
{
	size_t n = 0;
	char *rest;

	for (char *w = strtok_r(text, " ", &rest); w && n < 32;
	     w = strtok_r(NULL, " ", &rest))
		words[n++] = w;
	return n;
}

const char *
bndk_tell(struct bndk *k, const char *text, int *result)
{
	struct kit_desk *d = k->generations->desks[0];
	const struct bnd_type *type = &d->generation->image->type;
	struct bnd_answer a = answer_begin(k);
	char *copy = strdup(text);
	const char *words[32];
	struct bnd_list list = { words_split(copy, words), words };
	struct kit_context before;
	int rc = -ENOSYS;

	if (type->command) {
		before = kit_enter(k, TAG_WORKER, "command", d, NULL);
		rc = type->command(&d->pub, &list, &a);
		kit_leave(k, before);
		rc = kit_result(k, "command", rc);
	}
	if (result)
		*result = rc;
	free(copy);
	return text_of(&k->answer);
}

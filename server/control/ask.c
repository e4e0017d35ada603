/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* ask.c - questions that plugins answer: show, tell, explain. */

#include "control/control-inner.h"

#include "base/address.h"
#include "base/arena.h"
#include "config/value.h"
#include "reload/generation-inner.h"
#include "stream/dry.h"
#include "stream/fact.h"
#include "stream/reason.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------- show */

struct show {
	const struct binding *binding;
	json_t *workers;
};

static int
worker_show(struct worker *w, void *arg)
{
	struct show *k = arg;
	struct desk *d = k->binding->desks[w->index];
	struct says says;

	says_begin(&says);
	if (d->is_started)
		PLUGIN_CALL(w, k->binding, show, &d->pub, NULL, &says.pub);
	json_array_append_new(
	    k->workers, json_pack("{s:i, s:o}", "worker", (int)w->index, "says",
			    says_take(&says)));
	return 0;
}

static json_t *
binding_show(const struct binding *b)
{
	const struct crew *crew = &b->pipeline->generation->crew;
	struct show k = { b, json_array() };

	for (unsigned i = 0; b->type->show && i < crew->count; i++)
		worker_call(crew->workers[i], worker_show, &k);
	return json_pack("{s:s, s:s, s:s, s:o}", "pipeline", b->pub.pipeline,
	    "binding", b->pub.name, "type", b->type->name, "workers",
	    k.workers);
}

static struct binding *
binding_find(const struct pipeline *p, const char *name)
{
	struct binding *b = p->bindings;

	while (b && strcmp(b->pub.name, name) != 0)
		b = b->next;
	return b;
}

/* NULL: the question was refused. */
static struct binding *
argument_binding(struct question *q)
{
	const struct pipeline *p = argument_pipeline(q, "pipeline");
	struct binding *b;

	if (!p)
		return NULL;
	b = binding_find(p, argument_text(q, "binding"));
	if (!b)
		question_refuse(q, NULL,
		    "pipeline '%s' has no binding '%.100s'", p->name,
		    argument_text(q, "binding"));
	return b;
}

static void
pipeline_show(json_t *list, const struct pipeline *p, const char *name)
{
	for (const struct binding *b = p->bindings; b; b = b->next)
		if (!name || strcmp(name, b->pub.name) == 0)
			json_array_append_new(list, binding_show(b));
}

void
command_show(struct question *q)
{
	const struct generation *g = q->control->setup.generations->current;
	const char *name = argument_text(q, "binding");
	const struct pipeline *p = NULL;
	json_t *list;

	if (argument_text(q, "pipeline")) {
		p = argument_pipeline(q, "pipeline");
		if (!p || (name && !argument_binding(q)))
			return;
	} else if (name) {
		question_refuse(
		    q, NULL, "argument 'binding' needs 'pipeline' beside it");
		return;
	}
	list = json_array();
	for (size_t i = 0; i < g->pipeline_count; i++)
		if (!p || p == &g->pipelines[i])
			pipeline_show(list, &g->pipelines[i], name);
	question_answer(q, json_pack("{s:o}", "bindings", list));
}

/* --------------------------------------------------------------------- tell */

struct tell {
	const struct binding *binding;
	struct bnd_list words;
	struct says says;
};

static int
worker_tell(struct worker *w, void *arg)
{
	struct tell *k = arg;
	struct desk *d = k->binding->desks[w->index];

	return plugin_result(PLUGIN_CALL(
	    w, k->binding, command, &d->pub, &k->words, &k->says.pub));
}

/* What a plugin said of its refusal, or why in our words. */
static void
tell_refused(struct question *q, json_t *says, int rc)
{
	const char *last = json_string_value(json_object_get(
	    json_array_get(says, json_array_size(says) - 1), "value"));
	char text[1024];

	snprintf(text, sizeof(text), "%s", last ? last : strerror(-rc));
	json_decref(says);
	question_refuse(q, NULL, "%s", text);
}

void
command_tell(struct question *q)
{
	const json_t *words = json_object_get(q->arguments, "words");
	const struct binding *b = argument_binding(q);
	struct tell k = { .binding = b };
	const char **v;
	int rc;

	if (!b)
		return;
	if (!b->type->command) {
		question_refuse(q, NULL,
		    "binding '%s' of type '%s' takes no commands", b->pub.name,
		    b->type->name);
		return;
	}
	k.words.n = json_array_size(words);
	v = calloc(k.words.n + 1, sizeof(char *));
	if (!v) {
		question_answer(q, NULL);
		return;
	}
	for (size_t i = 0; i < k.words.n; i++)
		v[i] = json_string_value(json_array_get(words, i));
	k.words.v = v;
	says_begin(&k.says);
	rc = worker_call(
	    b->pipeline->generation->crew.workers[0], worker_tell, &k);
	free(v);
	if (rc < 0)
		tell_refused(q, says_take(&k.says), rc);
	else
		question_answer(
		    q, json_pack("{s:o}", "says", says_take(&k.says)));
}

/* ------------------------------------------------------------------ explain */

enum { STEPS_MAX = 64 };

/* One dry connection's way. */
struct way {
	struct question *question;
	const struct pipeline *pipeline;
	struct sockaddr_in6 source; /* family 0: none given */
	const char *wrong;          /* a fact that cannot be set */
	json_t *steps;
	char outcome[512];
};

static const char *const verdict_names[] = {
	[DRY_UNKNOWN] = "unknown",
	[DRY_NEXT] = "next",
	[DRY_EXIT] = "exit",
	[DRY_REFUSED] = "refused",
	[DRY_END] = "end",
	[DRY_NO_MEMORY] = "unknown",
};

/* What a connection would know, as the question says it. */
struct facts {
	struct conn *conn;
	const char *wrong; /* the first that cannot be set, and why */
	int rc;
};

static void
facts_add(
    struct facts *f, const char *prefix, const char *key, const char *text)
{
	char name[512];
	int n;

	if (!text || f->rc < 0)
		return;
	n = snprintf(name, sizeof(name), "%s%s", prefix, key);
	f->rc = n < (int)sizeof(name) && *key
		    ? fact_set(f->conn, name, BND_F_TEXT, text, (size_t)-1)
		    : -EINVAL;
	if (f->rc < 0)
		f->wrong = key;
}

static void
facts_add_all(struct facts *f, const char *prefix, json_t *map)
{
	const char *key;
	json_t *value;

	json_object_foreach(map, key, value)
	    facts_add(f, prefix, key, json_string_value(value));
}

static int
way_know(struct way *w, struct conn *c)
{
	const struct question *q = w->question;
	struct facts f = { .conn = c };

	if (w->source.sin6_family)
		conn_set_peer(c, (const void *)&w->source,
		    w->source.sin6_family == AF_INET
			? sizeof(struct sockaddr_in)
			: sizeof(w->source));
	facts_add(&f, "", "identity", argument_text(q, "identity"));
	facts_add(&f, "", "tls.server_name", argument_text(q, "server_name"));
	facts_add_all(&f, "jwt.", json_object_get(q->arguments, "claims"));
	facts_add_all(&f, "", json_object_get(q->arguments, "facts"));
	w->wrong = f.wrong;
	return f.rc;
}

static void
way_step(struct way *w, const struct conn *c, const struct binding *b,
    enum dry_verdict verdict, const struct bnd_exit *exit, json_t *says)
{
	json_t *step = json_pack("{s:s, s:s, s:s, s:o, s:s}", "pipeline",
	    b->pub.pipeline, "binding", b->pub.name, "type", b->type->name,
	    "says", says, "verdict", verdict_names[verdict]);

	if (verdict == DRY_EXIT)
		json_object_set_new(
		    step, "exit", json_string(exit->pipeline->name));
	if (verdict == DRY_REFUSED)
		json_object_set_new(step, "why",
		    json_of_text(
			c->why ? c->why : reason_text(c->reason)->meaning));
	json_array_append_new(w->steps, step);
}

static void
way_ends(struct way *w, const struct conn *c, const struct binding *b,
    enum dry_verdict verdict)
{
	const char *why = c->why ? c->why : reason_text(c->reason)->meaning;
	const char *pipeline = b->pub.pipeline, *name = b->pub.name;

	if (verdict == DRY_REFUSED)
		snprintf(w->outcome, sizeof(w->outcome), "refused by %s/%s: %s",
		    pipeline, name, why);
	else if (verdict == DRY_NO_MEMORY)
		snprintf(w->outcome, sizeof(w->outcome), "out of memory");
	else
		snprintf(w->outcome, sizeof(w->outcome), "taken by %s/%s",
		    pipeline, name);
}

static void
way_go(struct way *w, struct conn *c)
{
	struct binding *b = w->pipeline->bindings;
	const struct bnd_exit *exit;
	enum dry_verdict verdict;
	struct says says;

	for (int i = 0; b && i < STEPS_MAX; i++) {
		says_begin(&says);
		verdict = dry_ask(c, b, &says.pub, &exit);
		way_step(w, c, b, verdict, exit, says_take(&says));
		if (verdict != DRY_EXIT && verdict != DRY_NEXT &&
		    verdict != DRY_UNKNOWN) {
			way_ends(w, c, b, verdict);
			return;
		}
		b = verdict == DRY_EXIT ? exit->pipeline->bindings : b->next;
	}
	snprintf(w->outcome, sizeof(w->outcome), "not taken within %d bindings",
	    STEPS_MAX);
}

static int
worker_explain(struct worker *worker, void *arg)
{
	struct way *w = arg;
	struct conn *c = dry_create(worker);
	int rc = c ? way_know(w, c) : -ENOMEM;

	if (rc == 0)
		way_go(w, c);
	dry_destroy(&c);
	return rc;
}

void
command_explain(struct question *q)
{
	const char *source = argument_text(q, "source");
	const struct pipeline *p = argument_pipeline(q, "pipeline");
	struct way w = { .question = q, .pipeline = p };
	int rc;

	if (!p)
		return;
	if (source && address_parse(source, &w.source) < 0) {
		question_refuse(q, NULL,
		    "argument 'source': '%.100s' is no address: write "
		    "192.0.2.1 or [2001:db8::1]:80",
		    source);
		return;
	}
	w.steps = json_array();
	rc = worker_call(p->generation->crew.workers[0], worker_explain, &w);
	if (rc < 0) {
		json_decref(w.steps);
		question_refuse(q, NULL, "cannot set fact '%.100s': %s",
		    w.wrong ? w.wrong : "",
		    rc == -EDQUOT   ? "there are too many, or it is too long"
		    : rc == -EINVAL ? "it has no name, or a long one, or must "
				      "be an address"
				    : strerror(-rc));
		return;
	}
	question_answer(q, json_pack("{s:o, s:o}", "steps", w.steps, "outcome",
			       json_of_text(w.outcome)));
}

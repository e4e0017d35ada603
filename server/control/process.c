/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* process.c - commands about the process as a whole. */

#include "control/control-inner.h"

#include "base/buf.h"
#include "log/log.h"
#include "metrics/figures.h"
#include "metrics/text.h"
#include "plugins/abi.h"
#include "reload/generation-inner.h"
#include "worker/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build-info.h"

static int
worker_count_conns(struct worker *w, void *arg)
{
	uint64_t *n = arg;

	n[0] += w->conn_count;
	n[1] += w->next_conn;
	return 0;
}

static json_t *
last_reload_json(const struct control *c)
{
	const struct past_reload *p = &c->last;
	unsigned number = generation_number(c->setup.generations->current);

	if (p->at == 0)
		return json_null();
	return json_pack("{s:I, s:b, s:i, s:I, s:O*}", "at", (json_int_t)p->at,
	    "ok", p->is_good, "generation", (int)number, "ms",
	    (json_int_t)p->took_ms, "errors", p->errors);
}

static int
count_generations(const struct succession *s)
{
	int n = 1;

	for (const struct generation *g = s->leaving; g; g = g->next)
		n++;
	return n;
}

void
command_status(struct question *q)
{
	const struct control *c = q->control;
	const struct succession *s = c->setup.generations;
	struct pipeline_figures all;
	struct process_figures p;

	host_figures(&all);
	process_figures(&p);
	question_answer(q,
	    json_pack("{s:s, s:s, s:i, s:I, s:I, s:o, s:i, s:i, s:i, s:i, s:I, "
		      "s:I, s:s, s:b, s:{s:I, s:I}, s:I, "
		      "s:{s:i, s:i, s:o}}",
		"version", BINDERY_VERSION, "abi", abi_format(abi_host()).s,
		"pid", (int)getpid(), "started_at", (json_int_t)c->started,
		"uptime_ms", (json_int_t)(loop_clock() - c->started_ms),
		"config", json_of_text(c->setup.config), "generation",
		(int)s->current->number, "generations", count_generations(s),
		"workers", (int)s->crew.count, "pipelines",
		(int)s->current->pipeline_count, "connections",
		(json_int_t)all.connections, "accepted",
		(json_int_t)all.accepted, "log_level",
		log_level_name(log_get_level()), "is_ending",
		c->setup.calls->is_ending(c->setup.arg), "descriptors", "used",
		(json_int_t)p.descriptors, "limit",
		(json_int_t)p.descriptor_limit, "memory",
		(json_int_t)p.resident, "reloads", "good", (int)c->good,
		"refused", (int)c->refused, "last", last_reload_json(c)));
}

void
command_reload(struct question *q)
{
	struct control *c = q->control;

	if (c->setup.calls->is_ending(c->setup.arg)) {
		question_refuse(q, NULL,
		    "the process is ending, so the configuration is not read "
		    "again");
		return;
	}
	if (c->setup.calls->is_upgrading(c->setup.arg)) {
		question_refuse(q, NULL, "an upgrade is going on: try again");
		return;
	}
	/* Of the one that begins now, or when that which goes on has ended.
	 * One that fails at once has its verdict before this returns. */
	q->ticket = c->setup.generations->ticket + 1;
	succession_reload(c->setup.generations);
}

void
command_upgrade(struct question *q)
{
	struct control *c = q->control;
	int rc;

	if (c->setup.calls->is_ending(c->setup.arg)) {
		question_refuse(q, NULL, "the process is ending");
		return;
	}
	q->waits_upgrade = true;
	rc = c->setup.calls->upgrade(c->setup.arg);
	if (rc < 0 && q->waits_upgrade)
		question_refuse(q, NULL, "cannot begin an upgrade: %s",
		    rc == -EALREADY ? "another one, or a reload, is going on"
				    : strerror(-rc));
}

void
command_stop(struct question *q)
{
	struct control *c = q->control;
	const struct succession *s = c->setup.generations;
	uint64_t conns[2] = { 0 };
	int64_t ms;

	for (unsigned i = 0; i < s->crew.count; i++)
		worker_call(s->crew.workers[i], worker_count_conns, conns);
	ms = c->setup.calls->end(c->setup.arg, argument_bool(q, "now", false));
	question_answer(
	    q, json_pack("{s:I, s:I}", "connections", (json_int_t)conns[0],
		   "deadline_ms", (json_int_t)ms));
}

void
command_reopen(struct question *q)
{
	struct control *c = q->control;
	int rc = c->setup.calls->reopen(c->setup.arg);

	if (rc < 0)
		question_refuse(
		    q, NULL, "cannot reopen the log: %s", strerror(-rc));
	else
		question_answer(q, json_object());
}

void
command_log_level(struct question *q)
{
	const char *text = argument_text(q, "level");
	const char *was = log_level_name(log_get_level());

	if (text && log_level_of_name(text) < 0) {
		question_refuse(q, NULL,
		    "there is no level '%.100s': it is one of error, warn, "
		    "notice, info, debug",
		    text);
		return;
	}
	if (text) {
		log_notice("the level of the log is %s now, by the control "
			   "socket",
		    text);
		log_set_level(log_level_of_name(text));
	}
	question_answer(q, json_pack("{s:s, s:s}", "level",
			       log_level_name(log_get_level()), "was", was));
}

void
command_config(struct question *q)
{
	const struct generation *g = q->control->setup.generations->current;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (f) {
		generation_dump(g, f);
		fclose(f);
	}
	question_answer(
	    q, text ? json_pack("{s:o}", "text", json_of_text(text)) : NULL);
	free(text);
}

void
command_metrics(struct question *q)
{
	struct bnd_buf *b = metrics_text();

	question_answer(q,
	    b ? json_pack("{s:s%}", "text", b->data, (size_t)b->used) : NULL);
	buf_unref(b);
}

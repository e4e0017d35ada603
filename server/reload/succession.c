/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "reload/succession.h"

#include "config/read.h"
#include "reload/generation-inner.h"
#include "stream/setup.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum {
	LOOK_MS = 50,      /* how often leaving generations are looked at */
	SPREAD_PARTS = 10, /* of the drain time, the last is for closing */
};

/* --------------------------------------------------------------- leaving */

/* What a worker ends of one pipeline: one connection in `of`. */
struct share {
	const struct pipeline *pipeline;
	uint64_t of;
	uint64_t ended; /* so many were */
};

static int
worker_end_share(struct worker *w, void *arg)
{
	struct share *s = arg;

	s->ended += stream_end_some(w, s->pipeline, s->of, REASON_DRAIN);
	return 0;
}

/* Connections that are left near the deadline are closed a few at a time, so
 * that their clients do not all come back at once. */
static uint64_t
pipeline_close_share(
    const struct generation *g, const struct pipeline *p, int64_t age_ms)
{
	int64_t left_ms = p->drain_timeout_ms - age_ms;
	struct share share = { p, 1, 0 };

	if (left_ms > p->drain_timeout_ms / SPREAD_PARTS)
		return 0;
	if (left_ms > 0)
		share.of = (uint64_t)(left_ms / LOOK_MS) + 1;
	for (unsigned i = 0; i < g->crew.count; i++)
		worker_call(g->crew.workers[i], worker_end_share, &share);
	return share.ended;
}

static void
succession_close_share(struct succession *s, const struct generation *g)
{
	int64_t age_ms = s->loop->now_ms - g->drained_ms;

	for (size_t i = 0; i < g->pipeline_count; i++)
		s->cut += pipeline_close_share(g, &g->pipelines[i], age_ms);
}

static void
generation_take_off(struct generation **at)
{
	struct generation *g = *at;

	*at = g->next;
	generation_stop(g);
	generation_destroy(&g);
}

static void
succession_look(struct timer *t)
{
	struct succession *s = CONTAINER_OF(t, struct succession, timer);
	struct generation **at = &s->leaving;

	while (*at) {
		succession_close_share(s, *at);
		if (generation_pins(*at) == 0)
			generation_take_off(at);
		else
			at = &(*at)->next;
	}
	if (s->is_retired)
		succession_close_share(s, s->current);
	succession_count(s);
	if (s->leaving || s->is_retired)
		timer_arm(s->loop->timers, t, s->loop->now_ms + LOOK_MS);
}

/* Until nothing pins it. */
static void
succession_keep(struct succession *s, struct generation *g)
{
	g->drained_ms = loop_clock(); /* making the next took a while */
	g->next = s->leaving;
	s->leaving = g;
	timer_arm(s->loop->timers, &s->timer, s->loop->now_ms);
}

/* --------------------------------------------------------------- following */

int
succession_begin(
    struct succession *s, struct generation **first, struct report *report)
{
	int rc;

	s->timer.fn = succession_look;
	s->current = *first;
	*first = NULL;
	rc = generation_start(s->current, report);
	if (rc == 0)
		generation_commit(s->current);
	succession_count(s);
	return rc;
}

static bool
text_is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void
check_same(const struct node *root, const char *key, const char *was,
    const char *now, struct report *report)
{
	const struct node *at = node_find(root, key);

	if (!text_is_same(was, now))
		report_error(report, at ? at->file : root->file,
		    at ? at->line : 0,
		    "option '%s' cannot change while the host runs: restart it",
		    key);
}

/* What belongs to the process and not to a generation. */
static void
check_fixed(const struct generation *old, const struct generation *g,
    struct report *report)
{
	const struct settings *was = &old->settings, *now = &g->settings;
	const struct node *root = &g->tree->root;
	const struct node *at = node_find(root, "workers");

	if (now->workers != was->workers)
		report_error(report, at ? at->file : root->file,
		    at ? at->line : 0,
		    "option 'workers' cannot change from %" PRId64
		    " to %" PRId64 " while the host runs: restart it",
		    was->workers, now->workers);
	check_same(root, "user", was->user, now->user, report);
	check_same(root, "group", was->group, now->group, report);
	at = node_find(root, "control");
	if (!text_is_same(now->control.socket, was->control.socket))
		report_error(report, at ? at->file : root->file,
		    at ? at->line : 0,
		    "option 'control.socket' cannot change while the host "
		    "runs: restart it");
}

/* A generation that could take over, or NULL. */
static struct generation *
succession_prepare(
    struct succession *s, struct config_tree *tree, struct report *report)
{
	struct generation *g = generation_create(&tree, s->current->number + 1,
	    &s->crew, s->host, s->plugin_dirs, report);

	if (g)
		check_fixed(s->current, g, report);
	if (g && !report_has_errors(report))
		s->settle(s->arg, &g->settings, true, report);
	if (!g || report_has_errors(report)) {
		generation_destroy(&g);
		return NULL;
	}
	if (generation_start(g, report) == 0)
		return g;
	succession_keep(s, g);
	return NULL;
}

static int
succession_follow(
    struct succession *s, struct config_tree *tree, struct report *report)
{
	struct generation *old = s->current;
	struct generation *g = succession_prepare(s, tree, report);

	if (!g)
		return -EINVAL;
	s->settle(s->arg, &g->settings, false, report);
	generation_commit(g);
	s->current = g;
	generation_drain(old);
	succession_keep(s, old);
	succession_count(s);
	return 0;
}

/* --------------------------------------------------------------- reloading */

static void succession_begin_reload(struct succession *s);

static void
succession_end_reload(struct succession *s, int rc)
{
	struct verdict v = { .ticket = s->ticket,
		.rc = rc,
		.took_ms = loop_clock() - s->began_ms,
		.report = &s->report };

	if (s->reloaded)
		s->reloaded(s->arg, &v);
	report_finish(&s->report);
	s->report = (struct report){ 0 };
	if (s->is_asked && !s->reading)
		succession_begin_reload(s);
}

/* Leaves nothing to wait for. */
static struct config_tree *
succession_end_reading(struct succession *s)
{
	loop_unwatch(s->loop, &s->watch);
	timer_cancel(s->loop->timers, &s->deadline);
	return reading_end(&s->reading);
}

static void
succession_step(struct succession *s)
{
	struct config_tree *tree;
	int rc = -EINVAL;

	if (!s->reading || reading_step(s->reading))
		return;
	tree = succession_end_reading(s);
	if (tree)
		rc = succession_follow(s, tree, &s->report);
	succession_end_reload(s, rc);
}

static void
reading_ready(struct watch *w, uint32_t events)
{
	(void)events;
	succession_step(CONTAINER_OF(w, struct succession, watch));
}

static void
reading_due(struct timer *t)
{
	succession_step(CONTAINER_OF(t, struct succession, deadline));
}

static void
succession_begin_reload(struct succession *s)
{
	int rc;

	s->is_asked = false;
	s->ticket++;
	s->began_ms = loop_clock();
	if (s->reloading)
		s->reloading(s->arg);
	s->reading =
	    reading_begin(s->config, CONFIG_READ_DEADLINE_MS, &s->report);
	if (!s->reading) {
		succession_end_reload(s, -errno);
		return;
	}
	s->watch = (struct watch){ reading_ready, reading_fd(s->reading) };
	rc = loop_watch(s->loop, &s->watch, EPOLLIN);
	if (rc < 0) {
		report_error(&s->report, s->config, 0,
		    "the configuration reader cannot be waited for: %s",
		    strerror(-rc));
		reading_end(&s->reading);
		succession_end_reload(s, rc);
		return;
	}
	s->deadline.fn = reading_due;
	timer_arm(s->loop->timers, &s->deadline,
	    loop_clock() + reading_left_ms(s->reading) + 1);
}

unsigned
succession_reload(struct succession *s)
{
	if (s->reading) {
		s->is_asked = true;
		return s->ticket + 1;
	}
	succession_begin_reload(s);
	return s->ticket;
}

bool
succession_is_reloading(const struct succession *s)
{
	return s->reading != NULL || s->is_asked;
}

void
succession_reload_cancel(struct succession *s)
{
	struct config_tree *tree;

	if (!s->reading)
		return;
	tree = succession_end_reading(s);
	config_tree_destroy(&tree);
	/* One verdict for both, and the later ticket has it. */
	s->ticket += s->is_asked;
	s->is_asked = false;
	report_error(&s->report, s->config, 0,
	    "reading the configuration was given up: the process ends");
	succession_end_reload(s, -ECANCELED);
}

/* ------------------------------------------------------------------ ending */

void
succession_drain(struct succession *s)
{
	generation_drain(s->current);
}

void
succession_retire(struct succession *s)
{
	generation_drain(s->current);
	s->current->drained_ms = s->loop->now_ms;
	s->is_retired = true;
	s->cut = 0;
	timer_arm(s->loop->timers, &s->timer, s->loop->now_ms);
}

uint64_t
succession_pins(const struct succession *s)
{
	uint64_t n = generation_pins(s->current);

	for (const struct generation *g = s->leaving; g; g = g->next)
		n += generation_pins(g);
	return n;
}

void
succession_end(struct succession *s)
{
	succession_reload_cancel(s);
	timer_cancel(s->loop->timers, &s->timer);
	while (s->leaving)
		generation_take_off(&s->leaving);
	if (s->current)
		generation_stop(s->current);
	generation_destroy(&s->current);
}

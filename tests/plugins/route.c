/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * route: a filter that goes the way that a fact leads, lets all bytes by, and
 * answers every question of the operator: show, explain, tell.  It can also say
 * who a connection is.
 */
#include "say-peer.h"

#include <bindery/plugin.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum otherwise { OTHERWISE_NEXT, OTHERWISE_REFUSE };

struct way {
	const char *value;
	const struct bnd_exit *exit; /* NULL: the next binding */
};

struct route {
	const char *fact, *identity, *peer;
	struct bnd_rows ways;
	int otherwise;
	int64_t bulk;
};

struct counts { /* of a worker */
	unsigned stages;
};

/* clang-format off */
static const struct bnd_option way_options[] = {
	BND_OPTION(struct way, value, BND_T_STRING, "value",
	    .flags = BND_O_REQUIRED, .doc = "What the fact has to be."),
	BND_OPTION(struct way, exit, BND_T_EXIT, "exit",
	    .doc = "Where it leads then."),
	{ 0 },
};

static const struct bnd_option route_options[] = {
	BND_OPTION(struct route, fact, BND_T_STRING, "fact",
	    .def = "identity", .doc = "Fact that leads."),
	BND_OPTION(struct route, identity, BND_T_STRING, "identity",
	    .doc = "Who connections are."),
	BND_OPTION(struct route, peer, BND_T_STRING, "peer",
	    .doc = "What the fact of that name is made, as text."),
	BND_OPTION(struct route, ways, BND_T_ROWS, "ways",
	    .doc = "Where values of the fact lead.", .rows = way_options,
	    .row_size = sizeof(struct way)),
	BND_OPTION(struct route, otherwise, BND_T_ENUM, "otherwise",
	    .def = "next", .choices = "next|refuse",
	    .doc = "What becomes of the rest."),
	BND_OPTION(struct route, bulk, BND_T_INT, "bulk",
	    .doc = "So many facts of 2000 bytes."),
	{ 0 },
};
/* clang-format on */

/* A real connection and a dry one go the same way. */
static void
route_decide(struct bnd_stage *st)
{
	const struct route *c = st->binding->self;
	const struct way *w = c->ways.v;
	const char *text = bnd_fact_text(st, c->fact);

	for (size_t i = 0; text && i < c->ways.n; i++) {
		if (strcmp(w[i].value, text) != 0)
			continue;
		bnd_open_back(st, w[i].exit);
		return;
	}
	if (c->otherwise == OTHERWISE_NEXT)
		bnd_open_back(st, NULL);
	else
		bnd_refuse(st, -EACCES, "no way for %s '%s'", c->fact,
		    text ? text : "");
}

static void
route_say_much(struct bnd_stage *st, int64_t count)
{
	char key[30], text[2001];

	memset(text, 1, 2000);
	text[2000] = 0;
	for (int64_t i = 0; i < count; i++) {
		snprintf(key, sizeof(key), "bulk%" PRId64, i);
		bnd_fact_text_set(st, key, text);
	}
}

static int
route_open(struct bnd_stage *st, void *arg)
{
	const struct route *c = st->binding->self;
	struct counts *k = st->worker->self;

	(void)arg;
	k->stages++;
	if (c->identity)
		bnd_fact_text_set(st, "identity", c->identity);
	if (c->peer)
		say_peer(st, c->peer);
	bnd_fact_text_set(st, "route.odd", "\xff\x1b[31m\n\"\\");
	bnd_fact_set(st, "route.secret", BND_F_BYTES, "token", 5);
	route_say_much(st, c->bulk);
	route_decide(st);
	return 0;
}

static void
route_flow(struct bnd_stage *st)
{
	bnd_move(st, BND_FRONT, BND_BACK, BND_ALL);
	bnd_move(st, BND_BACK, BND_FRONT, BND_ALL);
}

static void
route_close(struct bnd_stage *st, int err)
{
	struct counts *k = st->worker->self;

	(void)err;
	k->stages--;
}

static void
route_show(struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *a)
{
	const struct counts *k = w->self;

	if (st)
		bnd_answer(a, "waiting", "%zu", bnd_avail(st, BND_FRONT));
	else
		bnd_answer(a, "stages", "%u", k->stages);
}

static void
route_explain(struct bnd_stage *st, struct bnd_answer *a)
{
	const struct route *c = st->binding->self;
	const char *text = bnd_fact_text(st, c->fact);

	bnd_answer(a, c->fact, "%s", text ? text : "unknown");
	route_decide(st);
}

static int
route_command(
    struct bnd_worker *w, const struct bnd_list *words, struct bnd_answer *a)
{
	const char *verb = words->n ? words->v[0] : "";

	if (strcmp(verb, "fail") == 0) {
		bnd_answer(a, "error", "told to fail by worker %u",
		    (unsigned)w->index);
		return -EINVAL;
	}
	if (strcmp(verb, "fail-silently") == 0)
		return -EPERM;
	for (size_t i = 0; i < words->n; i++)
		bnd_answer(a, "word", "%s", words->v[i]);
	for (int i = 0; strcmp(verb, "flood") == 0 && i < 5000; i++)
		bnd_answer(a, "number", "%d", i);
	if (strcmp(verb, "odd") == 0)
		bnd_answer(a, "\xfe", "%s %0*d", "\xff\x1b", 10000, 0);
	return 0;
}

static const struct bnd_type route = {
	BND_HEAD("route", "1.0", BND_FILTER),
	.flags = BND_HOLD_BACK,
	.summary = "Goes the way that a fact leads.",
	.options = route_options,
	.binding_size = sizeof(struct route),
	.worker_size = sizeof(struct counts),
	.open = route_open,
	.flow = route_flow,
	.close = route_close,
	.show = route_show,
	.explain = route_explain,
	.command = route_command,
};

BND_PLUGIN(route);

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* conns.c - the connections, shown and ended. */

#include "control/control-inner.h"

#include "base/address.h"
#include "base/arena.h"
#include "config/value.h"
#include "reload/generation-inner.h"
#include "stream/fact.h"
#include "stream/pipe.h"
#include "stream/stage.h"

#include "log/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	ROWS_DEFAULT = 1000,
	ROWS_MAX = 100000,
	/* How long a worker is kept from its connections, and how often it
	 * looks at the clock. */
	BATCH_MS = 2,
	BATCH_CONNS = 16,
	/* Peers decide how long facts are. */
	FACT_SHOWN = 1024,
	LIST_BYTES_MAX = 64 << 20,
};

/* Which connections are meant. */
struct filter {
	const char *pipeline, *identity;
	const struct bnd_nets *source;
	int64_t generation, id; /* -1: any */
	struct arena arena;     /* of source */
};

/* A walk over a worker's connections, in batches. */
struct walk {
	const struct filter *filter;
	void (*each)(struct walk *k, struct conn *c);
	uint64_t before; /* go on below this id */
	uint64_t matched;
	bool is_done;
	json_t *rows; /* for listing, as the rest */
	size_t room;  /* rows that may still come */
	size_t bytes; /* the same, of text */
	uint64_t cut; /* the greatest id that they did not suffice for */
	bool with_stages;
};

/* ---------------------------------------------------------------- matching */

/* False: the question was refused. */
static bool
filter_parse(struct filter *f, struct question *q)
{
	const char *source = argument_text(q, "source");
	const char *wrong;
	size_t bad;

	*f = (struct filter){
		.pipeline = argument_text(q, "pipeline"),
		.identity = argument_text(q, "identity"),
		.generation = argument_int(q, "generation", -1),
		.id = argument_int(q, "id", -1),
	};
	if (!source)
		return true;
	wrong = value_nets(&source, 1, &f->arena, &f->source, &bad);
	if (!wrong)
		return true;
	question_refuse(
	    q, NULL, "argument 'source': '%.100s' %s", source, wrong);
	return false;
}

/* A source may know no peer, or a stage have made another fact of it. */
static const struct sockaddr *
conn_peer(struct conn *c)
{
	const void *peer = fact_get(c, "peer", BND_F_ADDR, NULL);

	return peer ? peer : (const void *)&c->peer;
}

static bool
filter_takes(const struct filter *f, struct conn *c)
{
	const char *identity;

	if (c->state != CONN_LIVE)
		return false;
	if (f->id >= 0 && c->id != (uint64_t)f->id)
		return false;
	if (f->pipeline && strcmp(c->pipeline->name, f->pipeline) != 0)
		return false;
	if (f->generation >= 0 &&
	    c->pipeline->generation->number != (uint64_t)f->generation)
		return false;
	if (f->source && !nets_has(f->source, conn_peer(c)))
		return false;
	if (!f->identity)
		return true;
	identity = fact_text(c, "identity");
	return identity && strcmp(identity, f->identity) == 0;
}

/* ---------------------------------------------------------------- one's row */

static const char *
conn_state_name(const struct conn *c)
{
	if (c->is_refused)
		return "refused";
	if (c->first && !c->first->is_way_open)
		return "opening";
	for (unsigned side = 0; side < 2; side++)
		if (c->sock[side].has_ended || c->sock[side].is_shut)
			return "half-closed";
	return "open";
}

static uint64_t
queue_holds(const struct queue *q)
{
	if (!q)
		return 0;
	return q->bytes + (q->pipe ? q->pipe->bytes : 0);
}

/* Every queue leads to one stage, or to a socket. */
static uint64_t
conn_queued(const struct conn *c)
{
	uint64_t n = 0;

	for (unsigned side = 0; side < 2; side++)
		n += queue_holds(c->sock[side].out);
	for (const struct stage *s = c->first; s; s = s->next)
		n += queue_holds(s->in[BND_FRONT]) +
		     queue_holds(s->in[BND_BACK]);
	return n;
}

static const char *
stage_state_name(const struct stage *s)
{
	if (stage_is_closing(s))
		return "closing";
	return s->is_way_open ? "open" : "opening";
}

static json_t *
stage_row(struct stage *s)
{
	const struct bnd_type *type = s->binding->type;
	const char *state = stage_state_name(s);
	struct says says;

	says_begin(&says);
	if (s->state == STAGE_OPEN && type->show) {
		PLUGIN_CALL(s->hop.conn->worker, s->binding, show,
		    s->pub.worker, &s->pub, &says.pub);
		stage_after_call(s);
	}
	return json_pack("{s:s, s:s, s:s, s:o}", "pipeline",
	    s->binding->pub.pipeline, "binding", s->binding->pub.name, "state",
	    state, "says", says_take(&says));
}

static json_t *
stage_rows(struct conn *c)
{
	json_t *rows = json_array();

	for (struct stage *s = c->first; s; s = s->next)
		json_array_append_new(rows, stage_row(s));
	return rows;
}

static void
fact_row(void *arg, const char *key, const char *text)
{
	char shown[FACT_SHOWN + 1];

	snprintf(shown, sizeof(shown), "%s", text);
	json_object_set_new(arg, key, json_of_text(shown));
}

static json_t *
conn_row(struct conn *c, bool with_stages)
{
	const struct sock *front = &c->sock[BND_FRONT];
	const struct sock *back = &c->sock[BND_BACK];
	const char *identity = fact_text(c, "identity");
	int64_t now = c->worker->loop.now_ms;
	char peer[ADDRESS_TEXT];
	json_t *facts, *row;

	address_text(conn_peer(c), peer);
	row = json_pack("{s:I, s:s, s:i, s:i, s:s, s:I, s:I, s:I, s:I, s:I, "
			"s:I, s:I, s:s}",
	    "id", (json_int_t)c->id, "pipeline", c->pipeline->name,
	    "generation", (int)c->pipeline->generation->number, "worker",
	    (int)c->worker->index, "peer", peer, "age_ms",
	    (json_int_t)(now - c->opened_ms), "idle_ms",
	    (json_int_t)(now - c->active_ms), "from_client",
	    (json_int_t)front->received, "to_client", (json_int_t)front->sent,
	    "from_backend", (json_int_t)back->received, "to_backend",
	    (json_int_t)back->sent, "queued", (json_int_t)conn_queued(c),
	    "state", conn_state_name(c));
	if (identity)
		json_object_set_new(row, "identity", json_of_text(identity));
	if (!with_stages)
		return row;
	facts = json_object();
	facts_each(c, fact_row, facts);
	json_object_set_new(row, "facts", facts);
	json_object_set_new(row, "stages", stage_rows(c));
	return row;
}

/* ------------------------------------------------------------------ walking */

/* The newest stand first, and ids only grow. */
static int
worker_walk(struct worker *w, void *arg)
{
	int64_t due_ms = loop_clock() + BATCH_MS;
	struct walk *k = arg;
	unsigned looked_at = 0;
	struct conn *c;

	LIST_FOREACH(c, &w->conns, link)
	{
		if (c->id >= k->before)
			continue;
		if (++looked_at % BATCH_CONNS == 0 && loop_clock() >= due_ms)
			return 0;
		k->before = c->id;
		if (!filter_takes(k->filter, c))
			continue;
		k->matched++;
		k->each(k, c);
	}
	k->is_done = true;
	return 0;
}

static void
walk_worker(struct walk *k, struct worker *w, uint64_t before)
{
	k->before = before;
	k->is_done = false;
	while (!k->is_done)
		worker_call(w, worker_walk, k);
}

/* ------------------------------------------------------------------ listing */

static void
walk_row(struct walk *k, struct conn *c)
{
	json_t *row;
	size_t n;

	if (k->room == 0)
		return;
	if (k->bytes == 0) {
		k->room = 0;
		k->cut = c->id > k->cut ? c->id : k->cut;
		return;
	}
	row = conn_row(c, k->with_stages);
	n = json_dumpb(row, NULL, 0, 0);
	k->bytes -= n < k->bytes ? n : k->bytes;
	json_array_append_new(k->rows, row);
	k->room--;
}

static json_int_t
row_id(const json_t *rows, size_t i)
{
	return json_integer_value(
	    json_object_get(json_array_get(rows, i), "id"));
}

json_t *
rows_merge(json_t *a, json_t *b, size_t most)
{
	json_t *r = json_array();
	size_t i = 0, k = 0;

	while (json_array_size(r) < most &&
	       (i < json_array_size(a) || k < json_array_size(b))) {
		if (k == json_array_size(b) ||
		    (i < json_array_size(a) && row_id(a, i) > row_id(b, k)))
			json_array_append(r, json_array_get(a, i++));
		else
			json_array_append(r, json_array_get(b, k++));
	}
	json_decref(a);
	json_decref(b);
	return r;
}

/* One worker's list ends early: none goes on below that, or who asks for what
 * comes behind the last would never see the rest. */
static void
rows_drop_below(json_t *rows, uint64_t id)
{
	size_t n = json_array_size(rows);

	while (n > 0 && (uint64_t)row_id(rows, n - 1) < id)
		json_array_remove(rows, --n);
}

/* The rows of all workers, the newest of each first. */
static json_t *
walk_crew(struct walk *k, const struct crew *crew, uint64_t before)
{
	json_t *all = json_array();
	size_t most = k->room;

	for (unsigned i = 0; i < crew->count; i++) {
		k->rows = json_array();
		k->room = most;
		k->bytes = LIST_BYTES_MAX / crew->count;
		walk_worker(k, crew->workers[i], before);
		all = rows_merge(all, k->rows, most);
	}
	rows_drop_below(all, k->cut);
	return all;
}

void
command_connections(struct question *q)
{
	const struct crew *crew = &q->control->setup.generations->crew;
	int64_t limit = argument_int(q, "limit", ROWS_DEFAULT);
	struct filter f;
	struct walk k = { .filter = &f,
		.each = walk_row,
		.room = limit < ROWS_MAX ? (size_t)limit : ROWS_MAX,
		.with_stages = argument_bool(q, "stages", true) };
	json_t *rows;

	if (!filter_parse(&f, q)) {
		arena_finish(&f.arena);
		return;
	}
	rows =
	    walk_crew(&k, crew, (uint64_t)argument_int(q, "before", INT64_MAX));
	question_answer(
	    q, json_pack("{s:I, s:b, s:o}", "matched", (json_int_t)k.matched,
		   "is_cut", k.matched > json_array_size(rows), "connections",
		   rows));
	arena_finish(&f.arena);
}

/* ------------------------------------------------------------------- ending */

static void
walk_kill(struct walk *k, struct conn *c)
{
	(void)k;
	conn_end(c, REASON_KILLED, PARTY_HOST, -ECANCELED, NULL);
}

void
command_kill(struct question *q)
{
	const struct crew *crew = &q->control->setup.generations->crew;
	size_t given = json_object_size(q->arguments);
	struct filter f;
	struct walk k = { .filter = &f, .each = walk_kill };

	if (given == 0 || (json_object_get(q->arguments, "all") &&
			      (given > 1 || !argument_bool(q, "all", false)))) {
		question_refuse(q, NULL,
		    "command 'kill' needs a filter: id, pipeline, source, "
		    "identity, generation, or all alone");
		return;
	}
	if (filter_parse(&f, q)) {
		for (unsigned i = 0; i < crew->count; i++)
			walk_worker(&k, crew->workers[i], INT64_MAX);
		log_notice("the control socket killed connections: %" PRIu64,
		    k.matched);
		question_answer(
		    q, json_pack("{s:I}", "killed", (json_int_t)k.matched));
	}
	arena_finish(&f.arena);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * Random lives of connections: chains of up to five stages that pass bytes on
 * in pieces of any size, hold their back or front for a while, bypass one way
 * or both, leave in any order, while both peers talk, listen slowly, and
 * half-close.  Whatever happens, every byte arrives once, in order, and each
 * end after the last byte; or the connection is aborted somewhere in between,
 * and then what began has to end.
 */

#include "actor.h"

enum { SEEDS = 1500, FILTERS = 3, STEPS = 120 };

static struct actor source, filters[FILTERS], sink;
static struct actor *stages[FILTERS + 2];
static size_t stage_count;

/* One direction between the peers. */
struct way {
	int from, to;
	size_t said, heard, goal;
	bool has_said_end, has_heard_end;
};

static struct {
	uint64_t random;
	unsigned seed;
	struct line *line;
	struct way ways[2]; /* client to backend; backend to client */
	bool is_ring;       /* the sink sends back what comes */
	bool is_aborted;
	int client;
} m;

#define model_assert(x)                                          \
	do {                                                     \
		if (!(x))                                        \
			ck_abort_msg("seed %u: %s", m.seed, #x); \
	} while (0)

static uint64_t
model_random(void)
{
	m.random ^= m.random << 13;
	m.random ^= m.random >> 7;
	m.random ^= m.random << 17;
	return m.random * UINT64_C(0x2545F4914F6CDD1D) >> 16;
}

static bool
one_in(unsigned n)
{
	return model_random() % n == 0;
}

static char
byte_at(size_t i)
{
	return (char)(i * 7 + i / 251);
}

/* ------------------------------------------------------------------ the stages
 */

/* Some of what waits, by one of the calls there are; the end when it is all. */
static void
flow_some(struct bnd_stage *st, unsigned from, unsigned to)
{
	size_t n = bnd_avail(st, from), some = n ? model_random() % n + 1 : 0;
	struct bnd_buf *b;
	const char *p;
	char *q;

	switch (model_random() % 6) {
	case 0: /* copying */
		n = bnd_peek(st, from, some, &p);
		n = bnd_out(st, to, p, n < some ? n : some);
		bnd_eat(st, from, n);
		break;
	case 1: /* by reservation */
		n = bnd_peek(st, from, some < 32768 ? some : 32768, &p);
		n = n < some ? n : some;
		some = bnd_reserve(st, to, n < 32768 ? n : 32768, &q);
		n = n < some ? n : some;
		if (n)
			memcpy(q, p, n);
		if (some)
			bnd_commit(st, to, n);
		bnd_eat(st, from, n);
		break;
	case 2: /* by reference */
		b = bnd_take(st, from, bnd_room(st, to));
		if (b)
			model_assert(bnd_put(st, to, b) == 0);
		bnd_buf_unref(b);
		break;
	case 3: /* reserve and forget */
		bnd_reserve(st, to, 100, &q);
		break;
	case 4:
		bnd_move(st, from, to, some);
		break;
	default:
		bnd_move(st, from, to, BND_ALL);
	}
	if (bnd_avail(st, from) && bnd_room(st, to))
		bnd_wake(st);
	if (bnd_avail(st, from) == 0 && bnd_ended(st, from))
		bnd_move(st, from, to, BND_ALL);
}

static void
flow_on(struct bnd_stage *st)
{
	if (m.is_ring && actor_of(st) == &sink) {
		flow_some(st, BND_FRONT, BND_FRONT);
		return;
	}
	flow_some(st, BND_FRONT, BND_BACK);
	flow_some(st, BND_BACK, BND_FRONT);
}

static void
stage_act(struct bnd_stage *st)
{
	bool is_end = m.is_ring && actor_of(st) == &sink;
	const struct stage *s = stage_of(st);

	switch (model_random() % 5) {
	case 0:
		bnd_bypass(st, BND_FRONT, is_end ? BND_FRONT : BND_BACK);
		break;
	case 1:
		if (!is_end)
			bnd_bypass(st, BND_BACK, BND_FRONT);
		break;
	case 2:
		if (is_end)
			bnd_bypass(st, BND_FRONT, BND_FRONT);
		bnd_leave(st);
		break;
	case 3:
		if (s->binding->type->flags & BND_HOLD_BACK)
			bnd_open_back(st, NULL);
		break;
	default:
		if (s->binding->type->flags & BND_HOLD_FRONT)
			bnd_open_front(st);
	}
}

static int
open_some(struct bnd_stage *st, void *arg)
{
	if (actor_of(st) == &source)
		model_assert(open_front(st, arg) == 0);
	if (actor_of(st) == &sink && !m.is_ring)
		open_back_sock(st, arg);
	if (one_in(3))
		stage_act(st);
	if (m.is_aborted && one_in(8))
		return -EIO;
	return 0;
}

static void
opened_some(struct bnd_stage *st, int err)
{
	if (err == 0 && one_in(3))
		stage_act(st);
	if (err < 0 && one_in(2))
		bnd_refuse(st, err, "no way");
	else if (err < 0)
		bnd_abort(st, err, "no way");
}

static void
stage_end(struct bnd_stage *st)
{
	if (one_in(2))
		bnd_abort(st, -EPROTO, "by chance");
	else
		bnd_refuse(st, -EPROTO, "by chance");
}

static void
stages_act(void)
{
	size_t i = model_random() % stage_count;
	struct bnd_stage *st = stages[i]->last;

	if (st && m.is_aborted && one_in(6))
		stage_end(st);
	else if (st)
		stage_act(st);
}

/* In the end everybody opens what he holds. */
static void
stages_open(void)
{
	for (size_t i = 0; i < stage_count; i++) {
		struct bnd_stage *st = stages[i]->last;

		if (!st)
			continue;
		bnd_open_front(st);
		if (stages[i]->type.flags & BND_HOLD_BACK)
			bnd_open_back(st, NULL);
	}
}

/* ------------------------------------------------------------------- the peers
 */

static void
way_say(struct way *w)
{
	static char data[60000];
	size_t n =
	    one_in(3) ? model_random() % sizeof(data) : model_random() % 300;
	ssize_t done;

	if (w->from < 0 || w->has_said_end)
		return;
	if (n > w->goal - w->said)
		n = w->goal - w->said;
	for (size_t i = 0; i < n; i++)
		data[i] = byte_at(w->said + i);
	done = send(w->from, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (done > 0)
		w->said += (size_t)done;
	if (w->said == w->goal && one_in(2)) {
		w->has_said_end = true;
		shutdown(w->from, SHUT_WR);
	}
}

static void
way_hear(struct way *w)
{
	static char data[60000];
	size_t max = one_in(2) ? sizeof(data) : 500;
	ssize_t n = w->to < 0 ? -1 : recv(w->to, data, max, MSG_DONTWAIT);

	if (n == 0)
		w->has_heard_end = true;
	for (ssize_t i = 0; i < n; i++)
		model_assert(data[i] == byte_at(w->heard++));
	if (!m.is_aborted)
		model_assert(n >= 0 || w->to < 0 || errno == EAGAIN);
}

static void
peers_meet(void)
{
	if (m.is_ring) {
		m.ways[0].to = m.client;
	} else if (back_peer >= 0) {
		m.ways[0].to = m.ways[1].from = back_peer;
	}
}

static void
model_begin(void)
{
	static const char *const names[] = { "a", "b", "c" };

	m.random = m.seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
	m.is_ring = one_in(3);
	m.is_aborted = one_in(3);
	back_peer = -1;
	source = ACTOR("r", BND_SOURCE, 0);
	sink = ACTOR("s", BND_SINK, one_in(3) ? BND_HOLD_FRONT : 0);
	stage_count = 0;
	stages[stage_count++] = &source;
	for (size_t i = model_random() % (FILTERS + 1); i < FILTERS; i++) {
		filters[i] = ACTOR(names[i], BND_FILTER,
		    (one_in(4) ? BND_HOLD_BACK : 0) |
			(one_in(4) ? BND_HOLD_FRONT : 0));
		stages[stage_count++] = &filters[i];
	}
	stages[stage_count++] = &sink;
	for (size_t i = 0; i < stage_count; i++) {
		stages[i]->open = open_some;
		stages[i]->opened = opened_some;
		stages[i]->flow = flow_on;
		if (stages[i] != &sink && one_in(6)) /* lets all by */
			stages[i]->type.flow = NULL;
	}
	m.ways[0] = (struct way){ .from = -1, .to = -1 };
	m.ways[1] = m.ways[0];
	m.ways[0].goal =
	    one_in(2) ? model_random() % 400000 : model_random() % 1000;
	m.ways[1].goal = m.is_ring ? 0 : model_random() % 300000;
}

static void
model_connect(void)
{
	const struct bnd_type *types[FILTERS + 2];

	for (size_t i = 0; i < stage_count; i++)
		types[i] = &stages[i]->type;
	m.line = host_line("p", stage_count, types);
	m.client = line_connect(m.line);
	m.ways[0].from = m.client;
	m.ways[1].to = m.is_ring ? -1 : m.client;
}

static bool
model_is_done(void)
{
	if (m.is_aborted && host.workers[0]->conn_count == 0)
		return true;
	return m.ways[0].has_heard_end &&
	       (m.is_ring || m.ways[1].has_heard_end);
}

static void
model_step(void)
{
	peers_meet();
	for (int i = 0; i < 2; i++) {
		if (one_in(2))
			way_say(&m.ways[i]);
		if (one_in(2))
			way_hear(&m.ways[i]);
	}
	host_turn();
}

/* Where a seed that failed got stuck. */
static void
model_tell(void)
{
	const struct conn *c = LIST_FIRST(&host.workers[0]->conns);

	for (int i = 0; i < 2; i++)
		fprintf(stderr, "way %d: said %zu%s heard %zu%s of %zu\n", i,
		    m.ways[i].said, m.ways[i].has_said_end ? "." : "",
		    m.ways[i].heard, m.ways[i].has_heard_end ? "." : "",
		    m.ways[i].goal);
	for (unsigned i = 0; c && i < 2; i++) {
		const struct sock *k = &c->sock[i];

		fprintf(stderr,
		    "sock %u: in %p out %p may_read %d full %d ended %d "
		    "shut %d\n",
		    i, (void *)k->in, (void *)k->out, k->may_read, k->is_full,
		    k->has_ended, k->is_shut);
	}
	for (const struct stage *s = c ? c->first : NULL; s; s = s->next)
		for (unsigned i = 0; i < 2; i++)
			fprintf(stderr,
			    "stage %s side %u: in %p %u%s out %p %u%s "
			    "bypassed %d given %d due %x way %d back %d\n",
			    s->binding->pub.name, i, (void *)s->in[i],
			    s->in[i] ? s->in[i]->bytes : 0,
			    s->in[i] && s->in[i]->has_ended ? "." : "",
			    (void *)s->out[i], s->out[i] ? s->out[i]->bytes : 0,
			    s->out[i] && s->out[i]->has_ended ? "." : "",
			    s->is_bypassed[i], s->is_given[i], s->due,
			    s->is_way_open, s->is_back_open);
}

/* All there is to say is said, and all there is to hear is heard. */
static void
model_finish(void)
{
	for (int i = 0; i < 20000 && !model_is_done(); i++) {
		if (i % 64 == 0)
			stages_open();
		model_step();
		if (i % 128 == 127)
			usleep(100);
	}
	if (m.is_aborted)
		return;
	if (!model_is_done())
		model_tell();
	model_assert(model_is_done());
	model_assert(m.ways[0].heard == m.ways[0].goal);
	model_assert(m.is_ring || m.ways[1].heard == m.ways[1].goal);
	host_settle();
	model_assert(host.workers[0]->conn_count == 0);
	model_assert(host.workers[0]->reasons[REASON_DONE] == 1);
}

static void
model_play(void)
{
	host_start();
	model_begin();
	model_connect();
	for (int i = 0; i < STEPS; i++) {
		if (one_in(12))
			stages_act();
		model_step();
	}
	model_finish();
	close(m.client);
	if (back_peer >= 0)
		close(back_peer);
	for (int i = 0; i < 50 && host.workers[0]->conn_count; i++)
		host_turn();
	stream_end_all(host.workers[0], REASON_SHUTDOWN);
	host_stop();
	for (size_t i = 0; i < stage_count; i++)
		actor_is_over(stages[i]);
}

START_TEST(every_byte_arrives_whatever_the_stages_do)
{
	const char *only = getenv("MODEL_SEED");

	const char *until = getenv("MODEL_SEEDS");
	unsigned seeds = until ? (unsigned)atoi(until) : SEEDS;

	for (m.seed = 1; m.seed <= seeds; m.seed++)
		if (!only || m.seed == (unsigned)atoi(only))
			model_play();
}
END_TEST

UNIT_TESTS("protocol-model", every_byte_arrives_whatever_the_stages_do)

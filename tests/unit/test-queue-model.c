/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * Random operations on three queues against three arrays of bytes.  Buffers
 * that somebody outside holds must never change; who has to be woken is.
 */

#include "base/compiler.h"
#include "stream/conn.h"
#include "stream/queue.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

/* It has no threads: what looks at these, thirty times slower, has little to do
 * here. */
#ifdef __SANITIZE_THREAD__
enum { SEEDS = 300 };
#else
enum { SEEDS = 3000 };
#endif

enum {
	QUEUES = 3,
	STEPS = 250,
	HELD = 16,
	BYTES = 400000,
	HALF = QUEUE_LIMIT / 2
};

/* libcheck notes every assertion it passes in a file: far too slow here. */
#define model_assert(x)                                                 \
	do {                                                            \
		if (!(x))                                               \
			ck_abort_msg(                                   \
			    "seed %u step %u: %s", m.seed, m.step, #x); \
	} while (0)

struct model {
	struct queue *q;
	struct hop source, sink;
	char *bytes; /* what is inside, from `first` on */
	size_t first, n;
	bool has_ended, is_discarding, is_tight;
	size_t reserved; /* by the last operation */
	char *at;
};

static struct {
	struct model all[QUEUES];
	struct {
		struct bnd_buf *buf;
		char *copy;
		size_t n;
	} held[HELD];
	struct worker worker;
	struct conn conn;
	uint64_t random;
	unsigned seed, step;
	char next; /* byte to be written next */
} m;

static uint64_t
model_random(void)
{
	m.random ^= m.random << 13;
	m.random ^= m.random >> 7;
	m.random ^= m.random << 17;
	return m.random * UINT64_C(0x2545F4914F6CDD1D) >> 16;
}

static size_t
model_size(void)
{
	static const size_t edges[] = { 0, 1, 447, 448, 449, HALF - 1, HALF,
		HALF + 1, BUF_LARGE - 1, BUF_LARGE, QUEUE_LIMIT };

	switch (model_random() % 8) {
	case 0:
		return edges[model_random() % ARRAY_COUNT(edges)];
	case 1:
	case 2:
		return model_random() % 20000;
	default:
		return model_random() % 600;
	}
}

static void
fill(char *p, size_t n)
{
	while (n--)
		*p++ = (m.next = (char)(m.next * 5 + 17));
}

/* ----------------------------------------------------------- what is expected
 */

static void
expect_gain(struct model *x, const char *data, size_t n)
{
	if (n == 0 || x->is_discarding)
		return;
	model_assert(x->first + x->n + n <= BYTES);
	memcpy(x->bytes + x->first + x->n, data, n);
	x->n += n;
	model_assert(x->sink.is_woken);
	if (x->n > HALF)
		x->is_tight = true;
}

static void
expect_loss(struct model *x, size_t n)
{
	model_assert(n <= x->n);
	x->first += n;
	x->n -= n;
	if (x->is_tight && x->n <= HALF) {
		model_assert(x->source.is_woken);
		x->is_tight = false;
	}
}

static void
expect_same(const struct model *x)
{
	struct iovec v[64];
	size_t in_all, at = 0;
	int n = queue_vector(x->q, v, 64, &in_all);

	model_assert(x->q->bytes == x->n);
	model_assert(x->q->has_ended == x->has_ended);
	model_assert(queue_is_empty(x->q) == (x->n == 0));
	model_assert(
	    queue_room(x->q) ==
	    (x->has_ended || x->n > QUEUE_LIMIT ? 0 : QUEUE_LIMIT - x->n));
	for (int i = 0; i < n; i++) {
		model_assert(at + v[i].iov_len <= x->n);
		model_assert(memcmp(x->bytes + x->first + at, v[i].iov_base,
				 v[i].iov_len) == 0);
		at += v[i].iov_len;
	}
	model_assert(at == in_all);
	model_assert(n == 64 || at == x->n);
}

/* ---------------------------------------------------------------- buffers that
 * somebody outside holds */

static void
hold_check(size_t i)
{
	model_assert(m.held[i].buf->used == m.held[i].n);
	model_assert(
	    memcmp(m.held[i].buf->data, m.held[i].copy, m.held[i].n) == 0);
}

static void
hold_drop(size_t i)
{
	if (!m.held[i].buf)
		return;
	hold_check(i);
	buf_unref(m.held[i].buf);
	free(m.held[i].copy);
	m.held[i].buf = NULL;
}

static void
hold(struct bnd_buf *b)
{
	size_t i = model_random() % HELD;

	hold_drop(i);
	m.held[i].buf = b;
	m.held[i].n = b->used;
	m.held[i].copy = malloc(b->used + 1);
	memcpy(m.held[i].copy, b->data, b->used);
}

/* ------------------------------------------------------------- the operations
 */

static void
do_write(struct model *x)
{
	static char data[QUEUE_LIMIT];
	size_t n = model_size(), room = queue_room(x->q);

	if (n > room)
		n = room;
	fill(data, n);
	model_assert(queue_write(x->q, data, n) == 0);
	expect_gain(x, data, n);
}

static void
do_push(struct model *x)
{
	size_t n = model_size(), off, len;
	struct bnd_buf *b;

	if (x->has_ended || x->n > QUEUE_LIMIT)
		return;
	b = buf_alloc(n);
	fill(b->data, n);
	off = n ? model_random() % n : 0;
	len = n - off;
	if (model_random() % 2)
		off = 0, len = n;
	else if (len)
		len = model_random() % (len + 1);
	buf_ref(b);
	model_assert(queue_push(x->q, b, off, len) == 0);
	expect_gain(x, b->data + off, len);
	if (model_random() % 2)
		hold(b);
	else
		buf_unref(b);
}

static void
do_reserve(struct model *x)
{
	size_t min = model_size(), n;
	char *p;

	if (x->has_ended || min > queue_room(x->q))
		return;
	p = queue_reserve(x->q, min, &n);
	model_assert(p && n >= min && n > 0);
	x->at = p;
	x->reserved = n;
}

static void
do_commit(struct model *x)
{
	static char data[1 << 20];
	size_t n = x->reserved;

	if (!n)
		return;
	if (n > queue_room(x->q))
		n = queue_room(x->q);
	n = model_random() % (n + 1);
	model_assert(n <= sizeof(data));
	fill(x->at, n);
	memcpy(data, x->at, n);
	queue_commit(x->q, n);
	x->reserved = 0;
	expect_gain(x, data, n);
}

static void
do_peek(struct model *x)
{
	size_t want = model_size(), n, least;
	const char *p;

	if (model_random() % 8 == 0)
		want = SIZE_MAX;
	n = queue_peek(x->q, want, &p);
	least = want < x->n ? want : x->n;
	if (least > HALF)
		least = HALF;
	model_assert(p != NULL && n >= least && n <= x->n);
	model_assert(x->n == 0 || n > 0);
	model_assert(memcmp(p, x->bytes + x->first, n) == 0);
}

static void
do_edit(struct model *x)
{
	size_t max = model_size(), n, right;
	char *p;

	n = queue_edit(x->q, max, &p);
	right = max < x->n ? max : x->n;
	if (right > HALF)
		right = HALF;
	model_assert(p != NULL && n == right);
	model_assert(memcmp(p, x->bytes + x->first, n) == 0);
	fill(p, n);
	memcpy(x->bytes + x->first, p, n);
}

static void
do_eat(struct model *x)
{
	size_t n = model_size(), done = queue_eat(x->q, n);

	model_assert(done == (n < x->n ? n : x->n));
	expect_loss(x, done);
}

static void
do_take(struct model *x)
{
	size_t max = model_size(), shown;
	const char *p;
	struct bnd_buf *b;

	shown = queue_peek(x->q, 0, &p);
	b = queue_take(x->q, max);
	model_assert(!b == (max == 0 || x->n == 0));
	if (!b)
		return;
	/* What peek showed in one piece comes in one piece. */
	model_assert(b->used == (shown < max ? shown : max));
	model_assert(memcmp(b->data, x->bytes + x->first, b->used) == 0);
	expect_loss(x, b->used);
	hold(b);
}

static void
do_move(struct model *x, struct model *y)
{
	size_t n = model_size(), room = queue_room(y->q), right, done;
	size_t from = x->first;

	if (x == y || y->has_ended)
		return;
	if (n > room)
		n = room;
	right = n < x->n ? n : x->n;
	done = queue_move(x->q, y->q, n);
	model_assert(done == right);
	expect_gain(y, x->bytes + from, done);
	expect_loss(x, done);
}

static void
model_create(struct model *x)
{
	x->q = queue_create();
	x->q->source = &x->source;
	x->q->sink = &x->sink;
	x->first = x->n = 0;
	x->has_ended = x->is_discarding = x->is_tight = false;
}

static void
do_join(struct model *x, struct model *y)
{
	bool had_news = x->n > 0 || x->has_ended, was_tight = x->is_tight;

	if (x == y || y->has_ended || x->is_discarding ||
	    y->first + y->n + x->n > BYTES)
		return;
	x->q->source = &y->source;
	queue_join(x->q, y->q);
	model_assert(!had_news || y->sink.is_woken);
	if (!y->is_discarding) {
		memcpy(y->bytes + y->first + y->n, x->bytes + x->first, x->n);
		y->n += x->n;
	}
	y->has_ended = x->has_ended;
	y->is_tight = y->n > HALF;
	model_assert(!was_tight || y->is_tight || y->source.is_woken);
	model_create(x);
}

static void
do_end(struct model *x)
{
	bool had_ended = x->has_ended;

	queue_end(x->q);
	x->has_ended = true;
	model_assert(had_ended || x->sink.is_woken);
}

static void
do_discard(struct model *x)
{
	queue_discard(x->q);
	x->n = 0;
	x->is_discarding = true;
	x->is_tight = false;
	model_assert(x->source.is_woken);
}

static void
do_renew(struct model *x)
{
	queue_destroy(x->q);
	model_create(x);
}

static void
model_act(struct model *x, struct model *y)
{
	unsigned what = (unsigned)(model_random() % 64);

	/* A reservation ends with the operation after it. */
	if (x->reserved && what % 4)
		do_commit(x);
	x->reserved = 0;
	if (what < 12)
		do_write(x);
	else if (what < 20)
		do_push(x);
	else if (what < 28)
		do_reserve(x);
	else if (what < 34)
		do_peek(x);
	else if (what < 38)
		do_edit(x);
	else if (what < 44)
		do_eat(x);
	else if (what < 50)
		do_take(x);
	else if (what < 58)
		do_move(x, y);
	else if (what < 60)
		do_join(x, y);
	else if (what < 61)
		do_end(x);
	else if (what < 62)
		do_discard(x);
	else
		do_renew(x);
}

static void
model_tidy(struct model *x)
{
	if (x->first > BYTES / 2) {
		memmove(x->bytes, x->bytes + x->first, x->n);
		x->first = 0;
	}
	x->source.is_woken = x->sink.is_woken = false;
}

static void
model_step(void)
{
	struct model *x = &m.all[model_random() % QUEUES];
	struct model *y = &m.all[model_random() % QUEUES];

	if (y != x && y->reserved) { /* only its own stage fills it meanwhile */
		queue_trim(y->q);
		y->reserved = 0;
	}
	model_act(x, y);
	for (int i = 0; i < QUEUES; i++) {
		if (!m.all[i].reserved)
			queue_trim(m.all[i].q);
		expect_same(&m.all[i]);
		model_tidy(&m.all[i]);
	}
	for (size_t i = 0; i < HELD; i++)
		if (m.held[i].buf)
			hold_check(i);
}

static void
model_play(unsigned seed)
{
	m.seed = seed;
	m.random = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
	for (int i = 0; i < QUEUES; i++)
		model_create(&m.all[i]);
	for (m.step = 0; m.step < STEPS; m.step++)
		model_step();
	for (int i = 0; i < QUEUES; i++) {
		m.all[i].reserved = 0;
		queue_destroy(m.all[i].q);
	}
	for (size_t i = 0; i < HELD; i++)
		hold_drop(i);
}

START_TEST(random_operations_match_the_model)
{
	ck_assert_int_eq(loop_init(&m.worker.loop), 0);
	m.conn.worker = &m.worker;
	for (int i = 0; i < QUEUES; i++) {
		m.all[i].bytes = malloc(BYTES);
		m.all[i].source.conn = m.all[i].sink.conn = &m.conn;
	}
	for (unsigned seed = 1; seed <= SEEDS; seed++)
		model_play(seed);
	for (int i = 0; i < QUEUES; i++)
		free(m.all[i].bytes);
	buf_cache_empty();
	loop_finish(&m.worker.loop);
}
END_TEST

UNIT_TESTS("queue-model", random_operations_match_the_model)

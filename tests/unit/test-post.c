/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Messages, kept memory and metrics of bindings. */

#include "host.h"

static char trace[4096];
static unsigned heard, rooms;
static uint64_t last_arg;
static struct bnd_buf *last_buf;

static void
poster_message(struct bnd_worker *w, const struct bnd_msg *m)
{
	size_t n = strlen(trace);

	heard++;
	ck_assert_uint_ge(m->arg, last_arg); /* in order */
	last_arg = m->arg;
	if (n + 20 < sizeof(trace))
		snprintf(trace + n, 20, "%u<%u:%u ", w->index, m->from, m->tag);
	if (m->buf) {
		buf_unref(last_buf);
		last_buf = bnd_buf_ref(m->buf);
	}
}

static void
poster_room(struct bnd_worker *w)
{
	(void)w;
	rooms++;
}

static const struct bnd_metric metrics[] = {
	{ .name = "a_total", .kind = BND_COUNTER },
	{ .name = "b", .kind = BND_GAUGE },
	{ .name = "c", .kind = BND_HISTOGRAM },
	{ .name = "d", .kind = BND_VALUE },
	{ 0 },
};

static const struct bnd_type poster = {
	BND_HEAD("poster", "1.0", BND_SINK),
	.metrics = metrics,
	.message = poster_message,
	.worker_room = poster_room,
};
static const struct bnd_type other = {
	BND_HEAD("poster", "1.0", BND_SINK),
	.state_version = 1,
	.message = poster_message,
};

static struct line *line;

static struct bnd_worker *
desk(const struct line *l, unsigned worker)
{
	return &l->desks[0][worker]->pub;
}

static void
begin(void)
{
	host_start();
	line = HOST_LINE_OF("p", &poster);
	trace[0] = 0;
	heard = rooms = 0;
	last_arg = 0;
}

static void
said(const char *text)
{
	host_settle();
	ck_assert_str_eq(trace, text);
	trace[0] = 0;
}

START_TEST(messages_go_to_the_other_workers)
{
	struct bnd_buf *b;

	begin();
	b = buf_copy("hi", 2);
	ck_assert_int_eq(bnd_post(desk(line, 0), 1, 0, 5, 1, b), 0);
	ck_assert_uint_eq(atomic_load(&line->pins[1].count), 1);
	buf_unref(b);
	said("1<0:5 ");
	ck_assert_mem_eq(last_buf->data, "hi", 2);
	ck_assert(buf_is_own(last_buf));
	ck_assert_uint_eq(atomic_load(&line->pins[1].count), 0);
	ck_assert_int_eq(
	    bnd_post(desk(line, 1), BND_EVERY_WORKER, 0, 6, 2, NULL), 0);
	said("0<1:6 ");
	ck_assert_int_eq(bnd_post(desk(line, 0), 0, 0, 7, 3, NULL), -EINVAL);
	ck_assert_int_eq(bnd_post(desk(line, 0), 1, 8, 7, 3, NULL), -EINVAL);
	said("");
	ck_assert_int_eq(bnd_post(desk(line, 0), 2, 0, 7, 3, NULL), -EINVAL);
	buf_unref(last_buf);
	host_stop();
}
END_TEST

START_TEST(all_generations_hear_what_is_for_all)
{
	struct line *kin, *stranger, *elsewhere;

	begin();
	kin = HOST_LINE_OF("p", &poster);
	stranger = HOST_LINE_OF("p", &other); /* another state_version */
	elsewhere = HOST_LINE_OF("q", &poster);
	ck_assert_int_eq(bnd_post(desk(line, 0), BND_EVERY_WORKER,
			     BND_POST_ALL_GENERATIONS, 1, 1, NULL),
	    0);
	/* 0: kin only; 1: line and kin. */
	host_settle();
	ck_assert_uint_eq(heard, 3);
	said("0<0:1 1<0:1 1<0:1 ");
	kin->desks[0][1]->is_stopping = true;
	ck_assert_int_eq(
	    bnd_post(desk(line, 0), 1, BND_POST_ALL_GENERATIONS, 2, 2, NULL),
	    0);
	said("1<0:2 ");
	(void)stranger;
	(void)elsewhere;
	line->desks[0][0]->is_stopping = true;
	ck_assert_int_eq(bnd_post(desk(line, 0), 1, 0, 2, 3, NULL), -ECANCELED);
	host_stop();
}
END_TEST

START_TEST(a_full_box_says_so_and_calls_when_there_is_room)
{
	unsigned n = 0;

	begin();
	while (bnd_post(desk(line, 0), 1, 0, 1, n, NULL) == 0)
		ck_assert_uint_lt(++n, 100000);
	ck_assert_uint_eq(n, POST_BOX);
	/* Nobody gets it when one box is full. */
	ck_assert_int_eq(bnd_post(desk(line, 0), BND_EVERY_WORKER,
			     BND_POST_ALL_GENERATIONS, 1, n, NULL),
	    -EAGAIN);
	ck_assert_int_eq(bnd_post(desk(line, 1), 0, 0, 1, n, NULL), 0);
	last_arg = 0;
	loop_turn(&host.workers[1]->loop, 0);
	ck_assert_uint_eq(heard, POST_BOX);
	ck_assert_uint_eq(rooms, 0);
	last_arg = 0;
	host_settle();
	ck_assert_uint_eq(rooms, 1);
	ck_assert_int_eq(bnd_post(desk(line, 0), 1, 0, 1, n, NULL), 0);
	host_settle();
	ck_assert_uint_eq(heard, POST_BOX + 2);
	ck_assert_uint_eq(rooms, 1);
	host_stop();
}
END_TEST

/* ---------------------------------------------------------------------- keep
 */

static unsigned finis, newer_finis;

static void
fini(void *object)
{
	ck_assert_int_eq(*(int *)object, 7);
	finis++;
}

static void
newer_fini(void *object)
{
	ck_assert_int_eq(*(int *)object, 7);
	newer_finis++;
}

START_TEST(kept_memory_lives_while_one_generation_does)
{
	struct binding *a, *b, *c;
	int *p;

	begin();
	finis = newer_finis = 0;
	a = &line->bindings[0];
	b = &HOST_LINE_OF("p", &poster)->bindings[0];
	c = &HOST_LINE_OF("p", &other)->bindings[0];
	p = bnd_keep(&a->pub, "k", sizeof(int), fini);
	ck_assert_int_eq(*p, 0);
	*p = 7;
	ck_assert_ptr_eq(bnd_keep(&a->pub, "k", sizeof(int), fini), p);
	ck_assert_ptr_null(bnd_keep(&b->pub, "k", 8, fini));
	ck_assert_ptr_eq(bnd_keep(&b->pub, "k", sizeof(int), newer_fini), p);
	ck_assert_ptr_ne(bnd_keep(&b->pub, "other", sizeof(int), NULL), p);
	ck_assert_ptr_ne(bnd_keep(&c->pub, "k", sizeof(int), NULL), p);
	keep_release(a, KEEP_ALL_WORKERS);
	keep_release(a, KEEP_ALL_WORKERS);
	ck_assert_uint_eq(finis + newer_finis, 0);
	ck_assert_int_eq(*p, 7);
	keep_release(b, KEEP_ALL_WORKERS);
	ck_assert_uint_eq(finis, 0);
	ck_assert_uint_eq(newer_finis, 1);
	p = bnd_keep(&a->pub, "k", sizeof(int), NULL);
	ck_assert_int_eq(*p, 0);
	host_stop();
}
END_TEST

START_TEST(each_worker_keeps_its_own)
{
	int *p[2];

	begin();
	finis = 0;
	for (unsigned i = 0; i < 2; i++) {
		p[i] = bnd_worker_keep(desk(line, i), "k", sizeof(int), fini);
		*p[i] = 7;
	}
	ck_assert_ptr_ne(p[0], p[1]);
	keep_release(&line->bindings[0], 0);
	ck_assert_uint_eq(finis, 1);
	ck_assert_ptr_eq(
	    bnd_worker_keep(desk(line, 1), "k", sizeof(int), fini), p[1]);
	host_stop();
	ck_assert_uint_eq(finis, 2);
}
END_TEST

/* ------------------------------------------------------------------- metrics
 */

START_TEST(each_worker_counts_its_share)
{
	struct desk *d;
	struct cell *h, *v;

	begin();
	d = line->desks[0][1];
	v = d->sheet->cells;
	ck_assert_uint_eq(
	    metrics_cell_count(&line->bindings[0]), 3 + HISTOGRAM_CELLS);
	bnd_metric(&d->pub, 0, 2);
	bnd_metric(&d->pub, 0, 3);
	bnd_metric(&d->pub, 1, 2);
	bnd_metric(&d->pub, 1, -5);
	bnd_metric(&d->pub, 3, 9);
	bnd_metric(&d->pub, 3, 4);
	bnd_metric(&d->pub, 4, 1); /* no such metric */
	bnd_metric(&d->pub, UINT32_MAX, 1);
	h = &v[2];
	bnd_metric(&d->pub, 2, 0);
	bnd_metric(&d->pub, 2, -1);
	bnd_metric(&d->pub, 2, 1);
	bnd_metric(&d->pub, 2, 1023);
	bnd_metric(&d->pub, 2, 1024);
	bnd_metric(&d->pub, 2, INT64_MAX);
	ck_assert_int_eq(cell_read(&v[0]), 5);
	ck_assert_int_eq(cell_read(&v[1]), -3);
	ck_assert_int_eq(cell_read(&v[2 + HISTOGRAM_CELLS]), 4);
	ck_assert_int_eq(cell_read(&h[HISTOGRAM_N]), 6);
	ck_assert_int_eq(cell_read(&h[HISTOGRAM_BUCKET]), 2);
	ck_assert_int_eq(cell_read(&h[HISTOGRAM_BUCKET + 1]), 1);
	ck_assert_int_eq(cell_read(&h[HISTOGRAM_BUCKET + 10]), 1);
	ck_assert_int_eq(cell_read(&h[HISTOGRAM_BUCKET + 11]), 1);
	ck_assert_int_eq(
	    cell_read(&h[HISTOGRAM_BUCKET + HISTOGRAM_BUCKETS - 1]), 1);
	ck_assert_int_eq(cell_read(line->desks[0][0]->sheet->cells), 0);
	host_stop();
}
END_TEST

UNIT_TESTS("post", messages_go_to_the_other_workers,
    all_generations_hear_what_is_for_all,
    a_full_box_says_so_and_calls_when_there_is_room,
    kept_memory_lives_while_one_generation_does, each_worker_keeps_its_own,
    each_worker_counts_its_share)

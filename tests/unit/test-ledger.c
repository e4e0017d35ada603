/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Figures that outlive generations: ledgers, what a desk sets before and after
 * it serves, names of families, the pulse of a loop. */

#include "pipeline/metric.h"

#include "base/gauges.h"
#include "unit.h"
#include "worker/pulse.h"

#include <pthread.h>
#include <string.h>

enum { WORKERS = 3 };

static const struct bnd_metric table[] = {
	{ .name = "hits_total", .kind = BND_COUNTER },
	{ .name = "open", .kind = BND_GAUGE },
	{ .name = "wait", .kind = BND_HISTOGRAM, .unit = "ms" },
	{ .name = "expires", .kind = BND_VALUE },
	{ 0 },
};
static const struct bnd_metric other_table[] = {
	{ .name = "hits_total", .kind = BND_COUNTER },
	{ .name = "open", .kind = BND_GAUGE, .label = "a=\"b\"" },
	{ .name = "wait", .kind = BND_HISTOGRAM, .unit = "ms" },
	{ .name = "expires", .kind = BND_VALUE },
	{ 0 },
};

enum { HITS, OPEN, WAIT, EXPIRES };

static struct ledger_key
key(const char *pipeline, const char *binding, const struct bnd_metric *m)
{
	return (struct ledger_key){
		.pipeline = pipeline,
		.binding = binding,
		.type = binding ? "kind" : NULL,
		.metrics = m,
		.metric_size = sizeof(*m),
		.cells = 3 + HISTOGRAM_CELLS,
		.count = WORKERS,
	};
}

static struct ledger *
get(const char *pipeline, const char *binding, const struct bnd_metric *m)
{
	struct ledger_key k = key(pipeline, binding, m);
	struct ledger *l = ledger_open(&k);

	ck_assert_ptr_nonnull(l);
	return l;
}

START_TEST(the_same_is_found_again)
{
	char name[] = "front", twin[] = "front";
	struct ledger *l = get(name, "b", table);

	memset(name, 'x', sizeof(name) - 1); /* it has its own copy */
	ck_assert_str_eq(l->key.pipeline, "front");
	ck_assert_ptr_eq(get(twin, "b", table), l);
	ck_assert_ptr_eq(ledger_first(), l);
}
END_TEST

START_TEST(what_differs_is_another)
{
	struct ledger *l = get("front", "b", table);
	struct ledger_key k = key("front", "b", table);

	ck_assert_ptr_ne(get("back", "b", table), l);
	ck_assert_ptr_ne(get("front", "c", table), l);
	ck_assert_ptr_ne(get("front", NULL, NULL), l);
	ck_assert_ptr_ne(get("front", "b", other_table), l);
	ck_assert_ptr_ne(get("front", "b", table + 1), l);
	ck_assert_ptr_ne(get("front", "b", NULL), l);
	k.type = "kin";
	ck_assert_ptr_ne(ledger_open(&k), l);
	k.type = "kind";
	k.cells++;
	ck_assert_ptr_ne(ledger_open(&k), l);
	k.cells--;
	ck_assert_ptr_eq(ledger_open(&k), l);
}
END_TEST

START_TEST(sheets_lie_apart)
{
	struct ledger *l = get("front", "b", table);

	for (unsigned i = 0; i < WORKERS; i++) {
		struct sheet *s = ledger_sheet(l, i);

		ck_assert_uint_eq((uintptr_t)s % 64, 0);
		ck_assert_uint_eq((uintptr_t)s->cells % 64, 0);
		for (size_t k = 0; k < l->key.cells; k++) {
			ck_assert_int_eq(cell_read(&s->cells[k]), 0);
			cell_add(&s->cells[k], (int64_t)(i + 1));
		}
	}
	for (size_t k = 0; k < l->key.cells; k++)
		ck_assert_int_eq(ledger_sum(l, k), 6);
}
END_TEST

START_TEST(users_are_counted)
{
	struct ledger *l = get("front", "b", table);

	ck_assert(!ledger_is_live(l));
	ledger_use(l, 1);
	ledger_use(l, 2);
	ledger_unuse(l);
	ck_assert(ledger_is_live(l));
	ledger_unuse(l);
	ck_assert(!ledger_is_live(l));
	ck_assert_uint_eq(l->generation, 2);
}
END_TEST

/* --------------------------------------------------------------- generations
 */

static const struct bnd_type type = {
	BND_HEAD("kind", "1.0", BND_SINK),
	.metrics = table,
};

/* A binding on one worker, in one generation. */
struct stand {
	struct binding binding;
	struct desk desk;
	struct arena arena;
};

static void
stand_begin(struct stand *s, uint32_t generation, unsigned worker)
{
	*s = (struct stand){ 0 };
	s->binding.type = &type;
	s->binding.pub = (struct bnd_binding){ .name = "b",
		.pipeline = "front",
		.generation = generation,
		.workers = WORKERS };
	s->desk.binding = &s->binding;
	s->desk.pub.index = worker;
	ck_assert_int_eq(metrics_lay_out(&s->binding, &s->arena), 0);
	ck_assert_int_eq(metrics_give(&s->desk), 0);
}

static void
stand_end(struct stand *s)
{
	metrics_leave(&s->desk);
	metrics_take_back(&s->desk);
	metric_add(&s->desk, HITS, 1); /* late, and of no effect */
	arena_finish(&s->arena);
}

START_TEST(counters_go_on_in_the_next_generation)
{
	struct stand old, new;
	struct ledger *l;

	stand_begin(&old, 1, 0);
	metrics_serve(&old.desk);
	stand_begin(&new, 2, 0);
	l = old.binding.ledger;
	ck_assert_ptr_eq(l, new.binding.ledger);
	metric_add(&old.desk, HITS, 5);
	metric_add(&new.desk, HITS, 7);
	metric_add(&new.desk, HITS, -3); /* counters do not go back */
	metric_add(&old.desk, OPEN, 2);
	metrics_serve(&new.desk);
	metric_add(&old.desk, OPEN, -1);
	metric_add(&new.desk, WAIT, 5);
	metric_add(&old.desk, WAIT, 6);
	ck_assert_int_eq(ledger_sum(l, 0), 12);
	ck_assert_int_eq(ledger_sum(l, 1), 1);
	ck_assert_int_eq(ledger_sum(l, 2 + HISTOGRAM_SUM), 11);
	ck_assert_int_eq(ledger_sum(l, 2 + HISTOGRAM_BUCKET + 3), 2);
	stand_end(&old);
	stand_end(&new);
}
END_TEST

START_TEST(a_value_is_the_newest_generations)
{
	const size_t cell = 2 + HISTOGRAM_CELLS;
	struct stand old, new, third;
	struct ledger *l;

	stand_begin(&old, 1, 0);
	l = old.binding.ledger;
	ck_assert_int_eq(ledger_greatest(l, cell), LEDGER_UNSET);
	metric_add(&old.desk, EXPIRES, 100);
	ck_assert_int_eq(ledger_greatest(l, cell), LEDGER_UNSET);
	metrics_serve(&old.desk);
	ck_assert_int_eq(ledger_greatest(l, cell), 100);
	metric_add(&old.desk, EXPIRES, -7);
	ck_assert_int_eq(ledger_greatest(l, cell), -7);

	/* One that was refused has changed nothing. */
	stand_begin(&new, 2, 0);
	metric_add(&new.desk, EXPIRES, 999);
	ck_assert_int_eq(ledger_greatest(l, cell), -7);
	stand_end(&new);
	ck_assert_int_eq(ledger_greatest(l, cell), -7);
	metric_add(&old.desk, EXPIRES, 8);
	ck_assert_int_eq(ledger_greatest(l, cell), 8);

	/* One that serves has the word, even if it says less. */
	stand_begin(&new, 2, 0);
	metric_add(&new.desk, EXPIRES, 3);
	metrics_serve(&new.desk);
	metric_add(&old.desk, EXPIRES, 1000);
	ck_assert_int_eq(ledger_greatest(l, cell), 3);
	stand_end(&old);
	metric_add(&new.desk, EXPIRES, 4);
	ck_assert_int_eq(ledger_greatest(l, cell), 4);

	/* On another worker the newest has begun, and has not said anything. */
	stand_begin(&third, 3, 1);
	metrics_serve(&third.desk);
	ck_assert_int_eq(ledger_greatest(l, cell), LEDGER_UNSET);
	metric_add(&third.desk, EXPIRES, -1);
	ck_assert_int_eq(ledger_greatest(l, cell), -1);
	stand_end(&new);
	stand_end(&third);
}
END_TEST

/* -------------------------------------------------------------------- threads
 */

static _Atomic bool is_over;

static void *
walk(void *arg)
{
	int64_t *most = arg;

	while (!is_over)
		for (const struct ledger *l = ledger_first(); l; l = l->next)
			if (ledger_is_live(l) && ledger_sum(l, 0) > *most)
				*most = ledger_sum(l, 0);
	return NULL;
}

START_TEST(any_thread_may_look_while_the_list_grows)
{
	pthread_t thread;
	int64_t most = 0;
	char name[16];

	ck_assert_int_eq(pthread_create(&thread, NULL, walk, &most), 0);
	for (unsigned i = 0; i < 200; i++) {
		struct ledger *l;

		snprintf(name, sizeof(name), "p%u", i % 100);
		l = get(name, "b", table);
		ledger_use(l, i + 1);
		for (unsigned k = 0; k < 50; k++)
			cell_add(&ledger_sheet(l, k % WORKERS)->cells[0], 1);
		if (i % 3 == 0)
			ledger_unuse(l);
	}
	is_over = true;
	pthread_join(thread, NULL);
	ck_assert_int_le(most, 100);
}
END_TEST

/* ---------------------------------------------------------------------- names
 */

static void
family_is(const char *name, uint32_t kind, const char *unit, const char *is)
{
	struct bnd_metric m = { .name = name, .kind = kind, .unit = unit };
	char *family = metric_family("bindery_tcp-server_", &m);

	ck_assert_ptr_nonnull(family);
	ck_assert_str_eq(family, is);
	free(family);
}

START_TEST(families_have_units_and_totals)
{
	family_is("a", BND_GAUGE, NULL, "bindery_tcp_server_a");
	family_is("a", BND_COUNTER, NULL, "bindery_tcp_server_a_total");
	family_is("a_total", BND_COUNTER, "", "bindery_tcp_server_a_total");
	family_is("a_total", BND_COUNTER, "bytes",
	    "bindery_tcp_server_a_bytes_total");
	family_is("a_bytes_total", BND_COUNTER, "bytes",
	    "bindery_tcp_server_a_bytes_total");
	family_is(
	    "wait", BND_HISTOGRAM, "ms", "bindery_tcp_server_wait_seconds");
	family_is(
	    "wait_seconds", BND_VALUE, "ms", "bindery_tcp_server_wait_seconds");
	family_is("bytes", BND_GAUGE, "bytes", "bindery_tcp_server_bytes");
	family_is("bytes_total", BND_COUNTER, "bytes",
	    "bindery_tcp_server_bytes_total");
	family_is("a_total", BND_GAUGE, NULL, "bindery_tcp_server_a_total");
}
END_TEST

/* NULL, or the sentence that two metrics get. */
static void
check_is(struct bnd_metric a, struct bnd_metric b, const char *is)
{
	const struct bnd_metric both[] = { a, b, { 0 } };
	struct arena arena = { 0 };
	const char *wrong = metrics_check(both, sizeof(a), &arena);

	if (is)
		ck_assert_str_eq(wrong ? wrong : "(good)", is);
	else
		ck_assert_msg(!wrong, "%s", wrong);
	arena_finish(&arena);
}

#define M(n, k, ...) \
	((struct bnd_metric){ .name = (n), .kind = (k), ##__VA_ARGS__ })
#define NO_LABEL "metric 'a' has a label that is not written as name=\"value\""

START_TEST(tables_are_checked)
{
	static const char *const bad[] = { "", "a", "a=b", "a=\"b", "a=\"b\",",
		"=\"b\"", "1a=\"b\"", "a=\"\\x\"", "a=\"\n\"", "a=\"\x80\"",
		"a=\"b\" ", "pipeline=\"b\"", "binding=\"b\"", "le=\"b\"",
		"__a=\"b\"", "a-b=\"c\"", "a=\"b\\\"" };
	static const char *const good[] = { "a=\"\"", "a=\"b\",c=\"d\"",
		"a=\"\\\"\\\\\\n\"", "A_1=\"}\"", "lea=\"b\"" };
	const struct bnd_metric z = M("z", BND_GAUGE);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_is(M("a", BND_GAUGE, .label = bad[i]), z, NO_LABEL);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		check_is(M("a", BND_GAUGE, .label = good[i]), z, NULL);
	check_is(M("a", BND_GAUGE, .unit = "k/s"), z,
	    "metric 'a' has a unit that is no name");
	check_is(M("z", BND_COUNTER, .label = "a=\"1\""),
	    M("z_total", BND_COUNTER, .label = "a=\"2\""), NULL);
	check_is(M("z", BND_COUNTER, .label = "a=\"1\""),
	    M("z_total", BND_COUNTER, .label = "a=\"1\""),
	    "metric 'z_total' is there twice, and no label tells them apart");
	check_is(
	    z, z, "metric 'z' is there twice, and no label tells them apart");
	check_is(M("z", BND_GAUGE, .label = "a=\"1\""),
	    M("z", BND_VALUE, .label = "a=\"2\""),
	    "metric 'z' is there twice, with another kind or unit");
	check_is(M("a", BND_GAUGE, .unit = "ms"),
	    M("a_seconds", BND_GAUGE, .label = "a=\"2\""),
	    "metric 'a_seconds' is there twice, with another kind or unit");
}
END_TEST

/* ---------------------------------------------------------------------- pulse
 */

START_TEST(peaks_are_forgotten_after_a_minute)
{
	struct pulse p = { 0 };

	ck_assert_int_eq(pulse_peak_us(&p, 1000), 0);
	pulse_turn(&p, 1000, 500);
	pulse_turn(&p, 1500, 20);
	pulse_turn(&p, 12000, 300);
	ck_assert_int_eq(pulse_peak_us(&p, 13000), 500);
	ck_assert_int_eq(pulse_peak_us(&p, 59999), 500);
	ck_assert_int_eq(pulse_peak_us(&p, 60000), 300);
	ck_assert_int_eq(pulse_peak_us(&p, 80000), 0);
	pulse_turn(&p, 61000, 7); /* takes the place of the first */
	ck_assert_int_eq(pulse_peak_us(&p, 61000), 300);
	ck_assert_int_eq(pulse_peak_us(&p, 72000), 7);
	ck_assert_int_eq(cell_read(&p.turns[HISTOGRAM_N]), 4);
	ck_assert_int_eq(cell_read(&p.turns[HISTOGRAM_SUM]), 827);
	pulse_turn(&p, 73000, INT64_MAX);
	ck_assert_int_eq(pulse_peak_us(&p, 73000), UINT32_MAX);
	pulse_turn(&p, 143000, -5); /* a clock that went back */
	ck_assert_int_eq(pulse_peak_us(&p, 143000), 0);
}
END_TEST

START_TEST(reloads_leave_their_gauges)
{
	gauge_reloaded(true, 12);
	gauge_reloaded(false, 5);
	ck_assert_int_eq(gauge_read(GAUGE_RELOADS_GOOD), 1);
	ck_assert_int_eq(gauge_read(GAUGE_RELOADS_REFUSED), 1);
	ck_assert_int_eq(gauge_read(GAUGE_RELOAD_OK), 0);
	ck_assert_int_eq(gauge_read(GAUGE_RELOAD_MS), 5);
	ck_assert_int_gt(gauge_read(GAUGE_RELOAD_AT), 1000000000);
}
END_TEST

UNIT_TESTS("ledger", the_same_is_found_again, what_differs_is_another,
    sheets_lie_apart, users_are_counted, counters_go_on_in_the_next_generation,
    a_value_is_the_newest_generations, any_thread_may_look_while_the_list_grows,
    families_have_units_and_totals, tables_are_checked,
    peaks_are_forgotten_after_a_minute, reloads_leave_their_gauges)

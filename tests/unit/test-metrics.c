/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* The text of all metrics: how it is written, and what it says of connections
 * that really were there. */

#include "metrics/text.h"

#include "host.h"

#include "metrics/families.h"
#include "metrics/figures.h"
#include "metrics/roster.h"
#include "metrics/scribe.h"

/* ------------------------------------------------------------------- writing
 */

static char *
written(FILE *out, char **text)
{
	ck_assert_int_eq(fclose(out), 0);
	return *text;
}

START_TEST(heads_and_samples)
{
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	scribe_family(out, "a_total", "counter", "back\\slash\nand \"line\"");
	scribe_sample(out, "a_total", "", 0, 0);
	scribe_sample(out, "a_total", "x=\"y\"", INT64_MIN, 0);
	scribe_sample(out, "a_total", "", 1500, 3);
	scribe_sample(out, "a_total", "", -5, 3);
	scribe_sample(out, "a_total", "", -1005, 3);
	scribe_sample(out, "a_total", "", 7, 6);
	scribe_sample(out, "a_total", "", INT64_MAX, 3);
	scribe_family(out, "b", "gauge", NULL);
	ck_assert_str_eq(written(out, &text),
	    "# HELP a_total back\\\\slash\\nand \"line\"\n"
	    "# TYPE a_total counter\n"
	    "a_total 0\n"
	    "a_total{x=\"y\"} -9223372036854775808\n"
	    "a_total 1.500\n"
	    "a_total -0.005\n"
	    "a_total -1.005\n"
	    "a_total 0.000007\n"
	    "a_total 9223372036854775.807\n"
	    "# HELP b \n"
	    "# TYPE b gauge\n");
	free(text);
}
END_TEST

START_TEST(labels_are_escaped)
{
	char labels[64] = "";

	ck_assert(scribe_label(labels, sizeof(labels), "a", "\"\\\n}"));
	ck_assert(scribe_label(labels, sizeof(labels), "b", ""));
	ck_assert_str_eq(labels, "a=\"\\\"\\\\\\n}\",b=\"\"");
}
END_TEST

START_TEST(labels_fit_or_are_left_out)
{
	for (size_t size = 5; size < 40; size++) {
		char *labels = malloc(size);

		strcpy(labels, "x=1");
		if (scribe_label(labels, size, "key", "va\"lue")) {
			ck_assert_str_eq(labels, "x=1,key=\"va\\\"lue\"");
			ck_assert_uint_ge(size, 18);
		} else {
			ck_assert_str_eq(labels, "x=1");
			ck_assert_uint_lt(size, 20);
		}
		free(labels);
	}
}
END_TEST

/* The lines of a histogram of these values. */
static char *
histogram(enum scale scale, const char *labels, size_t n, const int64_t *v)
{
	struct cell h[HISTOGRAM_CELLS] = { 0 };
	int64_t cells[HISTOGRAM_CELLS];
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < n; i++)
		histogram_observe(h, v[i]);
	for (size_t i = 0; i < HISTOGRAM_CELLS; i++)
		cells[i] = cell_read(&h[i]);
	scribe_histogram(out, "h", labels, cells, scale);
	return written(out, &text);
}
#define HISTOGRAM(scale, labels, ...)                                          \
	histogram(scale, labels, sizeof((const int64_t[]){ __VA_ARGS__ }) / 8, \
	    (const int64_t[]){ __VA_ARGS__ })

static void
has(const char *text, const char *line)
{
	if (strstr(text, line))
		return;
	fputs(text, stderr);
	ck_abort_msg("no '%s' in it", line);
}

START_TEST(histograms_of_counts_are_inclusive)
{
	char *text = HISTOGRAM(SCALE_COUNT, "", -4, 0, 1, 2, 3, 1023, 1024,
	    1025, INT64_C(1) << 50);

	ck_assert_int_eq(strncmp(text, "h_bucket{le=\"0\"} 2\n", 19), 0);
	has(text, "h_bucket{le=\"1\"} 3\n");
	has(text, "h_bucket{le=\"3\"} 5\n");
	has(text, "h_bucket{le=\"511\"} 5\n");
	has(text, "h_bucket{le=\"1023\"} 6\n");
	has(text, "h_bucket{le=\"4095\"} 8\n");
	has(text, "h_bucket{le=\"274877906943\"} 8\n");
	has(text, "h_bucket{le=\"+Inf\"} 9\nh_sum 1125899906845698\n"
		  "h_count 9\n");
	free(text);
}
END_TEST

START_TEST(histograms_of_times_are_in_seconds)
{
	char *text = HISTOGRAM(SCALE_MS, "a=\"b\"", 0, 1, 999, 1024, 100000);

	has(text, "h_bucket{a=\"b\",le=\"0.001\"} 1\n");
	has(text, "h_bucket{a=\"b\",le=\"0.002\"} 2\n");
	has(text, "h_bucket{a=\"b\",le=\"1.024\"} 3\n");
	has(text, "h_bucket{a=\"b\",le=\"2.048\"} 4\n");
	has(text, "h_bucket{a=\"b\",le=\"67108.864\"} 5\n");
	has(text, "h_sum{a=\"b\"} 102.024\nh_count{a=\"b\"} 5\n");
	free(text);
	text = HISTOGRAM(SCALE_MS_SHORT, "", 20000);
	has(text, "h_bucket{le=\"16.384\"} 0\nh_bucket{le=\"+Inf\"} 1\n");
	free(text);
	text = HISTOGRAM(SCALE_US, "", 7, 8);
	ck_assert_int_eq(strncmp(text, "h_bucket{le=\"0.000008\"} 1\n", 26), 0);
	has(text, "h_sum 0.000015\n");
	free(text);
}
END_TEST

/* ----------------------------------------------------------------- the whole
 */

enum { HITS, SIZE, SHOWN };

static int attach_to = -1;

static int
source_open(struct bnd_stage *st, void *arg)
{
	bnd_attach(st, BND_FRONT, (int)(intptr_t)arg);
	bnd_leave(st);
	return 0;
}

static int
sink_open(struct bnd_stage *st, void *arg)
{
	(void)arg;
	bnd_bypass(st, BND_FRONT, BND_BACK);
	bnd_bypass(st, BND_BACK, BND_FRONT);
	return bnd_attach(st, BND_BACK, attach_to);
}

static const struct bnd_metric sink_metrics[] = {
	[HITS] = { .name = "hits",
	    .kind = BND_COUNTER,
	    .doc = "Hits\nand \x80 more.",
	    .label = "way=\"in\"" },
	[SIZE] = { .name = "size", .kind = BND_HISTOGRAM, .unit = "bytes" },
	[SHOWN] = { .name = "shown", .kind = BND_VALUE, .doc = "Shown." },
	{ .name = "hits_total", .kind = BND_COUNTER, .label = "way=\"out\"" },
	{ 0 },
};
static const struct bnd_type source = {
	BND_HEAD("source", "1.0", BND_SOURCE),
	.open = source_open,
};
static const struct bnd_type sink = {
	BND_HEAD("a-sink", "1.0", BND_SINK),
	.metrics = sink_metrics,
	.open = sink_open,
};
/* Its family is one that the host has. */
static const struct bnd_metric forged_metrics[] = {
	{ .name = "connections", .kind = BND_GAUGE },
	{ .name = "own", .kind = BND_GAUGE },
	{ 0 },
};
static const struct bnd_type forged = {
	BND_HEAD("pipeline", "1.0", BND_SINK),
	.metrics = forged_metrics,
};
/* These two names run together. */
static const struct bnd_metric clash_metrics[] = {
	{ .name = "sink_hits_total", .kind = BND_GAUGE },
	{ 0 },
};
static const struct bnd_type clash = {
	BND_HEAD("a", "1.0", BND_SINK),
	.metrics = clash_metrics,
};

static char *
text_of_all(void)
{
	struct bnd_buf *b = metrics_text();
	char *text;

	ck_assert_ptr_nonnull(b);
	text = malloc(b->used + 1);
	ck_assert_ptr_nonnull(text);
	memcpy(text, b->data, b->used);
	text[b->used] = 0;
	ck_assert_uint_eq(strlen(text), b->used);
	bnd_buf_unref(b);
	return text;
}

static void
show(struct line *l, uint32_t generation)
{
	ledger_use(l->pipeline.ledger, generation);
	for (struct binding *b = l->pipeline.bindings; b; b = b->next)
		if (b->ledger)
			ledger_use(b->ledger, generation);
}

static void
one_connection(struct line *l)
{
	int client[2], backend[2];

	peer_pair(client);
	peer_pair(backend);
	attach_to = backend[1];
	ck_assert_int_eq(
	    bnd_spawn(&l->desks[0][0]->pub, (void *)(intptr_t)client[1]), 0);
	peer_say(client[0], "hello");
	peer_hears(backend[0], "hello");
	peer_say(backend[0], "you");
	peer_hears(client[0], "you");
	host_pass(3000);
	close(backend[0]);
	peer_hears_end(client[0]);
	close(client[0]);
	host_settle();
}

START_TEST(it_says_what_was)
{
	struct pipeline_figures f;
	struct line *l;
	char *text;

	host_start();
	figures_watch(host.workers, HOST_WORKERS);
	l = HOST_LINE_OF("fr\"ont", &source, &sink);
	show(l, 1);
	one_connection(l);
	bnd_metric(&l->desks[1][1]->pub, HITS, 4);
	bnd_metric(&l->desks[1][0]->pub, HITS, 2);
	bnd_metric(&l->desks[1][0]->pub, SIZE, 100);
	text = text_of_all();
	has(text, "\nbindery_pipeline_connections{pipeline=\"fr\\\"ont\"} 0\n");
	has(text, "_accepted_total{pipeline=\"fr\\\"ont\"} 1\n");
	has(text, "{pipeline=\"fr\\\"ont\",reason=\"done\"} 1\n");
	has(text, "{pipeline=\"fr\\\"ont\",reason=\"killed\"} 0\n");
	has(text, "_received_bytes_total{pipeline=\"fr\\\"ont\",peer="
		  "\"client\"} 5\n");
	has(text, "_sent_bytes_total{pipeline=\"fr\\\"ont\",peer="
		  "\"client\"} 3\n");
	has(text, "_connect_seconds_count{pipeline=\"fr\\\"ont\"} 1\n");
	has(text, "_lifetime_seconds_bucket{pipeline=\"fr\\\"ont\",le="
		  "\"2.048\"} 0\n");
	has(text, "_lifetime_seconds_bucket{pipeline=\"fr\\\"ont\",le="
		  "\"4.096\"} 1\n");
	has(text, "\nbindery_worker_connections{worker=\"1\"} 0\n");
	has(text, "# HELP bindery_a_sink_hits_total Hits?and ? more.\n"
		  "# TYPE bindery_a_sink_hits_total counter\n"
		  "bindery_a_sink_hits_total{pipeline=\"fr\\\"ont\","
		  "binding=\"a-sink\",way=\"in\"} 6\n"
		  "bindery_a_sink_hits_total{pipeline=\"fr\\\"ont\","
		  "binding=\"a-sink\",way=\"out\"} 0\n");
	has(text, "_size_bytes_bucket{pipeline=\"fr\\\"ont\",binding="
		  "\"a-sink\",le=\"127\"} 1\n");
	ck_assert_ptr_null(strstr(text, "shown{")); /* nobody has set it */
	free(text);
	bnd_metric(&l->desks[1][1]->pub, SHOWN, 40);
	text = text_of_all();
	has(text, "shown{pipeline=\"fr\\\"ont\",binding=\"a-sink\"} 40\n");
	free(text);

	ck_assert(pipeline_figures("fr\"ont", &f));
	ck_assert_int_eq(f.accepted, 1);
	ck_assert_int_eq(f.connections, 0);
	ck_assert_int_eq(f.from_client, 5);
	ck_assert_int_eq(f.to_client, 3);
	ck_assert_int_eq(f.from_backend, 3);
	ck_assert_int_eq(f.to_backend, 5);
	ck_assert_int_eq(f.reasons[REASON_DONE], 1);
	ck_assert(!pipeline_figures("none", &f));
	ck_assert_int_eq(f.accepted, 0);
	host_figures(&f);
	ck_assert_int_eq(f.accepted, 1);
	figures_watch(NULL, 0);
	host_stop();
}
END_TEST

START_TEST(what_nobody_uses_is_not_shown)
{
	struct pipeline_figures f;
	struct line *l;
	char *text;

	host_start();
	l = HOST_LINE_OF("front", &source, &sink);
	text = text_of_all();
	ck_assert_ptr_null(strstr(text, "front"));
	ck_assert_ptr_null(strstr(text, "a_sink"));
	ck_assert(!pipeline_figures("front", &f));
	free(text);
	show(l, 1);
	text = text_of_all();
	has(text, "pipeline=\"front\"");
	free(text);
	ledger_unuse(l->pipeline.ledger);
	ledger_unuse(l->bindings[1].ledger);
	text = text_of_all();
	ck_assert_ptr_null(strstr(text, "front"));
	free(text);
	host_stop();
}
END_TEST

static unsigned
count(const char *text, const char *what)
{
	unsigned n = 0;

	while ((text = strstr(text, what)) != NULL) {
		text += strlen(what);
		n++;
	}
	return n;
}

START_TEST(families_are_in_one_piece)
{
	char *text;

	host_start();
	show(HOST_LINE_OF("p", &source, &sink), 1);
	show(HOST_LINE_OF("q", &source, &forged), 1);
	show(HOST_LINE_OF("r", &source, &sink), 1);
	show(HOST_LINE_OF("s", &source, &clash), 1);
	text = text_of_all();
	ck_assert_uint_eq(
	    count(text, "# TYPE bindery_pipeline_connections gauge\n"), 1);
	ck_assert_uint_eq(count(text, "\nbindery_pipeline_connections{"), 4);
	ck_assert_uint_eq(count(text, "\nbindery_pipeline_own{"), 1);
	ck_assert_uint_eq(count(text, "# TYPE bindery_a_sink_hits_total"), 1);
	has(text, "bindery_a_sink_hits_total{pipeline=\"p\",binding="
		  "\"a-sink\",way=\"out\"} 0\n"
		  "bindery_a_sink_hits_total{pipeline=\"r\"");
	ck_assert_ptr_null(strstr(text, "hits_total{pipeline=\"s\""));
	free(text);
	host_stop();
}
END_TEST

START_TEST(the_newest_layout_is_shown)
{
	static const struct bnd_metric later[] = {
		{ .name = "hits", .kind = BND_COUNTER, .label = "way=\"in\"" },
		{ 0 },
	};
	struct bnd_type other = sink;
	struct roster r;
	struct line *l;

	host_start();
	show(HOST_LINE_OF("p", &source, &sink), 1);
	other.metrics = later;
	l = HOST_LINE_OF("p", &source, &other);
	show(l, 2);
	ck_assert_int_eq(roster_init(&r), 0);
	ck_assert_uint_eq(r.count, 2);
	ck_assert_uint_eq(r.pipelines, 1);
	ck_assert_ptr_eq(r.ledgers[1], l->bindings[1].ledger);
	roster_finish(&r);
	host_stop();
}
END_TEST

START_TEST(names_of_the_host)
{
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		const char *name = family_begin(out, f);

		ck_assert_int_eq(strncmp(name, "bindery_", 8), 0);
		ck_assert(family_is_ours(name));
	}
	ck_assert(!family_is_ours("bindery_"));
	free(written(out, &text));
}
END_TEST

UNIT_TESTS("metrics", heads_and_samples, labels_are_escaped,
    labels_fit_or_are_left_out, histograms_of_counts_are_inclusive,
    histograms_of_times_are_in_seconds, it_says_what_was,
    what_nobody_uses_is_not_shown, families_are_in_one_piece,
    the_newest_layout_is_shown, names_of_the_host)

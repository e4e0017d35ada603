/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* What -d takes, the table that traces, and how the watchdog looks. */
#include "abi/table.h"
#include "log/log-topic.h"
#include "plugins/image.h"
#include "trace/trace.h"
#include "worker/watchdog.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

START_TEST(topics_are_words_with_commas)
{
	static const char *const bad[] = { "", ",", "plugin,", ",plugin",
		"plugins", "plug", "plugin, stream", "all", "PLUGIN",
		"stream,,plugin" };
	unsigned topics = 0;

	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		ck_assert_msg(log_topics_parse(bad[i], &topics) == -EINVAL,
		    "'%s'", bad[i]);
		ck_assert_uint_eq(topics, 0);
	}
	ck_assert_int_eq(log_topics_parse("stream", &topics), 0);
	ck_assert_uint_eq(topics, LOG_T_STREAM);
	ck_assert_int_eq(log_topics_parse("plugin,plugin", &topics), 0);
	ck_assert_uint_eq(topics, LOG_T_STREAM | LOG_T_PLUGIN);
	topics = 0;
	ck_assert_int_eq(log_topics_parse("plugin,stream", &topics), 0);
	ck_assert_uint_eq(topics, LOG_T_STREAM | LOG_T_PLUGIN);
}
END_TEST

/* -------------------------------------------------------------------- tables
 */

typedef void (*function)(void);

static function
function_at(const void *table, size_t offset)
{
	function f;

	memcpy(&f, (const char *)table + offset, sizeof(f));
	return f;
}

/* Whoever adds a host function has to add the one that traces it. */
START_TEST(every_host_function_is_traced)
{
	const struct bnd_host *traced;

	log_topics_start(LOG_T_PLUGIN);
	traced = trace_host(&abi_table);
	for (size_t at = offsetof(struct bnd_host, avail);
	     at < sizeof(struct bnd_host); at += sizeof(function)) {
		ck_assert_msg(
		    function_at(traced, at) != NULL, "offset %zu", at);
		ck_assert_msg(
		    function_at(traced, at) != function_at(&abi_table, at),
		    "offset %zu", at);
	}
	ck_assert_uint_eq(traced->size, abi_table.size);
	ck_assert_uint_eq(traced->abi_minor, abi_table.abi_minor);
	ck_assert_str_eq(traced->version, abi_table.version);
}
END_TEST

START_TEST(plugins_get_the_plain_table_unless_asked)
{
	ck_assert_ptr_eq(trace_host(&abi_table), &abi_table);
	log_topics_start(LOG_T_STREAM);
	ck_assert_ptr_eq(trace_host(&abi_table), &abi_table);
	log_topics_start(LOG_T_PLUGIN);
	ck_assert_ptr_ne(trace_host(&abi_table), &abi_table);
}
END_TEST

/* Every callback. */
START_TEST(every_callback_is_traced)
{
	static struct image image;
	const size_t first = offsetof(struct bnd_type, check);
	const struct bnd_type *traced;
	function any = (function)abi_table.now;

	ck_assert_ptr_eq(trace_type(&image), &image.type);
	log_topics_start(LOG_T_PLUGIN);
	traced = trace_type(&image);
	for (size_t at = first; at < sizeof(image.type); at += sizeof(any))
		ck_assert_msg(!function_at(traced, at), "offset %zu", at);
	free(image.traced);
	image.traced = NULL;
	for (size_t at = first; at < sizeof(image.type); at += sizeof(any))
		memcpy((char *)&image.type + at, &any, sizeof(any));
	traced = trace_type(&image);
	ck_assert_ptr_eq(trace_type(&image), traced);
	for (size_t at = first; at < sizeof(image.type); at += sizeof(any)) {
		ck_assert_msg(
		    function_at(traced, at) != NULL, "offset %zu", at);
		ck_assert_msg(function_at(traced, at) != any, "offset %zu", at);
	}
	free(image.traced);
}
END_TEST

/* ------------------------------------------------------------------ watchdog
 */

static struct worker w = { .index = 3 };
static const struct bnd_binding binding = { .name = "b", .pipeline = "p" };

START_TEST(a_duty_counts_and_names_calls)
{
	struct duty *d = &w.duty;

	ck_assert_ptr_eq(duty_begin(d, &binding, DUTY_flow, "flow"), d);
	ck_assert_ptr_eq(atomic_load(&d->binding), &binding);
	ck_assert_str_eq(duty_call_name(atomic_load(&d->call) & 0xff), "flow");
	ck_assert_uint_eq(atomic_load(&d->call) >> 8, 1);
	duty_end(&d);
	ck_assert_ptr_null(atomic_load(&d->binding));
	duty_begin(d, &binding, DUTY_done, "done");
	ck_assert_str_eq(duty_call_name(atomic_load(&d->call) & 0xff), "done");
	ck_assert_uint_eq(atomic_load(&d->call) >> 8, 2);
	duty_end(&d);
	ck_assert_str_eq(duty_call_name(DUTY_COUNT), "?");
	ck_assert_str_eq(duty_call_name(DUTY_worker_start), "worker_start");
}
END_TEST

START_TEST(a_callback_that_stays_is_counted_once)
{
	struct watched k = { 0 };
	struct duty *d = &w.duty;

	ck_assert(!watchdog_look(&k, &w, 1000)); /* nothing runs */
	duty_begin(d, &binding, DUTY_flow, "flow");
	ck_assert(watchdog_look(&k, &w, 1020));
	ck_assert(watchdog_look(&k, &w, 1020 + WATCHDOG_MS - 1));
	ck_assert_int_eq(cell_read(&w.held), 0);
	ck_assert(watchdog_look(&k, &w, 1020 + WATCHDOG_MS));
	ck_assert_int_eq(cell_read(&w.held), 1);
	ck_assert_str_eq(k.pipeline, "p");
	ck_assert_str_eq(k.binding, "b");
	ck_assert(watchdog_look(&k, &w, 9000));
	ck_assert_int_eq(cell_read(&w.held), 1);
	duty_end(&d);
	ck_assert(!watchdog_look(&k, &w, 9020)); /* says so, and is quiet */
	ck_assert(!k.is_counted);
	ck_assert(!watchdog_look(&k, &w, 9040));
	ck_assert_int_eq(cell_read(&w.held), 1);
}
END_TEST

START_TEST(many_short_ones_are_none_that_stays)
{
	struct watched k = { 0 };
	struct duty *d = &w.duty;

	for (int64_t now = 0; now < 10 * WATCHDOG_MS; now += 20) {
		duty_begin(d, &binding, DUTY_flow, "flow");
		ck_assert(watchdog_look(&k, &w, now));
		duty_end(&d);
	}
	for (int64_t now = 0; now < 10 * WATCHDOG_MS; now += 20) {
		duty_begin(d, &binding, DUTY_flow, "flow");
		duty_end(&d); /* between two looks */
		ck_assert(watchdog_look(&k, &w, now));
	}
	ck_assert_int_eq(cell_read(&w.held), 0);
}
END_TEST

START_TEST(one_that_goes_on_is_named_ever_more_seldom)
{
	struct watched k = { 0 };

	duty_begin(&w.duty, &binding, DUTY_open, "open");
	watchdog_look(&k, &w, 0);
	watchdog_look(&k, &w, WATCHDOG_LONG_MS - 1);
	ck_assert_int_eq(k.named_ms, WATCHDOG_LONG_MS);
	watchdog_look(&k, &w, WATCHDOG_LONG_MS);
	ck_assert_int_eq(k.named_ms, 10 * WATCHDOG_LONG_MS);
	watchdog_look(&k, &w, 10 * WATCHDOG_LONG_MS);
	ck_assert_int_eq(k.named_ms, 100 * WATCHDOG_LONG_MS);
}
END_TEST

/* Asleep, it is woken by the next callback, once. */
START_TEST(a_callback_wakes_it)
{
	static struct worker *workers[] = { &w };
	struct duty *d = &w.duty;

	ck_assert_int_eq(watchdog_start(workers, 1), 0);
	for (int i = 0; i < 500 && !atomic_load(&d->is_unwatched); i++)
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	ck_assert(atomic_load(&d->is_unwatched));
	duty_begin(d, &binding, DUTY_timer, "timer");
	ck_assert(!atomic_load(&d->is_unwatched));
	for (int i = 0; i < 500 && cell_read(&w.held) == 0; i++)
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	ck_assert_int_eq(cell_read(&w.held), 1);
	duty_end(&d);
	watchdog_stop();
	watchdog_stop(); /* harmless */
}
END_TEST

UNIT_TESTS("debug", topics_are_words_with_commas, every_host_function_is_traced,
    plugins_get_the_plain_table_unless_asked, every_callback_is_traced,
    a_duty_counts_and_names_calls, a_callback_that_stays_is_counted_once,
    many_short_ones_are_none_that_stays,
    one_that_goes_on_is_named_ever_more_seldom, a_callback_wakes_it)

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Files that change while they are in use, and when keys may be fetched. */

#include "unit.h"

#include "../../plugins/jwt-guard/jwt-file.c"
#include "../../plugins/jwt-guard/jwt-ring.c"
#include "../../plugins/jwt-guard/jwt-shelf.c"
#include "../../plugins/jwt-guard/jwt-watch.c"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* A host that has a clock, and a log that nobody reads. */
static int64_t clock_ms;

static int64_t
host_now(void)
{
	return clock_ms;
}

static int
host_log_on(const struct bnd_binding *b, int level)
{
	(void)b;
	(void)level;
	return 0;
}

static const struct bnd_host host = { .now = host_now, .log_on = host_log_on };
const struct bnd_host *bnd_host = &host;
static const struct bnd_binding binding;

/* Sets of keys that are only counted. */
struct jwt_keys {
	int refs;
};

struct jwt_keys *
jwt_keys_ref(struct jwt_keys *k)
{
	k->refs++;
	return k;
}

void
jwt_keys_unref(struct jwt_keys **k)
{
	if (*k)
		(*k)->refs--;
	*k = NULL;
}

static char directory[] = "/tmp/bindery-test-XXXXXX";
static char path[100], used[100];
static int uses;

static int
use(void *arg, const char *text, size_t n, char *why, size_t why_size)
{
	(void)arg;
	if (n && text[0] == '!') {
		snprintf(why, why_size, "it shouts");
		return -EINVAL;
	}
	uses++;
	snprintf(used, sizeof(used), "%.*s", (int)n, text);
	return 0;
}

/* Written some time ago, so that it counts as settled. */
static void
file_write(const char *text, int age_s)
{
	struct timespec times[2] = { { 0 } };
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= age_s;
	times[1] = times[0];
	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static struct watch
set_up(const char *text)
{
	strcpy(directory, "/tmp/bindery-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/file", directory);
	file_write(text, 10);
	uses = 0;
	return (struct watch){ .path = path, .max = 50, .use = use };
}

static void
tear_down(void)
{
	unlink(path);
	rmdir(directory);
}

/* Until the file is no longer fresh; bounded. */
static bool
look(struct watch *w)
{
	struct jwt_file_id id;

	for (int i = 0; i < 1000; i++) {
		if (jwt_file_look(path, &id) < 0 || !jwt_file_is_fresh(&id))
			return watch_look(w, &binding);
		poll(NULL, 0, 1);
	}
	ck_abort_msg("it stays fresh");
	return false;
}

START_TEST(a_change_is_used)
{
	struct watch w = set_up("one");
	char why[100];

	ck_assert_int_eq(watch_begin(&w, why, sizeof(why)), 0);
	ck_assert_str_eq(used, "one");
	ck_assert(!look(&w));
	file_write("two", 5);
	ck_assert(look(&w));
	ck_assert_str_eq(used, "two");
	ck_assert(!look(&w));
	ck_assert_int_eq(uses, 2);
	tear_down();
}
END_TEST

START_TEST(what_was_good_stays)
{
	struct watch w = set_up("one");
	char why[100], large[100];

	ck_assert_int_eq(watch_begin(&w, why, sizeof(why)), 0);
	file_write("! no", 4);
	ck_assert(!look(&w));
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	file_write(large, 3);
	ck_assert(!look(&w));
	unlink(path);
	ck_assert(!look(&w));
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert(!look(&w));
	rmdir(path);
	ck_assert_str_eq(used, "one");
	file_write("mended", 2);
	ck_assert(look(&w));
	ck_assert_str_eq(used, "mended");
	tear_down();
}
END_TEST

START_TEST(a_young_file_is_left_alone)
{
	struct jwt_file_id id = { 0 };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	id.changed_ns = time_ns(now);
	ck_assert(jwt_file_is_fresh(&id));
	id.changed_ns -= FRESH_NS + 1000000;
	ck_assert(!jwt_file_is_fresh(&id));
	id.changed_ns += INT64_C(3600000000000); /* the clock was set back */
	ck_assert(!jwt_file_is_fresh(&id));
}
END_TEST

START_TEST(the_first_time_says_why)
{
	struct watch w = set_up("!");
	char why[100];

	ck_assert_int_eq(watch_begin(&w, why, sizeof(why)), -EINVAL);
	ck_assert_str_eq(why, "it shouts");
	w.path = "/dev/null";
	ck_assert_int_eq(watch_begin(&w, why, sizeof(why)), -EINVAL);
	ck_assert_str_eq(why, "not a regular file");
	w.path = "/nonexistent";
	ck_assert_int_eq(watch_begin(&w, why, sizeof(why)), -ENOENT);
	tear_down();
}
END_TEST

/* ---- keys, and when to fetch them */

START_TEST(readers_see_the_newest_keys)
{
	struct jwt_keys a = { 1 }, b = { 1 }, c = { 1 }, *put;
	void *mine = NULL;
	uint64_t version = 0;
	struct ring r = { 0 };

	ring_init(&r);
	ring_init(&r);
	ck_assert(!jwt_shelf_look(&r.keys, &mine, &version));
	put = &a;
	ring_put(&r, &put, "A", 1);
	ck_assert_ptr_null(put);
	ck_assert(jwt_shelf_look(&r.keys, &mine, &version));
	ck_assert_ptr_eq(mine, &a);
	ck_assert_int_eq(a.refs, 2);
	ck_assert(!jwt_shelf_look(&r.keys, &mine, &version));
	put = &b; /* the same document: nothing that was verified is lost */
	ring_put(&r, &put, "A", 1);
	ck_assert_int_eq(b.refs, 0);
	ck_assert(!jwt_shelf_look(&r.keys, &mine, &version));
	put = &c;
	ring_put(&r, &put, "C", 1);
	ck_assert(jwt_shelf_look(&r.keys, &mine, &version));
	ck_assert_ptr_eq(mine, &c);
	ck_assert_int_eq(a.refs, 0);
	ring_finish(&r);
	ring_finish(&r);
	ck_assert_int_eq(c.refs, 1); /* the reader's own */
}
END_TEST

START_TEST(a_flood_of_wishes_fetches_seldom)
{
	struct ring r = { 0 };
	unsigned granted = 0;
	bool is_fetching;

	ring_init(&r);
	for (int i = 0; i < 1000; i++)
		if (ring_begin(&r, false)) {
			ck_assert_uint_eq(
			    ring_ended(&r, &is_fetching), granted);
			ck_assert(is_fetching);
			ck_assert(!ring_begin(&r, false));
			ck_assert(!ring_begin(&r, true));
			ring_end(&r, true, 900000);
			granted++;
		}
	ck_assert_uint_eq(granted, 4);
	ck_assert_uint_eq(ring_ended(&r, &is_fetching), 4);
	ck_assert(!is_fetching);
	for (int i = 0; i < 600; i++) {
		clock_ms += 100;
		if (ring_begin(&r, false)) {
			ring_end(&r, true, 900000);
			granted++;
		}
	}
	ck_assert_uint_eq(granted, 10); /* one in ten seconds */
	ring_finish(&r);
}
END_TEST

START_TEST(failures_are_tried_again_ever_later)
{
	static const int64_t waits[] = { 1000, 2000, 4000, 8000, 16000, 32000,
		60000, 60000 };
	struct ring r = { 0 };

	ring_init(&r);
	ck_assert_int_eq(ring_wait(&r), 0);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		ck_assert(ring_begin(&r, true));
		ring_end(&r, false, 900000);
		ck_assert_int_eq(ring_wait(&r), waits[i]);
		clock_ms += waits[i] - 1;
		ck_assert(!ring_begin(&r, true));
		clock_ms++;
	}
	ck_assert(ring_begin(&r, true));
	ring_end(&r, true, 900000);
	ck_assert_int_eq(ring_wait(&r), 900000);
	clock_ms += 900000;
	ck_assert(ring_begin(&r, true));
	ring_end(&r, false, 500); /* never later than usual */
	ck_assert_int_eq(ring_wait(&r), 500);
	ring_finish(&r);
}
END_TEST

UNIT_TESTS("jwt-watch", a_change_is_used, what_was_good_stays,
    a_young_file_is_left_alone, the_first_time_says_why,
    readers_see_the_newest_keys, a_flood_of_wishes_fetches_seldom,
    failures_are_tried_again_ever_later)

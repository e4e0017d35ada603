/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * A room against a plain array of messages: workers come and go, speak, hear,
 * lag and settle in any order.  Each hears all that is said from its coming to
 * its going, once, in the one order; what anybody still needs is there, and
 * nothing else; speakers know how far ahead they are; who comes late is given
 * the last messages; and whoever has news is in the box of its worker.
 */

#include "../../plugins/reflect/batch.c"
#include "../../plugins/reflect/box.c"
#include "../../plugins/reflect/draft.c"
#include "../../plugins/reflect/frame.c"
#include "../../plugins/reflect/hall.c"
#include "../../plugins/reflect/room.c"
#include "../../plugins/reflect/words.c"

#include "abi/table.h"
#include "base/buf.h"
#include "unit.h"

#include <malloc.h>
#include <time.h>

const struct bnd_host *bnd_host = &abi_table;

enum {
	WORKERS = 3,
	SEEDS = 800,
	STEPS = 300,
	MESSAGES = 20000,
	BYTES = 800000,
	HISTORY = 7,
	HISTORY_BYTES = 300
};

#define model_assert(x)                                                 \
	do {                                                            \
		if (!(x))                                               \
			ck_abort_msg(                                   \
			    "seed %u step %u: %s", m.seed, m.step, #x); \
	} while (0)

struct worker_model {
	struct place place;
	bool is_in, has_news, is_held;
	struct mark at;
	uint64_t low, gate;
};

static struct {
	char *bytes;                   /* all that was said */
	uint32_t starts[MESSAGES + 1]; /* where each message begins; the last:
					the end */
	unsigned count;
	unsigned said; /* numbers the messages */
	struct worker_model workers[WORKERS];
	struct box boxes[WORKERS];
	struct room *room;
	enum framing framing;
	uint64_t random;
	unsigned seed, step;
} m;

static unsigned
pick(unsigned n)
{
	m.random ^= m.random << 13;
	m.random ^= m.random >> 7;
	m.random ^= m.random << 17;
	return (unsigned)(m.random * UINT64_C(0x2545F4914F6CDD1D) >> 33) % n;
}

static uint64_t
head(void)
{
	return m.starts[m.count];
}

/* ----------------------------------------------------------------- speaking */

static void
noted(const char *p, size_t n)
{
	model_assert(m.count < MESSAGES && head() + n < BYTES);
	memcpy(m.bytes + head(), p, n);
	m.starts[m.count + 1] = (uint32_t)(head() + n);
	m.count++;
}

static size_t
message_make(char *to)
{
	size_t n = FRAME_LENGTH;
	int text = snprintf(to + n, 80, "%u.%.*s", m.said++, (int)pick(60),
	    "................"
	    "..............................................");

	if (m.framing == FRAMING_LENGTH) {
		frame_put_length(to, (uint32_t)text);
		return n + (size_t)text;
	}
	memmove(to, to + n, (size_t)text);
	to[text] = '\n';
	return (size_t)text + 1;
}

static void
others_have_news(unsigned w)
{
	for (unsigned i = 0; i < WORKERS; i++)
		m.workers[i].has_news |= m.workers[i].is_in && i != w;
}

static bool
others_are_in(unsigned w)
{
	for (unsigned i = 0; i < WORKERS; i++)
		if (m.workers[i].is_in && i != w)
			return true;
	return false;
}

static void
draft_fill(struct draft *d)
{
	unsigned n = 1 + pick(6);

	for (unsigned i = 0; i < n; i++) {
		char text[128];
		size_t size = message_make(text);
		uint64_t who = 1 + pick(4);
		char *to;

		noted(text, size);
		if (pick(5) == 0) {
			model_assert(draft_give(d, who, bnd_buf_new(text, size),
					 1) == 0);
			continue;
		}
		to = draft_reserve(d, size);
		model_assert(to);
		memcpy(to, text, size);
		draft_commit(d, m.framing, who, size, 1);
	}
}

static void
say(unsigned w)
{
	struct draft d = { .workers = WORKERS };
	uint64_t before = head();
	bool is_news;

	draft_fill(&d);
	model_assert(draft_bytes(&d) == head() - before);
	model_assert(draft_finish(&d) == 0);
	is_news = room_say(m.room, w, &d.done);
	model_assert(is_news == others_are_in(w));
	others_have_news(w);
	draft_destroy(&d);
}

static void
announce(unsigned w, int members)
{
	struct batches none = { 0 };
	char text[128], *line = text + FRAME_LENGTH;
	bool is_shown = m.framing != FRAMING_NONE && pick(2);
	uint32_t count = (uint32_t)((int)m.room->members + members);
	int n = snprintf(
	    line, 100, "[x] y (%u member%s)", count, count == 1 ? "" : "s");

	room_announce(m.room, w, members, &none, is_shown ? "[x]" : NULL, "y");
	model_assert(m.room->members == count);
	if (!is_shown)
		return;
	others_have_news(w);
	if (m.framing == FRAMING_LENGTH) {
		frame_put_length(text, (uint32_t)n);
		noted(text, FRAME_LENGTH + (size_t)n);
	} else {
		line[n] = '\n';
		noted(line, (size_t)n + 1);
	}
}

/* ------------------------------------------------------------------ hearing */

static void
hear(unsigned w)
{
	struct worker_model *k = &m.workers[w];
	struct heard h;

	room_hear(m.room, w, &h);
	for (struct batch *b = h.first; b; b = b == h.last ? NULL : b->next) {
		size_t n;
		const char *p = bnd_buf_data(b->buf, &n);

		model_assert(n == b->bytes);
		model_assert(memcmp(&b->at, &k->at, sizeof(k->at)) == 0);
		model_assert(m.starts[k->at.messages] == k->at.bytes);
		model_assert(memcmp(p, m.bytes + k->at.bytes, n) == 0);
		k->at.pos = batch_end(b);
		k->at.bytes += n;
		k->at.messages += b->count;
		model_assert(m.starts[k->at.messages] == k->at.bytes);
	}
	model_assert(k->at.bytes == head() && k->at.messages == m.count);
	model_assert(memcmp(&h.head, &k->at, sizeof(k->at)) == 0);
}

static uint64_t
lowest(uint64_t from, size_t offset)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		const char *k = (const char *)&m.workers[i];
		uint64_t at;

		memcpy(&at, k + offset, sizeof(at));
		if (m.workers[i].is_in && at < from)
			from = at;
	}
	return from;
}

static uint64_t
ahead(void)
{
	return m.room->head.pos -
	       lowest(m.room->head.pos, offsetof(struct worker_model, gate));
}

static void
held_have_news(unsigned w)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		if (i == w || !m.workers[i].is_held || !m.workers[i].is_in)
			continue;
		m.workers[i].has_news = true;
		m.workers[i].is_held = false;
	}
}

static uint64_t
between(uint64_t from, uint64_t to)
{
	return from + pick((unsigned)(to - from) + 1);
}

static void
settle(unsigned w)
{
	struct worker_model *k = &m.workers[w];
	uint64_t gate = pick(2) ? k->at.pos : between(k->gate, k->at.pos);
	uint64_t got;

	k->low = pick(2) ? k->at.pos : between(k->low, k->at.pos);
	if (gate > k->gate)
		held_have_news(w);
	k->gate = gate;
	room_settle(m.room, w, k->low, k->gate, &got);
	model_assert(got == ahead());
}

static void
ask_ahead(unsigned w)
{
	uint64_t limit = 1 + pick(500);

	model_assert(room_ahead(m.room, w, limit) == ahead());
	m.workers[w].is_held = ahead() >= limit;
}

/* ------------------------------------------------------------- the past */

/* The first of the last messages before number and pos. */
static unsigned
first_remembered(uint64_t number, uint64_t pos)
{
	unsigned i = (unsigned)number;

	while (i > 0 && number - i < HISTORY &&
	       pos - m.starts[i - 1] <= HISTORY_BYTES)
		i--;
	return i;
}

static void
remember(unsigned w)
{
	struct worker_model *k = &m.workers[w];
	const struct heard here = { .head = k->at };
	uint32_t offset = 0;
	struct batch *b = room_history(m.room, w, &here, &offset);
	uint64_t at = b ? b->at.bytes + offset : k->at.bytes;

	if (k->at.bytes == head()) {
		model_assert(at == m.starts[first_remembered(m.count, head())]);
	} else { /* what is remembered at the head, and no more than here */
		model_assert(
		    at >=
		    m.starts[first_remembered(k->at.messages, k->at.bytes)]);
		model_assert(
		    at <= m.starts[first_remembered(m.count, head())] ||
		    at == k->at.bytes);
	}
	if (b && b->at.pos + offset < k->low)
		k->low = b->at.pos + offset;
}

/* -------------------------------------------------------------- places */

static void
enter(unsigned w)
{
	struct worker_model *k = &m.workers[w];
	struct heard h;

	*k = (struct worker_model){ .is_in = true };
	room_enter(m.room, w, &k->place, &h);
	model_assert(h.head.bytes == head() && !h.first);
	k->at = h.head;
	k->low = k->gate = h.head.pos;
}

static void
leave(unsigned w)
{
	m.workers[w].is_in = m.workers[w].has_news = false;
	room_leave(m.room, w);
	held_have_news(w);
}

static void
open_box(unsigned w)
{
	struct news *n = box_take(&m.boxes[w]);

	model_assert((n != NULL) == m.workers[w].has_news);
	model_assert(!n || n == &m.workers[w].place.news);
	model_assert(!n || !box_take(&m.boxes[w]));
	m.workers[w].has_news = false;
}

/* Nothing is there that nobody needs. */
static void
check_log(void)
{
	uint64_t low =
	    lowest(m.room->head.pos, offsetof(struct worker_model, low));
	const struct batch *b = m.room->log.first;
	uint64_t at = b ? b->at.pos : m.room->head.pos;

	model_assert(m.room->head.bytes == head());
	model_assert(m.room->head.messages == m.count);
	model_assert(at <= low);
	for (; b; b = b->next) {
		model_assert(b->at.pos == at);
		at = batch_end(b);
		model_assert(b->next || b == m.room->log.last);
	}
	model_assert(at == m.room->head.pos);
}

static void
check_cut(void)
{
	uint64_t low =
	    lowest(m.room->head.pos, offsetof(struct worker_model, low));
	const struct batch *b = m.room->log.first;

	/* A batch whose end is remembered stays, if only its end fits. */
	if (b && batch_end(b) <= low)
		model_assert(m.count - (b->at.messages + b->count) < HISTORY &&
			     head() - (b->at.bytes + b->bytes) < HISTORY_BYTES);
}

/* --------------------------------------------------------------------- runs */

static void
step(void)
{
	unsigned w = pick(WORKERS);

	if (!m.workers[w].is_in) {
		enter(w);
		return;
	}
	switch (pick(12)) {
	case 0:
		leave(w);
		check_cut();
		break;
	case 1:
	case 2:
	case 3:
		say(w);
		break;
	case 4:
		announce(w, m.room->members > 0 && pick(2) ? -1 : 1);
		break;
	case 5:
		open_box(w);
		break;
	case 6:
		ask_ahead(w);
		break;
	case 7:
		remember(w);
		break;
	case 8:
	case 9:
		hear(w);
		break;
	default:
		settle(w);
		check_cut();
	}
	check_log();
}

static void
run(void)
{
	m.random = m.seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
	m.framing = m.seed % 2 ? FRAMING_LINE : FRAMING_LENGTH;
	m.room = room_create(m.boxes, WORKERS, m.framing, "", 0);
	ck_assert_ptr_nonnull(m.room);
	room_set_history(m.room, 1, HISTORY, HISTORY_BYTES);
	for (m.step = 0; m.step < STEPS; m.step++)
		step();
	for (unsigned w = 0; w < WORKERS; w++)
		if (m.workers[w].is_in)
			leave(w);
	room_destroy(m.room);
	m.count = m.said = 0;
	memset(m.workers, 0, sizeof(m.workers));
	memset(m.boxes, 0, sizeof(m.boxes));
}

START_TEST(a_room_has_one_order)
{
	m.bytes = malloc(BYTES);
	ck_assert_ptr_nonnull(m.bytes);
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_mutex_init(&m.boxes[i].lock, NULL);
	for (m.seed = 1; m.seed <= SEEDS; m.seed++)
		run();
	free(m.bytes);
	buf_cache_empty();
}
END_TEST

/* ---------------------------------------------------------------- the hall */

static struct hall *hall;

static int
take(const char *name, struct room **r)
{
	const struct seat wish = { name, strlen(name), FRAMING_LINE, 2, 2 };
	bool is_first;

	return hall_enter(hall, &wish, r, &is_first);
}

static void
count_room(void *arg, struct room *r)
{
	ck_assert_uint_gt(r->seats, 0);
	++*(unsigned *)arg;
}

START_TEST(rooms_have_an_end)
{
	struct room *a, *b, *c;
	unsigned seen = 0;

	hall = calloc(1, hall_size(WORKERS));
	ck_assert_ptr_nonnull(hall);
	hall_init(hall, WORKERS);
	hall_init(hall, WORKERS);
	ck_assert_int_eq(take("a", &a), 0);
	ck_assert_int_eq(take("a", &b), 0);
	ck_assert_ptr_eq(a, b);
	ck_assert_int_eq(take("a", &b), -EDQUOT);
	ck_assert_int_eq(take("b", &b), 0);
	ck_assert_ptr_ne(a, b);
	ck_assert_int_eq(take("c", &c), -ENOSPC);
	ck_assert_uint_eq(hall_each(hall, 1, count_room, &seen), 2);
	ck_assert_uint_eq(seen, 1);
	ck_assert(!hall_leave(hall, a));
	ck_assert(hall_leave(hall, b));
	ck_assert_int_eq(take("c", &c), 0);
	ck_assert(hall_leave(hall, c));
	ck_assert(hall_leave(hall, a));
	ck_assert_ptr_null(hall->rooms);
	hall_finish(hall);
	free(hall);
}
END_TEST

static void
say_once(struct room *r)
{
	const struct voice v = { 1, 2, 1 };
	struct batches said = { 0 };

	batches_append(
	    &said, batch_create(bnd_buf_new("x\n", 2), 1, &v, 1, WORKERS));
	room_set_history(r, 1, 5, 100);
	room_say(r, 0, &said);
}

START_TEST(an_empty_room_with_a_past_makes_way)
{
	struct room *a, *b, *c;

	hall = calloc(1, hall_size(WORKERS));
	ck_assert_ptr_nonnull(hall);
	hall_init(hall, WORKERS);
	ck_assert_int_eq(take("a", &a), 0);
	say_once(a);
	ck_assert(hall_leave(hall, a));
	ck_assert_int_eq(take("a", &c), 0);
	ck_assert_ptr_eq(a, c); /* its past was kept */
	ck_assert_uint_eq(c->head.messages, 1);
	ck_assert_int_eq(take("b", &b), 0);
	say_once(b);
	hall_leave(hall, b);
	hall_leave(hall, a);
	ck_assert_uint_eq(hall->count, 2);
	ck_assert_int_eq(take("c", &c), 0); /* in the place of b, the oldest */
	ck_assert_int_eq(take("a", &a), 0);
	ck_assert_uint_eq(a->head.messages, 1);
	ck_assert_int_eq(take("b", &b), -ENOSPC);
	hall_leave(hall, a);
	hall_leave(hall, c);
	hall_finish(hall);
	free(hall);
}
END_TEST

/* After a reload there may be fewer rooms than there are. */
START_TEST(as_many_empty_rooms_make_way_as_must)
{
	enum { ROOMS = 4 };
	static const char *const names[ROOMS] = { "a", "b", "c", "d" };
	struct seat wish = { "new", 3, FRAMING_LINE, ROOMS, 1 };
	struct room *rooms[ROOMS], *r;
	bool is_first;

	hall = calloc(1, hall_size(WORKERS));
	ck_assert_ptr_nonnull(hall);
	hall_init(hall, WORKERS);
	for (unsigned i = 0; i < ROOMS; i++) {
		wish.name = names[i];
		wish.name_size = 1;
		ck_assert_int_eq(
		    hall_enter(hall, &wish, &rooms[i], &is_first), 0);
		say_once(rooms[i]);
	}
	for (unsigned i = 1; i < ROOMS; i++)
		hall_leave(hall, rooms[i]);
	wish.name = "x";
	/* Nobody's past is given up for one who cannot come in. */
	wish.max_rooms = 1;
	ck_assert_int_eq(hall_enter(hall, &wish, &r, &is_first), -ENOSPC);
	ck_assert_uint_eq(hall->count, 4);
	wish.max_rooms = 2;
	ck_assert_int_eq(hall_enter(hall, &wish, &r, &is_first), 0);
	ck_assert_uint_eq(hall->count, 2);
	hall_leave(hall, rooms[0]);
	hall_leave(hall, r);
	hall_finish(hall);
	free(hall);
}
END_TEST

START_TEST(a_worker_is_told_once)
{
	struct news a = { 0 }, b = { 0 };
	struct box box = { .lock = PTHREAD_MUTEX_INITIALIZER };

	ck_assert(!box_must_be_told(&box));
	box_put(&box, &a);
	box_put(&box, &a);
	ck_assert(box_must_be_told(&box));
	box_put(&box, &b);
	ck_assert(!box_must_be_told(&box));
	ck_assert_ptr_eq(box_take(&box), &b);
	ck_assert(!box_must_be_told(&box));
	box_put(&box, &b); /* while it looks */
	box_remove(&box, &a);
	box_remove(&box, &a);
	ck_assert_ptr_eq(box_take(&box), &b);
	ck_assert_ptr_null(box_take(&box));
	box_put(&box, &a);
	ck_assert(box_must_be_told(&box));
	box_was_not_told(&box);
	ck_assert(box_must_be_told(&box));
}
END_TEST

START_TEST(the_newest_generation_says_how_much_is_kept)
{
	struct room *r = room_create(m.boxes, WORKERS, FRAMING_LINE, "", 0);

	room_set_history(r, 2, 5, 100);
	room_set_history(r, 1, 9, 900);
	ck_assert_uint_eq(r->history, 5);
	room_set_history(r, 3, 1, 10);
	ck_assert_uint_eq(r->history, 1);
	room_destroy(r);
}
END_TEST

START_TEST(a_speaker_can_be_left_out)
{
	struct draft d = { .workers = WORKERS };
	const char *words[] = { "a1\n", "b1\n", "a2\n", "a3\n", "c1\n" };
	const uint64_t who[] = { 1, 2, 1, 1, 3 };
	struct bnd_buf *buf;
	struct batch *b;
	uint32_t count;
	size_t n;

	for (unsigned i = 0; i < 5; i++) {
		memcpy(draft_reserve(&d, 3), words[i], 3);
		draft_commit(&d, FRAMING_LINE, who[i], 3, 1);
	}
	draft_finish(&d);
	b = d.done.first;
	ck_assert_uint_eq(b->voice_count, 4);
	buf = batch_without(b, 1, 0, &count);
	ck_assert_mem_eq(bnd_buf_data(buf, &n), "b1\nc1\n", 6);
	ck_assert_uint_eq(n, 6);
	ck_assert_uint_eq(count, 2);
	bnd_buf_unref(buf);
	buf = batch_without(b, 3, 6, &count);
	ck_assert_mem_eq(bnd_buf_data(buf, &n), "a2\na3\n", 6);
	ck_assert_uint_eq(n, 6);
	bnd_buf_unref(buf);
	ck_assert_ptr_null(batch_without(b, 3, 12, &count));
	ck_assert_uint_eq(count, 0);
	ck_assert(batch_has_voice(b, 3) && !batch_has_voice(b, 4));
	ck_assert_uint_eq(batch_count_others(b, 1), 2);
	ck_assert_uint_eq(batch_count_others(b, 4), 5);
	ck_assert_uint_eq(batch_count_from(b, FRAMING_LINE, 6), 3);
	draft_destroy(&d);
}
END_TEST

/* However many speak in one turn, each a byte. */
START_TEST(a_batch_weighs_what_it_holds)
{
	struct draft d = { .workers = WORKERS };
	struct batches *done = &d.done;
	size_t count = 0;

	for (uint64_t who = 1; who <= 20000; who++) {
		*draft_reserve(&d, 1) = 'x';
		draft_commit(&d, FRAMING_NONE, who, 1, 1);
		ck_assert_uint_le(d.voice_room, DRAFT_VOICES);
	}
	ck_assert_int_eq(draft_finish(&d), 0);
	ck_assert_uint_le(malloc_usable_size(d.voices), 2048);
	for (const struct batch *b = done->first; b; b = b->next) {
		ck_assert_uint_ge(
		    batch_end(b), malloc_usable_size((void *)(uintptr_t)b) +
				      malloc_usable_size(b->buf));
		count += b->count;
	}
	ck_assert_uint_eq(count, 20000);
	draft_destroy(&d);
}
END_TEST

/* One that is slow has a long log kept, and many others come. */
START_TEST(the_past_is_found_at_once)
{
	enum { BATCHES = 500, LINES = 1000, ASKED = 300 };
	const struct voice v = { 1, 2 * LINES, LINES };
	struct place slow, fast;
	struct batches said = { 0 };
	char text[2 * LINES];
	uint32_t offset;
	struct heard h;
	struct room *r;
	clock_t began;

	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? '\n' : 'x';
	r = room_create(m.boxes, WORKERS, FRAMING_LINE, "", 0);
	room_set_history(r, 1, 3, 100);
	room_enter(r, 0, &slow, &h);
	for (unsigned i = 0; i < BATCHES; i++) {
		batches_append(
		    &said, batch_create(bnd_buf_new(text, sizeof(text)), LINES,
			       &v, 1, WORKERS));
		room_say(r, 1, &said);
	}
	room_enter(r, 1, &fast, &h);
	began = clock();
	for (unsigned i = 0; i < ASKED; i++) {
		room_set_history(r, 1, 3, 100);
		ck_assert_ptr_eq(room_history(r, 1, &h, &offset), r->log.last);
		ck_assert_uint_eq(offset, 2 * (LINES - 3));
	}
	ck_assert_int_lt(clock() - began, CLOCKS_PER_SEC / 4);
	room_set_history(r, 2, 2000, 100000); /* more is still there */
	ck_assert_ptr_ne(room_history(r, 1, &h, &offset), r->log.last);
	ck_assert_uint_eq(offset, 0);
	room_set_history(r, 3, 0, 100);
	ck_assert_ptr_null(room_history(r, 1, &h, &offset));
	room_leave(r, 0);
	room_leave(r, 1);
	ck_assert_ptr_null(r->log.first);
	room_destroy(r);
}
END_TEST

UNIT_TESTS("reflect-model", the_past_is_found_at_once,
    a_batch_weighs_what_it_holds, a_room_has_one_order, a_worker_is_told_once,
    rooms_have_an_end, an_empty_room_with_a_past_makes_way,
    as_many_empty_rooms_make_way_as_must,
    the_newest_generation_says_how_much_is_kept, a_speaker_can_be_left_out)

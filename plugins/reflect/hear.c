/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* hear.c - giving a member what was said, and what becomes of one that does not
 * take it. */

#include "reflect.h"
#include "words.h"

#include <errno.h>

static const char *
member_framing_word(const struct member *m)
{
	return m->corner->room->framing == FRAMING_LINE ? "lines" : "messages";
}

uint64_t
member_at(const struct member *m)
{
	return m->next ? m->next->at.pos + m->offset : m->corner->at.pos;
}

uint64_t
member_lag(const struct member *m, int64_t now_ms, int64_t *ms_r)
{
	int64_t since_ms = m->since_ms;

	*ms_r = 0;
	if (!m->next)
		return 0;
	if (m->next->said_ms > since_ms)
		since_ms = m->next->said_ms;
	*ms_r = now_ms - since_ms;
	return m->corner->at.pos - member_at(m);
}

/* ------------------------------------------------------------------- giving */

static int
member_put(struct member *m, struct bnd_buf *buf, uint32_t count)
{
	size_t n;
	int rc = bnd_put(m->st, BND_FRONT, buf);

	if (rc < 0) /* anything else than "full": close() is near */
		return rc == -EAGAIN ? rc : 0;
	bnd_buf_data(buf, &n);
	bnd_metric(m->st->worker, METRIC_MESSAGES_OUT, count);
	bnd_metric(m->st->worker, METRIC_BYTES_OUT, (int64_t)n);
	return 0;
}

/* The batch as this member is to have it, in a buffer of its own. */
static int
member_put_part(struct member *m, const struct batch *b, uint32_t offset)
{
	uint64_t without = member_conf(m)->self ? VOICE_NOBODY : m->id;
	struct bnd_buf *buf;
	uint32_t count;
	int rc;

	buf = batch_without(b, without, offset, &count);
	if (!buf && count > 0) {
		bnd_abort(m->st, -ENOMEM, "out of memory");
		return 0;
	}
	if (offset > 0) /* of a history: it may begin within a voice */
		count = batch_count_from(b, m->corner->room->framing, offset);
	rc = buf ? member_put(m, buf, count) : 0;
	bnd_buf_unref(buf);
	return rc;
}

/* Tell it how many messages it has missed. */
static int
member_tell_dropped(struct member *m)
{
	unsigned long long n = m->dropped - m->told;
	struct bnd_buf *buf;
	int rc;

	if (!member_conf(m)->notices)
		return 0;
	buf = words_line(m->corner->room->framing, "(%llu %s dropped)", n,
	    member_framing_word(m));
	if (!buf)
		return 0; /* perhaps the next time */
	rc = bnd_put(m->st, BND_FRONT, buf);
	bnd_buf_unref(buf);
	if (rc == 0)
		m->told = m->dropped;
	return rc == -EAGAIN ? rc : 0;
}

int
member_give(struct member *m, const struct batch *b, uint32_t offset)
{
	if (m->dropped != m->told && member_tell_dropped(m) < 0)
		return -EAGAIN;
	if (offset > 0 || (!member_conf(m)->self && batch_has_voice(b, m->id)))
		return member_put_part(m, b, offset);
	return member_put(m, b->buf, b->count);
}

/* It has had, or missed, the batch that it was at. */
static void
member_advance(struct member *m)
{
	struct corner *c = m->corner;
	bool is_last = batch_end(m->next) == c->at.pos;

	corner_move(c, m, is_last ? NULL : m->next->next, 0);
}

void
member_catch_up(struct member *m)
{
	struct corner *c = m->corner;
	uint64_t at = member_at(m);

	while (m->next && member_give(m, m->next, m->offset) == 0)
		member_advance(m);
	if (member_at(m) == at)
		return;
	m->moved_ms = bnd_now();
	/* It was the slowest: settle, but only once for all that move now. */
	if (at <= c->place.low ||
	    (member_conf(m)->slow == SLOW_WAIT && at <= c->place.gate))
		corner_is_due(c, m);
}

/* ----------------------------------------------------------------- policies */

/* How many messages of the batch that it is at it was to hear. */
static uint32_t
member_share(const struct member *m)
{
	/* A history, within which alone it can be, has none of its own. */
	if (m->offset == 0 && !member_conf(m)->self)
		return batch_count_others(m->next, m->id);
	return batch_count_from(m->next, m->corner->room->framing, m->offset);
}

static void
member_drop(struct member *m, unsigned metric)
{
	uint32_t n = member_share(m);

	m->dropped += n;
	bnd_metric(m->st->worker, metric, n);
	member_advance(m);
}

static void
member_cut(struct member *m, unsigned metric, const char *limit)
{
	int64_t ms;
	uint64_t bytes = member_lag(m, bnd_now(), &ms);

	m->is_cut = true;
	bnd_metric(m->st->worker, metric, 1);
	bnd_abort(m->st, -ETIMEDOUT,
	    "it is too slow for its room: %llu bytes and %lld ms behind, more "
	    "than '%s' allows",
	    (unsigned long long)bytes, (long long)ms, limit);
}

/* How far it is behind by what was said since it came: a history that we gave
 * it, of small messages with all their weight, is not its fault. */
static uint64_t
member_behind(const struct member *m)
{
	uint64_t at = member_at(m);

	return m->corner->at.pos - (at > m->came_at ? at : m->came_at);
}

void
member_judge_buffer(struct member *m)
{
	const struct reflect *conf = member_conf(m);
	const uint64_t buffer = (uint64_t)conf->buffer;

	if (m->is_cut || conf->slow == SLOW_WAIT || member_behind(m) <= buffer)
		return;
	if (conf->slow == SLOW_DISCONNECT) {
		member_cut(m, METRIC_CUT_BUFFER, "buffer");
		return;
	}
	while (m->next && member_behind(m) > buffer)
		member_drop(m, METRIC_DROPPED_BUFFER);
}

void
member_judge_patience(struct member *m, int64_t now_ms)
{
	const struct reflect *conf = member_conf(m);
	int64_t ms;

	if (m->is_cut || !m->next)
		return;
	member_lag(m, now_ms, &ms);
	if (conf->slow == SLOW_WAIT) /* for the slow, not for the dead */
		ms = now_ms - m->moved_ms;
	if (ms < conf->patience)
		return;
	if (conf->slow != SLOW_DROP) {
		member_cut(m, METRIC_CUT_PATIENCE, "patience");
		return;
	}
	while (m->next && ms >= conf->patience) {
		member_drop(m, METRIC_DROPPED_PATIENCE);
		member_lag(m, now_ms, &ms);
	}
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* listen.c - hearing what a member says: whole messages go into the draft of
 * its corner, and what is not whole yet waits in its inlet. */

#include "reflect.h"
#include "words.h"

#include <errno.h>
#include <string.h>

/* What is looked at in one go: any one message is smaller. */
enum { LISTEN_BYTES = 32 * 1024 };

static void
member_said(struct member *m, uint32_t count, size_t n)
{
	bnd_metric(m->st->worker, METRIC_MESSAGES_IN, count);
	bnd_metric(m->st->worker, METRIC_BYTES_IN, (int64_t)n);
	corner_is_due(m->corner, m);
}

void
member_refuse(struct member *m, unsigned metric, int err, const char *why)
{
	const struct reflect *conf = member_conf(m);
	struct bnd_buf *b = NULL;

	corner_feed(m->corner, m->st->worker); /* what it said before holds */
	if (conf->notices)
		b = words_line((enum framing)conf->framing, "(%s)", why);
	if (b)
		bnd_put(m->st, BND_FRONT, b); /* or not, if it does not read */
	bnd_buf_unref(b);
	bnd_metric(m->st->worker, metric, 1);
	member_leave(m);
	bnd_refuse(m->st, err, "%s", why);
}

/* Whole messages, as they are. */
static int
member_say(struct member *m, const char *p, const struct frames *f)
{
	struct draft *d = &m->corner->draft;
	char *to = draft_reserve(d, f->bytes);

	if (!to)
		return -ENOMEM;
	memcpy(to, p, f->bytes);
	draft_commit(d, m->corner->room->framing, m->id, f->bytes, f->count);
	bnd_eat(m->st, BND_FRONT, f->bytes);
	member_said(m, f->count, f->bytes);
	return 0;
}

/* So much of them that they need no copy. */
static int
member_say_large(struct member *m, const struct frames *f)
{
	struct bnd_buf *b = bnd_take(m->st, BND_FRONT, f->bytes);

	/* Without memory the connection is ended, here or there. */
	if (!b)
		return 0;
	if (draft_give(&m->corner->draft, m->id, b, f->count) < 0) {
		bnd_abort(m->st, -ENOMEM, "out of memory");
		return 0;
	}
	member_said(m, f->count, f->bytes);
	return 0;
}

/* One line behind the member's name; `end` ends it, if it has none itself. */
static int
member_say_line(struct member *m, const char *p, size_t n, const char *end)
{
	struct draft *d = &m->corner->draft;
	size_t head = member_conf(m)->prefix ? m->name_size : 0;
	size_t all = head + n + strlen(end), body = n + strlen(end) - 1;
	char *to = draft_reserve(d, all);

	if (!to)
		return -ENOMEM;
	if (head)
		memcpy(to, m->name, head);
	memcpy(to + head, p, n);
	memcpy(to + head + n, end, strlen(end));
	if (head && body > 0 && to[head + body - 1] == '\r')
		body--; /* it belongs to the end of the line */
	if (head)
		words_clean(to + head, body);
	draft_commit(d, FRAMING_LINE, m->id, all, 1);
	bnd_eat(m->st, BND_FRONT, n);
	member_said(m, 1, n);
	return 0;
}

/* Line by line, until enough was said in this turn.  It may speak: who asks
 * again would stand at the end of those who wait, without a word. */
static int
member_say_lines(struct member *m, size_t n)
{
	int rc = 0;

	while (n > 0 && rc == 0 && !corner_has_said_enough(m->corner)) {
		const char *p;
		size_t size;

		if (bnd_peek(m->st, BND_FRONT, n, &p) < n)
			return 0; /* the connection has ended */
		size = frame_size(FRAMING_LINE, p, n);
		rc = member_say_line(m, p, size, "");
		n -= size;
	}
	return rc;
}

/* The member has ended within a message. */
static int
member_say_rest(struct member *m, const char *p, size_t n)
{
	if (n > 0 && m->corner->room->framing == FRAMING_LINE)
		return member_say_line(m, p, n, "\n");
	if (n > 0)
		bnd_log(m->st->binding, m->st, BND_DEBUG,
		    "it ended within a message: %zu bytes are dropped", n);
	bnd_eat(m->st, BND_FRONT, n);
	return 0;
}

static int
member_say_some(struct member *m, const char *p, const struct frames *f)
{
	if (member_conf(m)->prefix)
		return member_say_lines(m, f->bytes);
	if (f->bytes >= DRAFT_LARGE)
		return member_say_large(m, f);
	return member_say(m, p, f);
}

/* 0, or why there is no more to say now: -EAGAIN, -ENOMEM. */
static int
member_listen_once(struct member *m)
{
	const size_t max = (size_t)member_conf(m)->max_message;
	enum framing framing = m->corner->room->framing;
	struct frames f;
	const char *p;
	size_t n = bnd_peek(m->st, BND_FRONT, max, &p);

	if (n > LISTEN_BYTES)
		n = LISTEN_BYTES;
	if (frames_scan(framing, p, n, max, &f) < 0) {
		member_refuse(m, METRIC_REFUSED_MESSAGE, -EMSGSIZE,
		    "a message is longer than max_message");
		return -EAGAIN;
	}
	if (f.count > 0)
		return member_say_some(m, p, &f);
	if (!bnd_ended(m->st, BND_FRONT))
		return -EAGAIN;
	m->is_heard_out = true;
	return member_say_rest(m, p, n);
}

void
member_listen(struct member *m)
{
	int rc = 0;

	while (rc == 0 && m->corner && !m->is_heard_out &&
	       corner_may_speak(m->corner, m))
		rc = member_listen_once(m);
	if (rc != -ENOMEM)
		return;
	m->is_heard_out = false;
	corner_waits_for_memory(m->corner, m);
}

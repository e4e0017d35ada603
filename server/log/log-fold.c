/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "log/log-fold.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* FNV-1a: who could choose what collides only hides among his own lines. */
static uint64_t
log_fold_hash(uint64_t h, const void *p, size_t n)
{
	const unsigned char *s = p;

	while (n--)
		h = (h ^ *s++) * 0x100000001b3u;
	return h;
}

static uint64_t
log_fold_hash_text(uint64_t h, const char *s)
{
	return log_fold_hash(h, s, strlen(s) + 1);
}

uint64_t
log_fold_id(const struct log_event *e, const char *fmt)
{
	uint64_t h = 0xcbf29ce484222325u;

	h = log_fold_hash(h, &fmt, sizeof(fmt));
	h = log_fold_hash(h, &e->level, sizeof(e->level));
	if (strcmp(fmt, "%s") == 0)
		h = log_fold_hash_text(h, e->message);
	for (size_t i = 0; i < e->count; i++)
		if (e->fields[i].text)
			h = log_fold_hash_text(h, e->fields[i].text);
	return h ? h : 1;
}

static size_t
log_site_hidden(const struct log_site *s)
{
	return s->seen > LOG_FOLD_FIRST ? s->seen - LOG_FOLD_FIRST : 0;
}

/* Say what was not said, and begin anew. */
static void
log_site_end(struct log_site *s, log_fold_fn *write)
{
	struct log_field fields[LOG_FOLD_FIELDS + 1];
	char message[LOG_FOLD_TEXT + 64];
	struct log_event e = { .level = s->level,
		.message = message,
		.fields = fields,
		.count = s->count + 1 };
	size_t n = log_site_hidden(s);

	s->seen = 0;
	if (!n)
		return;
	snprintf(message, sizeof(message), "repeated %zu time%s: %s", n,
	    n == 1 ? "" : "s", s->text);
	memcpy(fields, s->fields, s->count * sizeof(*fields));
	fields[s->count] =
	    (struct log_field){ .key = "repeated", .number = (int64_t)n };
	clock_gettime(CLOCK_REALTIME, &e.when);
	write(&e);
}

static void
log_site_begin(struct log_site *s, const struct log_event *e, uint64_t id)
{
	size_t used = 0;

	s->id = id;
	s->level = e->level;
	s->count = 0;
	for (size_t i = 0; i < e->count && s->count < LOG_FOLD_FIELDS; i++) {
		const struct log_field *f = &e->fields[i];
		size_t n = f->text ? strlen(f->text) + 1 : 0;

		if (!n || n > sizeof(s->words) - used)
			continue;
		memcpy(s->words + used, f->text, n);
		s->fields[s->count++] =
		    (struct log_field){ f->key, s->words + used, 0 };
		used += n;
	}
}

/* The one of this id; else an unused one or the one whose time ends first. */
static struct log_site *
log_fold_site(struct log_fold *f, uint64_t id)
{
	struct log_site *oldest = &f->sites[0];

	for (struct log_site *s = f->sites; s < f->sites + LOG_FOLD_SITES;
	     s++) {
		if (s->id == id)
			return s;
		if (s->end_ms < oldest->end_ms)
			oldest = s;
	}
	return oldest;
}

/* Characters are not cut in two. */
static void
log_site_keep_text(struct log_site *s, const char *text)
{
	size_t n = strlen(text);

	if (n < sizeof(s->text)) {
		memcpy(s->text, text, n + 1);
		return;
	}
	n = sizeof(s->text) - sizeof("...");
	while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	memcpy(s->text, text, n);
	strcpy(s->text + n, "...");
}

bool
log_fold_take(struct log_fold *f, const struct log_event *e, uint64_t id,
    int64_t now_ms, log_fold_fn *write)
{
	struct log_site *s = log_fold_site(f, id);

	if (s->id != id || now_ms >= s->end_ms) {
		log_site_end(s, write);
		log_site_begin(s, e, id);
		s->end_ms = now_ms + LOG_FOLD_MS;
	}
	if (s->seen++ < LOG_FOLD_FIRST)
		return true;
	if (log_site_hidden(s) == 1)
		log_site_keep_text(s, e->message);
	return false;
}

int64_t
log_fold_flush(struct log_fold *f, int64_t now_ms, log_fold_fn *write)
{
	int64_t next_ms = INT64_MAX;

	for (struct log_site *s = f->sites; s < f->sites + LOG_FOLD_SITES;
	     s++) {
		if (!log_site_hidden(s))
			continue;
		if (now_ms >= s->end_ms)
			log_site_end(s, write);
		else if (s->end_ms < next_ms)
			next_ms = s->end_ms;
	}
	return next_ms;
}

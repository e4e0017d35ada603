/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "control/control-inner.h"

#include "build-info.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	REQUEST_MAX = 65536,
	REQUEST_MS = 5000,        /* for the whole of it */
	REQUEST_CROWDED_MS = 500, /* the same, when places are short */
	ANSWER_MS = 10000,        /* without the client taking a byte */
	ANSWER_CROWDED_MS = 1000, /* the same, when places are short */
	ANSWER_ALL_MS = 60000,    /* for the whole of it */
	ANSWER_CHUNK = 1 << 20,
	TRIM_BYTES = 1 << 20,
	DROP_TIMES = 16 /* 64 KiB of what nobody wanted to know */
};

static watch_fn question_ready;

static void
question_due(struct timer *t)
{
	struct question *q = CONTAINER_OF(t, struct question, deadline);

	if (q->is_answered)
		question_end(q);
	else
		question_refuse(q, NULL, "the request did not come in time");
}

static void
question_wait(struct question *q, int64_t ms)
{
	struct loop *l = q->control->setup.loop;

	timer_arm(l->timers, &q->deadline, loop_clock() + ms);
}

void
question_begin(struct control *c, int fd)
{
	struct question *q = calloc(1, sizeof(*q));

	if (q)
		q->text = malloc(REQUEST_MAX + 1);
	if (!q || !q->text) {
		free(q);
		close(fd);
		return;
	}
	q->control = c;
	q->watch = (struct watch){ question_ready, fd };
	q->deadline.fn = question_due;
	if (loop_watch(c->setup.loop, &q->watch, EPOLLIN) < 0) {
		close(fd);
		free(q->text);
		free(q);
		return;
	}
	LIST_INSERT_HEAD(&c->questions, q, link);
	c->count++;
	question_wait(
	    q, control_is_crowded(c) ? REQUEST_CROWDED_MS : REQUEST_MS);
}

/* What lies there unread would reset the client before it has the answer. */
static void
question_drop_rest(struct question *q)
{
	static char nowhere[65536];

	for (int i = 0; i < DROP_TIMES; i++)
		if (recv(q->watch.fd, nowhere, sizeof(nowhere), MSG_DONTWAIT) <=
		    0)
			return;
}

void
question_end(struct question *q)
{
	struct control *c = q->control;
	struct loop *l = c->setup.loop;

	LIST_REMOVE(q, link);
	timer_cancel(l->timers, &q->deadline);
	loop_unwatch(l, &q->watch);
	question_drop_rest(q);
	close(q->watch.fd);
	q->watch = (struct watch){ NULL, -1 };
	json_decref(q->arguments);
	free(q->text);
	/* A long list was some hundred megabytes, which the heap would keep. */
	if (q->length > TRIM_BYTES)
		malloc_trim(0);
	loop_bury(l, q);
	control_question_gone(c);
}

/* ---------------------------------------------------------------- answering */

/* One that takes a byte now and then has no place for ever either. */
static void
question_wait_reader(struct question *q)
{
	int64_t left = q->answered_ms + ANSWER_ALL_MS - loop_clock();
	int64_t ms =
	    control_is_crowded(q->control) ? ANSWER_CROWDED_MS : ANSWER_MS;

	question_wait(q, left < ms ? left : ms);
}

/* Send what the client takes; the rest when it is ready. */
static void
question_send(struct question *q)
{
	ssize_t n;

	while (q->done < q->length) {
		size_t chunk = q->length - q->done;

		if (chunk > ANSWER_CHUNK)
			chunk = ANSWER_CHUNK;
		n = send(q->watch.fd, q->text + q->done, chunk,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			question_wait_reader(q);
			return;
		}
		if (n <= 0)
			break;
		q->done += (size_t)n;
	}
	question_end(q);
}

/* json_dumps() leaves keys out when memory runs out, and does not say so. */
static char *
text_of_json(const json_t *whole)
{
	size_t n = json_dumpb(whole, NULL, 0, 0);
	char *text = n > 0 ? malloc(n + 1) : NULL;

	if (!text)
		return NULL;
	if (json_dumpb(whole, text, n, 0) != n) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

/* The answer replaces the request. */
static void
question_say(struct question *q, json_t *whole)
{
	static const char lost[] = "{\"bindery\": 1, \"ok\": false, "
				   "\"error\": \"out of memory\"}";
	struct loop *l = q->control->setup.loop;
	char *text = whole ? text_of_json(whole) : NULL;

	json_decref(whole);
	if (!text)
		text = strdup(lost);
	q->is_answered = true;
	q->answered_ms = loop_clock();
	q->ticket = 0;
	q->waits_upgrade = false;
	free(q->text);
	q->text = text;
	q->length = text ? strlen(text) : 0;
	q->done = 0;
	if (text)
		text[q->length++] = '\n'; /* in place of its 0 */
	loop_rewatch(l, &q->watch, EPOLLOUT);
	question_wait(q, ANSWER_MS);
}

void
question_answer(struct question *q, json_t *answer)
{
	question_say(q, json_pack("{s:i, s:s, s:b, s:o}", "bindery", 1, "host",
			    BINDERY_VERSION, "ok", 1, "answer", answer));
}

void
question_refuse(struct question *q, json_t *errors, const char *fmt, ...)
{
	char sentence[1024];
	json_t *whole;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	whole = json_pack("{s:i, s:s, s:b, s:o}", "bindery", 1, "host",
	    BINDERY_VERSION, "ok", 0, "error", json_of_text(sentence));
	if (whole && errors)
		json_object_set_new(whole, "errors", errors);
	else
		json_decref(errors);
	question_say(q, whole);
}

void
question_hurry(struct question *q)
{
	if (!q->is_answered)
		question_refuse(q, NULL, "the process ends");
	question_send(q);
}

/* ------------------------------------------------------------------ reading */

/* The whole request is there: n bytes.  Until it is answered only the client's
 * leaving is of interest. */
static void
question_asked(struct question *q, size_t n)
{
	struct loop *l = q->control->setup.loop;

	timer_cancel(l->timers, &q->deadline);
	loop_rewatch(l, &q->watch, 0);
	q->is_asked = true;
	q->text[n] = '\0';
	command_run(q, q->text, n);
}

static void
question_read(struct question *q)
{
	char *newline;
	ssize_t n;

	do {
		n = recv(q->watch.fd, q->text + q->length,
		    REQUEST_MAX - q->length, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0 || (n == 0 && q->length == 0)) {
		question_end(q);
		return;
	}
	newline = n > 0 ? memchr(q->text + q->length, '\n', (size_t)n) : NULL;
	q->length += (size_t)n;
	if (newline)
		question_asked(q, (size_t)(newline - q->text));
	else if (n == 0)
		question_asked(q, q->length);
	else if (q->length == REQUEST_MAX)
		question_refuse(q, NULL, "the request is longer than %d bytes",
		    REQUEST_MAX);
}

static void
question_ready(struct watch *w, uint32_t events)
{
	struct question *q = CONTAINER_OF(w, struct question, watch);

	if (q->is_answered)
		question_send(q);
	else if (!q->is_asked)
		question_read(q);
	else if (events & (EPOLLHUP | EPOLLERR))
		question_end(q);
}

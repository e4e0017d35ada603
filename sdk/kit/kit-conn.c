/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * kit-conn.c - a connection from its making to its end.  One that was forgotten
 * lies in a graveyard for a while, so that whoever still calls on its stage can
 * be told.
 */

#include "kit-inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GRAVES = 64 };

static struct kit_lens graves[GRAVES];
static size_t grave_next;

/* Not malloc()ed: who counts sees the plugin's memory. */
static struct bndk_conn *
conn_alloc(void)
{
	struct kit_lens place;
	struct bndk_conn *c;

	lens_show(&place, NULL, sizeof(*c), 16, true);
	c = (void *)place.data;
	c->place = place;
	return c;
}

static void
conn_bury(struct bndk_conn *c)
{
	struct kit_lens *grave = &graves[grave_next++ % GRAVES];

	lens_hide(grave);
	c->k = NULL;
	*grave = c->place;
}

static void
stage_init(struct bndk_conn *c, struct kit_desk *d, void *arg)
{
	const struct bnd_type *type = &d->generation->image->type;
	struct kit_stage *s = &c->stage;
	struct kit_lens self;

	lens_show(&self, NULL, type->stage_size, 16, true);
	s->magic = STAGE_MAGIC;
	s->pub.self = self.data;
	s->pub.worker = &d->pub;
	s->pub.binding = &d->generation->pub;
	s->pub.id = ++d->generation->k->next_conn;
	s->pub.limit = 65536;
	s->conn = c;
	s->desk = d;
	s->arg = arg;
	s->due = DUE_OPEN;
	waits_init(&s->waits);
	c->self = self;
}

struct bndk_conn *
conn_create(struct kit_desk *d, void *arg, bool has_front)
{
	struct bndk *k = d->generation->k;
	struct bndk_conn *c = conn_alloc();

	c->k = k;
	c->opened_ms = c->active_ms = k->now_ms;
	c->peer_fd = -1;
	for (unsigned i = 0; i < 4; i++)
		c->limits[i] = -1;
	for (unsigned side = 0; side < 2; side++) {
		c->side[side].bypass_to = -1;
		c->side[side].fd = -1;
	}
	c->side[BND_FRONT].is_there = has_front;
	stage_init(c, d, arg);
	d->generation->pins++;
	TAILQ_INSERT_TAIL(&k->conns, c, link);
	return c;
}

void
conn_free(struct bndk_conn *c)
{
	TAILQ_REMOVE(&c->k->conns, c, link);
	for (unsigned side = 0; side < 2; side++) {
		queue_finish(&c->side[side].in);
		queue_finish(&c->side[side].out);
		text_finish(&c->side[side].got);
	}
	facts_free(c);
	claims_free(c);
	conn_bury(c);
}

/* ------------------------------------------------------------------- ending */

/* Nobody waits for what may still be under way: nothing is. */
static void
fd_drop(int *fd)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	if (*fd < 0)
		return;
	setsockopt(*fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(*fd);
	*fd = -1;
}

static void
conn_close_fds(struct bndk_conn *c)
{
	fd_drop(&c->peer_fd);
	for (unsigned side = 0; side < 2; side++)
		fd_drop(&c->side[side].fd);
}

void
stage_remove(struct kit_stage *s, int err)
{
	if (s->state >= STAGE_CLOSING)
		return;
	s->was_opened = s->state != STAGE_NEW;
	s->state = STAGE_CLOSING;
	s->close_err = err;
	s->due = DUE_CLOSE;
}

void
conn_say_why(struct bndk_conn *c, const char *fmt, va_list ap)
{
	if (!*c->why && fmt)
		vsnprintf(c->why, sizeof(c->why), fmt, ap);
}

void
conn_vend(struct bndk_conn *c, int err, const char *fmt, va_list ap)
{
	if (c->is_ended)
		return;
	conn_say_why(c, fmt, ap);
	c->is_ended = true;
	if (err && !c->is_refused)
		c->abort_err = err;
	for (unsigned side = 0; side < 2; side++) {
		struct kit_side *x = &c->side[side];

		queue_clear(&x->in);
		queue_clear(&x->out);
	}
	conn_close_fds(c);
	stage_remove(&c->stage, err);
}

void
conn_end(struct bndk_conn *c, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	conn_vend(c, err, fmt, ap);
	va_end(ap);
}

static bool
side_is_done(const struct kit_side *x)
{
	return !x->is_there || (x->has_sent_end && x->has_got_end);
}

/* A sink without a neighbour has had everything once flow() was called behind
 * the last byte, and nothing was left. */
static bool
sink_is_done(const struct bndk_conn *c)
{
	const struct kit_queue *in = &c->side[BND_FRONT].in;

	return stage_type(&c->stage)->role == BND_SINK &&
	       (in->is_discarding ||
		   (in->bytes == 0 && !(c->stage.due & DUE_FLOW)));
}

/* Both directions have ended, and everything was taken. */
void
conn_end_if_done(struct bndk_conn *c)
{
	if (!c->is_ended && c->side[BND_FRONT].is_there &&
	    side_is_done(&c->side[BND_FRONT]) &&
	    side_is_done(&c->side[BND_BACK]) &&
	    (c->side[BND_BACK].is_there || c->is_refused || sink_is_done(c)))
		conn_end(c, 0, NULL);
}

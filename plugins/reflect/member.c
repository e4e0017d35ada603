/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* member.c - coming into a room, and going. */

#include "reflect.h"
#include "words.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char LOCAL_PORT[] = "local.port";

static unsigned
address_port(const struct sockaddr *a)
{
	const void *p = a;

	switch (a->sa_family) {
	case AF_INET:
		return ntohs(((const struct sockaddr_in *)p)->sin_port);
	case AF_INET6:
		return ntohs(((const struct sockaddr_in6 *)p)->sin6_port);
	default:
		return 0;
	}
}

/* A fact that nobody sets, because it follows from another. */
static const char *
member_local_port(struct bnd_stage *st, size_t *size_r)
{
	const struct sockaddr *a = bnd_fact(st, "local", BND_F_ADDR, NULL);
	unsigned port = a ? address_port(a) : 0;
	char text[12];

	snprintf(text, sizeof(text), "%u", port);
	if (port == 0 || bnd_fact_text_set(st, LOCAL_PORT, text) < 0)
		return NULL;
	return bnd_fact(st, LOCAL_PORT, BND_F_TEXT, size_r);
}

const char *
member_room(struct bnd_stage *st, size_t *size_r, const char **why_r)
{
	const struct reflect *conf = st->binding->self;
	const char *name;

	*size_r = 0;
	if (!conf->room)
		return "";
	name = bnd_fact(st, conf->room, BND_F_TEXT, size_r);
	if (!name && strcmp(conf->room, LOCAL_PORT) == 0)
		name = member_local_port(st, size_r);
	if (!name)
		*why_r = "the connection lacks the fact that names its room";
	else if (*size_r > ROOM_NAME_MOST)
		*why_r = "the name of its room is too long";
	else
		return name;
	return NULL;
}

/* ------------------------------------------------------------------- coming */

static int
member_no(struct member *m, unsigned metric, int err, const char *why)
{
	bnd_metric(m->st->worker, metric, 1);
	bnd_refuse(m->st, err, "%s", why);
	return err;
}

static int
member_take_seat(struct member *m, struct room **room_r)
{
	const struct reflect *conf = member_conf(m);
	struct seat wish = {
		.framing = (enum framing)conf->framing,
		.max_rooms = (uint32_t)conf->max_rooms,
		.max_members = (uint32_t)conf->max_members,
	};
	const char *why = NULL, *name;
	bool is_first = false;
	int rc;

	name = member_room(m->st, &wish.name_size, &why);
	if (!name)
		return member_no(m, METRIC_REFUSED_ROOM, -EACCES, why);
	wish.name = name;
	rc = hall_enter(conf->hall, &wish, room_r, &is_first);
	if (rc == -ENOSPC)
		return member_no(m, METRIC_REFUSED_ROOMS, -EDQUOT,
		    "there are too many rooms");
	if (rc == -EDQUOT)
		return member_no(m, METRIC_REFUSED_MEMBERS, -EDQUOT,
		    "its room has too many members");
	if (rc == 0) {
		bnd_metric(m->st->worker, METRIC_MEMBERS, 1);
		bnd_metric(m->st->worker, METRIC_ROOMS, is_first);
	}
	return rc;
}

static void
member_give_seat(struct member *m, struct room *room)
{
	bool is_last = hall_leave(member_conf(m)->hall, room);

	bnd_metric(m->st->worker, METRIC_MEMBERS, -1);
	bnd_metric(m->st->worker, METRIC_ROOMS, -(int)is_last);
}

static int
member_take_name(struct member *m)
{
	const struct reflect *conf = member_conf(m);

	if (!conf->prefix && !conf->notices)
		return 0;
	m->name = words_name(m->st, &m->name_size);
	return m->name ? 0 : -ENOMEM;
}

/* Who comes late is behind, by the history. */
static void
member_place(struct member *m)
{
	struct corner *c = m->corner;
	const struct heard here = { .head = c->at };

	struct batch *first;
	uint32_t offset;

	LIST_INSERT_HEAD(&c->members, m, link);
	c->member_count++;
	m->came_at = c->at.pos;
	first = room_history(c->room, c->wing->index, &here, &offset);
	if (!first)
		return;
	corner_move(c, m, first, offset);
	wing_watch(c->wing, m->st->worker);
	bnd_wake(m->st);
}

/* What the others are told of it: "[name]". */
static const char *
member_shown(const struct member *m, char *to, size_t size)
{
	if (!member_conf(m)->notices)
		return NULL;
	snprintf(to, size, "%.*s", (int)m->name_size - 1, m->name);
	return to;
}

static void
member_announce(struct member *m, int members, const char *what)
{
	struct corner *c = m->corner;
	char name[ROOM_NAME_MOST];

	/* Behind what it has said. */
	draft_finish(&c->draft);
	c->wing->must_tell |= room_announce(c->room, c->wing->index, members,
	    &c->draft.done, member_shown(m, name, sizeof(name)), what);
	c->draft.done_bytes = 0;
	if (c->member_count > 0)
		corner_is_due(c, members > 0 ? m : NULL);
}

int
member_enter(struct member *m)
{
	const struct reflect *conf = member_conf(m);
	struct bnd_worker *w = m->st->worker;
	struct wing *wing = wing_of(w);
	struct room *room;
	int rc;

	rc = member_take_name(m);
	if (rc == 0)
		rc = member_take_seat(m, &room);
	if (rc < 0)
		return rc;
	m->corner = corner_enter(wing, room);
	if (!m->corner) {
		member_give_seat(m, room);
		return -ENOMEM;
	}
	room_set_history(room, m->st->binding->generation,
	    (uint32_t)conf->history, (uint32_t)conf->history_bytes);
	m->since_ms = m->moved_ms = bnd_now();
	member_place(m);
	member_announce(m, 1, "joined");
	wing_tell(wing, w);
	return 0;
}

/* -------------------------------------------------------------------- going */

static void
member_unlink(struct member *m)
{
	struct corner *c = m->corner;

	corner_move(c, m, NULL, 0);
	LIST_REMOVE(m, link);
	c->member_count--;
	corner_waits_no_more(c, m);
}

void
member_leave(struct member *m)
{
	struct corner *c = m->corner;
	struct wing *wing;
	struct room *room;

	if (!c)
		return;
	wing = c->wing;
	room = c->room;
	member_unlink(m);
	member_announce(m, -1, "left");
	m->corner = NULL;
	wing_replace_feeder(wing, m);
	if (c->member_count > 0)
		corner_settle(c);
	corner_leave(c);
	member_give_seat(m, room);
	wing_tell(wing, m->st->worker);
}

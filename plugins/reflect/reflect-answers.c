/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* reflect-answers.c - questions of the operator. */

#include "reflect.h"
#include "words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ROOMS_MOST = 100 };

/* Peers may choose the names of rooms. */
static const char *
room_shown(const char *name, size_t n, char to[ROOM_NAME_MOST + 1])
{
	memcpy(to, name, n);
	to[n] = 0;
	words_clean(to, n);
	return to;
}

static void
member_show(const struct member *m, struct bnd_answer *a)
{
	char name[ROOM_NAME_MOST + 1];
	int64_t ms;
	uint64_t lag;

	if (!m->corner) {
		bnd_answer(a, "room", "none any more");
		return;
	}
	lag = member_lag(m, bnd_now(), &ms);
	bnd_answer(a, "room", "%s",
	    room_shown(
		m->corner->room->name, m->corner->room->name_size, name));
	bnd_answer(a, "behind_bytes", "%llu", (unsigned long long)lag);
	bnd_answer(a, "behind_ms", "%lld", (long long)ms);
	bnd_answer(a, "dropped", "%llu", (unsigned long long)m->dropped);
	if (m->is_waiting)
		bnd_answer(a, "waits", "%s", "to speak");
}

void
reflect_show(struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *a)
{
	unsigned rooms = 0, members = 0, behind = 0;
	const struct wing *wing = wing_of(w);
	const struct corner *c;

	if (st) {
		member_show(st->self, a);
		return;
	}
	LIST_FOREACH(c, &wing->corners, link)
	{
		rooms++;
		members += c->member_count;
		behind += c->behind_count;
	}
	bnd_answer(a, "rooms", "%u", rooms);
	bnd_answer(a, "members", "%u", members);
	bnd_answer(a, "behind", "%u", behind);
}

void
reflect_explain(struct bnd_stage *st, struct bnd_answer *a)
{
	char shown[ROOM_NAME_MOST + 1];
	const char *why = NULL, *name;
	size_t n;

	name = member_room(st, &n, &why);
	if (name)
		bnd_answer(a, "room", "%s", room_shown(name, n, shown));
	else
		bnd_refuse(st, -EACCES, "%s", why);
}

static void
room_answer(void *arg, struct room *r)
{
	char name[ROOM_NAME_MOST + 1];
	unsigned long long messages;
	struct bnd_answer *a = arg;
	size_t kept;

	room_figures(r, &messages, &kept);
	room_shown(r->name, r->name_size, name);
	bnd_answer(a, *name ? name : "the room",
	    "%u members, %llu messages said, %zu bytes kept", r->seats,
	    messages, kept);
}

int
reflect_command(
    struct bnd_worker *w, const struct bnd_list *words, struct bnd_answer *a)
{
	const struct reflect *conf = w->binding->self;
	uint32_t count;

	if (words->n != 1 || strcmp(words->v[0], "rooms") != 0) {
		bnd_answer(a, "error", "%s", "say 'rooms'");
		return -EINVAL;
	}
	count = hall_each(conf->hall, ROOMS_MOST, room_answer, a);
	if (count > ROOMS_MOST)
		bnd_answer(a, "more", "%u rooms are not shown",
		    count - (unsigned)ROOMS_MOST);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* questions.c - what the operator can ask a tcp-client. */

#include "tcp-client.h"

static bool
names_are_known(const struct names *n)
{
	return n->known && bnd_now() < n->good_until;
}

static void
names_answer(const struct names *n, struct bnd_answer *a)
{
	const struct addrinfo *i = names_are_known(n) ? n->known : NULL;
	char text[TCP_ADDRESS_TEXT];

	for (; i; i = i->ai_next)
		bnd_answer(a, "address", "%s",
		    tcp_address_text(i->ai_addr, i->ai_addrlen, text));
}

/* Only while it is not connected there is a stage. */
static void
connecting_show(const struct connecting *s, struct bnd_answer *a)
{
	const struct race *r = s->race;
	char text[TCP_ADDRESS_TEXT];

	if (s->is_waiting)
		bnd_answer(a, "looking up", "%s",
		    ((const struct names *)s->st->worker->self)->host);
	for (size_t i = 0; r && i < r->begun; i++) {
		const struct attempt *t = &r->attempts[i];

		if (t->fd >= 0)
			bnd_answer(a, "connecting", "%s",
			    tcp_address_text(&t->to.any, t->to.size, text));
	}
	if (r && r->count > 1)
		bnd_answer(
		    a, "tried", "%zu of %zu addresses", r->begun, r->count);
}

void
tcp_client_show(
    struct bnd_worker *w, struct bnd_stage *st, struct bnd_answer *a)
{
	const struct tcp_client *c = w->binding->self;
	const struct names *n = w->self;

	if (st) {
		connecting_show(st->self, a);
		return;
	}
	bnd_answer(a, "connect", "%s", c->connect->text);
	names_answer(n, a);
	if (n->is_asking)
		bnd_answer(a, "looking up", "%s", n->host);
}

void
tcp_client_explain(struct bnd_stage *st, struct bnd_answer *a)
{
	const struct tcp_client *c = st->binding->self;
	const struct names *n = st->worker->self;

	bnd_answer(a, "connect", "%s", c->connect->text);
	if (c->source)
		bnd_answer(a, "source", "%s", c->source);
	forward_explain(c, a);
	if (c->to.size)
		return;
	if (names_are_known(n))
		names_answer(n, a);
	else
		bnd_answer(a, "address",
		    "not known: the name is looked up "
		    "when a connection comes");
}

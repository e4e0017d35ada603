/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* chatty: a filter that lets bytes by and logs a line for each that came from
 * the front, of the level that the byte is the first letter of; and that says
 * who the peer is, whoever that is. */
#include "say-peer.h"

#include <bindery/plugin.h>

#include <string.h>

struct chatty {
	const char *peer, *identity;
};

static const struct bnd_option chatty_options[] = {
	BND_OPTION(struct chatty, peer, BND_T_STRING, "peer",
	    .doc = "Who the peer is said to be."),
	BND_OPTION(struct chatty, identity, BND_T_STRING, "identity",
	    .doc = "The same of its identity."),
	{ 0 },
};

static int
chatty_open(struct bnd_stage *st, void *arg)
{
	const struct chatty *c = st->binding->self;

	(void)arg;
	if (c->peer)
		say_peer(st, c->peer);
	if (c->identity)
		bnd_fact_set(st, "identity", BND_F_TEXT, c->identity,
		    strlen(c->identity));
	bnd_bypass(st, BND_BACK, BND_FRONT);
	return 0;
}

static void
chatty_flow(struct bnd_stage *st)
{
	const char *text;
	size_t n;

	while ((n = bnd_peek(st, BND_FRONT, 1, &text)) > 0) {
		for (size_t i = 0; i < n; i++)
			bnd_log(st->binding, st,
			    text[i] == 'd'   ? BND_DEBUG
			    : text[i] == 'i' ? BND_INFO
			    : text[i] == 'w' ? BND_WARN
					     : BND_ERROR,
			    "heard '%c' at %zu", text[i], i);
		if (bnd_move(st, BND_FRONT, BND_BACK, n) < n)
			return;
	}
	if (bnd_ended(st, BND_FRONT))
		bnd_end(st, BND_BACK);
}

static const struct bnd_type chatty = {
	BND_HEAD("chatty", "1.0", BND_FILTER),
	.summary = "Logs what it hears.",
	.options = chatty_options,
	.binding_size = sizeof(struct chatty),
	.open = chatty_open,
	.flow = chatty_flow,
};

BND_PLUGIN(chatty);

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * asker - a sink that asks for what every host must refuse, and for what none
 * may: who connects is told each answer that was wrong, and then "done".  The
 * host and the test kit are asked the same.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <bindery/plugin.h>

enum { NO_FD = 9999 };

struct binding {
	const struct bnd_endpoint *listen;
	int listened[3]; /* what bnd_listen() said */
};

static const struct bnd_option asker_options[] = {
	BND_OPTION(struct binding, listen, BND_T_ENDPOINT, "listen",
	    .def = "127.0.0.1:7", .doc = "Where nobody will listen."),
	{ 0 },
};

static void
answer(struct bnd_stage *st, const char *what, int wanted, int found)
{
	char line[200];
	int n;

	if (found == wanted)
		return;
	n = snprintf(
	    line, sizeof(line), "%s: %d and not %d\n", what, found, wanted);
	bnd_out(st, BND_FRONT, line, (size_t)n);
}

/* -------------------------------------------------------------------- facts */

static const char zeros[70000];
static const struct sockaddr_storage inet = { .ss_family = AF_INET };
static const struct sockaddr_storage local = { .ss_family = AF_UNIX };
static const struct sockaddr_storage odd = { .ss_family = AF_APPLETALK };

static const struct {
	const char *what, *key;
	const void *value;
	size_t n;
	unsigned kind;
	int wanted;
} facts[] = {
	{ "text", "a.text", "abc", 3, BND_F_TEXT, 0 },
	{ "text up to its 0", "a.text", "abc", BND_ALL, BND_F_TEXT, 0 },
	{ "no text", "a.text", NULL, BND_ALL, BND_F_TEXT, 0 },
	{ "zero in a text", "a.text", "a\0b", 3, BND_F_TEXT, -EINVAL },
	{ "zero in bytes", "a.text", "a\0b", 3, BND_F_BYTES, 0 },
	{ "no bytes", "a.text", NULL, 3, BND_F_BYTES, -EINVAL },
	{ "kind 0", "a.text", "abc", 3, 0, -EINVAL },
	{ "kind 4", "a.text", "abc", 3, 4, -EINVAL },
	{ "no key", NULL, "abc", 3, BND_F_TEXT, -EINVAL },
	{ "empty key", "", "abc", 3, BND_F_TEXT, -EINVAL },
	{ "peer as text", "peer", "abc", 3, BND_F_TEXT, -EINVAL },
	{ "local as bytes", "local", "abc", 3, BND_F_BYTES, -EINVAL },
	{ "identity as bytes", "identity", "abc", 3, BND_F_BYTES, -EINVAL },
	{ "identity", "identity", "abc", 3, BND_F_TEXT, 0 },
	{ "name as address", "back.name", &inet, 16, BND_F_ADDR, -EINVAL },
	{ "name", "back.name", "abc", 3, BND_F_TEXT, 0 },
	{ "address", "a.addr", &inet, 16, BND_F_ADDR, 0 },
	{ "cut address", "a.addr", &inet, 8, BND_F_ADDR, -EINVAL },
	{ "no address", "a.addr", NULL, 0, BND_F_ADDR, -EINVAL },
	{ "odd address", "a.addr", &odd, 128, BND_F_ADDR, -EINVAL },
	{ "short address", "a.addr", &local, 2, BND_F_ADDR, 0 },
	{ "long address", "a.addr", &inet, 128, BND_F_ADDR, 0 },
	{ "much", "a.text", zeros, 65537, BND_F_BYTES, -EDQUOT },
	{ "not too much", "a.text", zeros, 65536, BND_F_BYTES, 0 },
};

static void
ask_facts(struct bnd_stage *st)
{
	char key[300];
	unsigned count = 0;
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		answer(st, facts[i].what, facts[i].wanted,
		    bnd_fact_set(st, facts[i].key, facts[i].kind,
			facts[i].value, facts[i].n));
	answer(st, "an address is there", 1,
	    bnd_fact(st, "a.addr", BND_F_ADDR, &n) != NULL);
	answer(st, "its size", 16, (int)n);
	memset(key, 'k', sizeof(key));
	key[256] = '\0';
	answer(st, "long key", -EDQUOT, bnd_fact_text_set(st, key, "x"));
	while (rc == 0 && count < 100) {
		snprintf(key, sizeof(key), "many.%u", count++);
		rc = bnd_fact_text_set(st, key, "x");
	}
	answer(st, "one more", -EDQUOT, rc);
	/* Four are there already. */
	answer(st, "all", 61, (int)count);
	answer(st, "peer", 0, bnd_fact_set(st, "peer", BND_F_ADDR, &inet, 16));
	answer(st, "a text for an address", 0,
	    strcmp(bnd_fact_text(st, "peer"), "0.0.0.0:0"));
}

/* --------------------------------------------------------- messages, events */

static void
ask_post(struct bnd_stage *st)
{
	struct bnd_worker *w = st->worker;
	uint32_t count = w->binding->workers;

	answer(st, "post to myself", -EINVAL,
	    bnd_post(w, w->index, 0, 1, 1, NULL));
	answer(st, "post to my other generations", 0,
	    bnd_post(w, w->index, BND_POST_ALL_GENERATIONS, 1, 1, NULL));
	answer(
	    st, "post to nobody", -EINVAL, bnd_post(w, count, 0, 1, 1, NULL));
	answer(st, "post with flag 2", -EINVAL,
	    bnd_post(w, BND_EVERY_WORKER, 2, 1, 1, NULL));
	answer(st, "post with flag 3", -EINVAL,
	    bnd_post(w, w->index, 3, 1, 1, NULL));
	answer(st, "post", 0, bnd_post(w, BND_EVERY_WORKER, 0, 1, 1, NULL));
}

static void
ask_watch(struct bnd_stage *st)
{
	int ends[2];

	if (pipe(ends) < 0) {
		answer(st, "pipe", 0, -errno);
		return;
	}
	answer(st, "watch -1", -EBADF, bnd_watch(st, -1, BND_READ));
	answer(st, "watch none", -EBADF, bnd_watch(st, NO_FD, BND_READ));
	answer(st, "watch for 4", -EINVAL, bnd_watch(st, ends[0], 4));
	answer(st, "watch for 5", -EINVAL, bnd_watch(st, ends[0], 5));
	answer(st, "watch", 0, bnd_watch(st, ends[0], BND_READ));
	answer(st, "watch no more", 0, bnd_watch(st, ends[0], 0));
	answer(st, "watch no more again", 0, bnd_watch(st, ends[0], 0));
	close(ends[0]);
	close(ends[1]);
}

static void
ask_others(struct bnd_stage *st)
{
	const struct binding *b = st->binding->self;

	answer(st, "listen with flag 4", -EINVAL, b->listened[0]);
	answer(st, "listen to datagrams", -EOPNOTSUPP, b->listened[1]);
	answer(st, "listen to datagrams with flag 4", -EINVAL, b->listened[2]);
	answer(st, "open the back of a sink", -EINVAL, bnd_open_back(st, NULL));
	answer(st, "spawn from a sink", -EINVAL, bnd_spawn(st->worker, NULL));
	answer(st, "attach in front of a sink", -EINVAL,
	    bnd_attach(st, BND_FRONT, 0));
	answer(st, "attach at side 2", -EINVAL, bnd_attach(st, 2, 0));
	/* These say nothing, and do nothing. */
	bnd_bypass(st, 2, BND_FRONT);
	bnd_end(st, 2);
	answer(st, "out at side 2", 0, (int)bnd_out(st, 2, "x", 1));
}

/* ---------------------------------------------------------------- callbacks */

static int
asker_start(struct bnd_binding *b)
{
	static const unsigned flags[] = { 4, BND_LISTEN_DATAGRAM,
		BND_LISTEN_DATAGRAM | 4 };
	struct binding *self = b->self;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		self->listened[i] = bnd_listen(b, self->listen, flags[i], 0, 0);
	return 0;
}

static int
asker_open(struct bnd_stage *st, void *arg)
{
	(void)arg;
	ask_facts(st);
	ask_post(st);
	ask_watch(st);
	ask_others(st);
	bnd_out(st, BND_FRONT, "done\n", 5);
	bnd_end(st, BND_FRONT);
	bnd_discard(st, BND_FRONT);
	return 0;
}

static const struct bnd_type asker = {
	BND_HEAD("asker", "1.0", BND_SINK),
	.summary = "Asks for what must be refused.",
	.options = asker_options,
	.binding_size = sizeof(struct binding),
	.start = asker_start,
	.open = asker_open,
};

BND_PLUGIN(asker);

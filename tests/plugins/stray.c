/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* stray - a sink that returns, leaves, refuses and aborts as its options say,
 * also as nobody may. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bindery/plugin.h>

enum { ABOVE_NONE, CHECK, START, WORKER_START, OPEN, COMMAND };
enum { STAY, LEAVE, END_AND_LEAVE, REFUSE_AND_LEAVE, REFUSE, ABORT };

struct binding {
	const struct bnd_endpoint *listen;
	int above, then, words, listen_in_check;
	int64_t err;
	const char *tell;
};

static const struct bnd_option stray_options[] = {
	BND_OPTION(struct binding, above, BND_T_ENUM, "above", .def = "none",
	    .choices = "none|check|start|worker_start|open|command",
	    .doc = "Who returns 7."),
	BND_OPTION(struct binding, then, BND_T_ENUM, "then", .def = "stay",
	    .choices = "stay|leave|end_and_leave|refuse_and_leave|refuse|abort",
	    .doc = "What comes of a connection."),
	BND_OPTION(struct binding, err, BND_T_INT, "err", .def = "-13",
	    .doc = "Why it is refused or aborted."),
	BND_OPTION(struct binding, words, BND_T_BOOL, "words", .def = "true",
	    .doc = "Whether that is said in words."),
	BND_OPTION(struct binding, tell, BND_T_STRING, "tell",
	    .doc = "A fact that is told first."),
	BND_OPTION(struct binding, listen, BND_T_ENDPOINT, "listen",
	    .def = "127.0.0.1:7", .doc = "Where nobody will listen."),
	BND_OPTION(struct binding, listen_in_check, BND_T_BOOL,
	    "listen_in_check", .doc = "Listen too early."),
	{ 0 },
};

static int
result(const struct bnd_binding *b, int who)
{
	const struct binding *self = b->self;

	return self->above == who ? 7 : 0;
}

static void
give_up(struct bnd_stage *st)
{
	const struct binding *b = st->binding->self;
	int err = (int)b->err;

	if (b->then == ABORT && b->words)
		bnd_abort(st, err, "as I was told");
	else if (b->then == ABORT)
		bnd_abort(st, err, NULL);
	else if (b->words)
		bnd_refuse(st, err, "as I was told");
	else
		bnd_refuse(st, err, NULL);
}

static int
stray_check(struct bnd_binding *b)
{
	struct binding *self = b->self;
	int rc;

	if (self->listen_in_check) {
		rc = bnd_listen(b, self->listen, 0, 0, 0);
		return rc < 0 ? rc : 0;
	}
	return result(b, CHECK);
}

static int
stray_start(struct bnd_binding *b)
{
	return result(b, START);
}

static int
stray_worker_start(struct bnd_worker *w)
{
	return result(w->binding, WORKER_START);
}

static int
stray_open(struct bnd_stage *st, void *arg)
{
	const struct binding *b = st->binding->self;
	const char *told = b->tell ? bnd_fact_text(st, b->tell) : NULL;

	(void)arg;
	if (told)
		bnd_out(st, BND_FRONT, told, strlen(told));
	bnd_log(st->binding, st, BND_NOTICE, "opened");
	if (b->then != STAY && b->then != LEAVE)
		bnd_out(st, BND_FRONT, "bye", 3);
	if (b->then == END_AND_LEAVE) {
		bnd_end(st, BND_FRONT);
		bnd_discard(st, BND_FRONT);
	} else if (b->then >= REFUSE_AND_LEAVE) {
		give_up(st);
	}
	if (b->then == LEAVE || b->then == END_AND_LEAVE ||
	    b->then == REFUSE_AND_LEAVE)
		bnd_leave(st);
	return result(st->binding, OPEN);
}

static void
stray_explain(struct bnd_stage *st, struct bnd_answer *a)
{
	(void)a;
	give_up(st);
}

static int
stray_command(
    struct bnd_worker *w, const struct bnd_list *words, struct bnd_answer *a)
{
	(void)words;
	(void)a;
	return result(w->binding, COMMAND);
}

static const struct bnd_type stray = {
	BND_HEAD("stray", "1.0", BND_SINK),
	.summary = "Goes astray as it is told.",
	.options = stray_options,
	.binding_size = sizeof(struct binding),
	.check = stray_check,
	.start = stray_start,
	.worker_start = stray_worker_start,
	.open = stray_open,
	.explain = stray_explain,
	.command = stray_command,
};

BND_PLUGIN(stray);

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * plug-in - a source: a pipeline begins here, with each client that connects.
 * It is greeted, and then the host moves all bytes.  See bindery-plug-in(7);
 * bindery-plugin(3) has everything that a plugin can do.
 */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <bindery/plugin.h>

enum { GREETING_MOST = 1024 };

/* To change: a field here and a row below for each option.  The host reads them
 * from the configuration and checks them, with file and line. */
struct plug_in_options {
	const struct bnd_endpoint *listen;
	const char *greeting;
};

static const struct bnd_option plug_in_option_table[] = {
	BND_OPTION(struct plug_in_options, listen, BND_T_ENDPOINT, "listen",
	    .flags = BND_O_LISTEN, .def = "127.0.0.1:7500",
	    .doc = "Address to accept connections on."),
	BND_OPTION(struct plug_in_options, greeting, BND_T_STRING, "greeting",
	    .def = "", .doc = "What a client hears first."),
	{ 0 },
};

/* To change: a name here and a row below for each figure.  The host adds them
 * up and shows them to Prometheus as bindery_plug_in_accepted_total and so
 * on. */
enum { PLUG_IN_ACCEPTED };

static const struct bnd_metric plug_in_metric_table[] = {
	[PLUG_IN_ACCEPTED] = {
		.name = "accepted_total",
		.kind = BND_COUNTER,
		.doc = "Connections accepted.",
	},
	{ 0 },
};

/* To change: what the table cannot say of an option, and of two together. */
static int
plug_in_check(struct bnd_binding *b)
{
	const struct plug_in_options *o = b->self;

	if (b->is_last)
		return bnd_option_error(
		    b, NULL, NULL, "leads nowhere: put a binding behind it");
	if (strlen(o->greeting) > GREETING_MOST)
		return bnd_option_error(b, "greeting", NULL,
		    "is longer than %d bytes", GREETING_MOST);
	return 0;
}

/* The socket outlives reloads: nobody is refused while one is going on. */
static int
plug_in_start(struct bnd_binding *b)
{
	const struct plug_in_options *o = b->self;
	int rc = bnd_listen(b, o->listen, 0, 0, 0666);

	if (rc < 0) {
		bnd_option_error(b, "listen", NULL, "cannot listen on %s: %s",
		    o->listen->text, strerror(-rc));
		return rc;
	}
	return 0;
}

/* To change: who may come in; a->peer says who it is.  The socket is ours until
 * bnd_attach() has taken it. */
static void
plug_in_accepted(struct bnd_worker *w, const struct bnd_accept *a)
{
	if (bnd_spawn(w, (void *)(intptr_t)a->fd) < 0) {
		close(a->fd);
		return;
	}
	bnd_metric(w, PLUG_IN_ACCEPTED, 1);
}

static int
plug_in_open(struct bnd_stage *st, void *arg)
{
	const struct plug_in_options *o = st->binding->self;
	int fd = (int)(intptr_t)arg;
	int rc = bnd_attach(st, BND_FRONT, fd);

	if (rc < 0) {
		close(fd);
		return rc;
	}
	bnd_out(st, BND_FRONT, o->greeting, strlen(o->greeting));
	/* To change: a stage that stays has a flow(), as a filter has. */
	bnd_leave(st);
	return 0;
}

static const struct bnd_type plug_in_type = {
	BND_HEAD("plug-in", "0.1", BND_SOURCE),
	.summary = "Accepts connections, and greets.",
	.options = plug_in_option_table,
	.metrics = plug_in_metric_table,
	.binding_size = sizeof(struct plug_in_options),
	.check = plug_in_check,
	.start = plug_in_start,
	.accepted = plug_in_accepted,
	.open = plug_in_open,
};

BND_PLUGIN(plug_in_type);

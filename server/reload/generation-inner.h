/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * generation-inner.h - what the files of a generation share: building it
 * (generation.c), the rules of its structure (structure.c), its life on the
 * workers (generation-run.c), its listeners (generation-listen.c).  [main
 * thread]
 */
#ifndef RELOAD_GENERATION_INNER_H
#define RELOAD_GENERATION_INNER_H

#include "reload/generation.h"

struct listener;

/* A binding listens on a listener: bnd_listen() said so in start(). */
struct booking {
	struct booking *next;
	struct listener *listener;
	struct binding *binding;
	int number;
	int backlog;
	unsigned mode;
};

/* An exit of one pipeline leads to another. */
struct route {
	struct route *next;
	struct route *also; /* from the same pipeline; circles.c's */
	const struct pipeline *from;
	struct pipeline *to;
	const struct binding *binding;
	bool is_circle; /* leads back to where it came from */
};

struct generation {
	struct generation *next; /* of those that leave; succession.c's */
	int64_t born_ms;         /* when it was created */
	int64_t drained_ms;      /* when it began to leave */
	uint32_t number;
	bool is_shown; /* counts among the users of its ledgers */
	struct crew crew;
	struct arena arena;
	struct config_tree *tree;
	struct settings settings;
	struct pipeline *pipelines;
	size_t pipeline_count;
	struct binding *
	    *loaded; /* those with a plugin: sinks, filters, sources */
	size_t loaded_count;
	struct pins *pins; /* one a worker, on cache lines of their own */
	struct booking *bookings;
	struct route *routes;
	const char **exit_names;  /* of the pipelines, ended by NULL */
	const struct binding *at; /* whose options or exits are being read */
	int listen_error;         /* of bnd_listen() in the start() of `at` */
	struct report *report;    /* while it is created or started */
	const struct bnd_host *host;
};

/* structure.c: are the roles where they may stand, do the exits lead somewhere
 * and never in a circle? */
void structure_check_roles(struct generation *g);
void structure_check_routes(struct generation *g);

/* circles.c: set is_circle of every route.  0 or -ENOMEM. */
int circles_find(struct generation *g);

/* places.c: is an address there twice to listen on? */
void structure_check_places(struct generation *g);

/* generation-listen.c */
void bookings_settle(const struct generation *g);
void bookings_point(struct generation *g, struct worker *w);
void bookings_release(struct generation *g);
unsigned bookings_release_of(struct pipeline *p); /* how many */

/* Every binding that has its plugin: sinks first, or sources first. */
#define FOR_SINKS_FIRST(g, b) \
	for (size_t i_ = 0;   \
	     i_ < (g)->loaded_count && ((b) = (g)->loaded[i_], true); i_++)
#define FOR_SOURCES_FIRST(g, b)             \
	for (size_t i_ = (g)->loaded_count; \
	     i_ > 0 && ((b) = (g)->loaded[i_ - 1], true); i_--)

#endif

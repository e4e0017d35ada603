/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * succession.h - one generation after another.  A new one is read, built and
 * started beside the old; only when all of that went well does it take over.
 * The old one keeps its connections until they end or its drain deadline comes.
 * [main thread]
 */
#ifndef RELOAD_SUCCESSION_H
#define RELOAD_SUCCESSION_H

#include "reload/generation.h"
#include "worker/loop.h"

/* How a reload went: nothing has changed unless rc is 0, and the report says
 * why, or holds warnings. */
struct verdict {
	unsigned ticket; /* 1, 2, ...: which of the process's reloads it was */
	int rc;          /* 0 or -errno */
	int64_t took_ms;
	const struct report *report; /* until the call returns */
};

struct succession {
	/* The caller's, set before succession_begin(). */
	struct crew crew;
	const struct bnd_host *host;
	const char *config;
	const char *const *plugin_dirs;
	struct loop *loop; /* of the main thread */
	/* Can the process take on the settings (is_trial), take them on.  0, or
	 * -errno with the report saying why, which only a trial may. */
	int (*settle)(void *arg, const struct settings *s, bool is_trial,
	    struct report *report);
	void (*reloading)(void *arg); /* a reload begins */
	void (*reloaded)(void *arg, const struct verdict *v);
	void *arg;

	struct generation *current;
	struct generation *leaving; /* draining, newest first */
	struct timer timer;         /* looks after those */

	/* The reload that is going on; see succession_reload(). */
	struct reading *reading; /* NULL: none is */
	struct watch watch;      /* of the reading */
	struct timer deadline;   /* the same */
	struct report report;
	int64_t began_ms;
	unsigned ticket; /* of the last that began */
	bool is_asked;   /* one more is wanted */
	bool is_retired;            /* current is draining too */
	uint64_t cut;               /* connections that a deadline ended */
};

/* Start the first generation, which becomes s's, and let it serve.  0, or
 * -errno with the report saying why. */
int succession_begin(
    struct succession *s, struct generation **first, struct report *report);

/* Read the configuration again and let what it says take over.  It begins now;
 * while one is going on, one more follows it, however often it is asked for.
 * Returns the ticket of that reload, whose verdict comes from the loop, or
 * before this returns when it fails at once. */
unsigned succession_reload(struct succession *s);

/* Is one going on?  And give up what is, and what was asked for. */
bool succession_is_reloading(const struct succession *s);
void succession_reload_cancel(struct succession *s);

/* Nobody follows: close the listeners, let connections end. */
void succession_drain(struct succession *s);

/* The same, and each pipeline's drain deadline holds, as if one had followed.
 * cut is counted from here on. */
void succession_retire(struct succession *s);

/* Set the gauges of generations and plugin images; to be called when they have
 * changed. */
void succession_count(const struct succession *s);

/* Connections, jobs and messages of all generations. */
uint64_t succession_pins(const struct succession *s);

/* Stop and destroy all of them; nothing may need them any more. */
void succession_end(struct succession *s);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "crew.h"

#include "pipeline/post.h"
#include "stream/setup.h"
#include "worker/listener.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
	DESCRIPTORS_OWN = 128, /* not for connections: listeners, pipes, ... */
	DESCRIPTORS_CONN = 2   /* of one connection */
};

static unsigned
cpu_count(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
		return (unsigned)CPU_COUNT(&set);
	return 1;
}

/* As many descriptors as the system lets us have. */
static uint64_t
raise_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return 1024;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	getrlimit(RLIMIT_NOFILE, &r);
	return r.rlim_cur;
}

/* How many connections one worker may have. */
static uint64_t
worker_share(const struct settings *s, unsigned workers)
{
	uint64_t all = (uint64_t)s->limits.connections;
	uint64_t files = raise_descriptors();

	files =
	    files > 2 * DESCRIPTORS_OWN ? files - DESCRIPTORS_OWN : files / 2;
	if (all == 0)
		all = files / DESCRIPTORS_CONN;
	return (all + workers - 1) / workers;
}

int
crew_create(struct crew *c, const struct settings *s)
{
	unsigned n = s->workers > 0 ? (unsigned)s->workers : cpu_count();
	uint64_t share = worker_share(s, n);
	int rc = 0;

	c->workers = calloc(n, sizeof(struct worker *));
	c->count = 0;
	if (!c->workers)
		return -ENOMEM;
	for (unsigned i = 0; rc == 0 && i < n; i++) {
		c->workers[i] = worker_create(i);
		if (!c->workers[i])
			return -errno;
		c->count = i + 1;
		rc = stream_init(c->workers[i], s->splice);
		if (rc == 0)
			rc = acceptors_init(c->workers[i], share);
	}
	return rc == 0 ? posts_init(c->workers, n) : rc;
}

void
crew_destroy(struct crew *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		acceptors_finish(c->workers[i]);
		stream_finish(c->workers[i]);
		worker_destroy(&c->workers[i]);
	}
	posts_finish();
	free(c->workers);
	*c = (struct crew){ 0 };
}

int
crew_start(const struct crew *c)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < c->count; i++)
		rc = worker_start(c->workers[i]);
	return rc;
}

void
crew_stop(const struct crew *c)
{
	for (unsigned i = 0; i < c->count; i++)
		worker_stop(c->workers[i]);
}

struct change {
	uint64_t share;
	bool may_splice;
};

static int
worker_settle(struct worker *w, void *arg)
{
	const struct change *change = arg;

	w->may_splice = change->may_splice;
	acceptors_limit(w, change->share);
	return 0;
}

void
crew_settle(const struct crew *c, const struct settings *s)
{
	struct change change = { worker_share(s, c->count), s->splice };

	for (unsigned i = 0; i < c->count; i++)
		worker_call(c->workers[i], worker_settle, &change);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "crew.h"

#include "metrics/figures.h"
#include "pipeline/post.h"
#include "stream/setup.h"
#include "worker/listener.h"
#include "worker/watchdog.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
	DESCRIPTORS_OWN = 128, /* not for connections: listeners, logs, ... */
	DESCRIPTORS_CONN = 2,  /* of one connection */
	DESCRIPTORS_PIPE = 2   /* of a pipe; bulk and slow readers take one */
};

/* What each worker may have. */
struct share {
	uint64_t conns;
	unsigned pipes;
	bool may_splice;
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

/* Where nobody said how many connections there may be, three quarters of the
 * descriptors are for them and a quarter for pipes: whoever holds pipes must
 * not keep others out. */
static struct share
crew_share(const struct settings *s, unsigned workers)
{
	uint64_t all = (uint64_t)s->limits.connections;
	uint64_t files = raise_descriptors();

	files =
	    files > 2 * DESCRIPTORS_OWN ? files - DESCRIPTORS_OWN : files / 2;
	if (all == 0)
		all = files / 4 * 3 / DESCRIPTORS_CONN;
	return (struct share){
		.conns = (all + workers - 1) / workers,
		.pipes = (unsigned)(files / 4 / DESCRIPTORS_PIPE / workers),
		.may_splice = s->splice,
	};
}

static int
worker_settle(struct worker *w, void *arg)
{
	const struct share *share = arg;

	stream_settle(w, share->may_splice, share->pipes);
	acceptors_limit(w, share->conns);
	return 0;
}

int
crew_create(struct crew *c, const struct settings *s)
{
	unsigned n = s->workers > 0 ? (unsigned)s->workers : cpu_count();
	struct share share = crew_share(s, n);
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
		rc = stream_init(c->workers[i]);
		if (rc == 0)
			rc = acceptors_init(c->workers[i], share.conns);
		if (rc == 0)
			worker_settle(c->workers[i], &share);
	}
	figures_watch(c->workers, c->count);
	return rc == 0 ? posts_init(c->workers, n) : rc;
}

void
crew_destroy(struct crew *c)
{
	figures_watch(NULL, 0);
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
	return rc == 0 ? watchdog_start(c->workers, c->count) : rc;
}

void
crew_stop(const struct crew *c)
{
	for (unsigned i = 0; i < c->count; i++)
		worker_stop(c->workers[i]);
	watchdog_stop(); /* nobody can wake it any more */
}

void
crew_settle(const struct crew *c, const struct settings *s)
{
	struct share share = crew_share(s, c->count);

	for (unsigned i = 0; i < c->count; i++)
		worker_call(c->workers[i], worker_settle, &share);
}

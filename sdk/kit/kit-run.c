/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-run.c - what the test starts, opens, lets run and ends. */

#include "kit-calls.h"
#include "kit-inner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Callbacks of one bndk_run(): more of them do nothing but turn. */
enum { TURNS_MAX = 1000000, WORKERS_MAX = 8 };

struct kit_fault kit_start_fault;

static struct bndk *
kit_create(const char *path, unsigned workers)
{
	struct bndk *k = kit_alloc(sizeof(*k));
	bool is_plain = !strchr(path, '/');
	CLEANUP(text_finish) struct kit_text whole = { 0 };

	text_print(&whole, "%s%s", is_plain ? "./" : "", path);
	k->path = strdup(whole.data);
	k->workers = workers == 0            ? 1
		     : workers > WORKERS_MAX ? WORKERS_MAX
					     : workers;
	k->now_ms = 1000000;
	TAILQ_INIT(&k->conns);
	TAILQ_INIT(&k->works);
	TAILQ_INIT(&k->posts);
	LIST_INIT(&k->claims);
	LIST_INIT(&k->bufs);
	return k;
}

static void
kit_free(struct bndk *k)
{
	bufs_check(k);
	exits_free(k);
	text_finish(&k->log);
	text_finish(&k->answer);
	free(k->path);
	lens_release_all();
	if (kit_current == k)
		kit_current = NULL;
	free(k);
}

struct bndk *
kit_start(const char *path, const char *options, unsigned workers,
    struct kit_text *why, const struct kit_watcher *watcher)
{
	struct bndk *k = kit_create(path, workers);

	if (watcher)
		k->watcher = *watcher;
	if (kit_start_fault.call)
		bndk_fault(k, kit_start_fault.call, kit_start_fault.nth,
		    kit_start_fault.err);
	if (generation_start(k, k->path, options, why))
		return k;
	while (post_deliver_one(k))
		;
	kit_free(k);
	return NULL;
}

struct bndk *
bndk_load_(const char *file, int line, const char *path, const char *options,
    unsigned workers)
{
	CLEANUP(text_finish) struct kit_text why = { 0 };
	struct bndk *k = kit_start(path, options, workers, &why, NULL);
	struct bndk here = { .file = file, .line = line };

	if (!k)
		kit_wrong(&here, "load", "%s", text_of(&why));
	return k;
}

void
bndk_expect_refused_(const char *file, int line, const char *path,
    const char *options, const char *part)
{
	CLEANUP(text_finish) struct kit_text why = { 0 };
	struct bndk *k = kit_start(path, options, 2, &why, NULL);
	struct bndk here = { .file = file, .line = line };

	if (k) {
		bndk_unload(k);
		kit_wrong(&here, "expect", "'%s' was not refused",
		    options ? options : "");
	} else if (!strstr(text_of(&why), part)) {
		kit_wrong(&here, "expect", "refused, but not with '%s': %s",
		    part, text_of(&why));
	}
}

void
bndk_reload_(const char *file, int line, struct bndk *k, const char *options)
{
	CLEANUP(text_finish) struct kit_text why = { 0 };
	struct kit_generation *old = k->generations;

	k->file = file;
	k->line = line;
	if (!generation_start(k, k->path, options, &why)) {
		kit_wrong(k, "load", "%s", text_of(&why));
		return;
	}
	if (old)
		generation_drain(old);
	generations_reap(k);
}

unsigned
bndk_generations(struct bndk *k)
{
	unsigned n = 0;

	for (struct kit_generation *g = k->generations; g; g = g->next)
		n++;
	return n;
}

const struct bnd_type *
bndk_type(struct bndk *k)
{
	return &k->generations->image->type;
}

static void
kit_drain_all(struct bndk *k)
{
	struct bndk_conn *c;

	k->is_ending = true;
	for (struct kit_generation *g = k->generations; g; g = g->next)
		g->is_draining = true;
	TAILQ_FOREACH(c, &k->conns, link)
	conn_end(c, -ECANCELED, "the test ends");
	/* What has not begun is run: nothing waits for ever in the host. */
	for (unsigned i = 0; i < 1000; i++) {
		bndk_run(k);
		if (!bndk_work_run(k, BND_EVERY_WORKER))
			break;
	}
}

void
bndk_unload(struct bndk *k)
{
	if (!k)
		return;
	kit_drain_all(k);
	while (k->generations)
		generation_end(k->generations);
	while (!TAILQ_EMPTY(&k->conns))
		conn_free(TAILQ_FIRST(&k->conns));
	if (k->kept)
		kit_wrong(k, "kept", "kept memory has outlived stop()");
	kit_free(k);
}

/* ------------------------------------------------------------------- running
 */

static bool
stages_step(struct bndk *k)
{
	struct bndk_conn *c;

	TAILQ_FOREACH(c, &k->conns, link)
	if (stage_step(&c->stage))
		return true;
	return false;
}

static bool
conns_pump(struct bndk *k)
{
	bool is_news = false;
	struct bndk_conn *c;

	TAILQ_FOREACH(c, &k->conns, link)
	is_news |= conn_pump(c);
	return is_news;
}

int
bndk_step(struct bndk *k)
{
	while (conns_pump(k))
		;
	return stages_step(k) || post_deliver_one(k) || work_finish_one(k) ||
	       waits_poll(k) || generations_reap(k);
}

void
bndk_run(struct bndk *k)
{
	k->turns = 0;
	while (bndk_step(k)) {
		if (k->turns <= TURNS_MAX)
			continue;
		kit_wrong(k, "busy",
		    "there were %d callbacks in a row, and no end: does "
		    "flow() wake itself?",
		    TURNS_MAX);
		return;
	}
}

static void
conns_linger(struct bndk *k)
{
	struct bndk_conn *c;

	TAILQ_FOREACH(c, &k->conns, link)
	if (c->refuse_err && !c->is_ended && c->linger_until <= k->now_ms)
		conn_end(c, -ETIMEDOUT, NULL);
}

void
bndk_clock(struct bndk *k, int64_t ms)
{
	int64_t until = k->now_ms + ms, next;

	bndk_run(k);
	for (unsigned i = 0; i < 1000000; i++) {
		next = waits_next(k);
		if (next < 0 || next > until)
			break;
		if (next > k->now_ms)
			k->now_ms = next;
		waits_fire(k);
		bndk_run(k);
	}
	k->now_ms = until;
	conns_linger(k);
	bndk_run(k);
}

void
bndk_dice(struct bndk *k, uint64_t seed)
{
	k->dice = seed;
}

/* --------------------------------------------------------------- connections
 */

struct bndk_conn *
bndk_open_on_(const char *file, int line, struct bndk *k, unsigned worker)
{
	k->file = file;
	k->line = line;
	if (worker >= k->workers || bndk_type(k)->role == BND_SOURCE) {
		kit_wrong(k, "test", "%s",
		    worker >= k->workers
			? "there is no such worker"
			: "a source opens connections itself: bndk_accept()");
		return NULL;
	}
	return conn_create(k->generations->desks[worker], NULL, true);
}

/* Both ends of a TCP connection over loopback. */
static int
pair_make(int ends[2], struct sockaddr_in *peer)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(a);
	int rc = -1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ends[1] = -1;
	if (listener >= 0 && ends[0] >= 0 &&
	    bind(listener, (void *)&a, sizeof(a)) == 0 &&
	    listen(listener, 1) == 0 &&
	    getsockname(listener, (void *)&a, &n) == 0 &&
	    connect(ends[0], (void *)&a, sizeof(a)) == 0) {
		n = sizeof(*peer);
		ends[1] = accept4(
		    listener, (void *)peer, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		rc = ends[1] >= 0 ? 0 : -1;
	}
	if (listener >= 0)
		close(listener);
	if (rc < 0 && ends[0] >= 0)
		close(ends[0]);
	return rc;
}

struct bndk_conn *
bndk_accept(struct bndk *k, unsigned worker)
{
	struct kit_desk *d = k->generations->desks[worker % k->workers];
	struct sockaddr_in peer = { 0 };
	struct bnd_accept a = { .peer = (void *)&peer,
		.peer_size = sizeof(peer) };
	struct kit_context before;
	int ends[2];

	k->spawned = NULL;
	if (!bndk_type(k)->accepted) {
		kit_wrong(k, "test", "the plugin has no accepted()");
		return NULL;
	}
	if (pair_make(ends, &peer) < 0) {
		kit_wrong(k, "test", "cannot connect over loopback: %s",
		    strerror(errno));
		return NULL;
	}
	a.fd = ends[1];
	before = kit_enter(k, TAG_WORKER, "accepted", d, NULL);
	bndk_type(k)->accepted(&d->pub, &a);
	kit_leave(k, before);
	if (!k->spawned) {
		close(ends[0]);
		return NULL;
	}
	k->spawned->peer_fd = ends[0];
	fact_set(k->spawned, "peer", BND_F_ADDR, &peer, sizeof(peer));
	return k->spawned;
}

void
bndk_forget(struct bndk_conn *c)
{
	if (c->stage.state == STAGE_DEAD && c->is_ended)
		conn_free(c);
	else
		kit_wrong(c->k, "test",
		    "a connection that lives cannot be "
		    "forgotten");
}

void
bndk_back_waits(struct bndk *k)
{
	k->back_waits = true;
}

static bool
back_was_asked(const char *file, int line, struct bndk_conn *c)
{
	c->k->file = file;
	c->k->line = line;
	bndk_run(c->k);
	if (c->back == BACK_ASKED)
		return true;
	kit_wrong(c->k, "test", "the stage does not wait for its back");
	return false;
}

void
bndk_back_opens_(const char *file, int line, struct bndk_conn *c)
{
	if (back_was_asked(file, line, c))
		stage_back_opens(&c->stage);
}

void
bndk_back_fails_(const char *file, int line, struct bndk_conn *c, int err)
{
	if (back_was_asked(file, line, c))
		stage_back_fails(&c->stage, err);
}

const char *
bndk_exit_taken(struct bndk_conn *c)
{
	return c->exit;
}

const char *
bndk_why(struct bndk_conn *c)
{
	return c->why;
}

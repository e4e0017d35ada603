/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-start.c - a plugin is loaded, reloaded, and ends. */

#include "kit-calls.h"
#include "kit-inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORKERS_MAX = 8 };

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
	k->listener = -1;
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
	if (k->listener >= 0)
		close(k->listener);
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

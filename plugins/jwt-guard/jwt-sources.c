/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-sources.h"

#include "jwt-fetch.h"
#include "jwt-guard.h"
#include "jwt-ring.h"
#include "jwt-tell.h"
#include "jwt-watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LOOK_MS = 500, FETCH_TIMEOUT_MS = 10000, WHY = 400, PROGRAM = 4096 };

struct sources {
	struct bnd_binding *binding;
	struct ring own;
	struct ring *ring; /* own, or a kept one */
	struct jwt_shelf revoked;
	struct watch files[2]; /* the pool's while it looks */
	bool has_changed[2];
	bool is_checking;    /* in check(): start() will say some of it */
	bool is_starting;    /* in start(): check() has said the rest */
	bool is_keeper;      /* of the ring: worker 0 has begun */
	atomic_bool is_over; /* nobody waits for a fetch any more */
	char program[PROGRAM];
};

enum { FILE_KEYS, FILE_REVOKED };

/* ---- what the documents become */

static void
keys_noted(void *arg, const char *sentence)
{
	bnd_log(arg, NULL, BND_WARN, "%s", sentence);
}

static void
keys_warn(const struct sources *s, const struct jwt_keys *keys)
{
	const char *path = s->files[FILE_KEYS].path;
	struct stat st;

	if (path && !s->is_checking && jwt_keys_have_secret(keys) &&
	    stat(path, &st) == 0 && st.st_mode & S_IROTH)
		bnd_log(s->binding, NULL, BND_WARN,
		    "anybody can read the secrets in '%s', and make tokens "
		    "with them",
		    path);
}

static int
keys_use(void *arg, const char *text, size_t n, char *why, size_t why_size)
{
	struct sources *s = arg;
	struct jwt_keys *keys;
	int rc = jwt_keys_read(&keys, text, n, why, why_size,
	    s->is_starting ? NULL : keys_noted, s->binding);

	if (rc < 0)
		return rc;
	keys_warn(s, keys);
	ring_put(s->ring, &keys, text, n);
	return 0;
}

static int
revoked_use(void *arg, const char *text, size_t n, char *why, size_t why_size)
{
	struct sources *s = arg;
	struct jwt_revoked *list;
	int rc = jwt_revoked_read(&list, text, n);

	if (rc == 0)
		jwt_shelf_put(&s->revoked, list);
	else
		snprintf(why, why_size, "%s",
		    rc == -EINVAL ? "it is no text: it holds a zero byte"
				  : strerror(-rc));
	return rc;
}

static void *
revoked_ref(void *item)
{
	return jwt_revoked_ref(item);
}

static void
revoked_unref(void *item)
{
	struct jwt_revoked *list = item;

	jwt_revoked_unref(&list);
}

/* ---- a binding [main] */

static int
sources_read(struct sources *s)
{
	static const char *const options[] = { "keys", "revoked" };
	char why[WHY];
	int rc = 0;

	for (size_t i = 0; i < 2; i++) {
		struct watch *f = &s->files[i];

		if (!f->path || watch_begin(f, why, sizeof(why)) == 0)
			continue;
		rc = bnd_option_error(s->binding, options[i], NULL,
		    "cannot use %s: %s", f->path, why);
	}
	return rc;
}

static void
sources_init(struct sources *s, struct bnd_binding *b)
{
	const struct guard *g = b->self;

	s->binding = b;
	s->ring = &s->own;
	ring_init(&s->own);
	jwt_shelf_init(&s->revoked, revoked_ref, revoked_unref);
	atomic_init(&s->is_over, false);
	s->files[FILE_KEYS] = (struct watch){ .path = g->keys,
		.max = JWT_KEYS_TEXT_MAX,
		.use = keys_use,
		.arg = s };
	s->files[FILE_REVOKED] = (struct watch){ .path = g->revoked,
		.max = JWT_REVOKED_MAX,
		.use = revoked_use,
		.arg = s };
}

/* Two generations with the same place share what was fetched from there, if
 * they trust the same. */
static int
sources_keep(struct sources *s, const struct guard *g)
{
	char key[JWT_FETCH_URL_MAX + PATH_MAX + 16];

	snprintf(key, sizeof(key), "keys %s %s", g->keys_url,
	    g->keys_trust ? g->keys_trust : "");
	s->ring = bnd_keep(s->binding, key, sizeof(*s->ring), ring_finish);
	if (!s->ring) {
		s->ring = &s->own;
		return -ENOMEM;
	}
	ring_init(s->ring);
	return jwt_fetch_find(s->program, sizeof(s->program));
}

int
sources_create(struct sources **r, struct bnd_binding *b)
{
	const struct guard *g = b->self;
	struct sources *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	sources_init(s, b);
	rc = g->keys_url ? sources_keep(s, g) : 0;
	s->is_starting = true;
	if (rc == 0)
		rc = sources_read(s);
	s->is_starting = false;
	if (rc < 0)
		sources_destroy(&s);
	*r = s;
	return rc;
}

static void
sources_resign(struct sources *s)
{
	if (s->is_keeper)
		ring_leave(s->ring);
	s->is_keeper = false;
}

void
sources_destroy(struct sources **r)
{
	struct sources *s = *r;

	*r = NULL;
	if (!s)
		return;
	sources_resign(s);
	jwt_shelf_finish(&s->revoked);
	ring_finish(&s->own);
	free(s);
}

int
sources_check(struct bnd_binding *b)
{
	const struct guard *g = b->self;
	struct sources *s = calloc(1, sizeof(*s));
	char why[WHY];
	int rc = 0;

	if (!s)
		return -ENOMEM;
	sources_init(s, b);
	s->is_checking = true;
	rc = sources_read(s);
	sources_destroy(&s);
	if (g->keys_url && jwt_fetch_check(why, sizeof(why)) < 0)
		rc = bnd_option_error(b, "keys_url", NULL, "%s", why);
	return rc;
}

/* ---- files */

static void
look_run(void *arg)
{
	struct sources *s = arg;

	for (size_t i = 0; i < 2; i++)
		s->has_changed[i] =
		    s->files[i].path && watch_look(&s->files[i], s->binding);
}

static void
look_done(struct bnd_worker *w, struct bnd_stage *none, void *arg)
{
	struct sources *s = arg;

	(void)none;
	if (s->has_changed[FILE_KEYS])
		desk_tell_keys(w->self);
	if (s->has_changed[FILE_REVOKED])
		desk_tell_revoked(w->self);
	s->has_changed[FILE_KEYS] = s->has_changed[FILE_REVOKED] = false;
	bnd_worker_timer(w, SOURCES_TIMER_LOOK, LOOK_MS);
}

static void
look_begin(struct bnd_worker *w)
{
	struct sources *s = ((const struct guard *)w->binding->self)->sources;

	if (!s->files[FILE_KEYS].path && !s->files[FILE_REVOKED].path)
		return;
	if (bnd_worker_work(w, look_run, look_done, s) < 0)
		bnd_worker_timer(w, SOURCES_TIMER_LOOK, LOOK_MS);
}

/* ---- keys_url */

struct fetch { /* one fetch, the pool's until it is done */
	struct sources *sources;
	struct ring *ring;
	int rc;
	char why[WHY];
};

static void
fetch_run(void *arg)
{
	struct fetch *f = arg;
	struct sources *s = f->sources;
	const struct guard *g = s->binding->self;
	const struct jwt_fetch what = { .program = s->program,
		.url = g->keys_url,
		.ca = g->keys_trust,
		.max_bytes = JWT_KEYS_TEXT_MAX,
		.timeout_ms = FETCH_TIMEOUT_MS,
		.is_cancelled = &s->is_over };
	char *text = NULL;
	size_t n = 0;

	f->rc = jwt_fetch(&what, &text, &n, f->why, sizeof(f->why));
	if (f->rc == 0)
		f->rc = keys_use(s, text, n, f->why, sizeof(f->why));
	jwt_file_free(&text, n);
}

static void
fetch_done(struct bnd_worker *w, struct bnd_stage *none, void *arg)
{
	const struct guard *g = w->binding->self;
	struct fetch *f = arg;

	(void)none;
	if (f->rc == -ECANCELED) {
		/* Those who wait are told by the generation that goes on, and
		 * that may look at the ring a quarter of an hour from now. */
		if (ring_give_back(f->ring))
			desk_tell_due(w->self);
		else
			desk_tell_keys(w->self);
		free(f);
		return;
	}
	ring_end(f->ring, f->rc == 0, g->keys_refresh);
	if (f->rc < 0) {
		bnd_metric(w, METRIC_KEYS_FAILED, 1);
		bnd_log(w->binding, NULL, BND_WARN,
		    "cannot fetch keys from %s: %s%s", g->keys_url, f->why,
		    sources_read_at(f->sources)
			? "; those that were fetched before stay in use"
			: "");
	}
	free(f);
	desk_tell_keys(w->self);
	if (w->index == 0)
		sources_timer(w, SOURCES_TIMER_FETCH);
}

/* The ring has said that it may begin. */
static bool
fetch_begin(struct bnd_worker *w)
{
	const struct guard *g = w->binding->self;
	struct sources *s = g->sources;
	struct fetch *f = calloc(1, sizeof(*f));

	if (f) {
		f->sources = s;
		f->ring = s->ring;
		f->rc = -ECANCELED; /* run() may be left out */
	}
	if (f && bnd_worker_work(w, fetch_run, fetch_done, f) == 0)
		return true;
	free(f);
	ring_end(s->ring, false, g->keys_refresh);
	return false;
}

bool
sources_refresh(struct bnd_worker *w)
{
	const struct guard *g = w->binding->self;
	struct sources *s = g->sources;

	if (!g->keys_url || atomic_load(&s->is_over))
		return false;
	return ring_begin(s->ring, false) && fetch_begin(w);
}

bool
sources_want(struct bnd_worker *w, unsigned *awaited, bool any_will_do)
{
	const struct guard *g = w->binding->self;
	bool is_fetching;
	unsigned ended;

	if (!g->keys_url)
		return false;
	ended = ring_ended(g->sources->ring, &is_fetching);
	if (*awaited == 0)
		*awaited = ended + 1 + (is_fetching && !any_will_do);
	else if (ended >= *awaited)
		return false;
	if (is_fetching || sources_refresh(w))
		return true;
	ring_ended(g->sources->ring, &is_fetching);
	return is_fetching; /* another worker was faster */
}

/* ---- a worker */

void
sources_begin(struct bnd_worker *w)
{
	struct sources *s = ((const struct guard *)w->binding->self)->sources;

	if (w->index != 0)
		return;
	ring_enter(s->ring);
	s->is_keeper = true;
	look_begin(w);
	sources_timer(w, SOURCES_TIMER_FETCH);
}

void
sources_drain(struct bnd_worker *w)
{
	struct sources *s = ((const struct guard *)w->binding->self)->sources;

	if (w->index != 0)
		return;
	bnd_worker_timer(w, SOURCES_TIMER_FETCH, -1);
	sources_resign(s);
	atomic_store(&s->is_over, true); /* only now: see fetch_done() */
}

void
sources_timer(struct bnd_worker *w, unsigned slot)
{
	const struct guard *g = w->binding->self;
	struct sources *s = g->sources;

	if (slot == SOURCES_TIMER_LOOK) {
		look_begin(w);
		return;
	}
	if (!g->keys_url || atomic_load(&s->is_over))
		return;
	if (ring_wait(s->ring) == 0 && ring_begin(s->ring, true))
		fetch_begin(w);
	bnd_worker_timer(w, SOURCES_TIMER_FETCH, ring_wait(s->ring) + 1);
}

bool
sources_keys(struct sources *s, struct jwt_keys **keys, uint64_t *version)
{
	void *item = *keys;
	bool is_new = jwt_shelf_look(&s->ring->keys, &item, version);

	*keys = item;
	return is_new;
}

bool
sources_revoked(struct sources *s, struct jwt_revoked **list, uint64_t *version)
{
	void *item = *list;
	bool is_new = jwt_shelf_look(&s->revoked, &item, version);

	*list = item;
	return is_new;
}

int64_t
sources_read_at(struct sources *s)
{
	int64_t at;

	pthread_mutex_lock(&s->ring->lock);
	at = s->ring->read_at_ms;
	pthread_mutex_unlock(&s->ring->lock);
	return at;
}

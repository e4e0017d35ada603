/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-tell.h"

#include "jwt-sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In a box between two versions of the plugin: state_version speaks of these.
 */
enum { MSG_KEYS = 1, MSG_REVOKED = 2, MSG_RENEWAL = 3, MSG_DUE = 4 };

struct owed { /* a renewal that found a box full */
	STAILQ_ENTRY(owed) entry;
	struct bnd_buf *text;
	int64_t expires_ms;
};

/* ---- short words */

/* -EAGAIN: there will be room.  -ENOMEM: worker 0 tries again with its next
 * look at the files. */
static void
desk_post_word(struct desk *d, uint32_t tag)
{
	unsigned flags = tag == MSG_REVOKED ? 0 : BND_POST_ALL_GENERATIONS;
	int rc = bnd_post(d->worker, BND_EVERY_WORKER, flags, tag, 0, NULL);

	d->owed_words &= ~(1u << tag);
	if (rc == -EAGAIN || rc == -ENOMEM)
		d->owed_words |= 1u << tag;
}

void
desk_tell_keys(struct desk *d)
{
	desk_post_word(d, MSG_KEYS);
	desk_wake(d);
}

void
desk_tell_revoked(struct desk *d)
{
	desk_post_word(d, MSG_REVOKED);
	desk_revoke(d);
}

void
desk_tell_due(struct desk *d)
{
	desk_post_word(d, MSG_DUE);
}

/* ---- renewals */

static struct bnd_buf *
renewal_write(const struct desk *d, const struct renewal *n)
{
	json_t *all = json_object();
	struct bnd_buf *r = NULL;
	char *text = NULL;

	if (json_object_set_new(all, "generation",
		json_integer(d->worker->binding->generation)) == 0 &&
	    json_object_set_new(all, "kid", json_string(n->kid)) == 0 &&
	    json_object_set_new(all, "claims", json_deep_copy(n->claims)) == 0)
		text = json_dumps(all, JSON_COMPACT);
	if (text)
		r = bnd_buf_new(text, strlen(text));
	free(text);
	json_decref(all);
	return r;
}

/* From a generation before ours: it may have taken the token by keys and
 * algorithms that were taken away since. */
static bool
renewal_is_old(const struct desk *d, const json_t *all)
{
	return json_integer_value(json_object_get(all, "generation")) <
	       d->worker->binding->generation;
}

static void
renewal_read(struct desk *d, struct bnd_buf *text, int64_t expires_ms)
{
	size_t n;
	const char *p = bnd_buf_data(text, &n);
	json_t *all = json_loadb(p, n, 0, NULL);
	struct renewal r = { .claims = json_object_get(all, "claims"),
		.kid = json_string_value(json_object_get(all, "kid")),
		.expires_ms = expires_ms };

	if (r.claims && r.kid && !renewal_is_old(d, all))
		desk_renew(d, &r, NULL);
	json_decref(all);
}

static int
desk_post_renewal(struct desk *d, struct bnd_buf *text, int64_t expires_ms)
{
	return bnd_post(d->worker, BND_EVERY_WORKER, BND_POST_ALL_GENERATIONS,
	    MSG_RENEWAL, (uint64_t)expires_ms, text);
}

/* Takes the reference. */
static void
desk_owe(struct desk *d, struct bnd_buf *text, int64_t expires_ms)
{
	struct owed *o =
	    d->owed_count < TELL_OWED_MAX ? malloc(sizeof(*o)) : NULL;

	if (!o) {
		bnd_log(d->worker->binding, NULL, BND_WARN,
		    "a renewal was lost: the other workers are too busy");
		bnd_buf_unref(text);
		return;
	}
	*o = (struct owed){ .text = text, .expires_ms = expires_ms };
	STAILQ_INSERT_TAIL(&d->owed, o, entry);
	d->owed_count++;
}

void
desk_tell_renewal(
    struct desk *d, const struct renewal *n, const struct seat *from)
{
	struct bnd_buf *text = renewal_write(d, n);

	desk_renew(d, n, from);
	if (!text)
		return; /* no memory: as if nobody else had heard */
	if (d->owed_count == 0 &&
	    desk_post_renewal(d, text, n->expires_ms) != -EAGAIN)
		bnd_buf_unref(text);
	else
		desk_owe(d, text, n->expires_ms);
}

/* ---- the other end */

void
guard_message(struct bnd_worker *w, const struct bnd_msg *m)
{
	switch (m->tag) {
	case MSG_KEYS:
		desk_wake(w->self);
		if (w->index == 0) /* a fetch of another may be due again */
			sources_timer(w, SOURCES_TIMER_FETCH);
		break;
	case MSG_DUE:
		if (w->index == 0)
			sources_timer(w, SOURCES_TIMER_FETCH);
		break;
	case MSG_REVOKED:
		desk_revoke(w->self);
		break;
	case MSG_RENEWAL:
		renewal_read(w->self, m->buf, (int64_t)m->arg);
		break;
	default: /* of a later version: not for us */
		break;
	}
}

static void
desk_forget_first(struct desk *d)
{
	struct owed *o = STAILQ_FIRST(&d->owed);

	STAILQ_REMOVE_HEAD(&d->owed, entry);
	d->owed_count--;
	bnd_buf_unref(o->text);
	free(o);
}

void
guard_room(struct bnd_worker *w)
{
	struct desk *d = w->self;
	struct owed *o;

	if (d->owed_words & 1u << MSG_KEYS)
		desk_post_word(d, MSG_KEYS);
	if (d->owed_words & 1u << MSG_DUE)
		desk_post_word(d, MSG_DUE);
	if (d->owed_words & 1u << MSG_REVOKED)
		desk_post_word(d, MSG_REVOKED);
	while ((o = STAILQ_FIRST(&d->owed)) &&
	       desk_post_renewal(d, o->text, o->expires_ms) != -EAGAIN)
		desk_forget_first(d);
}

void
desk_forget(struct desk *d)
{
	while (d->owed_count)
		desk_forget_first(d);
}

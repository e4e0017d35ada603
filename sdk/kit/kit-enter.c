/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* kit-enter.c - the boundary: into the plugin, and its calls back. */

#include "kit-inner.h"
#include "plugins/negotiate.h"

#include <errno.h>
#include <string.h>

struct bndk *kit_current;

struct kit_context
kit_enter(struct bndk *k, enum kit_tag tag, const char *callback,
    struct kit_desk *desk, struct kit_stage *stage)
{
	struct kit_context before = k->at;

	kit_current = k;
	k->at = (struct kit_context){ tag, callback, desk, stage };
	k->turns++;
	if (k->watcher.enter)
		k->watcher.enter(k->watcher.arg, callback, tag);
	return before;
}

/* Whatever it was shown is over. */
static void
conns_forget_shown(struct bndk *k)
{
	struct bndk_conn *c;

	TAILQ_FOREACH(c, &k->conns, link)
	for (unsigned side = 0; side < 2; side++) {
		side_forget_seen(&c->side[side]);
		side_forget_reserved(&c->side[side]);
	}
}

void
kit_leave(struct bndk *k, struct kit_context before)
{
	if (k->watcher.leave)
		k->watcher.leave(k->watcher.arg);
	conns_forget_shown(k);
	k->at = before;
}

int
kit_result(struct bndk *k, const char *callback, int rc)
{
	if (rc > 0)
		kit_wrong(k, "errno",
		    "%s() returned %d: a result is 0 or a negative errno",
		    callback, rc);
	return plugin_result(rc);
}

static size_t
call_slot(struct bndk *k, const char *name)
{
	size_t i = 0;

	while (i < KIT_CALLS && k->calls[i].name && k->calls[i].name != name &&
	       strcmp(k->calls[i].name, name) != 0)
		i++;
	if (i < KIT_CALLS && !k->calls[i].name)
		k->calls[i].name = name;
	return i < KIT_CALLS ? i : 0;
}

static const char *
tag_name(unsigned tags)
{
	return tags == TAG_MAIN     ? "[main]"
	       : tags == TAG_WORKER ? "[worker]"
				    : "[pool]";
}

int
kit_call(struct bndk *k, const char *name, unsigned tags)
{
	size_t i = call_slot(k, name);

	if (!k->at.callback && tags != TAG_ANY)
		kit_wrong(k, "thread",
		    "bnd_%s() was called from outside of all callbacks", name);
	else if (k->at.callback && !(k->at.tag & tags))
		kit_wrong(k, "thread", "bnd_%s() is %s, and was called %s",
		    name, tag_name(tags), tag_name(k->at.tag));
	if (++k->calls[i].count != k->calls[i].fail_at)
		return 0;
	return k->calls[i].err;
}

bool
kit_stage_call(
    struct bnd_stage *st, const char *name, struct kit_stage **r, int *fail_r)
{
	struct kit_stage *s = stage_of(st);
	struct bndk *k =
	    s->magic == STAGE_MAGIC && s->conn->k ? s->conn->k : kit_current;

	*r = s;
	*fail_r = kit_call(k, name, TAG_WORKER);
	if (s->state == STAGE_DEAD || s->magic != STAGE_MAGIC) {
		kit_wrong(k, "dead",
		    "bnd_%s() on a stage whose close() has returned", name);
		*fail_r = 0;
		return false;
	}
	if (k->at.desk && k->at.desk->pub.index != s->desk->pub.index)
		kit_wrong(k, "thread",
		    "bnd_%s() from worker %u on a stage of worker %u", name,
		    k->at.desk->pub.index, s->desk->pub.index);
	return s->state < STAGE_CLOSING;
}

void
bndk_fault(struct bndk *k, const char *call, unsigned nth, int err)
{
	size_t i = call_slot(k, call);

	k->calls[i].fail_at = nth ? k->calls[i].count + nth : 0;
	k->calls[i].err = err < 0 ? err : -ENOMEM;
}

unsigned
bndk_calls(struct bndk *k, const char *call)
{
	return k->calls[call_slot(k, call)].count;
}

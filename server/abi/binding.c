/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* binding.c - what a binding asks for as a whole: mostly on the main thread. */

#include "abi/calls.h"

#include "config/node.h"
#include "log/log-report.h"
#include "log/log.h"
#include "metrics/text.h"
#include "pipeline/keep.h"
#include "reload/generation.h"
#include "stream/stage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int
abi_listen(struct bnd_binding *b, const struct bnd_endpoint *e, unsigned flags,
    int backlog, unsigned mode)
{
	return generation_listen(binding_of(b), e, flags, backlog, mode);
}

void *
abi_keep(
    struct bnd_binding *b, const char *key, size_t size, void (*fini)(void *))
{
	return keep_get(binding_of(b), KEEP_ALL_WORKERS, key, size, fini);
}

void *
abi_worker_keep(
    struct bnd_worker *w, const char *key, size_t size, void (*fini)(void *))
{
	return keep_get(desk_of(w)->binding, (int)w->index, key, size, fini);
}

int
abi_option_errorv(struct bnd_binding *b, const char *option,
    const struct bnd_node *where, const char *fmt, va_list ap)
{
	const struct binding *i = binding_of(b);
	struct report *report = generation_report(i->pipeline->generation);
	struct report late = { 0 };
	char text[1024];

	if (!where && option && i->map)
		where = node_find(i->map, option);
	if (!where)
		where = i->map;
	vsnprintf(text, sizeof(text), fmt, ap);
	report_error(report ? report : &late, where ? where->file : NULL,
	    where ? where->line : 0, "pipeline '%s', binding '%s'%s%s%s: %s",
	    b->pipeline, b->name, option ? ", option '" : "",
	    option ? option : "", option ? "'" : "", text);
	/* Nobody reads a report once the binding has started. */
	log_report(&late);
	report_finish(&late);
	return -EINVAL;
}

/* ---------------------------------------------------------------------- log */

int
abi_log_on(const struct bnd_binding *b, int level)
{
	return log_is_on(level) && level <= binding_of(b)->pipeline->log_level;
}

void
abi_logv(const struct bnd_binding *b, const struct bnd_stage *st, int level,
    const char *fmt, va_list ap)
{
	struct log_field fields[] = {
		{ "pipeline", b->pipeline, 0 },
		{ "binding", b->name, 0 },
		{ "generation", NULL, b->generation },
		{ "conn", NULL, st ? (int64_t)st->id : 0 },
	};

	log_vfold(level, fields, st ? 4 : 3, fmt, ap);
}

/* -------------------------------------------------------------------- nodes */

const struct bnd_node *
abi_node_get(const struct bnd_node *n, const char *key, size_t i)
{
	if (!n)
		return NULL;
	if (key)
		return n->kind == BND_N_MAP ? node_find(n, key) : NULL;
	return i < abi_node_count(n) ? &n->items[i] : NULL;
}

const char *
abi_node_text(const struct bnd_node *n)
{
	return n && n->text ? n->text : "";
}

const char *
abi_node_key(const struct bnd_node *n)
{
	return n ? n->key : NULL;
}

unsigned
abi_node_kind(const struct bnd_node *n)
{
	return n ? n->kind : 0;
}

size_t
abi_node_count(const struct bnd_node *n)
{
	if (!n || (n->kind != BND_N_LIST && n->kind != BND_N_MAP))
		return 0;
	return n->count;
}

const struct bnd_exit *
abi_node_exit(struct bnd_binding *b, const struct bnd_node *n)
{
	if (!n || n->kind != BND_N_TEXT)
		return NULL;
	return generation_exit(binding_of(b)->pipeline->generation, n->text);
}

/* ------------------------------------------------------- answers, extensions
 */

void
abi_answerv(struct bnd_answer *a, const char *key, const char *fmt, va_list ap)
{
	a->add(a, key, fmt, ap);
}

const void *
abi_ext(const char *id)
{
	static const struct bnd_ext_metrics metrics = { .size = sizeof(metrics),
		.text = metrics_text };

	return strcmp(id, "bindery.metrics/1") == 0 ? &metrics : NULL;
}

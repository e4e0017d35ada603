/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* binding.c - what a binding asks for as a whole: mostly on the main thread. */

#include "abi/calls.h"

#include "config/option.h"
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
abi_option_errorv(struct bnd_binding *b, const char *option, const void *row,
    const char *fmt, va_list ap)
{
	const struct binding *i = binding_of(b);
	struct report *report = generation_report(i->pipeline->generation);
	struct report late = { 0 };
	const struct option_context ctx = { .report = report ? report : &late,
		.pipeline = b->pipeline,
		.binding = b->name };
	const struct option_values values = { .table = i->type->options,
		.element_size = i->type->option_size,
		.map = i->map,
		.self = b->self };

	option_report(&ctx, &values, option, row, fmt, ap);
	/* Nobody reads a report once the binding has started. */
	log_report(&late);
	report_finish(&late);
	return -EINVAL;
}

/* ---------------------------------------------------------------------- log */

int
abi_log_on(const struct bnd_binding *b, int level)
{
	return level >= BND_ERROR && level <= BND_DEBUG && log_is_on(level) &&
	       level <= binding_of(b)->pipeline->log_level;
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

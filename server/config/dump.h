/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * dump.h - what the daemon has understood, for people: the effective
 * configuration (binderyd -T), in a form that can be loaded again, each setting
 * with where it comes from; and a plugin's options (binderyd -l).  Secrets are
 * "***". [main thread only]  Errors of the stream are the stream's: ask
 * ferror().
 */
#ifndef CONFIG_DUMP_H
#define CONFIG_DUMP_H

#include "config/settings.h"

#include <jansson.h>
#include <stdio.h>

/* The parsed options of a binding. */
struct dump_options {
	const struct bnd_option *table; /* NULL: it has none */
	size_t element_size;
	const void *self;
	bool is_unknown; /* no plugin tells what they are, which could be
			    secrets: only their names are shown */
};

/* Fills *r (zeroed) for a binding of the settings. */
typedef void dump_options_fn(void *arg, const struct pipeline_spec *pipeline,
    const struct binding_spec *binding, struct dump_options *r);

/* The whole configuration.  find may be NULL: no plugin is known. */
void dump_config(
    FILE *out, const struct settings *s, dump_options_fn *find, void *arg);

/* The daemon's own settings, without pipelines. */
void dump_settings(FILE *out, const struct settings *s);

/* One binding, as a group, `depth` levels of indentation deep; no comma or
 * newline at its end. */
void dump_binding(FILE *out, unsigned depth, const struct binding_spec *b,
    const struct dump_options *options);

/* A plugin's name, version, summary and options with type, default and range.
 */
void describe_options(FILE *out, const struct bnd_type *type);

/* The same as a new reference; NULL: no memory, or text that is not UTF-8. */
json_t *describe_options_json(const struct bnd_type *type);

/* "filter", "sink", "source". */
const char *describe_role(uint32_t role);

#endif

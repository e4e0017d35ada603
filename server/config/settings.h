/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * settings.h - the daemon's own part of the configuration, and the pipelines as
 * they are written: names, order, positions; no plugin is known here yet.
 * bindery.conf(5) documents every key.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "config/node.h"
#include "config/option.h"

#include <stdbool.h>

enum { SETTINGS_SAMPLE_MAX = 1000000 };

struct binding_spec {
	const char *type; /* "tcp-server", or the absolute path of a .so */
	const char *name; /* "name", or the type (a path: its base name) */
	const struct node *map;
};

struct pipeline_spec {
	const char *name;
	const struct node *node;       /* for positions in messages */
	int64_t drain_timeout;         /* ms; the daemon's unless given */
	int log_level;                 /* index, as settings.log.level; the
					  daemon's unless given */
	int log_connections;           /* these two as in settings.log; the */
	int64_t log_sample;            /* daemon's unless given */
	struct binding_spec *bindings; /* in order, at least one */
	size_t count;
	const struct node *log_node, *bindings_node; /* as written */
};

struct settings {
	const struct node *node;     /* what all was parsed from */
	int64_t workers;             /* 0: one per CPU */
	struct bnd_list plugin_path; /* absolute */
	const char *user, *group;    /* whom to become; NULL: not given */
	struct {
		const struct node *node; /* the group; NULL: not given */
		int level;  /* index into the choices; see settings_log_level */
		int format; /* enum log_format */
		const char *target;
		int connections; /* bool: a line for each at its end */
		int64_t sample;  /* one in so many of the usual ends */
	} log;
	struct {
		const struct node *node;
		const char *socket; /* absolute; NULL: none */
		const char *mode_text;
		int64_t mode; /* from "0660" */
	} control;
	struct {
		const struct node *node;
		int64_t connections; /* 0: from the descriptor limit */
	} limits;
	int splice;               /* bool; default true */
	int64_t drain_timeout;    /* ms, default 5m */
	int64_t shutdown_timeout; /* ms, default 60s */

	struct pipeline_spec *pipelines;
	size_t pipeline_count;
};

/* The option tables of the daemon's own groups; the first, without name, is the
 * top level.  Ended by a group without table. */
struct settings_group {
	const char *name, *prefix; /* "log", "log."; NULL: the top level */
	const struct bnd_option *table;
};
extern const struct settings_group settings_groups[];

/* The same for a pipeline that is written as a group; of struct pipeline_spec.
 */
extern const struct bnd_option settings_pipeline_table[];
extern const struct bnd_option settings_pipeline_log_table[];

/* Parse the tree: unknown keys, wrong types, doubled pipeline or binding names,
 * bindings without type: all reported.  Everything lies in the arena or, being
 * nodes, in the tree.  Returns 0 or -EINVAL. */
int settings_parse(const struct config_tree *tree, struct arena *arena,
    struct report *report, struct settings *r);

/* The syslog level of an index into the choices of log.level. */
int settings_log_level(int choice);

/* The level that the pipeline has of its own, or the one that is never less
 * than the daemon's, which can change while it runs. */
int settings_pipeline_log_level(const struct pipeline_spec *p);

/* Inside of settings*.c: the pipelines of the tree into r. */
int settings_parse_pipelines(const struct node *root, struct arena *arena,
    struct report *report, struct settings *r);

#endif

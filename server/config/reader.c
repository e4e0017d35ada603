/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * The reading child.  This is the only file that knows libconfig, of which it
 * uses the interface of version 1.5.  Each file is checked (prescan.h), parsed,
 * turned into our own nodes; the trees are merged (merge.h) and written to the
 * pipe (node-json.h).
 */
#include "config/confd.h"
#include "config/merge.h"
#include "config/node-json.h"
#include "config/prescan.h"
#include "config/read.h"
#include "config/text.h"

#include <errno.h>
#include <libconfig.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

/* A file that is configuration on its own: the main one, or one of conf.d. */
struct source {
	struct config_text text;
	config_t config; /* the strings of the nodes are its own */
	struct node root;
};

struct reader {
	struct arena arena;
	struct report report;
	struct confd confd;
	struct source *sources;
	size_t count;
	size_t bytes_left;
};

/* ------------------------------------------------------------ syntax errors */

static bool
source_is_at_end(const struct source *s, unsigned line)
{
	return line + 1 >= s->text.line;
}

static void
source_report_syntax(struct source *s, struct report *report)
{
	unsigned line, at = (unsigned)config_error_line(&s->config);
	const char *file = config_text_locate(&s->text, at, &line), *near;
	size_t n;

	if (s->text.open && source_is_at_end(s, at)) {
		report_error(report, s->text.open_file, s->text.open_line,
		    "'%c' is never closed", s->text.open);
		return;
	}
	near = config_text_line(&s->text, at, &n);
	if (n)
		report_error(report, file, line, "%s near: %.*s",
		    config_error_text(&s->config), (int)n, near);
	else
		report_error(
		    report, file, line, "%s", config_error_text(&s->config));
}

static void
source_report(struct source *s, struct report *report)
{
	const char *text = config_error_text(&s->config);
	struct report *doubled = &s->text.doubled;

	if (!doubled->count || (text && !strcmp(text, "syntax error"))) {
		source_report_syntax(s, report);
		return;
	}
	for (size_t i = 0; i < doubled->count; i++)
		report_error(report, doubled->entries[i].file,
		    doubled->entries[i].line, "%s",
		    doubled->entries[i].sentence);
}

/* ----------------------------------------------------------- libconfig to us
 */

static int source_node(struct source *s, struct arena *arena,
    const config_setting_t *setting, struct node *n);

static int
source_items(struct source *s, struct arena *arena,
    const config_setting_t *setting, struct node *n)
{
	int rc = 0;

	n->count = (size_t)config_setting_length(setting);
	n->items = arena_array(arena, n->count, sizeof(*n->items));
	if (!n->items)
		return -ENOMEM;
	for (size_t i = 0; i < n->count && !rc; i++) {
		rc = source_node(s, arena,
		    config_setting_get_elem(setting, (unsigned)i),
		    &n->items[i]);
		if (!rc && n->kind == NODE_MAP && !n->items[i].key)
			rc = -ENOMEM; /* libconfig does not look */
	}
	return rc;
}

static int
source_node(struct source *s, struct arena *arena,
    const config_setting_t *setting, struct node *n)
{
	unsigned line = (unsigned)config_setting_source_line(setting);

	n->file = config_text_locate(&s->text, line, &n->line);
	n->key = config_setting_name(setting);
	n->text = "";
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		n->kind = NODE_TEXT;
		n->text = config_setting_get_string(setting);
		return n->text ? 0 : -ENOMEM;
	case CONFIG_TYPE_INT:
		n->kind = NODE_INT;
		n->integer = config_setting_get_int(setting);
		return 0;
	case CONFIG_TYPE_INT64:
		n->kind = NODE_INT;
		n->integer = config_setting_get_int64(setting);
		return 0;
	case CONFIG_TYPE_FLOAT:
		n->kind = NODE_REAL;
		n->real = config_setting_get_float(setting);
		return 0;
	case CONFIG_TYPE_BOOL:
		n->kind = NODE_BOOL;
		n->integer = config_setting_get_bool(setting) != 0;
		return 0;
	case CONFIG_TYPE_GROUP:
		n->kind = NODE_MAP;
		return source_items(s, arena, setting, n);
	default: /* libconfig's arrays and lists are one to us */
		n->kind = NODE_LIST;
		return source_items(s, arena, setting, n);
	}
}

/* ------------------------------------------------------------------ the run */

static void
reader_source(struct reader *r, const char *path)
{
	struct source *s = &r->sources[r->count++];

	config_init(&s->config);
	if (config_text_init(&s->text)) {
		r->report.out_of_memory = true;
		return;
	}
	if (prescan(path, &r->bytes_left, &s->text, &r->report))
		return;
	if (!config_read_string(&s->config, s->text.text))
		source_report(s, &r->report);
	else if (source_node(
		     s, &r->arena, config_root_setting(&s->config), &s->root))
		r->report.out_of_memory = true;
}

static int
reader_merge(struct reader *r, struct node *root_r)
{
	const struct node **roots =
	    arena_array(&r->arena, r->count, sizeof(const void *));

	if (!roots)
		return -ENOMEM;
	for (size_t i = 0; i < r->count; i++)
		roots[i] = &r->sources[i].root;
	return node_merge(roots, r->count, &r->arena, &r->report, root_r);
}

/* Everything that is wrong in any of the files is told in one run. */
static int
reader_read(struct reader *r, const char *path, struct node *root_r)
{
	int rc = confd_init(&r->confd, path, &r->report);

	r->sources = calloc(r->confd.count + 1, sizeof(*r->sources));
	if (!r->sources)
		return -ENOMEM;
	reader_source(r, path);
	for (size_t i = 0; i < r->confd.count; i++)
		reader_source(r, r->confd.paths[i]);
	if (rc || report_has_errors(&r->report))
		return -EINVAL;
	return reader_merge(r, root_r);
}

static void
reader_finish(struct reader *r)
{
	for (size_t i = 0; i < r->count; i++) {
		config_destroy(&r->sources[i].config);
		config_text_finish(&r->sources[i].text);
	}
	free(r->sources);
	confd_finish(&r->confd);
	report_finish(&r->report);
	arena_finish(&r->arena);
}

static int
reader_write(struct reader *r, FILE *out, const struct node *root, int rc)
{
	if (!rc)
		return node_json_write(out, root) ? EX_CONFIG : EX_OK;
	if (rc == -ENOMEM || r->report.out_of_memory)
		report_error(&r->report, NULL, 0,
		    "out of memory while reading the configuration");
	node_json_write_errors(out, &r->report);
	return EX_CONFIG;
}

int
config_reader_main(const char *path, int fd)
{
	struct reader r = { .bytes_left = PRESCAN_BYTES_MAX };
	struct node root;
	int own = dup(fd), status;
	FILE *out = own < 0 ? NULL : fdopen(own, "w");

	if (!out) {
		if (own >= 0)
			close(own);
		return EX_OSERR;
	}
	/* The daemon may die while libconfig takes its time. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	status = reader_write(&r, out, &root, reader_read(&r, path, &root));
	reader_finish(&r);
	return fclose(out) ? EX_IOERR : status;
}

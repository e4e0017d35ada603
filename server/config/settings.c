/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/settings.h"

#include "config/option-kind.h"
#include "log/log.h"

#include <errno.h>
#include <string.h>

#define SETTINGS_OPTION(...) BND_OPTION(struct settings, __VA_ARGS__)
#define SETTINGS_WEEK        (INT64_C(7) * 24 * 60 * 60 * 1000)

/* clang-format off */
static const struct bnd_option settings_top_table[] = {
	SETTINGS_OPTION(workers, BND_T_INT, "workers", .def = "0", .max = 1024,
	    .doc = "Threads that serve connections; 0: one per CPU."),
	SETTINGS_OPTION(plugin_path, BND_T_LIST, "plugin_path",
	    .doc = "Directories searched for plugins before the built-in one."),
	SETTINGS_OPTION(user, BND_T_STRING, "user",
	    .doc = "The user to become when the daemon is started as root."),
	SETTINGS_OPTION(group, BND_T_STRING, "group",
	    .doc = "The group to be in, instead of that user's own."),
	SETTINGS_OPTION(log.node, OPTION_T_NODE, "log",
	    .doc = "What is logged, how, and where to."),
	SETTINGS_OPTION(control.node, OPTION_T_NODE, "control",
	    .doc = "The socket of the control tool."),
	SETTINGS_OPTION(limits.node, OPTION_T_NODE, "limits",
	    .doc = "Limits of the whole daemon."),
	SETTINGS_OPTION(splice, BND_T_BOOL, "splice", .def = "true",
	    .doc = "Let the kernel move bytes between sockets where no "
	           "binding wants to see them."),
	SETTINGS_OPTION(drain_timeout, BND_T_TIME, "drain_timeout",
	    .def = "5m", .max = SETTINGS_WEEK,
	    .doc = "Time that old connections have after a reload."),
	SETTINGS_OPTION(shutdown_timeout, BND_T_TIME, "shutdown_timeout",
	    .def = "60s", .max = SETTINGS_WEEK,
	    .doc = "Time that connections have when the daemon ends."),
	{ 0 }
};

static const struct bnd_option settings_log_table[] = {
	SETTINGS_OPTION(log.level, BND_T_ENUM, "level",
	    .choices = "error|warning|notice|info|debug", .def = "info",
	    .doc = "The least important that is logged."),
	SETTINGS_OPTION(log.format, BND_T_ENUM, "format",
	    .choices = "text|json", .def = "text",
	    .doc = "How a line is written."),
	SETTINGS_OPTION(log.target, BND_T_STRING, "target", .def = "stderr",
	    .doc = "\"stderr\", \"syslog\", \"journal\" or "
	           "\"file:/absolute/path\"."),
	SETTINGS_OPTION(log.connections, BND_T_BOOL, "connections",
	    .def = "true", .doc = "A line for each connection at its end."),
	SETTINGS_OPTION(log.sample, BND_T_INT, "sample", .def = "1", .min = 1,
	    .max = SETTINGS_SAMPLE_MAX,
	    .doc = "Of the connections that ended well, log one in so many."),
	{ 0 }
};

static const struct bnd_option settings_control_table[] = {
	SETTINGS_OPTION(control.socket, BND_T_STRING, "socket",
	    .doc = "Absolute path of the control socket, or \"none\"."),
	SETTINGS_OPTION(control.mode_text, BND_T_STRING, "mode", .def = "0660",
	    .doc = "Permissions of the control socket, in octal."),
	{ 0 }
};

static const struct bnd_option settings_limits_table[] = {
	SETTINGS_OPTION(limits.connections, BND_T_INT, "connections",
	    .def = "0", .max = 100000000,
	    .doc = "Connections at once; 0: what the limit of descriptors "
	           "allows."),
	{ 0 }
};
/* clang-format on */

const struct settings_group settings_groups[] = {
	{ NULL, NULL, settings_top_table },
	{ "log", "log.", settings_log_table },
	{ "control", "control.", settings_control_table },
	{ "limits", "limits.", settings_limits_table },
	{ 0 },
};

PRINTF(3, 4)
static int
settings_error(
    struct report *report, const struct node *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_add(
	    report, false, at ? at->file : NULL, at ? at->line : 0, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int
settings_check_plugin_path(const struct settings *s, struct report *report)
{
	const struct node *at = node_find(s->node, "plugin_path");
	char quote[OPTION_QUOTE];
	int rc = 0;

	for (size_t i = 0; i < s->plugin_path.n; i++)
		if (s->plugin_path.v[i][0] != '/')
			rc = settings_error(report,
			    at->kind == NODE_LIST ? &at->items[i] : at,
			    "option 'plugin_path': '%s' is not an absolute "
			    "path",
			    option_quote(s->plugin_path.v[i], quote));
	return rc;
}

static bool
settings_is_target(const char *text)
{
	return strcmp(text, "stderr") == 0 || strcmp(text, "syslog") == 0 ||
	       strcmp(text, "journal") == 0 ||
	       (strncmp(text, "file:/", 6) == 0 && text[6] &&
		   text[strlen(text) - 1] != '/');
}

static int
settings_check_log(const struct settings *s, struct report *report)
{
	char quote[OPTION_QUOTE];

	if (!s->log.target || settings_is_target(s->log.target))
		return 0;
	return settings_error(report, node_find(s->log.node, "target"),
	    "option 'log.target': value '%s' is none of \"stderr\", "
	    "\"syslog\", \"journal\" and \"file:/absolute/path\"",
	    option_quote(s->log.target, quote));
}

static int
settings_check_socket(const struct settings *s, struct report *report)
{
	const struct node *at = node_find(s->control.node, "socket");
	const char *path = s->control.socket;
	char quote[OPTION_QUOTE];

	if (!path || strcmp(path, "none") == 0)
		return 0;
	if (path[0] != '/' || path[strlen(path) - 1] == '/')
		return settings_error(report, at,
		    "option 'control.socket': '%s' is not the absolute path "
		    "of a file",
		    option_quote(path, quote));
	if (strlen(path) > VALUE_UNIX_PATH)
		return settings_error(report, at,
		    "option 'control.socket': '%s' is longer than the 107 "
		    "bytes that a unix socket may have",
		    option_quote(path, quote));
	return 0;
}

static int
settings_check_mode(struct settings *s, struct report *report)
{
	const char *text = s->control.mode_text;
	size_t n = text ? strspn(text, "01234567") : 0;
	char quote[OPTION_QUOTE];

	if (!text)
		return 0;
	for (size_t i = 0; i < n && i < 5; i++)
		s->control.mode = s->control.mode * 8 + (text[i] - '0');
	if (n >= 3 && n <= 4 && !text[n] && s->control.mode <= 0777)
		return 0;
	return settings_error(report, node_find(s->control.node, "mode"),
	    "option 'control.mode': value '%s' is not a mode: write it in "
	    "octal, such as \"0660\"",
	    option_quote(text, quote));
}

static int
settings_parse_group(const struct settings_group *group,
    const struct node *root, struct option_context *ctx, struct settings *r)
{
	const struct node *map = root;
	int rc = 0;

	if (group->name)
		map = node_find(root, group->name);
	if (map && map->kind != NODE_MAP) {
		rc = settings_error(ctx->report, map,
		    "option '%s': must be a group, not %s: write %s = { ... }",
		    group->name, node_kind_name(map->kind), group->name);
		map = NULL;
	}
	ctx->prefix = group->prefix;
	if (option_parse(group->table, sizeof(*group->table), map, r, ctx) < 0)
		rc = -EINVAL;
	return rc;
}

int
settings_parse(const struct config_tree *tree, struct arena *arena,
    struct report *report, struct settings *r)
{
	static const char *const skip[] = { "pipelines", NULL };
	struct option_context ctx = { .arena = arena, .report = report };
	int rc = 0;

	*r = (struct settings){ .node = &tree->root };
	for (const struct settings_group *g = settings_groups; g->table; g++) {
		ctx.skip = g->name ? NULL : skip;
		rc |= settings_parse_group(g, &tree->root, &ctx, r);
	}
	rc |= settings_check_plugin_path(r, report);
	rc |= settings_check_log(r, report);
	rc |= settings_check_socket(r, report);
	rc |= settings_check_mode(r, report);
	rc |= settings_parse_pipelines(&tree->root, arena, report, r);
	return rc ? -EINVAL : 0;
}

int
settings_log_level(int choice)
{
	return LOG_L_ERROR + choice;
}

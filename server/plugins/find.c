/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "plugins/find.h"

#include "base/arena.h"
#include "config/value.h"
#include "plugins/negotiate.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More plugins than this are not looked through for a suggestion. */
enum { FIND_NAMES = 1000 };

struct find_names {
	struct arena arena;
	const char *names[FIND_NAMES + 1]; /* ended by NULL */
	size_t count;
};

bool
plugin_is_path(const char *type)
{
	return strchr(type, '/') != NULL;
}

/* The name of the plugin that a directory's entry is, or NULL. */
static const char *
find_entry_name(struct arena *arena, const char *entry)
{
	size_t n = strlen(entry);
	char *name;

	if (n <= 3 || strcmp(entry + n - 3, ".so") != 0)
		return NULL;
	name = arena_copy(arena, entry, n - 3);
	return name && type_is_name(name) ? name : NULL;
}

static void
find_names_add(struct find_names *names, const char *dir)
{
	const struct dirent *entry;
	const char *name;
	DIR *d = opendir(dir);

	if (!d)
		return;
	while (names->count < FIND_NAMES && (entry = readdir(d))) {
		name = find_entry_name(&names->arena, entry->d_name);
		if (name)
			names->names[names->count++] = name;
	}
	closedir(d);
}

/* "'/a', '/b'" */
static const char *
find_list(struct arena *arena, const char *const *dirs)
{
	const char *list = "";

	for (; *dirs && list; dirs++)
		list = arena_printf(
		    arena, "%s%s'%s'", list, *list ? ", " : "", *dirs);
	return list ? list : "any directory";
}

static void
find_report(const char *type, const char *const *dirs, const char *file,
    unsigned line, struct report *report)
{
	struct find_names names = { .count = 0 };
	const char *nearest;

	for (const char *const *dir = dirs; *dir; dir++)
		find_names_add(&names, *dir);
	nearest = suggest(type, names.names);
	if (!*dirs)
		report_error(report, file, line,
		    "plugin '%s' not found: no plugin directory is known",
		    type);
	else
		report_error(report, file, line,
		    "plugin '%s' not found in %s%s%s%s", type,
		    find_list(&names.arena, dirs),
		    nearest ? ": did you mean '" : "", nearest ? nearest : "",
		    nearest ? "'?" : ": install it, or set plugin_path");
	arena_finish(&names.arena);
}

/* 0: *path_r is the type's file in this directory; -ENOENT: look further. */
static int
find_in(const char *dir, const char *type, char **path_r)
{
	char *path;

	if (asprintf(&path, "%s%s%s.so", dir, *dir ? "/" : "./", type) < 0)
		return -ENOMEM;
	/* What is there but may not be read is still the one that was meant. */
	if (access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		free(path);
		return -ENOENT;
	}
	*path_r = path;
	return 0;
}

static char *
find_in_all(const char *type, const char *const *dirs, const char *file,
    unsigned line, struct report *report)
{
	char *path;
	int rc;

	for (const char *const *dir = dirs; *dir; dir++) {
		rc = find_in(*dir, type, &path);
		if (rc == 0)
			return path;
		if (rc != -ENOENT) {
			report_error(report, file, line, "plugin '%s': %s",
			    type, strerror(-rc));
			return NULL;
		}
	}
	find_report(type, dirs, file, line, report);
	return NULL;
}

char *
plugin_find(const char *type, const char *const *dirs, const char *file,
    unsigned line, struct report *report)
{
	char *path;

	if (plugin_is_path(type)) {
		path = strdup(type);
		if (!path)
			report_error(report, file, line, "plugin '%s': %s",
			    type, strerror(ENOMEM));
		return path;
	}
	if (type_is_name(type))
		return find_in_all(type, dirs, file, line, report);
	report_error(report, file, line,
	    "'%s' cannot be a plugin: use the name of a type, or the path of a "
	    "file",
	    type);
	return NULL;
}

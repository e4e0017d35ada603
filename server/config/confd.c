/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/confd.h"

#include "base/compiler.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void
confd_free(char **s)
{
	free(*s);
}

char *
path_beside(const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	int dir = slash ? (int)(slash + 1 - file) : 0;
	char *path;

	if (*name == '/')
		return strdup(name);
	return asprintf(&path, "%.*s%s", dir, file, name) < 0 ? NULL : path;
}

bool
confd_wants(const char *name)
{
	static const char suffix[] = ".conf";
	size_t n = strlen(name);

	if (name[0] == '.' || n < sizeof(suffix))
		return false;
	if (strstr(name, ".dpkg-") || strstr(name, ".rpm"))
		return false;
	return !strcmp(name + n - (sizeof(suffix) - 1), suffix);
}

static int
confd_filter(const struct dirent *d)
{
	return confd_wants(d->d_name);
}

/* Bytewise: the order must not depend on a locale. */
static int
confd_compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* A file that cannot be looked at stays listed: reading it says why. */
static bool
confd_is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 || S_ISREG(st.st_mode);
}

static int
confd_add(struct confd *c, const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return -ENOMEM;
	if (confd_is_file(path))
		c->paths[c->count++] = path;
	else
		free(path);
	return 0;
}

static int
confd_take(struct confd *c, const char *dir, struct dirent **found, int n)
{
	int rc = 0;

	c->paths = calloc((size_t)n + 1, sizeof(*c->paths));
	if (!c->paths)
		rc = -ENOMEM;
	for (int i = 0; i < n; i++) {
		if (!rc)
			rc = confd_add(c, dir, found[i]->d_name);
		free(found[i]);
	}
	free(found);
	return rc;
}

int
confd_init(struct confd *c, const char *config_path, struct report *report)
{
	char *dir CLEANUP(confd_free) = path_beside(config_path, "conf.d");
	struct dirent **found;
	int n, rc = -ENOMEM;

	*c = (struct confd){ 0 };
	if (dir) {
		n = scandir(dir, &found, confd_filter, confd_compare);
		if (n < 0 && errno == ENOENT)
			return 0;
		rc = n < 0 ? -errno : confd_take(c, dir, found, n);
	}
	if (rc)
		report_error(report, dir ? dir : "conf.d", 0,
		    "could not be listed: %s", strerror(-rc));
	return rc;
}

void
confd_finish(struct confd *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->paths[i]);
	free(c->paths);
	*c = (struct confd){ 0 };
}

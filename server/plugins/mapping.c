/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "plugins/mapping.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct mapping *mappings;

struct mapping *
mapping_of_file(const struct file_identity *identity)
{
	for (struct mapping *m = mappings; m; m = m->next)
		if (m->is_sure && file_is_same(&m->image.identity, identity))
			return m;
	return NULL;
}

/* While a file is mapped its inode cannot be given to another: so it is the
 * same file, with other bytes in it. */
bool
mapping_is_overwritten(const struct file_identity *identity)
{
	for (const struct mapping *m = mappings; m; m = m->next)
		if (m->is_sure && m->image.identity.dev == identity->dev &&
		    m->image.identity.ino == identity->ino)
			return !file_is_same(&m->image.identity, identity);
	return false;
}

static struct mapping *
mapping_of_handle(const void *handle)
{
	for (struct mapping *m = mappings; m; m = m->next)
		if (m->handle == handle)
			return m;
	return NULL;
}

static unsigned
mapping_count(const char *path)
{
	unsigned n = 0;

	for (const struct mapping *m = mappings; m; m = m->next)
		n += m->handle && strcmp(m->path, path) == 0;
	return n;
}

static bool
mapping_has_name(const char *name)
{
	for (const struct mapping *m = mappings; m; m = m->next)
		if (strcmp(m->name, name) == 0)
			return true;
	return false;
}

/* "dir/" + "./" n times + "file.so" */
static char *
mapping_spell(const char *path, size_t n)
{
	const char *slash = strrchr(path, '/');
	size_t dir_len = slash ? (size_t)(slash - path) + 1 : 0;
	char *name = malloc(strlen(path) + 2 * n + 1), *p;

	if (!name)
		return NULL;
	p = mempcpy(name, path, dir_len);
	for (size_t i = 0; i < n; i++)
		p = mempcpy(p, "./", 2);
	strcpy(p, path + dir_len);
	return name;
}

/* A name for the path that was never given to dlopen(): glibc compares names
 * before inodes, and would answer with the file that had the name then. */
static char *
mapping_name(const char *path)
{
	char *name;

	for (size_t n = 0; (name = mapping_spell(path, n)); n++) {
		if (!mapping_has_name(name))
			return name;
		free(name);
	}
	return NULL;
}

static void
mapping_destroy(struct mapping *m)
{
	if (!m)
		return;
	free(m->path);
	free(m->name);
	free(m);
}

static struct mapping *
mapping_create(const char *path)
{
	struct mapping *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->path = strdup(path);
	m->name = mapping_name(path);
	if (m->path && m->name)
		return m;
	mapping_destroy(m);
	return NULL;
}

struct mapping *
mapping_open(const char *path, struct why *why)
{
	struct mapping *m = mapping_create(path), *known;
	void *handle;

	if (!m) {
		why_set(why, 0, "cannot be loaded: %s", strerror(ENOMEM));
		return NULL;
	}
	handle = dlopen(m->name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!handle) {
		why_set(why, 0, "cannot be loaded: %s", dlerror());
		mapping_destroy(m);
		return NULL;
	}
	/* One that is known stays in the list without a handle all the same:
	 * its name is a used one now. */
	known = mapping_of_handle(handle);
	if (!known)
		m->handle = handle;
	m->image.path = m->path;
	m->image.load = mapping_count(path) + 1;
	m->next = mappings;
	mappings = m;
	return known ? known : m;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "plugins/image.h"

#include "base/compiler.h"
#include "plugins/find.h"
#include "plugins/mapping.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef const struct bnd_type *image_entry_fn(const struct bnd_host *);

/* An image is wanted: by whom, and what we know of the file so far. */
struct request {
	const char *type;
	const struct bnd_host *host;
	const char *file;
	unsigned line;
	struct report *report;

	char *path;
	int fd; /* open until the end, so that its inode stays its own */
	struct file_identity identity;
	struct abi abi;
};

static struct image *images;

const struct image *
image_first(void)
{
	return images;
}

static void
request_finish(struct request *r)
{
	free(r->path);
	if (r->fd >= 0)
		close(r->fd);
}

static struct image *
image_refuse(const struct request *r, const struct why *why)
{
	report_error(
	    r->report, r->file, r->line, "plugin '%s' %s", r->path, why->text);
	return NULL;
}

/* ------------------------------------------- a mapped file becomes an image */

static void
image_negotiate(struct mapping *m, const struct bnd_host *host)
{
	image_entry_fn *entry;

	entry = (image_entry_fn *)dlsym(m->handle, "bnd_plugin_v1");
	if (!entry) {
		why_set(&m->why, 0,
		    "has no symbol bnd_plugin_v1: write BND_PLUGIN() in one of "
		    "its files");
		return;
	}
	m->image.raw = entry(host);
	type_negotiate(m->image.raw, m->image.abi, &m->image.type, &m->why);
}

static void
image_list(struct mapping *m)
{
	if (m->is_listed)
		return;
	m->is_listed = true;
	m->image.next = images;
	images = &m->image;
}

static struct image *
image_use(struct mapping *m, const struct request *r)
{
	struct why why;

	if (!m->image.raw && !*m->why.text)
		image_negotiate(m, r->host);
	if (*m->why.text)
		return image_refuse(r, &m->why);
	if (!plugin_is_path(r->type) && strcmp(m->image.type.name, r->type)) {
		why_set(&why, 0,
		    "implements '%s' and not '%s': name a plugin's file after "
		    "its type",
		    m->image.type.name, r->type);
		return image_refuse(r, &why);
	}
	image_list(m);
	return &m->image;
}

/* -------------------------------------------------- a file is to be mapped */

/* Open the file, and unless it is known look whether it may be mapped. */
static int
request_check(struct request *r, struct mapping **known_r, struct why *why)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = file_open(r->path, &r->identity, why);
	if (r->fd < 0)
		return r->fd;
	*known_r = mapping_of_file(&r->identity);
	if (*known_r)
		return 0;
	if (mapping_is_overwritten(&r->identity))
		return why_set(why, -1,
		    "was written over while it is mapped: restart this host "
		    "now, and replace plugins by renaming the new file over "
		    "the old");
	return file_negotiate(r->fd, r->identity.size, &r->abi, why);
}

/* Is what was mapped what we had checked?  It is if the path still leads there.
 */
static bool
request_confirm(const struct request *r, struct mapping *m)
{
	if (m->is_sure || !file_is_at(&r->identity, r->path))
		return false;
	m->image.identity = r->identity;
	m->image.abi = r->abi;
	m->is_sure = true;
	return true;
}

static struct image *
image_load_file(struct request *r)
{
	enum { TRIES = 4 };
	struct mapping *m;
	struct why why;

	for (int i = 0; i < TRIES; i++) {
		if (request_check(r, &m, &why) < 0)
			return image_refuse(r, &why);
		if (m)
			return image_use(m, r);
		m = mapping_open(r->path, &why);
		if (!m)
			return image_refuse(r, &why);
		if (request_confirm(r, m))
			return image_use(m, r);
	}
	why_set(&why, 0, "is being replaced again and again: try again later");
	return image_refuse(r, &why);
}

struct image *
image_load(const char *type, const char *const *dirs,
    const struct bnd_host *host, const char *file, unsigned line,
    struct report *report)
{
	CLEANUP(request_finish)
	struct request r = {
		.type = type,
		.host = host,
		.file = file,
		.line = line,
		.report = report,
		.fd = -1,
	};

	r.path = plugin_find(type, dirs, file, line, report);
	return r.path ? image_load_file(&r) : NULL;
}

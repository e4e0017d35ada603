/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * image.h - plugin images: finding the .so of a type, reading the ABI note
 * before anything of it runs, mapping it, agreeing on the ABI.  An image is
 * never unmapped; the same file (device, inode, mtime, size) is one image; a
 * file that was replaced by rename is another one, beside the old.  [main]
 */
#ifndef PLUGINS_IMAGE_H
#define PLUGINS_IMAGE_H

#include "base/report.h"
#include "plugins/file.h"
#include "plugins/negotiate.h"

#include <bindery/plugin.h>

struct image {
	struct bnd_type type; /* the plugin's, normalized: what it is too short
				 for is zero */
	const struct bnd_type *raw; /* the plugin's own */
	struct bnd_type *traced;    /* trace/trace.h's; else NULL */
	const char *path;           /* of the file, as found */
	unsigned load;  /* 1, 2, ...: how often this path was mapped */
	struct abi abi; /* that it wants */
	struct file_identity identity;
	struct image *next; /* of all good images of the process */
};

/* Find "TYPE.so" in the directories (NULL-ended, first wins), or take type as
 * the path of a file when it holds a slash; check it and map it.  host: the
 * table that the plugin keeps, so it lives as long as the process.  file and
 * line say where the configuration asks for it.  The image lives until the
 * process ends.  NULL: the report says why, naming the file, what it wants,
 * what this host is, and the first unknown thing. */
struct image *image_load(const char *type, const char *const *dirs,
    const struct bnd_host *host, const char *file, unsigned line,
    struct report *report);

/* The first of all good images that were ever mapped, the newest first. */
const struct image *image_first(void);

#endif

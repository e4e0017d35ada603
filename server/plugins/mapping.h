/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * mapping.h - the plugin files that are mapped, good or not.  None is ever
 * unmapped, so all are remembered: that a file is mapped once, and that a path
 * can be mapped again after the file was replaced.  [main]
 */
#ifndef PLUGINS_MAPPING_H
#define PLUGINS_MAPPING_H

#include "plugins/file.h"
#include "plugins/image.h"
#include "plugins/why.h"

#include <stdbool.h>

struct mapping {
	struct image image; /* path and load are set from the start */
	struct mapping *next;
	void *handle; /* of dlopen() */
	char *path;   /* of the file, as found */
	char *name;   /* given to dlopen(): the path with "./" in it */
	bool is_sure; /* the image's identity and ABI are those of this file */
	bool is_listed; /* see image_first() */
	struct why why; /* not "": refused for ever, and why */
};

/* The mapping of a file; NULL: there is none. */
struct mapping *mapping_of_file(const struct file_identity *identity);

/* Is the file mapped, but had another size or time then? */
bool mapping_is_overwritten(const struct file_identity *identity);

/* Map the file that lies at the path at this moment, which runs its
 * constructors. Returns its mapping: a new one, or, if the file was mapped
 * before, that one. NULL: the reason is set. */
struct mapping *mapping_open(const char *path, struct why *why);

#endif

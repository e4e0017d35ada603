/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * load.h - a configuration file, read into memory once: what is checked is what
 * is parsed, whatever happens to the file meanwhile.  [the reading child]
 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include <stddef.h>
#include <sys/types.h>

enum { LOAD_WHY_MAX = 128 };

struct loaded_file {
	char *data; /* size bytes; the caller frees it */
	size_t size;
	dev_t device; /* with inode: which file it is */
	ino_t inode;
};

/* Read a regular file of at most max bytes.  0, or -errno with a clause in why
 * that follows "x could not be read: "; -EFBIG: it is larger than max. */
int file_load(const char *path, size_t max, struct loaded_file *r,
    char why[LOAD_WHY_MAX]);

/* From now on wait until a file has not been changed for 50 ms, so that one
 * that an editor is just writing over is not taken for empty or half of what
 * it will be.  -EBUSY: it does not settle, within about a second for all files
 * together. */
void file_load_patiently(void);

#endif

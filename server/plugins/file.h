/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * file.h - the file of a plugin, before anything of it runs: may it be trusted,
 * which file is it, and which ABI does it want.  Reasons are clauses that
 * follow "plugin '/path/x.so' ".  [main]
 */
#ifndef PLUGINS_FILE_H
#define PLUGINS_FILE_H

#include "plugins/abi.h"
#include "plugins/why.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What makes a file the same file. */
struct file_identity {
	dev_t dev;
	ino_t ino;
	off_t size; /* bytes */
	int64_t mtime_ns;
};

enum { FILE_MAX = 64 << 20 }; /* bytes of a plugin file */

/* Open a plugin file: a regular one, of root or of the process's user, that
 * nobody else may write to, in a directory of the same kind.  Returns a
 * descriptor, or -errno with the reason. */
int
file_open(const char *path, struct file_identity *identity_r, struct why *why);

/* Read the ABI note of an open plugin file and see whether this host takes it:
 * 0, or -errno with the reason. */
int file_negotiate(int fd, off_t size, struct abi *wanted_r, struct why *why);

bool file_is_same(const struct file_identity *a, const struct file_identity *b);

/* Is this the file that the path leads to now? */
bool file_is_at(const struct file_identity *identity, const char *path);

#endif

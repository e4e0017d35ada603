/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-file.h - a file that may change while the daemon runs: what tells one
 * version from the next, and its text.  [any] thread that may block.
 */
#ifndef JWT_FILE_H
#define JWT_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct jwt_file_id { /* zero: no file */
	dev_t dev;
	ino_t ino;
	off_t size;
	int64_t changed_ns, written_ns; /* ctime and mtime */
};

/* What lies there now?  0, or -errno: -EINVAL: not a regular file. */
int jwt_file_look(const char *path, struct jwt_file_id *r);

/* Is this version so young that somebody may still be writing it? */
_Bool jwt_file_is_fresh(const struct jwt_file_id *id);

/* Read at most max bytes, and say which version they are.  0, and the text,
 * with a 0 behind it, is the caller's to end by jwt_file_free(); or -errno,
 * also -EFBIG. */
int jwt_file_read(const char *path, size_t max, char **text_r, size_t *n_r,
    struct jwt_file_id *id_r);

/* Wipe and free: it may hold a secret.  Accepts NULL. */
void jwt_file_free(char **text, size_t n);

/* What one of these said, in words. */
const char *jwt_file_why(int err);

#endif

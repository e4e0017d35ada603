/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-watch.h - a file whose content is used, and read again when it changes.
 * The old content stays in use while the new one cannot be.  Looking at files
 * by the clock works for all ways in which they are replaced, on all file
 * systems. One thread at a time.
 */
#ifndef JWT_WATCH_H
#define JWT_WATCH_H

#include "jwt-file.h"

#include <bindery/plugin.h>
#include <stdbool.h>

struct watch {
	const char *path; /* NULL: none is watched */
	size_t max;       /* bytes */
	/* Use n bytes of text: 0, or a negative errno and a sentence. */
	int (*use)(
	    void *arg, const char *text, size_t n, char *why, size_t why_size);
	void *arg;
	struct jwt_file_id seen;
	int err; /* of the last look: said once */
};

/* Read and use it, for the first time.  0, or a negative errno and a sentence.
 */
int watch_begin(struct watch *w, char *why, size_t why_size);

/* Has it changed?  Then use it, or tell the log why not.  Says whether what is
 * in use has changed. */
bool watch_look(struct watch *w, const struct bnd_binding *b);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-watch.h"

#include <stdio.h>
#include <string.h>

enum { WHY = 256 };

static int
watch_read(struct watch *w, char *why, size_t why_size)
{
	char *text;
	size_t n;
	int rc = jwt_file_read(w->path, w->max, &text, &n, &w->seen);

	if (rc < 0) {
		snprintf(why, why_size, "%s", jwt_file_why(rc));
		return rc;
	}
	rc = w->use(w->arg, text, n, why, why_size);
	jwt_file_free(&text, n);
	return rc;
}

int
watch_begin(struct watch *w, char *why, size_t why_size)
{
	return watch_read(w, why, why_size);
}

static void
watch_failed(
    struct watch *w, const struct bnd_binding *b, int err, const char *why)
{
	if (w->err != err)
		bnd_log(b, NULL, BND_ERROR,
		    "cannot read %s: %s; what was read before stays in use",
		    w->path, why);
	w->err = err;
}

bool
watch_look(struct watch *w, const struct bnd_binding *b)
{
	struct jwt_file_id now;
	char why[WHY];
	int rc = jwt_file_look(w->path, &now);

	if (rc < 0) {
		watch_failed(w, b, rc, jwt_file_why(rc));
		return false;
	}
	if (memcmp(&now, &w->seen, sizeof(now)) == 0 || jwt_file_is_fresh(&now))
		return false;
	w->err = 0; /* this version has its own say */
	rc = watch_read(w, why, sizeof(why));
	if (rc < 0) {
		w->seen = now;
		watch_failed(w, b, rc, why);
		return false;
	}
	bnd_log(b, NULL, BND_NOTICE, "read %s again", w->path);
	return true;
}

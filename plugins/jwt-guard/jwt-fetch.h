/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-fetch.h - keys_url: the key set of an identity provider, fetched by the
 * program bindery-jwks-fetch(8), which is packaged apart.  It alone speaks
 * HTTP; here it is run, kept within limits of time and size, and buried.
 */
#ifndef JWT_FETCH_H
#define JWT_FETCH_H

#include <stdatomic.h>
#include <stddef.h>

enum {
	JWT_FETCH_URL_MAX = 2000, /* bytes */
	JWT_FETCH_WHY_MAX = 256,  /* bytes that any sentence has room in */
};

struct jwt_fetch {
	const char *program; /* of jwt_fetch_find() */
	const char *url;     /* good for jwt_fetch_url_check() */
	const char *ca;      /* a file of authorities; NULL: the system's */
	size_t max_bytes;    /* of the document: 1 to 64 MiB */
	int timeout_ms;      /* 1 to 600000 */
	/* Set by whoever does not want the answer any more; or NULL. */
	const atomic_bool *is_cancelled;
};

/* Where the program is: what BINDERY_JWKS_FETCH in the environment names, else
 * where it is installed.  0 or -ENAMETOOLONG. */
int jwt_fetch_find(char *path, size_t size);

/* Could it be run?  0; or -errno, with a sentence in why. */
int jwt_fetch_check(char *why, size_t why_size);

/* What is wrong with it as a keys_url, in words; NULL: nothing. */
const char *jwt_fetch_url_check(const char *url);

/* [pool] Fetch: waits, for timeout_ms and a second at most, and 100 ms when
 * cancelled.  Descriptors 0 to 2 must be open, SIGCHLD not ignored, and no
 * other code may wait for any child.  0: *text_r has *n_r bytes and a 0 behind
 * them, and is the caller's to free.  Otherwise -errno, and why has a printable
 * sentence: -ETIMEDOUT, -ECANCELED, -EFBIG, -EAGAIN (worth another try soon),
 * -EBADMSG (any other failure of the program), -EIO (it crashed), or why it
 * could not be run. */
int jwt_fetch(const struct jwt_fetch *f, char **text_r, size_t *n_r, char *why,
    size_t why_size);

#endif

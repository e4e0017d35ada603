/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-file.h - a file read into memory for GnuTLS, and wiped when it is let go:
 * it may hold a private key.
 */
#ifndef TLS_FILE_H
#define TLS_FILE_H

#include <gnutls/gnutls.h>
#include <stdbool.h>

enum {
	FILE_KEY_MAX = 1 << 20,  /* bytes: certificates, keys, responses */
	FILE_TRUST_MAX = 1 << 26 /* bytes: authorities, lists of revoked */
};

struct file {
	gnutls_datum_t data; /* a 0 follows the last byte */
	bool is_public;      /* anybody on this machine may read it */
};

/* Read a regular file of at most max bytes.  0, or -errno with nothing to be
 * freed: -EFBIG, -EINVAL (no regular file), -ENODATA (empty). */
int file_read(struct file *f, const char *path, size_t max);

/* What file_read() said, in words. */
const char *file_why(int err);

/* Wipe and free.  Harmless when nothing was read. */
void file_free(struct file *f);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-revoked.h - a list of what is no longer good: one in a line, a token's
 * jti or an identity.  "jti:ID" and "identity:NAME" mean only that; spaces at
 * both ends, empty lines and those that begin with '#' do not count.  A list
 * does not change once it was read.
 */
#ifndef JWT_REVOKED_H
#define JWT_REVOKED_H

#include <stdbool.h>
#include <stddef.h>

enum { JWT_REVOKED_MAX = 16 << 20 }; /* bytes of a file */

struct jwt_revoked;

/* Make a list of n bytes, with one reference.  0, -EINVAL (a NUL in it), or
 * -ENOMEM. */
int jwt_revoked_read(struct jwt_revoked **r, const char *text, size_t n);

struct jwt_revoked *jwt_revoked_ref(struct jwt_revoked *r); /* [any] */
void jwt_revoked_unref(struct jwt_revoked **r); /* [any]; accepts NULL */

size_t jwt_revoked_count(const struct jwt_revoked *r);

/* Is one of both listed?  Either may be NULL, and the list too. */
bool jwt_revoked_has(
    const struct jwt_revoked *r, const char *jti, const char *identity);

#endif

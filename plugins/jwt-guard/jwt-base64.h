/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-base64.h - base64url as RFC 7515 section 2 wants it: no padding, no other
 * characters, and trailing bits that are 0, so that there is one text only for
 * any bytes.
 */
#ifndef JWT_BASE64_H
#define JWT_BASE64_H

#include <stddef.h>

/* How many bytes n characters make at most. */
#define JWT_BASE64_ROOM(n) ((n) / 4 * 3 + 3)

/* Decode into `out`, which has JWT_BASE64_ROOM(n) bytes.  How many there are,
 * or -EINVAL.  Does not branch on the data's bits, as keys may pass here. */
long jwt_base64url_decode(const char *text, size_t n, unsigned char *out);

/* The same for base64 (RFC 4648 section 4), padded or not, for Basic
 * credentials (RFC 7617). */
long jwt_base64_decode(const char *text, size_t n, unsigned char *out);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * jwt-json.h - JSON from a stranger: one value, no duplicate members, nothing
 * behind it, and not deeper than said.  jansson's own bound of depth is 2,048.
 */
#ifndef JWT_JSON_H
#define JWT_JSON_H

#include <jansson.h>
#include <stddef.h>

/* An object or an array.  Or NULL with one sentence in why, to stand behind the
 * name of what was read, and errno: EINVAL (not strict JSON, too deep, or of
 * too many parts) or ENOMEM.  Takes less than 80 n bytes. */
json_t *jwt_json_read(
    const void *text, size_t n, unsigned depth_max, char *why, size_t why_size);

/* At most how many bytes of memory it takes that was read from n bytes of text:
 * as jansson 2.14 allocates, and what malloc() adds. */
size_t jwt_json_memory(const json_t *v, size_t n);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * fact.h - facts about a connection, set by any stage and read by all, by log
 * and tool.  "peer" and "local" the host knows itself.  [the connection's
 * worker]
 */
#ifndef STREAM_FACT_H
#define STREAM_FACT_H

#include <stddef.h>

struct conn;

/* 0, -EINVAL (kind, size), -EDQUOT (too many, too large), -ENOMEM. */
int fact_set(
    struct conn *c, const char *key, unsigned kind, const void *v, size_t n);

/* As bnd_fact(): NULL when there is none of that kind. */
const void *fact_get(struct conn *c, const char *key, unsigned kind, size_t *n);

const char *fact_text(struct conn *c, const char *key);

/* fn for each that can be shown as text: not for those of kind BND_F_BYTES. */
void facts_each(struct conn *c,
    void (*fn)(void *arg, const char *key, const char *text), void *arg);

/* Not what the host knows itself, unless somebody asked for it before. */
const char *fact_text_if_set(struct conn *c, const char *key);

void facts_free(struct conn *c);

#endif

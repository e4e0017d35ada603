/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * pledge.h - claims (bnd_claim() of the SDK): how many connections hold the
 * same key of a binding's table, counted over all workers and generations.  A
 * connection's pledges are given back when it ends.  The counts lie in a keyed
 * hash under locks of their own, a part of the keys each.
 */
#ifndef STREAM_PLEDGE_H
#define STREAM_PLEDGE_H

#include <stddef.h>
#include <stdint.h>

struct conn;

enum { PLEDGE_KEY_MAX = 512 };

/* [main, before workers start] 0 or -errno (no randomness). */
int pledges_init(void);

/* [worker] table: of the binding `claim_id`; one key a table and connection, a
 * second one takes the first one's place.  0, -EDQUOT (max hold it), -EINVAL,
 * -ENOMEM. */
int pledge_take(struct conn *c, uint32_t claim_id, const char *table,
    const void *key, size_t n, uint32_t max);
void pledge_give(struct conn *c, uint32_t claim_id, const char *table);
void pledges_free(struct conn *c);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * argument.h - what a host takes of what plugins pass to it, as far as their
 * words alone tell: binderyd and the test kit refuse the same.  [any thread]
 */
#ifndef PLUGINS_ARGUMENT_H
#define PLUGINS_ARGUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;

/* What one connection may hold: a peer may decide what a stage remembers. */
enum { FACTS_MAX = 64, FACT_BYTES_MAX = 65536, FACT_KEY_MAX = 255 };

/* "peer" and "local", which the host knows itself: they always have room. */
bool fact_is_of_host(const char *key);

/* bnd_fact_set(): 0, -EINVAL (no key, kind, size), -EDQUOT (too large).  *n is
 * how much of v is the value from now on. */
int fact_check(const char *key, unsigned kind, const void *v, size_t *n);

/* Of n bytes that hold an address, how many are the address. */
size_t address_part(const struct sockaddr *a, size_t n);

/* bnd_listen(): 0, -EINVAL, -EOPNOTSUPP. */
int listen_check(unsigned flags);

/* bnd_watch(): 0, -EBADF, -EINVAL. */
int watch_check(int fd, unsigned events);

/* Does a message of worker `from` to `to` concern worker i? */
bool post_is_for(uint32_t from, uint32_t to, unsigned flags, uint32_t i);

/* bnd_post(), among so many workers: 0, or -EINVAL when nobody can ever be
 * meant. */
int post_check(uint32_t from, uint32_t to, unsigned flags, uint32_t workers);

#endif

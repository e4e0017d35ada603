/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * value.h - single values from text and back.  Each value_*() that reads
 * returns NULL, or what is wrong as a clause that follows "value 'x' " ("is not
 * a size: write ..."): a constant or, where it takes an arena, in the arena.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "base/arena.h"

#include <bindery/plugin.h>

#include <stdbool.h>
#include <stdint.h>

enum {
	VALUE_TEXT_SIZE = 32,    /* fits every number with its unit */
	VALUE_UNIX_PATH = 107,   /* bytes that fit a sockaddr_un */
	VALUE_SOCKET_NAME = 255, /* bytes of a name as of LISTEN_FDNAMES */
	VALUE_NAME_MAX = 128     /* bytes of a binding's or pipeline's name */
};

/* "12" or "-12", decimal. */
const char *value_int(const char *text, int64_t *r);

/* "64k" "1m" "2g" "1t", also KiB, MiB, GiB, TiB, plain bytes; powers of 1024.
 */
const char *value_size(const char *text, int64_t *bytes_r);

/* "250ms" "5s" "1m" "1h" "1d"; a number alone is refused but for "0". */
const char *value_time(const char *text, int64_t *ms_r);

/* The shortest text that value_int(), _size() or _time() reads as `value`. */
void value_int_text(int64_t value, char r[VALUE_TEXT_SIZE]);
void value_size_text(int64_t bytes, char r[VALUE_TEXT_SIZE]);
void value_time_text(int64_t ms, char r[VALUE_TEXT_SIZE]);

/* "host:port", "[v6]:port", "host:first-last", "unix:/path", "systemd:name".
 * A numeric address is checked; a host name must be a valid one.  A single port
 * is first and last; both are 0 without a host.  Strings of *r lie in the
 * arena. */
const char *
value_endpoint(const char *text, struct arena *arena, struct bnd_endpoint *r);

/* The set of networks of a list of texts: "10.0.0.0/8", "::1", "2001:db8::/32".
 * On error *bad_r is the index of the first text that is wrong, or `count` when
 * there is no memory for the set. */
const char *value_nets(const char *const *texts, size_t count,
    struct arena *arena, const struct bnd_nets **r, size_t *bad_r);

/* [any] Is the address (AF_INET, AF_INET6; a v4-mapped one counts as IPv4) in
 * one of the networks?  NULL nets: no. */
int nets_has(const struct bnd_nets *nets, const struct sockaddr *a);

/* Does libconfig take it as a name, and is it at most VALUE_NAME_MAX long? */
bool value_is_name(const char *text);

/* The candidate nearest to word, if near enough to be meant; else NULL.
 * candidates ends with NULL. */
const char *suggest(const char *word, const char *const *candidates);

/* What value_endpoint() and value_nets() say when memory runs out. */
extern const char value_no_memory[];

#endif

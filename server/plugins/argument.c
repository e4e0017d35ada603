/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "plugins/argument.h"

#include "base/address.h"

#include <bindery/plugin.h>

#include <errno.h>
#include <string.h>

/* -------------------------------------------------------------------- facts */

bool
fact_is_of_host(const char *key)
{
	return strcmp(key, "peer") == 0 || strcmp(key, "local") == 0;
}

/* Everybody relies on the kind of those that the host knows. */
static bool
fact_kind_fits(const char *key, unsigned kind)
{
	if (fact_is_of_host(key))
		return kind == BND_F_ADDR;
	if (strcmp(key, "identity") == 0 || strcmp(key, "back.name") == 0)
		return kind == BND_F_TEXT;
	return true;
}

/* A unix address may be as short as its family. */
static bool
address_fits(const struct sockaddr *a, size_t n)
{
	return a->sa_family == AF_UNIX ||
	       (address_size(a) > 0 && n >= address_size(a));
}

static bool
fact_value_fits(unsigned kind, const void *v, size_t n)
{
	switch (kind) {
	case BND_F_TEXT: /* a zero byte would hide what follows it */
		return n == 0 || !memchr(v, '\0', n);
	case BND_F_BYTES:
		return true;
	case BND_F_ADDR:
		return n >= sizeof(sa_family_t) && address_fits(v, n);
	default:
		return false;
	}
}

int
fact_check(const char *key, unsigned kind, const void *v, size_t *n)
{
	if (kind == BND_F_TEXT && *n == (size_t)-1)
		*n = v ? strlen(v) : 0;
	if (!key || !*key || (!v && *n) || !fact_kind_fits(key, kind))
		return -EINVAL;
	if (*n > FACT_BYTES_MAX || strlen(key) > FACT_KEY_MAX)
		return -EDQUOT;
	return fact_value_fits(kind, v, *n) ? 0 : -EINVAL;
}

size_t
address_part(const struct sockaddr *a, size_t n)
{
	size_t size = address_size(a);

	return size < n ? size : n;
}

/* ------------------------------------------------------------------- others */

int
listen_check(unsigned flags)
{
	if (flags & ~(unsigned)(BND_LISTEN_V6ONLY | BND_LISTEN_DATAGRAM))
		return -EINVAL;
	return flags & BND_LISTEN_DATAGRAM ? -EOPNOTSUPP : 0;
}

int
watch_check(int fd, unsigned events)
{
	if (fd < 0)
		return -EBADF;
	return events & ~(unsigned)(BND_READ | BND_WRITE) ? -EINVAL : 0;
}

bool
post_is_for(uint32_t from, uint32_t to, unsigned flags, uint32_t i)
{
	if (to != BND_EVERY_WORKER && to != i)
		return false;
	return i != from || (flags & BND_POST_ALL_GENERATIONS);
}

int
post_check(uint32_t from, uint32_t to, unsigned flags, uint32_t workers)
{
	if (flags & ~(unsigned)BND_POST_ALL_GENERATIONS)
		return -EINVAL;
	if (to == BND_EVERY_WORKER)
		return 0;
	return to < workers && post_is_for(from, to, flags, to) ? 0 : -EINVAL;
}

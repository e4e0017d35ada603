/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "worker/listen-address.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
address_is_wildcard6(const struct listen_address *a)
{
	return a->any.sa_family == AF_INET6 &&
	       IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
}

bool
listen_address_is_same(
    const struct listen_address *a, const struct listen_address *b)
{
	return a->size == b->size && memcmp(&a->any, &b->any, a->size) == 0 &&
	       (a->is_v6only == b->is_v6only || !address_is_wildcard6(a));
}

uint32_t
listen_address_hash(const struct listen_address *a)
{
	const unsigned char *bytes = (const void *)&a->any;
	uint32_t hash = 2166136261; /* FNV-1a */

	for (socklen_t i = 0; i < a->size; i++)
		hash = (hash ^ bytes[i]) * 16777619;
	return hash ^ hash >> 16;
}

static int
socket_option(int fd, int level, int name)
{
	socklen_t n = sizeof(int);
	int value;

	return getsockopt(fd, level, name, &value, &n) < 0 ? -1 : value;
}

int
listen_address_of(int fd, struct listen_address *r)
{
	int family = socket_option(fd, SOL_SOCKET, SO_DOMAIN);

	*r = (struct listen_address){ .size = sizeof(r->un) };
	if (family != AF_INET && family != AF_INET6 && family != AF_UNIX)
		return -ENOTSUP;
	if (socket_option(fd, SOL_SOCKET, SO_TYPE) != SOCK_STREAM ||
	    socket_option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 1 ||
	    getsockname(fd, &r->any, &r->size) < 0 || r->size > sizeof(r->un))
		return -ENOTSUP;
	r->is_v6only = family == AF_INET6 &&
		       socket_option(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 1;
	return 0;
}

const char *
listen_address_path(const struct listen_address *a)
{
	bool is_named = a->any.sa_family == AF_UNIX &&
			a->size > offsetof(struct sockaddr_un, sun_path) &&
			a->un.sun_path[0];

	return is_named ? a->un.sun_path : NULL;
}

struct listen_file
listen_file_of(const struct listen_address *a)
{
	const char *path = listen_address_path(a);
	struct stat st;

	if (!path || lstat(path, &st) < 0)
		return (struct listen_file){ 0 };
	return (struct listen_file){ st.st_dev, st.st_ino };
}

bool
listen_file_is_there(
    const struct listen_file *f, const struct listen_address *a)
{
	struct listen_file now = listen_file_of(a);

	return now.inode && now.device == f->device && now.inode == f->inode;
}

void
listen_file_remove(const struct listen_file *f, const struct listen_address *a)
{
	if (listen_file_is_there(f, a))
		unlink(listen_address_path(a));
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * listen-address.h - where a socket listens.  Listeners and inherited sockets
 * are found by it.  [any thread]
 */
#ifndef WORKER_LISTEN_ADDRESS_H
#define WORKER_LISTEN_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

struct listen_address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
	socklen_t size;
	bool is_v6only; /* says something of the IPv6 wildcard only */
};

bool listen_address_is_same(
    const struct listen_address *a, const struct listen_address *b);

/* Of the address alone: what differs in is_v6only has the same. */
uint32_t listen_address_hash(const struct listen_address *a);

/* Where fd listens.  0, or -ENOTSUP: it is no listening stream socket of a
 * family that we serve. */
int listen_address_of(int fd, struct listen_address *r);

/* The file of a unix socket, or NULL: it has none. */
const char *listen_address_path(const struct listen_address *a);

/* Which file that is: it may be replaced by another process's while we listen.
 * Zero: there is none. */
struct listen_file {
	dev_t device;
	ino_t inode;
};
struct listen_file listen_file_of(const struct listen_address *a);

/* Is it still this one?  And remove it if so. */
bool listen_file_is_there(
    const struct listen_file *f, const struct listen_address *a);
void
listen_file_remove(const struct listen_file *f, const struct listen_address *a);

#endif

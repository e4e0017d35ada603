/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tcp-address.h - a socket address as a value, read from the text of an option.
 * The code is compiled into both tcp-server and tcp-client.
 */
#ifndef TCP_ADDRESS_H
#define TCP_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

struct tcp_address {
	socklen_t size; /* 0: none */
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
};

/* Read a numeric IPv4 or IPv6 address, "fe80::1%eth0" included.  0, or -EINVAL
 * and *r untouched: it is not one. */
int tcp_address_parse(struct tcp_address *r, const char *host, uint16_t port);

/* The address of a unix socket.  0, or -ENAMETOOLONG. */
int tcp_address_path(struct tcp_address *r, const char *path);

/* "192.0.2.1:80", "[2001:db8::1%eth0]:80" or "unix:/path" of n bytes of an
 * address; text has TCP_ADDRESS_TEXT bytes, and is returned. */
enum { TCP_ADDRESS_TEXT = 128 };
const char *tcp_address_text(const struct sockaddr *a, socklen_t n, char *text);

/* Do address and port agree?  Never for unix sockets. */
bool
tcp_address_equal(const struct tcp_address *a, const struct tcp_address *b);

#endif

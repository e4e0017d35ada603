/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tcp-address.h"

#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

int
tcp_address_parse(struct tcp_address *r, const char *host, uint16_t port)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found;

	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return -EINVAL;
	memcpy(&r->any, found->ai_addr, found->ai_addrlen);
	r->size = found->ai_addrlen;
	freeaddrinfo(found);
	if (r->any.sa_family == AF_INET)
		r->in.sin_port = htons(port);
	else
		r->in6.sin6_port = htons(port);
	return 0;
}

int
tcp_address_path(struct tcp_address *r, const char *path)
{
	size_t n = strlen(path);

	if (n >= sizeof(r->un.sun_path))
		return -ENAMETOOLONG;
	memset(&r->un, 0, sizeof(r->un));
	r->un.sun_family = AF_UNIX;
	memcpy(r->un.sun_path, path, n);
	r->size = sizeof(r->un);
	return 0;
}

const char *
tcp_address_text(const struct sockaddr *a, socklen_t n, char *text)
{
	const struct sockaddr_un *un = (const void *)a;
	char host[64 + IF_NAMESIZE], port[8];

	if (a->sa_family == AF_UNIX)
		snprintf(text, TCP_ADDRESS_TEXT, "unix:%s", un->sun_path);
	else if (getnameinfo(a, n, host, sizeof(host), port, sizeof(port),
		     NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(text, TCP_ADDRESS_TEXT, "?");
	else
		snprintf(text, TCP_ADDRESS_TEXT,
		    a->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
	return text;
}

bool
tcp_address_equal(const struct tcp_address *a, const struct tcp_address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET)
		return a->in.sin_port == b->in.sin_port &&
		       a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return a->any.sa_family == AF_INET6 &&
	       a->in6.sin6_port == b->in6.sin6_port &&
	       IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
}

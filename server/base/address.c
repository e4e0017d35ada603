/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

socklen_t
address_size(const struct sockaddr *a)
{
	switch (a->sa_family) {
	case AF_INET:
		return sizeof(struct sockaddr_in);
	case AF_INET6:
		return sizeof(struct sockaddr_in6);
	case AF_UNIX:
		return sizeof(struct sockaddr_un);
	default:
		return 0;
	}
}

static const char *
address_text6(const struct sockaddr_in6 *a, char text[static ADDRESS_TEXT])
{
	char host[INET6_ADDRSTRLEN];
	unsigned port = ntohs(a->sin6_port);

	if (IN6_IS_ADDR_V4MAPPED(&a->sin6_addr)) {
		inet_ntop(
		    AF_INET, a->sin6_addr.s6_addr + 12, host, sizeof(host));
		snprintf(text, ADDRESS_TEXT, "%s:%u", host, port);
	} else {
		inet_ntop(AF_INET6, &a->sin6_addr, host, sizeof(host));
		snprintf(text, ADDRESS_TEXT, "[%s]:%u", host, port);
	}
	return text;
}

static const char *
address_text4(const struct sockaddr_in *a, char text[static ADDRESS_TEXT])
{
	char host[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &a->sin_addr, host, sizeof(host));
	snprintf(text, ADDRESS_TEXT, "%s:%u", host, ntohs(a->sin_port));
	return text;
}

const char *
address_text(const struct sockaddr *a, char text[static ADDRESS_TEXT])
{
	switch (a->sa_family) {
	case AF_INET:
		return address_text4((const void *)a, text);
	case AF_INET6:
		return address_text6((const void *)a, text);
	case AF_UNIX:
		return strcpy(text, "unix");
	default:
		return strcpy(text, "unknown");
	}
}

/* Text of n bytes, perhaps in brackets. */
static int
address_parse_host(
    const char *text, size_t n, uint16_t port, struct sockaddr_in6 *r)
{
	struct sockaddr_in *v4 = (void *)r;
	char host[INET6_ADDRSTRLEN];

	if (n > 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = '\0';
	memset(r, 0, sizeof(*r));
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return 0;
	}
	r->sin6_family = AF_INET6;
	r->sin6_port = htons(port);
	return inet_pton(AF_INET6, host, &r->sin6_addr) == 1 ? 0 : -EINVAL;
}

int
address_parse(const char *text, struct sockaddr_in6 *r)
{
	const char *colon = strrchr(text, ':');
	unsigned long port;
	size_t digits;

	/* What is behind the only colon, or behind "]:", is a port. */
	if (!colon || (strchr(text, ':') != colon && colon[-1] != ']'))
		return address_parse_host(text, strlen(text), 0, r);
	digits = strspn(colon + 1, "0123456789");
	port = strtoul(colon + 1, NULL, 10);
	if (digits == 0 || colon[1 + digits] || port > 65535)
		return -EINVAL;
	return address_parse_host(
	    text, (size_t)(colon - text), (uint16_t)port, r);
}

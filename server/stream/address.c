/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "stream/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
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

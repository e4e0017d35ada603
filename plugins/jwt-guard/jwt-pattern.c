/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* jwt-pattern.c - patterns for where CONNECT and SOCKS5 clients want to go.
 */

#include "jwt-decide.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The ':' before the port; NULL: there is none. */
static const char *
destination_port(const char *text)
{
	const char *colon = strrchr(text, ':');
	const char *bracket = strrchr(text, ']');

	return colon && (!bracket || bracket < colon) ? colon : NULL;
}

static bool
port_is_good(const char *text)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (strcmp(text, "*") == 0)
		return true;
	return *text >= '1' && *text <= '9' && !*end && port <= 65535;
}

/* Of "[address]", which is n characters: it has more forms than one. */
static bool
host_ipv6(const char *host, size_t n, struct in6_addr *r)
{
	char text[INET6_ADDRSTRLEN];

	if (n < 2 || n - 2 >= sizeof(text) || host[0] != '[' ||
	    host[n - 1] != ']')
		return false;
	memcpy(text, host + 1, n - 2);
	text[n - 2] = '\0';
	return inet_pton(AF_INET6, text, r) == 1;
}

const char *
destination_wrong(const char *pattern)
{
	const char *port = destination_port(pattern);
	const char *star = strchr(pattern, '*');
	struct in6_addr ip;

	if (!port)
		return "has no port: write host:port, or host:* for any";
	if (!port_is_good(port + 1))
		return "has no port from 1 to 65535, nor *, behind the last "
		       "colon";
	if (port == pattern)
		return "has no host before the port";
	if (strpbrk(pattern, " \t\"'/@"))
		return "is not host:port";
	if (pattern[0] != '[' && memchr(pattern, ':', (size_t)(port - pattern)))
		return "is an IPv6 address without brackets";
	if (pattern[0] == '[' &&
	    !host_ipv6(pattern, (size_t)(port - pattern), &ip))
		return "has no IPv6 address in its brackets";
	if (star && star < port &&
	    !(star == pattern && (pattern[1] == '.' || pattern[1] == ':')))
		return "has a '*' that is neither the host nor its first part";
	if (star && star < port && strchr(star + 1, '*') &&
	    strchr(star + 1, '*') < port)
		return "has more than one '*' in the host";
	return NULL;
}

/* n characters of host against a pattern of m: itself, all, or what ends so. */
static bool
host_fits(const char *pattern, size_t m, const char *host, size_t n)
{
	struct in6_addr want, is;

	if (m == 1 && *pattern == '*')
		return true;
	if (host_ipv6(pattern, m, &want))
		return host_ipv6(host, n, &is) &&
		       memcmp(&want, &is, sizeof(is)) == 0;
	if (m > 1 && *pattern == '*') /* "*.example.org" */
		return n > m - 1 &&
		       strncasecmp(host + n - (m - 1), pattern + 1, m - 1) == 0;
	return m == n && strncasecmp(pattern, host, n) == 0;
}

bool
destination_fits(const char *pattern, const char *destination)
{
	const char *want = destination_port(pattern);
	const char *port = destination_port(destination);

	if (!want || !port)
		return false;
	if (strcmp(want + 1, "*") != 0 && strcmp(want, port) != 0)
		return false;
	return host_fits(pattern, (size_t)(want - pattern), destination,
	    (size_t)(port - destination));
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* Where a client wants to go, in one form for each place. */

#include "jwt-hear-inner.h"

#include <arpa/inet.h>
#include <stdio.h>

enum { NAME_MAX_BYTES = 255 };

static int
destination_port(const struct hearing *g, size_t at, unsigned port)
{
	if (port == 0 || port > 65535) {
		g->r->destination[0] = 0;
		return jwt_verdict_set(&g->r->verdict, JWT_PROTOCOL,
		    "the destination's port is none of 1 to 65535");
	}
	snprintf(
	    g->r->destination + at, JWT_DESTINATION_ROOM - at, ":%u", port);
	return 0;
}

/* What names of hosts and routes are made of, with no empty label. */
static bool
name_is_good(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_' &&
		    (c != '.' || i == 0 || s.p[i - 1] == '.'))
			return false;
	}
	return s.n > 0 && s.n <= NAME_MAX_BYTES;
}

int
heard_name(const struct hearing *g, struct span name, unsigned port)
{
	if (!name_is_good(name))
		return jwt_verdict_set(&g->r->verdict, JWT_PROTOCOL,
		    "the destination is no name of a host");
	for (size_t i = 0; i < name.n; i++)
		g->r->destination[i] = name.p[i] >= 'A' && name.p[i] <= 'Z'
					   ? (char)(name.p[i] | 0x20)
					   : name.p[i];
	return destination_port(g, name.n, port);
}

int
heard_ipv4(const struct hearing *g, const char ip[4], unsigned port)
{
	inet_ntop(AF_INET, ip, g->r->destination, INET_ADDRSTRLEN);
	return destination_port(g, strlen(g->r->destination), port);
}

int
heard_ipv6(const struct hearing *g, const char ip[16], unsigned port)
{
	char *to = g->r->destination;

	to[0] = '[';
	inet_ntop(AF_INET6, ip, to + 1, INET6_ADDRSTRLEN);
	strcat(to, "]");
	return destination_port(g, strlen(to), port);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "config/value.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { ENDPOINT_HOST_MAX = 253, ENDPOINT_LABEL_MAX = 63 };

static bool
endpoint_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
endpoint_is_alnum(char c)
{
	return endpoint_is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* One port at the start of *text, which then points behind it. */
static const char *
endpoint_port(const char **text, uint16_t *r)
{
	const char *p = *text;
	unsigned port = 0;

	for (; endpoint_is_digit(*p) && p - *text < 6; p++)
		port = port * 10 + (unsigned)(*p - '0');
	if (p == *text)
		return "has no port: write HOST:PORT";
	if (port == 0)
		return "asks for port 0, which would be another one at every "
		       "start: write 1 to 65535";
	if (port > UINT16_MAX || endpoint_is_digit(*p))
		return "has a port above 65535";
	*text = p;
	*r = (uint16_t)port;
	return NULL;
}

static const char *
endpoint_ports(const char *text, struct bnd_endpoint *r)
{
	const char *err = endpoint_port(&text, &r->port);

	if (err)
		return err;
	r->last = r->port;
	if (*text == '-') {
		text++;
		err = endpoint_port(&text, &r->last);
	}
	if (err)
		return err;
	if (*text)
		return "has something behind the port: write PORT or "
		       "FIRST-LAST";
	return r->last < r->port
		   ? "has a range of ports that ends before it begins"
		   : NULL;
}

static const char *
endpoint_unix(const char *path, struct bnd_endpoint *r)
{
	size_t n = strlen(path);

	if (path[0] != '/')
		return "needs an absolute path: write \"unix:/path\"";
	if (n > VALUE_UNIX_PATH)
		return "has a path longer than the 107 bytes that a unix "
		       "socket may have";
	if (path[n - 1] == '/')
		return "names a directory: write \"unix:/path/of/socket\"";
	r->path = path;
	return NULL;
}

/* What the service manager lets through as a name of its sockets. */
static const char *
endpoint_inherited(const char *name, struct bnd_endpoint *r)
{
	size_t n = strlen(name);

	if (n == 0)
		return "names no socket: write \"systemd:NAME\"";
	if (n > VALUE_SOCKET_NAME)
		return "has a name longer than the 255 bytes that one of a "
		       "socket may have";
	for (size_t i = 0; i < n; i++)
		if (name[i] < ' ' || name[i] > '~' || name[i] == ':')
			return "has a name that no socket can have: it is of "
			       "printable ASCII without ':'";
	r->inherited = name;
	return NULL;
}

/* "addr" or "addr%zone" between the brackets. */
static const char *
endpoint_v6_check(const char *host)
{
	const char *zone = strchr(host, '%');
	size_t n = zone ? (size_t)(zone - host) : strlen(host);
	char addr[INET6_ADDRSTRLEN];
	struct in6_addr in6;

	if (n >= sizeof(addr))
		return "has no IPv6 address between the brackets";
	memcpy(addr, host, n);
	addr[n] = 0;
	if (inet_pton(AF_INET6, addr, &in6) != 1)
		return "has no IPv6 address between the brackets";
	if (zone && !zone[1])
		return "has an empty zone behind '%'";
	return NULL;
}

static const char *
endpoint_v6(const char *text, struct arena *arena, struct bnd_endpoint *r)
{
	const char *close = strchr(text, ']');
	const char *err;
	char *host;

	if (!close)
		return "has no ']': write \"[::]:PORT\"";
	host = arena_copy(arena, text + 1, (size_t)(close - text - 1));
	if (!host)
		return value_no_memory;
	err = endpoint_v6_check(host);
	if (err)
		return err;
	if (close[1] != ':')
		return "has no port: write \"[::]:PORT\"";
	r->host = host;
	return endpoint_ports(close + 2, r);
}

/* Letters, digits, '-' and '_' in labels of 1 to 63, split by dots; a dot at
 * the end is allowed.  *last_r is where the last label begins. */
static bool
endpoint_is_name(const char *host, const char **last_r)
{
	const char *label = host;

	*last_r = host;
	if (strlen(host) > ENDPOINT_HOST_MAX)
		return false;
	while (*label) {
		size_t n = strcspn(label, ".");

		if (n == 0 || n > ENDPOINT_LABEL_MAX || label[0] == '-' ||
		    label[n - 1] == '-')
			return false;
		for (size_t i = 0; i < n; i++)
			if (!endpoint_is_alnum(label[i]) && label[i] != '-' &&
			    label[i] != '_')
				return false;
		*last_r = label;
		label += n + (label[n] == '.');
	}
	return *host;
}

/* A name whose last label is a number can only be meant as an address. */
static bool
endpoint_is_numeric(const char *label)
{
	size_t n = strspn(label, "0123456789");

	return n && (!label[n] || (label[n] == '.' && !label[n + 1]));
}

static const char *
endpoint_host_check(const char *host)
{
	struct in_addr in;
	const char *last;

	if (!*host || strcmp(host, "*") == 0)
		return "names no address: write \"[::]:PORT\" for all";
	if (!endpoint_is_name(host, &last))
		return "has no valid host name";
	if (endpoint_is_numeric(last) && inet_pton(AF_INET, host, &in) != 1)
		return "has no valid IPv4 address";
	return NULL;
}

static const char *
endpoint_host(const char *text, struct arena *arena, struct bnd_endpoint *r)
{
	const char *colon = strrchr(text, ':');
	const char *err;
	struct in6_addr in6;
	char *host;

	if (inet_pton(AF_INET6, text, &in6) == 1)
		return "is an IPv6 address without a port: write "
		       "\"[ADDRESS]:PORT\"";
	if (!colon)
		return "has no port: write HOST:PORT, \"[::]:PORT\" or "
		       "\"unix:/path\"";
	if (strchr(text, ':') != colon)
		return "has several colons: write an IPv6 address as "
		       "\"[ADDRESS]:PORT\"";
	host = arena_copy(arena, text, (size_t)(colon - text));
	if (!host)
		return value_no_memory;
	err = endpoint_host_check(host);
	if (err)
		return err;
	r->host = host;
	return endpoint_ports(colon + 1, r);
}

const char *
value_endpoint(const char *text, struct arena *arena, struct bnd_endpoint *r)
{
	char *copy = arena_string(arena, text);

	*r = (struct bnd_endpoint){ .text = copy };
	if (!copy)
		return value_no_memory;
	if (strncmp(copy, "unix:", 5) == 0)
		return endpoint_unix(copy + 5, r);
	if (strncmp(copy, "systemd:", 8) == 0)
		return endpoint_inherited(copy + 8, r);
	if (copy[0] == '[')
		return endpoint_v6(copy, arena, r);
	return endpoint_host(copy, arena, r);
}

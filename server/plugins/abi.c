/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "plugins/abi.h"

#include <bindery/plugin.h>

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct abi
abi_host(void)
{
	return (struct abi){ BND_MAJOR, BND_MINOR, BND_DRAFT };
}

/* A decimal number of at most five digits, without leading zeros. */
static bool
abi_parse_number(const char **text, unsigned *r)
{
	const char *p = *text;

	*r = 0;
	if (!isdigit((unsigned char)*p) ||
	    (*p == '0' && isdigit((unsigned char)p[1])))
		return false;
	for (; isdigit((unsigned char)*p); p++) {
		*r = *r * 10 + (unsigned)(*p - '0');
		if (*r > UINT16_MAX)
			return false;
	}
	*text = p;
	return true;
}

int
abi_parse(const char *text, struct abi *r)
{
	static const char draft[] = "-draft";

	r->draft = 0;
	if (!abi_parse_number(&text, &r->major) || *text++ != '.' ||
	    !abi_parse_number(&text, &r->minor))
		return -EINVAL;
	if (strncmp(text, draft, sizeof(draft) - 1) == 0) {
		text += sizeof(draft) - 1;
		if (!abi_parse_number(&text, &r->draft) || r->draft == 0)
			return -EINVAL;
	}
	return *text == '\0' ? 0 : -EINVAL;
}

struct abi_text
abi_format(struct abi a)
{
	struct abi_text text;
	int n;

	n = snprintf(text.s, sizeof(text.s), "%u.%u", a.major, a.minor);
	if (a.draft)
		snprintf(text.s + n, sizeof(text.s) - (size_t)n, "-draft%u",
		    a.draft);
	return text;
}

/* What to do about the difference; NULL: there is none that matters. */
static const char *
abi_advice(struct abi wanted, struct abi host)
{
	if (wanted.major > host.major)
		return "install a newer bindery";
	if (wanted.major < host.major)
		return "rebuild the plugin with this host's SDK";
	if (wanted.minor > host.minor)
		return "install a newer bindery or rebuild the plugin";
	if (wanted.draft != host.draft)
		return "rebuild the plugin with this host's SDK";
	return NULL;
}

int
abi_negotiate(const char *text, struct abi host, struct why *why)
{
	struct abi wanted;
	const char *advice;

	if (abi_parse(text, &wanted) < 0)
		return why_set(why, -EINVAL,
		    "wants SDK ABI '%s', which is not a version that this host "
		    "(%s) understands: rebuild the plugin with this host's SDK",
		    text, abi_format(host).s);
	advice = abi_advice(wanted, host);
	if (!advice)
		return 0;
	return why_set(why, -EINVAL, "wants SDK ABI %s, this host has %s: %s",
	    text, abi_format(host).s, advice);
}

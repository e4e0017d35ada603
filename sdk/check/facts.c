/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* facts.c - what the command line says of each connection. */

#include "check.h"

#include "base/address.h"
#include "plugins/argument.h"

#include <string.h>

/* Its value; NULL: it is no KEY=VALUE. */
static const char *
fact_split(const char *given, char key[static FACT_KEY_MAX + 1])
{
	const char *sign = strchr(given, '=');
	size_t n = sign ? (size_t)(sign - given) : 0;

	if (n == 0 || n > FACT_KEY_MAX)
		return NULL;
	memcpy(key, given, n);
	key[n] = '\0';
	return sign + 1;
}

bool
fact_can_be(const char *given)
{
	char key[FACT_KEY_MAX + 1];
	const char *value = fact_split(given, key);
	struct sockaddr_in6 a;
	size_t n = (size_t)-1;

	if (!value)
		return false;
	if (fact_is_of_host(key))
		return address_parse(value, &a) == 0;
	return fact_check(key, BND_F_TEXT, value, &n) == 0;
}

void
facts_tell(struct bndk_conn *c)
{
	char key[FACT_KEY_MAX + 1];

	for (size_t i = 0; i < check.fact_count; i++) {
		const char *value = fact_split(check.facts[i], key);

		if (value)
			bndk_fact_set(c, key, value);
	}
}

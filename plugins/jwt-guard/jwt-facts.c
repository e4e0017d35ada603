/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-facts.h"

#include "jwt-decide.h"
#include "jwt-live.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { NAME_ROOM = 160 };

bool
fact_may_expose(const char *claim)
{
	static const char *const ours[] = { "kid", "destination", "claims" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcmp(ours[i], claim) == 0)
			return false;
	return *claim && strlen(claim) < NAME_ROOM - sizeof("jwt.");
}

/* What a renewed token does not say any more is no fact any more. */
static void
fact_set(struct seat *s, const char *name, const char *text)
{
	char key[NAME_ROOM];

	snprintf(key, sizeof(key), "jwt.%s", name);
	if (text && *text)
		bnd_fact_text_set(s->st, key, text);
	else if (bnd_fact_text(s->st, key))
		bnd_fact_text_set(s->st, key, "");
}

/* A text as it is; anything else as JSON; NULL: the token has no such claim. */
static void
fact_set_claim(struct seat *s, const char *name, const json_t *value)
{
	char *text;

	if (!value || json_is_string(value)) {
		fact_set(s, name, json_string_value(value));
		return;
	}
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	fact_set(s, name, text);
	free(text);
}

/* The exposed claims once more, as one object. */
static void
facts_exposed(struct seat *s, const json_t *claims)
{
	const struct bnd_list *expose = &seat_guard(s)->expose;
	json_t *all = json_object();
	char *text;

	for (size_t i = 0; i < expose->n; i++) {
		const char *name = expose->v[i];
		const json_t *value = jwt_claim_find(claims, name);

		fact_set_claim(s, name, value);
		if (value)
			json_object_set_new(all, name, json_deep_copy(value));
	}
	text = expose->n ? json_dumps(all, JSON_COMPACT) : NULL;
	fact_set(s, "claims", text);
	free(text);
	json_decref(all);
}

void
seat_set_facts(struct seat *s, const json_t *claims, const char *kid)
{
	static const char *const registered[] = { "iss", "sub", "jti" };
	const char *identity = guard_identity(seat_guard(s), claims);

	if (identity)
		bnd_fact_text_set(s->st, "identity", identity);
	for (size_t i = 0; i < 3; i++)
		fact_set(
		    s, registered[i], jwt_claim_text(claims, registered[i]));
	fact_set(s, "kid", kid);
	fact_set(s, "destination", s->bearer->destination);
	facts_exposed(s, claims);
}

/* ---- who could be listening */

static bool
address_is_here(const struct sockaddr *a)
{
	const struct in6_addr *in6;

	switch (a->sa_family) {
	case AF_UNIX:
		return true;
	case AF_INET:
		return ntohl(((const struct sockaddr_in *)(const void *)a)
				 ->sin_addr.s_addr) >>
			   24 ==
		       IN_LOOPBACKNET;
	case AF_INET6:
		in6 =
		    &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
		return IN6_IS_ADDR_LOOPBACK(in6) ||
		       (IN6_IS_ADDR_V4MAPPED(in6) &&
			   in6->s6_addr[12] == IN_LOOPBACKNET);
	default:
		return false;
	}
}

/* A PROXY header may have changed "peer"; what counts is who speaks to us. */
bool
guard_is_private(struct bnd_stage *st)
{
	const struct sockaddr *from;

	if (seat_guard(st->self)->allow_cleartext ||
	    bnd_fact_text(st, "tls.version"))
		return true;
	from = bnd_fact(st, "proxy.from", BND_F_ADDR, NULL);
	if (!from)
		from = bnd_fact(st, "peer", BND_F_ADDR, NULL);
	return from && address_is_here(from);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "jwt-facts.h"

#include "jwt-decide.h"
#include "jwt-live.h"

#include <errno.h>
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
static int
fact_set(struct seat *s, const char *name, const char *text)
{
	char key[NAME_ROOM];

	snprintf(key, sizeof(key), "jwt.%s", name);
	if (text && *text)
		return bnd_fact_text_set(s->st, key, text);
	if (bnd_fact_text(s->st, key))
		return bnd_fact_text_set(s->st, key, "");
	return 0;
}

/* A text as it is; anything else as JSON; NULL: the token has no such claim. */
static int
fact_set_claim(struct seat *s, const char *name, const json_t *value)
{
	char *text;
	int rc;

	if (!value || json_is_string(value))
		return fact_set(s, name, json_string_value(value));
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	rc = text ? fact_set(s, name, text) : -ENOMEM;
	free(text);
	return rc;
}

/* The exposed claims once more, as one object; NULL: no memory. */
static char *
facts_text(const struct bnd_list *expose, const json_t *claims)
{
	json_t *all = json_object();
	char *text = NULL;
	int rc = 0;

	for (size_t i = 0; i < expose->n && rc == 0; i++) {
		const json_t *value = jwt_claim_find(claims, expose->v[i]);

		if (value)
			rc = json_object_set_new(
			    all, expose->v[i], json_deep_copy(value));
	}
	if (rc == 0)
		text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	return text;
}

static int
facts_exposed(struct seat *s, const json_t *claims)
{
	const struct bnd_list *expose = &seat_guard(s)->expose;
	char *text;
	int rc = 0;

	if (expose->n == 0)
		return 0;
	for (size_t i = 0; i < expose->n && rc == 0; i++)
		rc = fact_set_claim(
		    s, expose->v[i], jwt_claim_find(claims, expose->v[i]));
	if (rc < 0)
		return rc;
	text = facts_text(expose, claims);
	rc = text ? fact_set(s, "claims", text) : -ENOMEM;
	free(text);
	return rc;
}

int
seat_set_facts(struct seat *s, const json_t *claims, const char *kid)
{
	static const char *const registered[] = { "iss", "sub", "jti" };
	const char *identity = guard_identity(seat_guard(s), claims);
	int rc = 0;

	if (identity)
		rc = bnd_fact_text_set(s->st, "identity", identity);
	for (size_t i = 0; i < 3 && rc == 0; i++)
		rc = fact_set(
		    s, registered[i], jwt_claim_text(claims, registered[i]));
	if (rc == 0)
		rc = fact_set(s, "kid", kid);
	if (rc == 0)
		rc = fact_set(s, "destination", s->bearer->destination);
	return rc < 0 ? rc : facts_exposed(s, claims);
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

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-warn.c - what the operator should know before it hurts: what expires, and
 * who can read the keys.
 */

#include "tls-context.h"

enum { DAY = 24 * 3600, SOON = 14 }; /* seconds, days */

int64_t
context_days(const struct context *c)
{
	time_t now = time(NULL),
	       first = c->count ? c->identities[0].expires : 0;

	for (size_t i = 1; i < c->count; i++)
		if (c->identities[i].expires < first)
			first = c->identities[i].expires;
	/* Rounded down: "0" is less than a day, "-1" has expired. */
	return (first - now >= 0 ? first - now : first - now - DAY + 1) / DAY;
}

static const char *
context_file(const struct bnd_binding *b, size_t i)
{
	const struct tls *o = b->self;
	const struct tls_certificate *rows = o->certificates.v;
	size_t own = o->own.certificate ? 1 : 0;

	return i < own ? o->own.certificate : rows[i - own].certificate;
}

void
context_warn(const struct context *c, const struct bnd_binding *b)
{
	time_t now = time(NULL);

	if (c->is_own_public)
		bnd_log(b, NULL, BND_WARN,
		    "anybody can read the ticket_key '%s'",
		    ((const struct tls *)b->self)->ticket_key);
	for (size_t i = 0; i < c->count; i++) {
		const struct identity *id = &c->identities[i];
		const char *path = context_file(b, i);

		if (id->expires < now)
			bnd_log(b, NULL, BND_WARN,
			    "the certificate in '%s' has expired", path);
		else if (id->expires - now < SOON * DAY)
			bnd_log(b, NULL, BND_WARN,
			    "the certificate in '%s' expires in %lld days",
			    path, (long long)(id->expires - now) / DAY);
		if (id->has_staple && id->staple.exptime < now)
			bnd_log(b, NULL, BND_WARN,
			    "the OCSP response for the certificate in '%s' "
			    "has expired and is not sent",
			    path);
		if (id->is_key_public)
			bnd_log(b, NULL, BND_WARN,
			    "anybody can read the private key of the "
			    "certificate in '%s'",
			    path);
	}
}

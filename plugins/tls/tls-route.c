/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

#include "tls-route.h"

#include "tls-names.h"
#include "tls-session.h"

#include <string.h>

enum { ALPN_ROOM = 256 };

static bool
route_fits_alpn(const struct tls_route *r, const char *const *alpn)
{
	for (; alpn && *alpn; alpn++)
		for (size_t i = 0; i < r->alpn.n; i++)
			if (strcmp(r->alpn.v[i], *alpn) == 0)
				return true;
	return false;
}

static bool
route_fits_issuer(const struct tls_route *r, const struct route_facts *f)
{
	return f->is_issuer_unknown ||
	       (f->issuer_dn && strcmp(r->client_issuer, f->issuer_dn) == 0) ||
	       (f->issuer_cn && strcmp(r->client_issuer, f->issuer_cn) == 0);
}

static bool
route_fits(const struct tls_route *r, const struct route_facts *f)
{
	if (r->server_name.n &&
	    !(f->server_name && name_fits_any(&r->server_name, f->server_name)))
		return false;
	if (r->alpn.n && !route_fits_alpn(r, f->alpn))
		return false;
	return !r->client_issuer || route_fits_issuer(r, f);
}

bool
route_choose(const struct bnd_binding *b, const struct route_facts *f,
    const struct bnd_exit **to_r, size_t *r)
{
	const struct tls *o = b->self;
	const struct tls_route *routes = o->routes.v;

	*to_r = NULL;
	for (*r = 0; *r < o->routes.n; ++*r)
		if (route_fits(&routes[*r], f)) {
			*to_r = routes[*r].exit;
			return true;
		}
	return !b->is_last;
}

/* ---- what a session knows */

static const char *
session_alpn(struct session *s, char to[ALPN_ROOM])
{
	gnutls_datum_t alpn;

	if (gnutls_alpn_get_selected_protocol(s->tls, &alpn) < 0 ||
	    alpn.size >= ALPN_ROOM)
		return NULL;
	memcpy(to, alpn.data, alpn.size);
	to[alpn.size] = '\0';
	return to;
}

static bool
session_choose(
    struct session *s, struct route_facts *f, const struct bnd_exit **to_r)
{
	char name[HELLO_NAME_MAX + 1], alpn[ALPN_ROOM];
	const char *protocols[2] = { session_alpn(s, alpn), NULL };
	size_t row;

	f->server_name = session_server_name(s, name, sizeof(name));
	f->alpn = protocols;
	return route_choose(s->st->binding, f, to_r, &row);
}

bool
route_may_exist(struct session *s)
{
	struct route_facts f = { .is_issuer_unknown = true };
	const struct bnd_exit *to;

	return session_choose(s, &f, &to);
}

bool
route_find(struct session *s, const struct bnd_exit **to_r)
{
	struct route_facts f = {
		.issuer_dn = bnd_fact_text(s->st, "tls.peer.issuer"),
		.issuer_cn = bnd_fact_text(s->st, "tls.peer.issuer_cn"),
	};

	return session_choose(s, &f, to_r);
}

bool
route_explain(struct bnd_stage *st, const struct bnd_exit **to_r, size_t *r)
{
	const char *protocols[2] = { bnd_fact_text(st, "tls.alpn"), NULL };
	struct route_facts f = {
		.server_name = bnd_fact_text(st, "tls.server_name"),
		.alpn = protocols,
		.issuer_dn = bnd_fact_text(st, "tls.peer.issuer"),
		.issuer_cn = bnd_fact_text(st, "tls.peer.issuer_cn"),
	};

	return route_choose(st->binding, &f, to_r, r);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * tls-route.h - where a connection goes on: the first route that fits, else the
 * next binding, else nowhere.  [worker]
 */
#ifndef TLS_ROUTE_H
#define TLS_ROUTE_H

#include "tls.h"

/* What routes look at; NULL: there is none. */
struct route_facts {
	const char *server_name;
	const char *const *alpn; /* ended by NULL; a peek has several */
	const char *issuer_dn, *issuer_cn;
	bool is_issuer_unknown; /* not yet known: takes any */
};

/* The first route that fits, *r its row; or none, *r the number of rows.
 * False: there is no way on. */
bool route_choose(const struct bnd_binding *b, const struct route_facts *f,
    const struct bnd_exit **to_r, size_t *r);

/* Once the handshake is done. */
bool route_find(struct session *s, const struct bnd_exit **to_r);

/* When the ClientHello was read and nothing else is known: may there be one? */
bool route_may_exist(struct session *s);

/* Of the facts of a connection, for explain(). */
bool
route_explain(struct bnd_stage *st, const struct bnd_exit **to_r, size_t *r);

#endif

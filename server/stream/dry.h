/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * dry.h - which way would a connection go?  A dry connection has facts and no
 * bytes; bindings are asked one after another what they would do with it, and
 * none of them opens it.  [worker]
 */
#ifndef STREAM_DRY_H
#define STREAM_DRY_H

#include "stream/conn.h"

enum dry_verdict {
	DRY_UNKNOWN, /* the binding does not explain itself */
	DRY_NEXT,    /* on to the next binding */
	DRY_EXIT,    /* on to another pipeline */
	DRY_REFUSED,
	DRY_END, /* a sink takes it */
	DRY_NO_MEMORY
};

/* Of no pipeline; see fact.h and conn_set_peer() for what it is.  NULL: no
 * memory. */
struct conn *dry_create(struct worker *w);
void dry_destroy(struct conn **c);

/* Ask a binding, which writes to a.  *exit_r is where DRY_EXIT leads; why a
 * refused one was is c->why, and reason. */
enum dry_verdict dry_ask(struct conn *c, struct binding *b,
    struct bnd_answer *a, const struct bnd_exit **exit_r);

#endif

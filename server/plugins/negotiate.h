/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * negotiate.h - agreeing on a type with a plugin that is mapped: the structs
 * that it hands over may be shorter or longer than ours, and hold what we do
 * not know.  Pure functions, they only look.  [any]
 */
#ifndef PLUGINS_NEGOTIATE_H
#define PLUGINS_NEGOTIATE_H

#include "plugins/abi.h"
#include "plugins/why.h"

#include <bindery/plugin.h>

#include <errno.h>
#include <stdbool.h>

enum {
	NEGOTIATE_NAME = 63,   /* longest name or version of a type */
	NEGOTIATE_TYPE = 4096, /* largest struct bnd_type, from any future */
	NEGOTIATE_ROW = 1024, /* largest element of an option or metric table */
	NEGOTIATE_METRICS = 1000,
	NEGOTIATE_STAGE = 1 << 20, /* bytes of self: of a stage, */
	NEGOTIATE_SELF = 1 << 24   /* and of a binding or worker */
};

/* Is it a name that a type may have: [a-z][a-z0-9-]*, not too long? */
bool type_is_name(const char *name);

/* Check a plugin's own type and copy it, cut or filled up with zero, to *r.
 * wanted: what its note says (it passed abi_negotiate()).  Returns 0, or
 * -EINVAL with the reason.  The option table is not looked into: see
 * option_table_check(). */
int type_negotiate(const struct bnd_type *raw, struct abi wanted,
    struct bnd_type *r, struct why *why);

/* The i-th element of a plugin's metric table as our struct (copied to *r, cut
 * or filled up with zero); false at its end. */
bool metric_at(const struct bnd_metric *table, size_t element_size, size_t i,
    struct bnd_metric *r);

/* What an int callback gave.  There is nothing else than 0 and negative errnos:
 * whoever returns more means no success that we know. */
static inline int
plugin_result(int rc)
{
	return rc > 0 ? -EINVAL : rc;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* unresolved: calls what nobody has. */
#include <bindery/plugin.h>

int bindery_test_nobody_has_this(void);

static int
unresolved_start(struct bnd_binding *b)
{
	(void)b;
	return bindery_test_nobody_has_this();
}

static const struct bnd_type type = {
	BND_HEAD("unresolved", "1.0", BND_FILTER),
	.start = unresolved_start,
};

BND_PLUGIN(type);

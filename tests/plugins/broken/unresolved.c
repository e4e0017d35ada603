/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* unresolved: calls what nobody has. */
#include <bindery/plugin.h>

int bindery_test_nobody_has_this(void);

static int
unresolved_load(void)
{
	return bindery_test_nobody_has_this();
}

static const struct bnd_type type = {
	BND_HEAD("unresolved", "1.0", BND_FILTER),
	.load = unresolved_load,
};

BND_PLUGIN(type);

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* swap: two files of one name, to be put in place of one another.  What
 * SWAP says is what check() gives a test, which has no binding. */
#include <bindery/plugin.h>

static int swap_loads;

__attribute__((constructor)) static void
swap_mapped(void)
{
	swap_loads++;
}

static int
swap_check(struct bnd_binding *b)
{
	return b ? 0 : SWAP * 100 + swap_loads;
}

static const struct bnd_type type = {
	BND_HEAD("swap", "1.0", BND_FILTER),
	.check = swap_check,
};

BND_PLUGIN(type);

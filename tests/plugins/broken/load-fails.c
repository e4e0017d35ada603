/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* load-fails: load() says no. */
#include <errno.h>

#include <bindery/plugin.h>

/* Called again for one mapping, it would succeed. */
static int
fails_load(void)
{
	static int calls;

	return calls++ ? 0 : -EACCES;
}

static const struct bnd_type type = {
	BND_HEAD("load-fails", "1.0", BND_FILTER),
	.load = fails_load,
};

BND_PLUGIN(type);

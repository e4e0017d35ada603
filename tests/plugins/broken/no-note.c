/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* no-note: exports the symbol by itself, without BND_PLUGIN(). */
#include <bindery/plugin.h>

static const struct bnd_type type = {
	BND_HEAD("no-note", "1.0", BND_FILTER),
};

BND_EXPORT const struct bnd_type *
bnd_plugin_v1(const struct bnd_host *host)
{
	(void)host;
	return &type;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* newer-minor: wants a minor that nobody has. */
#include <bindery/plugin.h>

#undef BND_MINOR_WANTED
#define BND_MINOR_WANTED 999

static const struct bnd_type type = {
	BND_HEAD("newer-minor", "1.0", BND_FILTER),
};

BND_PLUGIN(type);

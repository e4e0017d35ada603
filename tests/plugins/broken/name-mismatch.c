/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* name-mismatch: the type has another name than its file. */
#include <bindery/plugin.h>

static const struct bnd_type type = {
	BND_HEAD("another-name", "1.0", BND_FILTER),
};

BND_PLUGIN(type);

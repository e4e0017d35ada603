/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* unknown-flag: sets a flag of a later SDK. */
#include <bindery/plugin.h>

static const struct bnd_type type = {
	BND_HEAD("unknown-flag", "1.0", BND_FILTER),
	.flags = BND_HOLD_BACK | 0x40u,
};

BND_PLUGIN(type);

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* unknown-callback: uses a callback of a later SDK, and does not say so. */
#include <bindery/plugin.h>

struct later {
	struct bnd_type now;
	void (*unused)(void);
	void (*later)(void);
};

static void
later_call(void)
{
}

static const struct later later = {
	.now = {
		.size = sizeof(struct later),
		.abi_major = BND_MAJOR,
		.abi_minor = BND_MINOR_WANTED,
		.name = "unknown-callback",
		.version = "1.0",
		.role = BND_FILTER,
	},
	.later = later_call,
};

BND_PLUGIN(later.now);

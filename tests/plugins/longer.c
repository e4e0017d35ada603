/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* longer: a later SDK, of which it uses nothing new; loads. */
#include <bindery/plugin.h>

struct later {
	struct bnd_type now;
	void (*later[8])(void);
};

static int
longer_check(struct bnd_binding *b)
{
	return b ? 0 : 42; /* without one: asked by a test */
}

static const struct later later = {
	.now = {
		.size = sizeof(struct later),
		.abi_major = BND_MAJOR,
		.abi_minor = BND_MINOR_WANTED,
		.name = "longer",
		.version = "1.0",
		.role = BND_FILTER,
		.check = longer_check,
	},
};

BND_PLUGIN(later.now);

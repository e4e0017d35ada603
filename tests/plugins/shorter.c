/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* shorter: an SDK whose type ended before flow(); loads. */
#include <bindery/plugin.h>

static int
shorter_check(struct bnd_binding *b)
{
	return b ? 0 : 42; /* without one: asked by a test */
}

/* What follows its end must not be read. */
static void
shorter_flow(struct bnd_stage *st)
{
	(void)st;
}

static const struct bnd_type type = {
	.size = offsetof(struct bnd_type, flow),
	.abi_major = BND_MAJOR,
	.abi_minor = BND_MINOR_WANTED,
	.name = "shorter",
	.version = "1.0",
	.role = BND_FILTER,
	.check = shorter_check,
	.flow = shorter_flow,
};

BND_PLUGIN(type);

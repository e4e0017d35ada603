/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* header: the SDK's header alone, in every language that it promises to be. */
#include <bindery/kit.h>
#include <bindery/plugin.h>

#ifdef __cplusplus
static struct bnd_type type; /* designated initializers are of C++20 */
#else
struct self {
	int64_t number;
};

static const struct bnd_option options[] = {
	BND_OPTION(struct self, number, BND_T_INT, "number", .def = "1"),
	{ 0 },
};

static const struct bnd_type type = {
	BND_HEAD("header", "1.0", BND_FILTER),
	.options = options,
	.binding_size = sizeof(struct self),
};
#endif

BND_PLUGIN(type);

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* An option whose field lies outside of the binding's memory. */
#include <bindery/plugin.h>

struct bad_option {
	int64_t number;
};

static const struct bnd_option bad_option_options[] = {
	{ .name = "number",
	    .kind = BND_T_INT,
	    .offset = 4096,
	    .size = sizeof(int64_t) },
	{ 0 },
};

static const struct bnd_type bad_option = {
	BND_HEAD("bad-option", "1.0", BND_FILTER),
	.options = bad_option_options,
	.binding_size = sizeof(struct bad_option),
};

BND_PLUGIN(bad_option);

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* undocumented - works, and does not say what its option is for; exporting.so,
 * of the same source, also shows a name of its own. */
#include <bindery/plugin.h>

struct binding {
	int64_t number;
};

static const struct bnd_option undocumented_options[] = {
	BND_OPTION(struct binding, number, BND_T_INT, "number"),
	{ 0 },
};

#ifdef EXPORTING
BND_EXPORT int undocumented_count;
#endif

static const struct bnd_type undocumented = {
	BND_HEAD("undocumented", "1.0", BND_FILTER),
	.summary = "Lets bytes by.",
	.options = undocumented_options,
	.binding_size = sizeof(struct binding),
};

BND_PLUGIN(undocumented);

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* other-draft: was built with another draft of the SDK. */
#include <bindery/plugin.h>

#undef BND_DRAFT
#define BND_DRAFT 999

static const struct bnd_type type = {
	BND_HEAD("other-draft", "1.0", BND_FILTER),
};

BND_PLUGIN(type);

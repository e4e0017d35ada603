/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* other-draft: was built with a draft of the SDK. */
#include <bindery/plugin.h>

#undef BND_ABI_TEXT_
#define BND_ABI_TEXT_ "1.0-draft999"

static const struct bnd_type type = {
	BND_HEAD("other-draft", "1.0", BND_FILTER),
};

BND_PLUGIN(type);

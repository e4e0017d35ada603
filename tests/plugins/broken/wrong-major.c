/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* wrong-major: wants the next major. */
#include <stdlib.h>

#include <bindery/plugin.h>

#undef BND_MAJOR
#define BND_MAJOR 2

/* Refused by its note, it must not have run. */
__attribute__((constructor)) static void
ran(void)
{
	setenv("BINDERY_TEST_RAN", "wrong-major", 1);
}

static const struct bnd_type type = {
	BND_HEAD("wrong-major", "1.0", BND_FILTER),
};

BND_PLUGIN(type);

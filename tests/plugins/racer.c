/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* racer: replaces its own file by another while it is being mapped. */
#include <stdio.h>
#include <stdlib.h>

#include <bindery/plugin.h>

__attribute__((constructor)) static void
racer_run(void)
{
	const char *from = getenv("BINDERY_TEST_FROM");
	const char *to = getenv("BINDERY_TEST_TO");

	if (from && to)
		rename(from, to);
}

static int
racer_check(struct bnd_binding *b)
{
	(void)b;
	return -1;
}

static const struct bnd_type type = {
	BND_HEAD("swap", "1.0", BND_FILTER),
	.check = racer_check,
};

BND_PLUGIN(type);

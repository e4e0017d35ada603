/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* pass: lets all bytes by, both ways, and never steps aside.  The benchmark
 * shows with a row of them what a stage costs. */
#include <bindery/plugin.h>

static void
pass_flow(struct bnd_stage *st)
{
	bnd_move(st, BND_FRONT, BND_BACK, BND_ALL);
	bnd_move(st, BND_BACK, BND_FRONT, BND_ALL);
}

static const struct bnd_type pass = {
	BND_HEAD("pass", "1.0", BND_FILTER),
	.summary = "Lets all bytes by and never steps aside.",
	.flow = pass_flow,
};

BND_PLUGIN(pass);

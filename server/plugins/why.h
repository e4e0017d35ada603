/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * why.h - the reason why a plugin is refused: a clause that follows
 * "plugin '/path/x.so' " in what the operator reads.  [any]
 */
#ifndef PLUGINS_WHY_H
#define PLUGINS_WHY_H

#include "base/compiler.h"

struct why {
	char text[512]; /* "": no reason */
};

/* Set the reason, cut if it is too long, and return rc. */
PRINTF(3, 4)
int why_set(struct why *why, int rc, const char *fmt, ...);

#endif

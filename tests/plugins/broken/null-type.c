/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* null-type: has nothing to hand over. */
#include <bindery/plugin.h>

BND_NOTE_

BND_EXPORT const struct bnd_type *
bnd_plugin_v1(const struct bnd_host *host)
{
	(void)host;
	return NULL;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* bad-note: its note is no version. */
#include <bindery/plugin.h>

#undef BND_ABI_TEXT_
#define BND_ABI_TEXT_ "one.two"

BND_NOTE_

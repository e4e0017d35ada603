/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* no-symbol: has the note, but not the function. */
#include <bindery/plugin.h>

BND_NOTE_

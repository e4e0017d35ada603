/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * note.h - the ABI note of a plugin file (.note.bindery), read from the file
 * without running anything of it.  A parser of hostile input: every offset is
 * checked against the file's size.
 */
#ifndef PLUGINS_NOTE_H
#define PLUGINS_NOTE_H

#include <stddef.h>

enum { NOTE_TEXT_MAX = 64 };

/* [any] Read the note of an ELF shared object in memory into text, for example
 * "1.0-draft1".  Returns NULL, or what is wrong as a constant clause that
 * follows the file's name ("is not an ELF file", "has no bindery ABI note",
 * ...). */
const char *
note_read(const void *image, size_t size, char text[static NOTE_TEXT_MAX]);

#endif

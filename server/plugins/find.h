/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * find.h - from the type that a configuration names to the file of its plugin:
 * "TYPE.so" in the first directory that has one, or the path itself when the
 * type holds a slash.  [main]
 */
#ifndef PLUGINS_FIND_H
#define PLUGINS_FIND_H

#include "base/report.h"

#include <stdbool.h>

/* Does the type name a file rather than a plugin of the directories? */
bool plugin_is_path(const char *type);

/* The path of the type's file, to be freed; dirs is ended by NULL.  NULL: the
 * report says, for file and line, where was looked and which plugin may have
 * been meant. */
char *plugin_find(const char *type, const char *const *dirs, const char *file,
    unsigned line, struct report *report);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* describe.h - binderyd -l PLUGIN: what a plugin is and which options it has.
 */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include <stdbool.h>

/* The exit status. */
int describe_plugin(const char *type, const char *const *dirs, bool is_json);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/* describe.h - binderyd -l PLUGIN: what a plugin is and which options it has.
 */
#ifndef DESCRIBE_H
#define DESCRIBE_H

/* The exit status. */
int describe_plugin(const char *type, const char *const *dirs);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * confd.h - the files of conf.d beside the main configuration file.
 * [the reading child]
 */
#ifndef CONFIG_CONFD_H
#define CONFIG_CONFD_H

#include "base/report.h"

#include <stdbool.h>
#include <stddef.h>

struct confd {
	char **paths; /* sorted bytewise by name */
	size_t count;
};

/* List the *.conf of conf.d beside config_path: regular files, not hidden, none
 * that editors or package managers leave behind.  No such directory is an empty
 * list.  0, or -errno when anything was reported. */
int confd_init(struct confd *c, const char *config_path, struct report *report);
void confd_finish(struct confd *c);

/* Does a file of this name belong to the configuration? */
bool confd_wants(const char *name);

/* path of name, taken as relative to the directory that holds file; the caller
 * frees it.  NULL: no memory. */
char *path_beside(const char *file, const char *name);

#endif

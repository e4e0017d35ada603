/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * prescan.h - the configuration's text, checked before libconfig sees it: what
 * would make libconfig wrap a number, swallow a file, take minutes or end the
 * process is refused here with file and line.  Includes are expanded, relative
 * to the file that includes them.  [the reading child]
 */
#ifndef CONFIG_PRESCAN_H
#define CONFIG_PRESCAN_H

#include "base/report.h"
#include "config/text.h"

enum {
	PRESCAN_BYTES_MAX = 16 * 1024 * 1024, /* all files together */
	PRESCAN_INCLUDE_MAX = 10,             /* files including each other */
};

/* Read path and what it includes into an initialized text.  *bytes_left is how
 * much may still be read, and counts down over several calls.  0, or -EINVAL
 * when anything was reported. */
int prescan(const char *path, size_t *bytes_left, struct config_text *text,
    struct report *report);

#endif

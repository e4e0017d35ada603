/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * sections.h - the parts that metrics_text() is made of, each of which writes
 * whole families.  [any thread]
 */
#ifndef METRICS_SECTIONS_H
#define METRICS_SECTIONS_H

#include "metrics/roster.h"

#include <stdio.h>

enum { LABELS_MOST = 16384 };

/* section-host.c */
void section_process(FILE *out);
void section_pipelines(FILE *out, const struct roster *r);
void section_workers(FILE *out);

/* section-plugins.c: 0 or -ENOMEM */
int section_plugins(FILE *out, const struct roster *r);

#endif

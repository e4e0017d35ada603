/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * describe-metrics.h - which metrics a plugin has, by the names that a scrape
 * shows.  [main]
 */
#ifndef DESCRIBE_METRICS_H
#define DESCRIBE_METRICS_H

#include <bindery/plugin.h>
#include <jansson.h>
#include <stdio.h>

/* Families, each with its labels; nothing for a plugin that has none.  0 or
 * -ENOMEM. */
int describe_metrics(FILE *out, const struct bnd_type *type);

/* The same as an array, a new reference; NULL: no memory. */
json_t *describe_metrics_json(const struct bnd_type *type);

#endif

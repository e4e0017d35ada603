/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Bindery authors */

/*
 * graph.h - the pipelines as a drawing:
 *
 *     gate
 *       0.0.0.0:7443 ─┐
 *       [::]:7443    ─┴▶ [tcp-server] ─▶ [router] ─▶ [tcp-client]
 *                                           ├─▶ admin
 *                                           └─▶ audit
 *
 * or as a text for Graphviz.  A pipeline that only exits lead to has at its
 * left the bindings that have these exits.
 */
#ifndef TOOL_GRAPH_H
#define TOOL_GRAPH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* The strings must be fit for a terminal: see view_tamed().  EX_OK, or
 * EX_SOFTWARE: said. */
int graph_draw(FILE *out, const json_t *pipelines, bool is_utf8);

void graph_dot(FILE *out, const json_t *pipelines);

#endif
